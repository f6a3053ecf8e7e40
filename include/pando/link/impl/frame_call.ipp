// Calls in frames: requests read and answers written straight in the connection's buffers.
#pragma once

#include <limits>

#include <pando/link/detail/frame_call.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/wire.hpp>

namespace pando::detail {

PANDO_INLINE frame_call::frame_call(frame_server& owner)
    : connection_call(owner.connection_, owner.served_.context()), owner_(owner) {}

PANDO_INLINE void frame_call::start(std::uint32_t id, served_route const& route, frame_form how,
                                    std::string_view payload, std::string_view door,
                                    std::optional<std::chrono::steady_clock::time_point> deadline,
                                    frame_server::called_for const& asked) {
  id_ = id;
  form_ = how;
  is_answered_ = false;
  credit_ = 0;
  payload_ = payload;
  door_ = door;
  begin(door_, owner_.peer_);
  instance_ = asked.instance;
  if (asked.is_for_somebody) {
    pando::caller whom;
    whom.transport = transport_ = asked.transport;
    whom.peer = peer_ = asked.peer;
    whom.principal = asked.principal;
    stands_for(whom);
  }
  caller().deadline = deadline;
  invoke(route, door_);
  instance_ = {};
  // Over already, or it has decoded, or it is about to: then the bytes must stay.
  if (id_ == id && !payload_.empty()) {
    kept_ = payload_;
    payload_ = kept_;
  }
}

PANDO_INLINE void frame_call::grant(std::uint64_t items) noexcept {
  auto const room = std::numeric_limits<std::uint64_t>::max() - credit_;
  credit_ += items < room ? items : room;
}

PANDO_INLINE bool frame_call::decode(schema::type const& type, void* request) {
  violations faults;
  bool const is_json = form_ == frame_form::json || form_ == frame_form::by_name;
  auto const payload = std::exchange(payload_, {});
  json::decode_options options;
  options.ignore_unknown = form_ == frame_form::json; // of a newer program
  bool const fine =
      is_json ? json::decode(payload.empty() ? "{}" : payload, type, request, faults, options)
              : binary::decode(payload, type, request, faults, binary_form(form_));
  if (!fine) fail(invalid_request("the request is not valid", std::move(faults)));
  return fine;
}

PANDO_INLINE void frame_call::encode(schema::type const& type, void const* value) {
  auto& out = connection().out();
  switch (form_) {
  case frame_form::positional:
  case frame_form::tagged: return binary::encode(type, value, out, binary_form(form_));
  case frame_form::json:
  case frame_form::by_name: return json::encode(type, value, out);
  }
}

PANDO_INLINE void frame_call::end_frame(frames::writer& frame) {
  if (frame.size() > owner_.their_max_frame_)
    throw too_large("the answer has " + std::to_string(frame.size()) +
                    " bytes, and the caller takes at most " +
                    std::to_string(owner_.their_max_frame_));
  frame.end();
  connection().wrote();
}

PANDO_INLINE void frame_call::answer(schema::type const* type, void* result) {
  if (!connection().is_open() || is_answered_) return;
  frames::writer frame(connection().out(), frames::kind::answer, id_);
  if (type != nullptr) encode(*type, result);
  else if (form_ == frame_form::by_name) connection().out().append("null");
  end_frame(frame);
  is_answered_ = true;
}

PANDO_INLINE void frame_call::raise(error_row const& row, std::size_t, void* error) {
  ends_in(call_outcome::declared);
  if (!connection().is_open() || is_answered_) return;
  try {
    auto& out = connection().out();
    frames::writer frame(out, frames::kind::raised, id_);
    if (form_ == frame_form::by_name) {
      frames::append_text(out, row.name);
      wire::append_varint(out, wire::to_zigzag(row.exit_code));
    } else {
      wire::store(out.reserve(4), wire::name_hash(row.name));
      out.commit(out.data() + out.size() + 4);
    }
    encode(*row.type, error);
    end_frame(frame);
    is_answered_ = true;
  } catch (failure const& known) {
    fail(known);
  } catch (...) {
    defect(*route()->row, std::current_exception());
  }
}

PANDO_INLINE void frame_call::fail(failure const& why) {
  ends_in(call_outcome::failed);
  if (!connection().is_open() || is_answered_) return;
  is_answered_ = true;
  owner_.refuse(id_, why);
}

PANDO_INLINE void frame_call::send_item(void* item) {
  if (!connection().is_open()) return;
  frames::writer frame(connection().out(), frames::kind::item, id_);
  encode(item_type(), item);
  end_frame(frame);
}

PANDO_INLINE void frame_call::send_end() {
  if (!connection().is_open() || is_answered_) return;
  is_answered_ = true;
  frames::write_empty(connection().out(), frames::kind::end, id_);
  connection().wrote();
}

PANDO_INLINE void frame_call::send_event(io_event const& event) {
  if (event.what == io_event::kind::progress && connection().is_slow()) return;
  auto& out = connection().out();
  frames::writer frame(out, frames::kind::show, id_, 0, static_cast<std::uint16_t>(event.what));
  if (event.what == io_event::kind::progress) {
    wire::append_varint(out, event.done);
    wire::append_varint(out, event.total);
  }
  frames::append_text(out, event.text);
  if (frame.size() > owner_.their_max_frame_) return;
  frame.end();
  connection().wrote();
}

PANDO_INLINE void frame_call::send_question(std::uint32_t number, io_question const& question) {
  frames::writer frame(connection().out(), frames::kind::ask, id_, 0,
                       static_cast<std::uint16_t>(number));
  frames::append_question(connection().out(), question);
  frame.end();
  connection().wrote();
}

PANDO_INLINE void frame_call::over() {
  if (!is_answered_) fail(internal_failure("the handler ended without an answer"));
  owner_.over(*this);
}

} // namespace pando::detail
