// What the other side sends: answers, items, events, and the end.
#pragma once

#include <utility>

#include <pando/link/detail/frame_client_parts.hpp>
#include <pando/link/frame_client.hpp>
#include <pando/schema/binary.hpp>
#include <pando/schema/wire.hpp>

namespace pando {

PANDO_INLINE std::size_t frame_client::received(std::string_view bytes) {
  auto const size = bytes.size();
  if (their_max_frame_ == 0 && !greet(bytes)) return connection_->is_open() ? 0 : size;
  while (bytes.size() >= frames::header_size) {
    auto const head = frames::read_header(bytes.data());
    if (head.length > connection_->limits().max_frame) {
      broken("it sent a frame of " + std::to_string(head.length) + " bytes");
      return size;
    }
    auto const whole = frames::header_size + head.length;
    if (bytes.size() < whole) {
      connection_->expect(whole - bytes.size());
      break;
    }
    if (!handle(head, bytes.substr(frames::header_size, head.length))) return size;
    if (!connection_->is_open()) return size;
    bytes.remove_prefix(whole);
  }
  return size - bytes.size();
}

PANDO_INLINE bool frame_client::broken(std::string why) {
  connection_->close("it broke the protocol: " + why);
  return false;
}

PANDO_INLINE bool frame_client::greet(std::string_view& bytes) {
  if (bytes.size() < frames::magic.size()) return false;
  if (bytes.substr(0, frames::magic.size()) != frames::magic)
    return broken("what it sent first is no greeting of version 1");
  if (bytes.size() < frames::magic.size() + frames::header_size) return false;
  bytes.remove_prefix(frames::magic.size());
  their_max_frame_ = 1; // until its hello
  return true;
}

PANDO_INLINE bool frame_client::handle(frames::header const& head, std::string_view payload) {
  using frames::kind;
  if (!is_greeted_ && head.what != kind::hello && head.what != kind::goodbye)
    return broken("its first frame is no hello");
  switch (head.what) {
  case kind::answer:
  case kind::raised:
  case kind::failed:
  case kind::end: return end_call(head, payload);
  case kind::item: return item(head, payload);
  case kind::hello: return hello(payload);
  case kind::opened: return opened(head, payload);
  case kind::describe:
    if (head.id >= contracts_.size()) return broken("it asked for a contract of no one");
    send_shapes(contracts_[head.id]);
    return true;
  case kind::refused: return refused(head, payload);
  case kind::show: return show(head, payload);
  case kind::ask: return ask(head, payload);
  case kind::ping: {
    frames::writer frame(connection_->out(), kind::pong, head.id);
    connection_->out().append(payload);
    frame.end();
    return true;
  }
  case kind::pong: return pong(head);
  case kind::goodbye:
    goodbye_ = frames::reader(payload).text();
    is_leaving_ = true;
    leave();
    return true;
  default:
    return broken("it sent a frame of kind " + std::to_string(static_cast<unsigned>(head.what)));
  }
}

PANDO_INLINE void frame_client::ask_for_life() {
  frames::write_empty(connection_->out(), frames::kind::ping, 0);
  connection_->wrote();
}

PANDO_INLINE bool frame_client::hello(std::string_view payload) {
  frames::reader read(payload);
  auto const frame = read.number();
  auto const calls = read.number();
  if (!read.is_whole() || frame == 0 || calls == 0 || is_greeted_)
    return broken("its hello cannot be read");
  their_max_frame_ = static_cast<std::size_t>(frame);
  their_max_calls_ = static_cast<std::size_t>(calls);
  is_greeted_ = true;
  if (auto const limit = connection_->limits().heartbeat; limit.count() > 0)
    heartbeat_.reset(new heartbeat(*connection_, limit, *this));
  if (auto const greeted = std::exchange(greeted_, nullptr)) greeted(nullptr);
  for (auto const& early : std::exchange(held_texts_, {})) send_text(early);
  return true;
}

PANDO_INLINE bool frame_client::opened(frames::header const& head, std::string_view payload) {
  frames::reader read(payload);
  auto const first = read.number();
  if (!read.is_whole() || head.id >= contracts_.size() || first > 0xffff)
    return broken("it opened a contract of no one");
  auto const form = static_cast<detail::frame_form>(head.flags);
  bool const is_known = form == detail::frame_form::positional ||
                        form == detail::frame_form::tagged ||
                        (form == detail::frame_form::json && json_ != nullptr);
  if (!is_known) return broken("it opened a contract in a form that nobody asked for");
  auto& which = contracts_[head.id];
  which.is = contract::state::open;
  which.form = form;
  which.first = static_cast<std::size_t>(first);
  // One by one, here and below: whoever is resumed may end others.
  while (!which.waiting.empty()) {
    auto const next = which.waiting.front();
    which.waiting.erase(which.waiting.begin());
    send(next, find_route(*next.call->route));
  }
  leave();
  return true;
}

PANDO_INLINE bool frame_client::refused(frames::header const& head, std::string_view payload) {
  frames::reader read(payload);
  std::string const differing(read.text());
  if (!read.is_whole() || head.id >= contracts_.size())
    return broken("it refused a contract of no one");
  auto& which = contracts_[head.id];
  which.is = contract::state::refused;
  which.why = "this program and the app were built from versions of the contract " +
              std::string(which.controller) + " that do not fit: " + differing +
              "; build the older of the two again";
  while (!which.waiting.empty()) {
    auto const next = which.waiting.front();
    which.waiting.erase(which.waiting.begin());
    finish(*next.call, std::make_exception_ptr(incompatible(which.why)));
  }
  leave();
  return true;
}

namespace detail {
/// Why an answer cannot be read, in one sentence.
inline std::exception_ptr unreadable(route_row const& route, violations const& faults) {
  auto const& first = faults.list.front();
  return std::make_exception_ptr(
      incompatible("the answer of " + std::string(route.full_name) + " cannot be read: " +
                   (first.path.empty() ? "it" : first.path) + " " + first.message));
}
} // namespace detail

PANDO_INLINE bool frame_client::read(detail::frame_form form, std::string_view payload,
                                     schema::type const& type, void* into,
                                     violations& faults) const {
  if (form == detail::frame_form::json) return json_->decode(payload, type, into, faults);
  binary::decode_options options;
  options.rules = false;
  return binary::decode(payload, type, into, faults, detail::binary_form(form), options);
}

PANDO_INLINE void frame_client::write(detail::frame_form form, schema::type const& type,
                                      void const* value) const {
  auto& out = connection_->out();
  if (form == detail::frame_form::json) return json_->encode(type, value, out);
  binary::encode(type, value, out, detail::binary_form(form));
}

PANDO_INLINE void frame_client::read_raised(operation& call, std::string_view payload,
                                            detail::frame_form form) const {
  frames::reader from(payload);
  auto const hash = from.word();
  auto const& errors = call.route->errors;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (wire::name_hash(errors[i].name) != hash || !from.is_whole()) continue;
    violations faults;
    if (!read(form, from.rest(), *errors[i].type, call.make_error(i), faults))
      call.set_failure(detail::unreadable(*call.route, faults));
    return;
  }
  call.set_failure(incompatible(std::string(call.route->full_name) +
                                " ended in an error that this program does not know"));
}

