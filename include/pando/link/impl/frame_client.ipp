// The client's own side: opening contracts, sending calls, giving up.
#pragma once

#include <algorithm>
#include <utility>

#include <pando/handler/callback.hpp>
#include <pando/link/detail/frame_client_parts.hpp>
#include <pando/link/frame_client.hpp>
#include <pando/schema/binary.hpp>
#include <pando/schema/shape.hpp>
#include <pando/schema/wire.hpp>

namespace pando {

namespace detail {
template <class Failure>
std::exception_ptr failure_pointer(std::string const& what) {
  return std::make_exception_ptr(Failure(what));
}
} // namespace detail

PANDO_INLINE frame_client::frame_client(std::shared_ptr<stream_connection> connection,
                                        std::function<void(std::exception_ptr)> greeted)
    : connection_(std::move(connection)), greeted_(std::move(greeted)) {}

PANDO_INLINE std::shared_ptr<frame_client>
frame_client::make(stream_connection::socket_type socket, link_limits const& limits,
                   log const& events, std::string peer,
                   std::function<void(std::exception_ptr)> greeted) {
  std::shared_ptr<frame_client> const made(new frame_client(
      std::make_shared<stream_connection>(std::move(socket), limits, events, std::move(peer)),
      std::move(greeted)));
  made->connection_->start(made->make_user());
  made->say_hello();
  return made;
}

PANDO_INLINE std::shared_ptr<frame_client>
frame_client::make(std::shared_ptr<stream_connection> connection,
                   std::function<void(std::exception_ptr)> greeted) {
  std::shared_ptr<frame_client> const made(
      new frame_client(std::move(connection), std::move(greeted)));
  made->connection_->hand_over(made->make_user());
  made->say_hello();
  return made;
}

PANDO_INLINE detail::owner<connection_user> frame_client::make_user() {
  user_ = new user;
  user_->client = this;
  return detail::owner<connection_user>(user_);
}

PANDO_INLINE void frame_client::say_hello() {
  auto& out = connection_->out();
  out.append(frames::magic);
  frames::writer hello(out, frames::kind::hello, 0);
  wire::append_varint(out, connection_->limits().max_frame);
  wire::append_varint(out, connection_->limits().max_calls);
  hello.end();
  connection_->wrote();
}

PANDO_INLINE frame_client::~frame_client() {
  user_->client = nullptr;
  connection_->close();
}

PANDO_INLINE void frame_client::close() {
  if (connection_->is_closing()) return;
  say_goodbye();
  connection_->close_when_sent();
}

PANDO_INLINE void frame_client::say_goodbye() {
  if (!is_greeted_ || std::exchange(said_goodbye_, true)) return;
  frames::writer frame(connection_->out(), frames::kind::goodbye, 0);
  frames::append_text(connection_->out(), "");
  frame.end();
}

/// Once the other side has said goodbye, and whatever was held back has gone out: it may close when
/// it has answered.
PANDO_INLINE void frame_client::leave() {
  if (!is_leaving_ || said_goodbye_ || !held_.empty() || !held_texts_.empty()) return;
  for (auto const& one : contracts_)
    if (!one.waiting.empty()) return;
  say_goodbye();
  connection_->wrote();
}

PANDO_INLINE void frame_client::on_closed(std::function<void()> done) {
  if (!connection_->is_open()) return detail::post(executor(), detail::callback(std::move(done)));
  on_closed_.push_back(std::move(done));
}

PANDO_INLINE std::exception_ptr frame_client::why_not() const {
  if (is_leaving_)
    return detail::failure_pointer<not_running>(
        goodbye_.empty() ? std::string("the app is stopping") : goodbye_);
  return detail::failure_pointer<not_running>(
      "the connection to " + connection_->peer() + " has ended" +
      (goodbye_.empty() ? "" : ": " + goodbye_));
}

PANDO_INLINE void frame_client::finish(operation& call, std::exception_ptr why) {
  if (why) call.set_failure(std::move(why));
  call.tag = 0;
  call.finish();
}

// Contracts

PANDO_INLINE frame_client::contract&
frame_client::add_contract(std::string_view controller, std::span<route_row const> routes) {
  contracts_.push_back({controller, routes, static_cast<std::uint32_t>(contracts_.size())});
  return contracts_.back();
}

PANDO_INLINE void frame_client::know(contract_row const& row) {
  for (auto const& one : contracts_)
    if (one.routes.data() == row.routes.data()) return;
  add_contract(row.controller, row.routes);
}

PANDO_INLINE frame_client::known_route frame_client::find_route(route_row const& row) {
  if (&row == last_row_) return last_route_;
  auto at = routes_.find(&row);
  if (at == routes_.end()) {
    known_route found;
    // By name and by types: another version of a contract may have a route of this name.
    for (auto& one : contracts_)
      for (std::size_t i = 0; i < one.routes.size() && found.of == nullptr; ++i) {
        auto const& known = one.routes[i];
        if (known.full_name == row.full_name && known.request == row.request &&
            known.result == row.result && known.streams == row.streams &&
            known.errors.data() == row.errors.data())
          found = {&one, i};
      }
    if (found.of == nullptr) found = {&add_contract(row.controller, {&row, 1}), 0};
    at = routes_.emplace(&row, found).first;
  }
  last_row_ = &row;
  return last_route_ = at->second;
}

PANDO_INLINE void frame_client::open(contract& which) {
  which.is = contract::state::opening;
  auto& out = connection_->out();
  frames::writer frame(out, frames::kind::open, which.number,
                       json_ != nullptr ? frames::wants_json : std::uint8_t{0});
  frames::append_text(out, which.controller);
  contract_row const row{which.controller, {}, which.routes};
  wire::store(out.reserve(8), binary::fingerprint(row));
  out.commit(out.data() + out.size() + 8);
  frame.end();
  connection_->wrote();
}

PANDO_INLINE void frame_client::send_shapes(contract& which) {
  auto& out = connection_->out();
  frames::writer frame(out, frames::kind::shapes, which.number,
                       json_ != nullptr ? frames::wants_json : std::uint8_t{0});
  frames::append_text(out, which.controller);
  wire::append_varint(out, which.routes.size());
  for (auto const& route : which.routes) {
    buffer shape;
    binary::write_shape(route, shape);
    frames::append_text(out, route.name);
    frames::append_text(out, shape.view());
  }
  frame.end();
}

// Calls

PANDO_INLINE void frame_client::start(operation& call) { begin({&call, nullptr}); }

PANDO_INLINE void frame_client::start_stream(stream_operation& call) { begin({&call, &call}); }

PANDO_INLINE void frame_client::start_for(operation& call, stream_operation* stream,
                                          std::size_t credit, time_point until) {
  begin({&call, stream, credit, until});
}

PANDO_INLINE void frame_client::begin(held waiting) {
  auto& call = *waiting.call;
  call.carrier = this;
  call.tag = 0;
  if (!connection_->is_open() || is_leaving_) return finish(call, why_not());
  if (call.deadline) watch(*call.deadline);
  auto const route = find_route(*call.route);
  switch (route.of->is) {
  case contract::state::open: return send(waiting, route);
  case contract::state::refused:
    return finish(call, detail::failure_pointer<incompatible>(route.of->why));
  case contract::state::unopened: open(*route.of); [[fallthrough]];
  case contract::state::opening: route.of->waiting.push_back(waiting);
  }
}

PANDO_INLINE void frame_client::send(held waiting, known_route route) {
  auto& call = *waiting.call;
  std::uint32_t id = 0;
  if (!take_place(id)) return held_.push_back(waiting);
  auto& out = connection_->out();
  std::exception_ptr unsent;
  try {
    std::uint8_t flags = call.deadline ? frames::has_deadline : 0;
    if (!call.instance.empty()) flags |= frames::has_instance;
    bool const for_somebody = !call.instance.empty() && call.behalf != nullptr;
    if (for_somebody) flags |= frames::has_caller;
    frames::writer frame(out, frames::kind::call, id, flags,
                         static_cast<std::uint16_t>(route.of->first + route.index));
    if (call.deadline) append_deadline(*call.deadline);
    if (!call.instance.empty()) frames::append_text(out, call.instance);
    if (for_somebody) {
      frames::append_text(out, call.behalf->transport);
      frames::append_text(out, call.behalf->peer);
      frames::append_text(out, call.behalf->principal);
    }
    if (call.route->request != nullptr)
      write(route.of->form, *call.route->request, call.request);
    if (frame.size() > their_max_frame_)
      throw too_large("the request has " + std::to_string(frame.size()) +
                      " bytes, and the app takes at most " + std::to_string(their_max_frame_));
    frame.end();
  } catch (...) {
    unsent = std::current_exception();
  }
  if (unsent) {
    free_place(id);
    return finish(call, std::move(unsent));
  }
  auto& at = entries_[id & 0xffffU];
  at.call = &call;
  at.stream = waiting.stream;
  at.form = route.of->form;
  call.tag = std::size_t{id} + 1;
  connection_->wrote();
  if (waiting.credit != 0) grant(*waiting.stream, waiting.credit);
}

PANDO_INLINE void frame_client::append_deadline(std::chrono::steady_clock::time_point deadline) {
  auto const left = std::chrono::duration_cast<std::chrono::microseconds>(
      deadline - std::chrono::steady_clock::now());
  wire::append_varint(connection_->out(),
                      left.count() > 0 ? static_cast<std::uint64_t>(left.count()) : 0);
}

PANDO_INLINE bool frame_client::take_place(std::uint32_t& id) {
  if (!free_.empty()) {
    id = free_.back();
    free_.pop_back();
  } else {
    auto const most = (std::min)({their_max_calls_, connection_->limits().max_calls,
                                  std::size_t{0xffff}});
    if (entries_.size() >= most) return false;
    id = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  }
  auto& at = entries_[id];
  at.is_used = true;
  id |= static_cast<std::uint32_t>(at.generation) << 16;
  return true;
}

PANDO_INLINE void frame_client::free_place(std::uint32_t id) {
  auto const place = static_cast<std::uint16_t>(id & 0xffffU);
  auto& at = entries_[place];
  auto const next = static_cast<std::uint16_t>(at.generation + 1);
  at = {};
  at.generation = next;
  free_.push_back(place);
}

/// A place is free: who waits for one goes.
PANDO_INLINE void frame_client::send_held() {
  if (free_.empty()) return;
  if (!held_.empty()) {
    auto const next = held_.front();
    held_.pop_front();
    send(next, find_route(*next.call->route));
  } else if (!held_texts_.empty()) {
    auto const next = held_texts_.front();
    held_texts_.pop_front();
    send_text(next);
  }
  leave();
}

PANDO_INLINE frame_client::entry* frame_client::find(std::uint32_t id) noexcept {
  auto const place = id & 0xffffU;
  if (place >= entries_.size() || !entries_[place].is_used ||
      entries_[place].generation != id >> 16)
    return nullptr;
  return &entries_[place];
}

PANDO_INLINE void frame_client::send_cancel(std::uint32_t id) {
  if (!connection_->is_open()) return;
  frames::write_empty(connection_->out(), frames::kind::cancel, id);
  connection_->wrote();
}

/// Takes a call that was not sent yet out of where it waits.
PANDO_INLINE std::optional<frame_client::held> frame_client::take_held(operation& call) {
  auto const take = [&](auto& from) -> std::optional<held> {
    auto const at = std::find_if(from.begin(), from.end(),
                                 [&](held const& one) { return one.call == &call; });
    if (at == from.end()) return {};
    auto const taken = *at;
    from.erase(at);
    return taken;
  };
  if (auto found = take(held_)) return found;
  for (auto& one : contracts_)
    if (auto found = take(one.waiting)) return found;
  return {};
}

PANDO_INLINE void frame_client::cancel(operation& call) {
  if (call.tag == 0) {
    take_held(call);
    leave();
  } else {
    auto const id = static_cast<std::uint32_t>(call.tag - 1);
    if (auto* const at = find(id)) {
      at->call = nullptr; // its place is taken until the other side has said its last word
      at->stream = nullptr;
      send_cancel(id);
    }
  }
  finish(call, detail::failure_pointer<cancelled>("the call was cancelled"));
}

PANDO_INLINE void frame_client::grant(stream_operation& call, std::size_t count) {
  if (call.is_done() || !connection_->is_open()) return;
  if (call.tag == 0) {
    auto const add = [&](auto& in) {
      for (auto& one : in)
        if (one.call == &call) one.credit += count;
    };
    add(held_);
    for (auto& one : contracts_) add(one.waiting);
    return;
  }
  frames::writer frame(connection_->out(), frames::kind::credit,
                       static_cast<std::uint32_t>(call.tag - 1));
  wire::append_varint(connection_->out(), count);
  frame.end();
  connection_->wrote();
}

// Calls between texts

PANDO_INLINE void frame_client::text_entry::cancel() {
  auto const owner = client.lock();
  if (!owner || listener == nullptr || is_cancelled) return;
  is_cancelled = true;
  if (is_sent) return owner->send_cancel(id);
  auto const self = shared_from_this();
  auto& texts = owner->held_texts_;
  texts.erase(std::remove(texts.begin(), texts.end(), self), texts.end());
  done({}, detail::failure_pointer<cancelled>("the call was cancelled"));
}

PANDO_INLINE std::shared_ptr<text_call>
frame_client::start_text_call(std::string_view route, std::string_view json,
                              text_listener& listener, text_options options) {
  auto made = std::make_shared<text_entry>();
  made->client = weak_from_this();
  made->listener = &listener;
  made->options = options;
  made->door = options.door;
  made->route = route;
  made->json = json;
  if (is_leaving_) made->done({}, why_not());
  else send_text(made);
  return made;
}

PANDO_INLINE void frame_client::send_text(std::shared_ptr<text_entry> const& text) {
  if (!connection_->is_open()) return text->done({}, why_not());
  std::uint32_t id = 0;
  if (!take_place(id)) return held_texts_.push_back(text);
  auto& out = connection_->out();
  auto const& deadline = text->options.deadline;
  bool const describes = text->route.empty();
  {
    frames::writer frame(out, describes ? frames::kind::describe_app : frames::kind::invoke, id,
                         deadline ? frames::has_deadline : 0);
    if (!describes) {
      if (deadline) append_deadline(*deadline);
      frames::append_text(out, text->door);
      frames::append_text(out, text->route);
      out.append(text->json);
    }
    if (frame.size() > their_max_frame_) {
      free_place(id);
      return text->done({}, detail::failure_pointer<too_large>(
                                "the request has " + std::to_string(frame.size()) +
                                " bytes, and the app takes at most " +
                                std::to_string(their_max_frame_)));
    }
    frame.end();
  }
  text->json = {};
  text->id = id;
  text->is_sent = true;
  entries_[id & 0xffffU].text = text;
  if (!describes) {
    frames::writer frame(out, frames::kind::credit, id);
    wire::append_varint(out, text_entry::window);
    frame.end();
  }
  if (deadline) watch(*deadline);
  connection_->wrote();
}

PANDO_INLINE void frame_client::ping(std::function<void(std::exception_ptr)> answered) {
  if (!connection_->is_open()) return answered(why_not());
  pings_.emplace(++pinged_, std::move(answered));
  frames::write_empty(connection_->out(), frames::kind::ping, pinged_);
  connection_->wrote();
}

PANDO_INLINE void frame_client::watch(std::chrono::steady_clock::time_point deadline) {
  if (!deadlines_)
    deadlines_.reset(new deadline_watch(executor(), *this));
  deadlines_->watch(deadline);
}

PANDO_INLINE frame_client::time_point frame_client::expire(time_point now) {
  auto const alive = weak_from_this().lock(); // whoever is resumed may let go of it
  auto next = (deadline_watch::time_point::max)();
  auto const late = detail::failure_pointer<deadline_exceeded>("no answer within the deadline");
  auto const is_late = [&](operation const* call) {
    if (call == nullptr || !call->deadline) return false;
    if (*call->deadline > now) next = (std::min)(next, *call->deadline);
    return *call->deadline <= now;
  };
  // One by one: whoever is resumed may start calls, or end others.
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!is_late(entries_[i].call)) continue;
    auto& call = *std::exchange(entries_[i].call, nullptr);
    entries_[i].stream = nullptr;
    send_cancel(static_cast<std::uint32_t>(call.tag - 1));
    finish(call, late);
  }
  auto const end_held = [&](auto& in) {
    for (std::size_t i = 0; i < in.size();) {
      if (!is_late(in[i].call)) {
        ++i;
        continue;
      }
      auto& call = *in[i].call;
      in.erase(in.begin() + static_cast<std::ptrdiff_t>(i));
      finish(call, late);
      i = 0;
    }
  };
  end_held(held_);
  for (auto& one : contracts_) end_held(one.waiting);
  leave();
  return next;
}

} // namespace pando
