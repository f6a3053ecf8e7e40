// A connection's input, its timeouts and its end.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <pando/handler/callback.hpp>
#include <pando/http/detail/connection.hpp>

namespace pando::http::detail {

inline constexpr std::size_t first_capacity = std::size_t{4} << 10;
inline constexpr std::size_t kept_capacity = std::size_t{64} << 10;
inline constexpr std::size_t cipher_capacity = std::size_t{16} << 10;

PANDO_INLINE connection::connection(boost::intrusive_ptr<server_core> core)
    : core_(std::move(core)), socket_(core_->executor), parser_(core_->settings.limits) {
  if (core_->tls == nullptr) return;
  tls_ = core_->tls->open();
  cipher_.reset(new char[cipher_capacity]);
}

PANDO_INLINE void connection::start() {
  resize_input(first_capacity);
  go_on();
}

/// What is to be done at every event, in this order: take requests, send answers, wait.
PANDO_INLINE void connection::go_on() noexcept {
  if (advancing_) { // a handler or watcher called back
    again_ = true;
    return;
  }
  self_ptr const self(this);
  advancing_ = true;
  try {
    do {
      again_ = false;
      if (!closed_) advance();
    } while (again_ && !closed_);
  } catch (...) { // memory is short, and this connection ends for it
    close();
  }
  advancing_ = false;
}

PANDO_INLINE void connection::advance() {
  if (lingering_) {
    while (tls_ != nullptr && decrypt()) begin_ = end_ = 0; // the peer's own end may be in there
    return half_closed_ ? close() : start_read();
  }
  for (bool more = true; more;) {
    more = tls_ != nullptr && decrypt();
    bool const held_back = process();
    flush();
    if (closed_) return;
    was_drained();
    more = (more || (held_back && !is_full())) && !open_ && !ending_;
  }
  // A peer that says no more has been answered all it asked.
  if (half_closed_ && !open_ && !is_full()) ending_ = true;
  if (ending_ && !open_ && unsent() == 0) return end();
  start_read();
  set_timeout();
}

PANDO_INLINE void connection::start_read() {
  if (reading_ || closed_ || half_closed_ || (ending_ && !lingering_)) return;
  if (lingering_) begin_ = end_ = 0;
  // Who does not read his answers need not be heard either.
  if (is_full() || !make_room()) return;
  reading_ = true;
  read_at_ = end_;
  auto const to = tls_ != nullptr ? boost::asio::buffer(cipher_.get(), cipher_capacity)
                                  : boost::asio::buffer(in_.get() + end_, capacity_ - end_);
  socket_.async_read_some(
      to, pando::detail::callback(
              [self = self_ptr(this)](boost::system::error_code const& error, std::size_t count) {
                self->on_read(error, count);
              }));
}

PANDO_INLINE void connection::on_read(boost::system::error_code const& error, std::size_t count) {
  reading_ = false;
  if (closed_) return;
  if (error == boost::asio::error::eof) {
    half_closed_ = true;
  } else if (error) {
    return close();
  } else if (tls_ != nullptr) {
    tls_->feed({cipher_.get(), count});
  } else if (!lingering_) { // or else it is heard, and not listened to
    // A chunked body may have become shorter meanwhile.
    if (read_at_ != end_) std::memmove(in_.get() + end_, in_.get() + read_at_, count);
    end_ += count;
  }
  go_on();
}

/// Whether there is room for more input; makes it, unless someone is looking at what is there.
PANDO_INLINE bool connection::make_room() {
  if (open_) return end_ < capacity_;
  auto const enough = [this] { return capacity_ - end_ >= capacity_ / 4; };
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ > kept_capacity) resize_input(first_capacity);
  }
  if (enough()) return true;
  if (begin_ != 0) {
    std::memmove(in_.get(), in_.get() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (enough()) return true;
  request_limits const& limits = core_->settings.limits;
  std::size_t const most = limits.head_bytes + limits.body_bytes + first_capacity;
  if (capacity_ < most) resize_input(std::min(capacity_ * 2, most));
  return end_ < capacity_;
}

PANDO_INLINE void connection::resize_input(std::size_t capacity) {
  pando::detail::owner<char[]> made(new char[capacity]); // not zeroed
  if (end_ != 0) std::memcpy(made.get(), in_.get(), end_);
  in_ = std::move(made);
  capacity_ = capacity;
}

/// Turns what has come over the wire into input, as far as there is room. Whether there was any.
PANDO_INLINE bool connection::decrypt() {
  bool any = false;
  while ((!ending_ || lingering_) && make_room()) {
    std::size_t count = 0;
    switch (tls_->read(in_.get() + end_, capacity_ - end_, count)) {
    case tls_session::result::ok:
      end_ += count;
      any = true;
      continue;
    case tls_session::result::nothing:
      return any;
    case tls_session::result::ended:
      half_closed_ = true;
      return any;
    case tls_session::result::failed:
      ending_ = true;
      return any;
    }
  }
  return any;
}

// Timeouts.

PANDO_INLINE connection::wait connection::what_is_awaited() const noexcept {
  if (lingering_) return wait::linger;
  if (writing_) return wait::write;
  if (open_) return half_closed_ && !told_gone_ ? wait::grace : wait::none;
  if (parser_.in_body()) return wait::body;
  if (begin_ != end_) return wait::head;
  return spoke_ ? wait::idle : wait::first_byte;
}

PANDO_INLINE std::chrono::milliseconds connection::limit_of(wait what) const noexcept {
  server_settings const& all = core_->settings;
  switch (what) {
  case wait::first_byte:
    return is_hurried() ? all.drain_idle : all.first_byte_timeout;
  case wait::idle:
    return is_hurried() ? all.drain_idle : all.idle_timeout;
  case wait::head:
    return all.head_timeout;
  case wait::body:
    return all.body_timeout;
  case wait::write:
    return all.write_timeout;
  case wait::grace:
    return all.half_close_grace;
  case wait::linger:
    return all.linger_timeout;
  case wait::none:
    break;
  }
  return {};
}

PANDO_INLINE void connection::set_timeout() {
  wait const what = what_is_awaited();
  if (what == waits_for_ && !served_) return; // goes on as it is
  waits_for_ = what;
  served_ = false;
  if (what == wait::none)
    core_->wheel.cancel(*this);
  else
    core_->wheel.set(*this, limit_of(what));
}

PANDO_INLINE void connection::expired() {
  self_ptr const self(this);
  switch (std::exchange(waits_for_, wait::none)) {
  case wait::grace:
    tell_gone();
    break;
  case wait::head:
    refuse(408, "the request did not come in time");
    break;
  case wait::body:
    refuse(408, "the body did not come in time");
    break;
  default:
    return close();
  }
  go_on();
}

PANDO_INLINE void connection::drain() {
  waits_for_ = wait::none; // other limits are in force now
  go_on();
}

// The end.

/// All has been said. What the peer still says is read and dropped for a while: closing with unread
/// input would reset the connection and could take the last answer with it.
PANDO_INLINE void connection::end() {
  if (half_closed_ || peer_ends_) return close();
  if (tls_ != nullptr) {
    tls_->end();
    flush();
    if (closed_) return;
  }
  if (::shutdown(socket_.native_handle(), SHUT_WR) != 0) return close();
  lingering_ = true;
  start_read();
  set_timeout();
}

PANDO_INLINE void connection::close() noexcept {
  if (closed_) return;
  self_ptr const self(this);
  closed_ = ending_ = true;
  core_->wheel.cancel(*this);
  boost::system::error_code ignored;
  socket_.close(ignored);
  tell_gone();
  core_->forget(*this);
}

PANDO_INLINE void connection::tell_gone() {
  if (!open_ || std::exchange(told_gone_, true) || watcher_ == nullptr) return;
  watcher_->peer_gone();
}

} // namespace pando::http::detail