PANDO_INLINE bool frame_client::end_call(frames::header const& head, std::string_view payload) {
  auto* const at = find(head.id);
  if (at == nullptr) return broken("it answered a call of no one");
  auto* const call = at->call;
  auto const text = std::move(at->text);
  auto const form = at->form;
  free_place(head.id);
  if (text) {
    bool const fine = end_text(*text, head, payload);
    if (connection_->is_open()) send_held();
    return fine;
  }
  if (call == nullptr) return send_held(), true; // nobody wants it any more
  auto const& route = *call->route;
  if (head.what == frames::kind::answer) {
    violations faults;
    if (call->result != nullptr && route.result != nullptr &&
        !read(form, payload, *route.result, call->result, faults))
      call->set_failure(detail::unreadable(route, faults));
  } else if (head.what == frames::kind::raised) {
    read_raised(*call, payload, form);
  } else if (head.what == frames::kind::failed) {
    call->set_failure(frames::reader(payload).read_failure());
  }
  if (!held_.empty() || !held_texts_.empty()) send_held();
  finish(*call, nullptr);
  return true;
}

PANDO_INLINE bool frame_client::end_text(text_entry& text, frames::header const& head,
                                         std::string_view payload) {
  frames::reader read(payload);
  if (head.what == frames::kind::answer) {
    text.done(std::string(payload), nullptr);
  } else if (head.what == frames::kind::end) {
    text.done({}, nullptr);
  } else if (head.what == frames::kind::raised) {
    std::string name(read.text());
    auto const exit_code = wire::from_zigzag(read.number());
    if (!read.is_whole()) return broken("an error of it cannot be read");
    text.done({}, std::make_exception_ptr(declared_error(std::move(name), std::string(read.rest()),
                                                         static_cast<int>(exit_code))));
  } else {
    try {
      throw_failure(read.read_failure());
    } catch (...) {
      text.done({}, std::current_exception());
    }
  }
  return true;
}

