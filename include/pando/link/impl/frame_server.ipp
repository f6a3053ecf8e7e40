// Frames read, checked and handed to their calls.
#pragma once

#include <algorithm>
#include <utility>

#include <pando/link/detail/frame_call.hpp>
#include <pando/link/frame_server.hpp>
#include <pando/schema/shape.hpp>
#include <pando/schema/wire.hpp>

namespace pando {

PANDO_INLINE frame_server::frame_server(stream_connection& connection, serving const& served,
                                        connection_peer peer)
    : connection_(connection), served_(served), peer_(std::move(peer)) {
  if (auto const limit = connection.limits().heartbeat; limit.count() > 0)
    heartbeat_.reset(new heartbeat(connection, limit, *this));
}

PANDO_INLINE frame_server::~frame_server() {
  for (auto* const call : idle_) delete call;
}

PANDO_INLINE std::size_t frame_server::received(std::string_view bytes) {
  auto const size = bytes.size();
  if (!is_greeted_ && !greet(bytes)) {
    if (!broken_.empty()) connection_.close_when_sent(broken_);
    return connection_.is_closing() ? size : 0;
  }
  while (bytes.size() >= frames::header_size) {
    auto const head = frames::read_header(bytes.data());
    if (head.length > connection_.limits().max_frame) {
      broken("it sent a frame of " + std::to_string(head.length) + " bytes, and " +
             std::to_string(connection_.limits().max_frame) + " are the limit");
      goodbye(broken_);
      return size;
    }
    auto const whole = frames::header_size + head.length;
    if (bytes.size() < whole) {
      connection_.expect(whole - bytes.size());
      break;
    }
    if (connection_.defers()) break;
    if (!handle(head, bytes.substr(frames::header_size, head.length))) goodbye(broken_);
    if (connection_.is_closing()) return size;
    bytes.remove_prefix(whole);
  }
  return size - bytes.size();
}

PANDO_INLINE bool frame_server::greet(std::string_view& bytes) {
  constexpr std::size_t version_at = 6;
  auto const known = (std::min)(bytes.size(), version_at);
  if (bytes.substr(0, known) != frames::magic.substr(0, known))
    return broken("what it sent first is neither JSON-RPC nor the binary protocol");
  if (bytes.size() < frames::magic.size()) return false;
  connection_.out().append(frames::magic);
  if (bytes.substr(0, frames::magic.size()) != frames::magic) {
    broken("it speaks version " +
           std::to_string(static_cast<unsigned char>(bytes[version_at])) +
           " of the binary protocol, and this app version 1; update the older of the two");
    goodbye(broken_);
    return false;
  }
  bytes.remove_prefix(frames::magic.size());
  frames::writer hello(connection_.out(), frames::kind::hello, 0);
  wire::append_varint(connection_.out(), connection_.limits().max_frame);
  wire::append_varint(connection_.out(), connection_.limits().max_calls);
  hello.end();
  return is_greeted_ = true;
}

PANDO_INLINE bool frame_server::broken(std::string why) {
  broken_ = std::move(why);
  return false;
}

PANDO_INLINE void frame_server::goodbye(std::string_view why) {
  frames::writer frame(connection_.out(), frames::kind::goodbye, 0);
  frames::append_text(connection_.out(), why);
  frame.end();
  connection_.close_when_sent(why);
}

/// Before its greeting nothing may be sent: then it is what it is waited for.
PANDO_INLINE void frame_server::ask_for_life() {
  if (!is_greeted_ || connection_.is_closing()) return;
  frames::write_empty(connection_.out(), frames::kind::ping, 0);
  connection_.wrote();
}

PANDO_INLINE bool frame_server::handle(frames::header const& head, std::string_view payload) {
  using frames::kind;
  if (their_max_frame_ == 0 && head.what != kind::hello)
    return broken("its first frame is no hello");
  switch (head.what) {
  case kind::hello: {
    frames::reader read(payload);
    their_max_frame_ = static_cast<std::size_t>(read.number());
    if (!read.is_whole() || their_max_frame_ == 0) return broken("its hello cannot be read");
    return true;
  }
  case kind::call:
  case kind::invoke: return handle_call(head, payload);
  case kind::cancel:
    if (auto* const which = find(head.id)) which->leave();
    return true;
  case kind::credit: {
    frames::reader read(payload);
    auto const items = read.number();
    if (!read.is_whole()) return broken("its credit cannot be read");
    if (auto* const which = find(head.id)) {
      which->grant(items);
      which->pump();
    }
    return true;
  }
  case kind::open: return open(head, payload);
  case kind::shapes: return open_by_shapes(head, payload);
  case kind::reply: return reply(head, payload);
  case kind::describe_app: return describe_app(head.id), true;
  case kind::ping: {
    frames::writer frame(connection_.out(), kind::pong, head.id);
    connection_.out().append(payload);
    frame.end();
    return true;
  }
  case kind::pong: return true;
  case kind::goodbye:
    they_left_ = true;
    if (drains_) leave();
    else connection_.close();
    return true;
  default: return broken("it sent a frame of kind " +
                         std::to_string(static_cast<unsigned>(head.what)) +
                         ", which this side does not take");
  }
}

PANDO_INLINE bool frame_server::handle_call(frames::header const& head, std::string_view payload) {
  frames::reader read(payload);
  bool const is_call = head.what == frames::kind::call;
  auto const micros = (head.flags & frames::has_deadline) != 0 ? read.number() : 0;
  called_for asked;
  if (is_call && (head.flags & frames::has_instance) != 0) {
    if (!served_.is_for_runners())
      return broken("it called an instance, which only runners do of one another");
    asked.instance = read.text();
  }
  if (is_call && (head.flags & frames::has_caller) != 0) {
    asked.is_for_somebody = !asked.instance.empty(); // so that only runners may say it
    asked.transport = read.text();
    asked.peer = read.text();
    asked.principal = read.text();
  }
  auto const door = is_call ? std::string_view{} : read.text();
  auto const name = is_call ? std::string_view{} : read.text();
  if (!read.is_whole()) return broken("a call of it cannot be read");
  auto const place = head.id & 0xffffU;
  if (place >= connection_.limits().max_calls)
    return refuse(head.id, overloaded("too many calls at once on this connection")), true;
  if (place < calls_.size() && calls_[place] != nullptr)
    return broken("it gave two calls one number");
  if (is_call && head.aux >= routes_.size()) return broken("it called a route it has not opened");
  auto const* const route = is_call ? routes_[head.aux].route : served_.routes().find(name);
  if (they_left_) return refuse(head.id, not_running("the app is stopping")), true;
  if (route == nullptr)
    return refuse(head.id, no_such_route(is_call ? "this app does not serve that route"
                                                 : "this app does not serve " + std::string(name))),
           true;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  if ((head.flags & frames::has_deadline) != 0) {
    constexpr std::uint64_t longest = 1'000'000ULL * 3600 * 24 * 365;
    deadline = std::chrono::steady_clock::now() +
               std::chrono::microseconds((std::min)(micros, longest));
    watch(*deadline);
  }
  auto const form = is_call ? routes_[head.aux].form : detail::frame_form::by_name;
  make_call(head.id).start(head.id, *route, form, read.rest(),
                           door.empty() ? peer_.transport : door, deadline, asked);
  return true;
}

PANDO_INLINE void frame_server::refuse(std::uint32_t id, failure const& why) {
  frames::writer frame(connection_.out(), frames::kind::failed, id);
  frames::append_failure(connection_.out(), why);
  frame.end();
  connection_.wrote();
}

PANDO_INLINE bool frame_server::reply(frames::header const& head, std::string_view payload) {
  frames::reader read(payload);
  auto answer = read.read_reply();
  if (!read.is_whole()) return broken("its answer to a question cannot be read");
  if (auto* const which = find(head.id)) which->replied(head.aux, std::move(answer));
  return true;
}

PANDO_INLINE void frame_server::describe_app(std::uint32_t id) {
  if (!served_.describe()) return refuse(id, no_such_route("this app does not describe itself"));
  frames::writer frame(connection_.out(), frames::kind::answer, id);
  connection_.out().append(served_.describe()());
  frame.end();
}

// Contracts

PANDO_INLINE bool frame_server::open(frames::header const& head, std::string_view payload) {
  frames::reader read(payload);
  auto const controller = read.text();
  auto const fingerprint = read.fingerprint();
  if (!read.is_whole()) return broken("a contract of it cannot be read");
  auto const* const contract = served_.find(controller, fingerprint);
  if (contract == nullptr) {
    frames::write_empty(connection_.out(), frames::kind::describe, head.id);
    return true;
  }
  auto const first = routes_.size();
  auto const form = (head.flags & frames::wants_json) != 0 ? detail::frame_form::json
                                                           : detail::frame_form::positional;
  for (auto const& row : contract->routes)
    routes_.push_back({served_.routes().find(row.full_name), form});
  if (routes_.size() > 0xffff) return broken("it opened more than 65,535 routes");
  return tell_opened(head.id, first, form), true;
}

PANDO_INLINE void frame_server::tell_opened(std::uint32_t id, std::size_t first,
                                            detail::frame_form form) {
  frames::writer frame(connection_.out(), frames::kind::opened, id,
                       static_cast<std::uint8_t>(form));
  wire::append_varint(connection_.out(), first);
  frame.end();
}

/// The two sides were built from other versions of the contract: every route is compared by itself.
PANDO_INLINE bool frame_server::open_by_shapes(frames::header const& head,
                                               std::string_view payload) {
  frames::reader read(payload);
  std::string const controller(read.text());
  auto count = read.number();
  std::string differing;
  bool all_agree = true;
  auto const first = routes_.size();
  for (; count != 0 && read.is_whole(); --count) {
    auto const name = controller + '.' + std::string(read.text());
    auto const shape = read.text();
    auto const* const ours = served_.routes().find(name);
    routes_.push_back({ours, detail::frame_form::tagged});
    if (ours == nullptr || !read.is_whole()) continue; // calling it will say that it is not served
    if (detail::hash_text(name, detail::hash_text(shape)) == binary::fingerprint(*ours->row))
      continue;
    all_agree = false;
    std::string why;
    if (!binary::callable(shape, *ours->row, why))
      differing += (differing.empty() ? "" : "; ") + name + " (" + why + ")";
  }
  if (!read.is_whole()) return broken("a contract of it cannot be read");
  if (routes_.size() > 0xffff) return broken("it opened more than 65,535 routes");
  auto const form = (head.flags & frames::wants_json) != 0 ? detail::frame_form::json
                    : all_agree                            ? detail::frame_form::positional
                                                           : detail::frame_form::tagged;
  for (auto i = first; i < routes_.size(); ++i) routes_[i].form = form;
  if (differing.empty()) return tell_opened(head.id, first, form), true;
  routes_.resize(first);
  frames::writer frame(connection_.out(), frames::kind::refused, head.id);
  frames::append_text(connection_.out(), differing);
  frame.end();
  return true;
}

// Calls

PANDO_INLINE detail::frame_call* frame_server::find(std::uint32_t id) const noexcept {
  auto const place = id & 0xffffU;
  auto* const found = place < calls_.size() ? calls_[place] : nullptr;
  return found != nullptr && found->id() == id ? found : nullptr;
}

PANDO_INLINE detail::frame_call& frame_server::make_call(std::uint32_t id) {
  auto const place = id & 0xffffU;
  if (place >= calls_.size()) calls_.resize(place + 1);
  detail::frame_call* made = nullptr;
  if (idle_.empty()) {
    made = new detail::frame_call(*this);
  } else {
    made = idle_.back();
    idle_.pop_back();
  }
  calls_[place] = made;
  if (in_flight_++ == 0) keep_ = connection_.shared_from_this();
  return *made;
}

PANDO_INLINE void frame_server::over(detail::frame_call& which) {
  calls_[which.id() & 0xffffU] = nullptr;
  idle_.push_back(&which);
  if (--in_flight_ != 0) return;
  auto const keep = std::move(keep_); // this may end with it
  if (drains_) leave();
}

/// Goodbye was said, and calls may still be on their way: ends when the client has said it too. One
/// that says nothing gets a second from when its last call was over.
PANDO_INLINE void frame_server::leave() {
  if (in_flight_ != 0) return;
  if (they_left_ || !is_greeted_) return connection_.close_when_sent();
  leaves_at_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  watch(leaves_at_);
}

PANDO_INLINE void frame_server::watch(deadline_watch::time_point deadline) {
  if (!deadlines_) deadlines_.reset(new deadline_watch(connection_.executor(), *this));
  deadlines_->watch(deadline);
}

PANDO_INLINE void frame_server::drained() {
  for (std::size_t i = 0; i < calls_.size() && connection_.is_open(); ++i)
    if (calls_[i] != nullptr) calls_[i]->pump();
}

PANDO_INLINE void frame_server::ended(std::string_view) {
  deadlines_.reset();
  heartbeat_.reset();
  auto const keep = connection_.shared_from_this();
  for (std::size_t i = 0; i < calls_.size(); ++i)
    if (calls_[i] != nullptr) calls_[i]->leave();
}

PANDO_INLINE void frame_server::drain(std::string_view why) {
  if (drains_ || connection_.is_closing()) return;
  drains_ = true;
  if (is_greeted_) {
    frames::writer frame(connection_.out(), frames::kind::goodbye, 0);
    frames::append_text(connection_.out(), why);
    frame.end();
    connection_.wrote();
  }
  leave();
}

PANDO_INLINE frame_server::time_point frame_server::expire(time_point now) {
  auto const alive = connection_.weak_from_this().lock(); // the last call may end with it
  auto next = (deadline_watch::time_point::max)();
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    if (calls_[i] == nullptr || !calls_[i]->caller().deadline) continue;
    auto const deadline = *calls_[i]->caller().deadline;
    if (deadline > now) next = (std::min)(next, deadline);
    else if (!calls_[i]->caller().is_cancelled) calls_[i]->expire();
  }
  if (drains_ && !they_left_ && in_flight_ == 0) {
    they_left_ = leaves_at_ <= now;
    if (they_left_) leave();
    else next = (std::min)(next, leaves_at_);
  }
  return next;
}

} // namespace pando