PANDO_INLINE bool frame_client::item(frames::header const& head, std::string_view payload) {
  auto* const at = find(head.id);
  if (at == nullptr) return broken("it sent an item to no one");
  if (auto const text = at->text) {
    if (text->listener == nullptr) return true;
    text->listener->item(payload);
    if (++text->taken == text_entry::window / 2 && connection_->is_open()) {
      text->taken = 0;
      frames::writer frame(connection_->out(), frames::kind::credit, head.id);
      wire::append_varint(connection_->out(), text_entry::window / 2);
      frame.end();
      connection_->wrote();
    }
    return true;
  }
  auto* const stream = at->stream;
  if (stream == nullptr) return at->call == nullptr || broken("it streamed what is no stream");
  violations faults;
  if (read(at->form, payload, *stream->route->result, stream->make_item(), faults)) {
    stream->item_ready();
    return true;
  }
  stream->drop_item();
  at->call = nullptr;
  at->stream = nullptr;
  send_cancel(head.id);
  finish(*stream, detail::unreadable(*stream->route, faults));
  return true;
}

PANDO_INLINE bool frame_client::show(frames::header const& head, std::string_view payload) {
  frames::reader read(payload);
  if (head.aux > static_cast<std::uint16_t>(io_event::kind::progress))
    return broken("it shows what nobody knows");
  io_event event{static_cast<io_event::kind>(head.aux)};
  if (event.what == io_event::kind::progress) {
    event.done = read.number();
    event.total = read.number();
  }
  event.text = read.text();
  if (!read.is_whole()) return broken("what it shows cannot be read");
  auto* const at = find(head.id);
  if (at == nullptr || (at->call == nullptr && !at->text)) return true;
  auto const text = at->text;
  auto const keep = sink_;
  auto* const sink = text && text->options.sink != nullptr ? text->options.sink : keep.get();
  if (sink != nullptr) sink->show(event);
  return true;
}

PANDO_INLINE bool frame_client::ask(frames::header const& head, std::string_view payload) {
  frames::reader read(payload);
  auto const question = read.read_question();
  if (!read.is_whole()) return broken("what it asks cannot be read");
  auto* const at = find(head.id);
  if (at == nullptr) return true;
  auto const text = at->text;
  auto const keep = sink_;
  auto* const sink = text && text->options.sink != nullptr ? text->options.sink : keep.get();
  auto then = [client = weak_from_this(), head](io_answer answer) {
    auto const self = client.lock();
    if (!self || !self->connection_->is_open() || self->find(head.id) == nullptr) return;
    auto& out = self->connection_->out();
    frames::writer frame(out, frames::kind::reply, head.id, 0, head.aux);
    frames::append_reply(out, answer);
    frame.end();
    self->connection_->wrote();
  };
  bool const is_wanted = at->call != nullptr || text;
  if (sink == nullptr || !is_wanted) then({});
  else sink->ask(question, std::move(then));
  return true;
}

PANDO_INLINE bool frame_client::pong(frames::header const& head) {
  auto const at = pings_.find(head.id);
  if (at == pings_.end()) return true;
  auto const answered = std::move(at->second);
  pings_.erase(at);
  answered(nullptr);
  return true;
}

PANDO_INLINE void frame_client::ended(std::string_view why) {
  deadlines_.reset();
  heartbeat_.reset();
  if (auto const greeted = std::exchange(greeted_, nullptr))
    greeted(std::make_exception_ptr(not_running(
        "the app at " + connection_->peer() + " does not speak with this program" +
        (!goodbye_.empty() ? ": " + goodbye_ : why.empty() ? "" : ": " + std::string(why)))));
  end_all(why);
  for (auto const& done : std::exchange(on_closed_, {})) done();
}

PANDO_INLINE void frame_client::end_all(std::string_view why) {
  auto const reason = !goodbye_.empty() ? goodbye_ : std::string(why);
  auto const lost = std::make_exception_ptr(
      disconnected("the connection to " + connection_->peer() + " ended before the answer" +
                   (reason.empty() ? "" : ": " + reason)));
  auto const never_sent = why_not();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].stream = nullptr;
    if (auto* const call = std::exchange(entries_[i].call, nullptr)) finish(*call, lost);
    if (auto const text = std::move(entries_[i].text)) text->done({}, lost);
  }
  auto const end_held = [&](auto& in) {
    while (!in.empty()) {
      auto const one = in.front();
      in.erase(in.begin());
      if (unsent_) unsent_(*one.call, one.stream, one.credit, one.until);
      else finish(*one.call, never_sent);
    }
  };
  end_held(held_);
  for (auto& one : contracts_) end_held(one.waiting);
  for (auto const& text : std::exchange(held_texts_, {})) text->done({}, never_sent);
  for (auto const& [id, answered] : std::exchange(pings_, {})) answered(lost);
}

} // namespace pando
