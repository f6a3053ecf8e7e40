// Reading and writing: the socket is asked directly where it can answer at once.
#pragma once

#include <algorithm>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <pando/handler/callback.hpp>
#include <pando/link/stream_connection.hpp>

namespace pando {

namespace detail {
/// What to log of an error; nothing when the other side has just gone.
inline std::string unless_it_left(boost::system::error_code error) {
  namespace errors = boost::asio::error;
  bool const left = error == errors::connection_reset || error == errors::broken_pipe ||
                    error == errors::not_connected;
  return left ? std::string() : error.message();
}

/// Sends what the kernel takes at once, and gives how much that is.
inline std::size_t send_some(int to, char const* data, std::size_t size,
                             boost::system::error_code& error) {
  ssize_t sent = -1;
  do sent = ::send(to, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  error.assign(errno, boost::system::system_category());
  return 0;
}
} // namespace detail

PANDO_INLINE stream_connection::stream_connection(socket_type socket, link_limits const& limits,
                                                  log const& events, std::string peer)
    : socket_(std::move(socket)), limits_(limits), events_(events), peer_(std::move(peer)),
      stall_(socket_.get_executor()) {}

PANDO_INLINE stream_connection::~stream_connection() = default;

PANDO_INLINE void stream_connection::start(detail::owner<connection_user> user) {
  user_ = std::move(user);
  boost::system::error_code error;
  socket_.non_blocking(true, error);
  if (error) return close("its socket cannot be set: " + error.message());
  read();
}

PANDO_INLINE void stream_connection::hand_over(detail::owner<connection_user> user) {
  retired_ = std::move(user_);
  user_ = std::move(user);
}

PANDO_INLINE void stream_connection::read() {
  if (reads_ || is_ended_ || is_closing_ || !is_open_ || left_) return;
  if (is_slow() && !user_->reads_while_slow()) return;
  reads_ = true;
  auto const size = (std::max)(chunk_, (std::min)(expected_, limits_.max_frame));
  char* const room = (cipher_ ? wire_ : in_).reserve(size);
  socket_.async_read_some(boost::asio::buffer(room, size),
                          detail::callback([self = shared_from_this()](
                                               boost::system::error_code error, std::size_t got) {
                            self->on_read(error, got);
                          }));
}

namespace detail {
inline constexpr std::size_t largest_chunk = std::size_t{256} << 10;
}

PANDO_INLINE void stream_connection::on_read(boost::system::error_code error, std::size_t size) {
  reads_ = false;
  if (!is_open_) return;
  if (error == boost::asio::error::eof) return on_end_of_input();
  if (error) return close(detail::unless_it_left(error));
  ++signs_of_life_;
  if (is_closing_) return;
  if (size >= chunk_) chunk_ = (std::min)(chunk_ * 2, detail::largest_chunk);
  if (cipher_) return take_in(size);
  in_.commit(in_.data() + in_.size() + size);
  expected_ = 0;
  hand_out();
  if (!is_open_) return;
  flush();
  read();
}

/// What was read is the cipher's, and what it makes of it the user's.
PANDO_INLINE void stream_connection::take_in(std::size_t size) {
  auto const before = in_.size();
  auto const how = cipher_->open({wire_.data(), size}, in_);
  if (in_.size() != before) {
    expected_ = 0;
    hand_out();
    if (!is_open_) return;
  }
  if (how == stream_cipher::result::failed) {
    if (sending_.empty()) (void)write_out(); // the cipher says to the other side what is wrong
    return close(cipher_->why());
  }
  if (how == stream_cipher::result::ended) return on_end_of_input();
  flush();
  read();
}

/// Has the user take what has come, as long as there is room for the answers.
PANDO_INLINE void stream_connection::hand_out() {
  receives_ = true;
  left_ = false;
  try {
    for (;;) {
      auto* const before = user_.get();
      auto const used = user_->received(in_.view());
      if (!is_open_) return;
      in_.consume(used);
      if (before == user_.get() || in_.empty()) break;
    }
  } catch (...) {
    receives_ = false;
    close("an exception came through");
    throw;
  }
  receives_ = false;
  retired_.reset();
  if (in_.empty() && in_.capacity() > 2 * detail::largest_chunk) in_ = buffer();
}

/// A peer that is gone hangs up both ways; one that has said all it wants to still reads.
PANDO_INLINE void stream_connection::on_end_of_input() {
  is_ended_ = true;
  pollfd state{socket_.native_handle(), 0, 0};
  bool const is_gone = ::poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0;
  if (is_gone || is_closing_) return close();
  receives_ = true;
  bool const stays = user_->half_closed(in_.view());
  receives_ = false;
  if (!is_open_) return;
  if (!stays) close_when_sent();
  flush();
  if (is_open_) watch_for_hangup();
}

PANDO_INLINE void stream_connection::watch_for_hangup() {
  socket_.async_wait(socket_type::wait_error,
                     detail::callback([self = shared_from_this()] { self->close(); }));
}

PANDO_INLINE void stream_connection::wrote() {
  if (receives_) return write_early();
  if (flush_is_due_ || !is_open_) return;
  flush_is_due_ = true;
  detail::post(socket_.get_executor(), detail::callback([self = shared_from_this()] {
                 self->flush_is_due_ = false;
                 self->flush();
               }));
}

/// Of a long piece: the other side begins on the first answers while the next are made.
PANDO_INLINE void stream_connection::write_early() {
  constexpr std::size_t enough = 4096;
  if (out_.size() < enough || !is_open_ || !sending_.empty()) return;
  early_ += out_.size();
  write_out(); // what cannot be sent is for `flush`
}

/// Puts what goes over the wire in the place of what was said.
PANDO_INLINE void stream_connection::seal() {
  sealed_.clear();
  (void)cipher_->seal(out_.view(), sealed_); // one that has failed is found out by the next read
  out_.clear();
  out_.swap(sealed_);
}

/// Gives the kernel what it takes at once of `out_`; the rest goes to `sending_`.
PANDO_INLINE boost::system::error_code stream_connection::write_out() {
  if (cipher_) {
    seal();
    if (out_.empty()) return {};
  }
  boost::system::error_code error;
  auto const size = detail::send_some(socket_.native_handle(), out_.data(), out_.size(), error);
  if (error && error != boost::asio::error::would_block) return error;
  if (!error && size == out_.size()) {
    out_.clear();
    if (out_.capacity() > 2 * limits_.pause_at) out_ = buffer();
  } else {
    sending_.swap(out_);
    sent_ = error ? 0 : size;
    progress_ = std::chrono::steady_clock::now();
    send_rest();
    watch_for_stall();
  }
  return {};
}

PANDO_INLINE void stream_connection::flush() {
  early_ = 0;
  if (!is_open_ || !sending_.empty() || !has_to_send()) return after_sending();
  if (auto const error = write_out()) return close(detail::unless_it_left(error));
  after_sending();
}

PANDO_INLINE void stream_connection::send_rest() {
  socket_.async_wait(
      socket_type::wait_write,
      detail::callback([self = shared_from_this()](boost::system::error_code error) {
        if (!self->is_open_) return;
        auto const* const rest = self->sending_.data() + self->sent_;
        auto const left = self->sending_.size() - self->sent_;
        std::size_t size = 0;
        if (!error) size = detail::send_some(self->socket_.native_handle(), rest, left, error);
        if (error == boost::asio::error::would_block) return self->send_rest();
        self->on_sent(error, size);
      }));
}

PANDO_INLINE void stream_connection::on_sent(boost::system::error_code error, std::size_t size) {
  if (!is_open_) return;
  if (error) return close(detail::unless_it_left(error));
  ++signs_of_life_;
  sent_ += size;
  progress_ = std::chrono::steady_clock::now();
  if (sent_ < sending_.size()) return send_rest();
  sent_ = 0;
  sending_.clear();
  if (sending_.capacity() > limits_.pause_at) sending_ = buffer();
  stall_.cancel();
  flush();
}

/// Something was given to the kernel, or could not be.
PANDO_INLINE void stream_connection::after_sending() {
  if (!is_open_) return;
  if (outgoing() > limits_.max_outgoing)
    return close("it reads too slowly: " + std::to_string(outgoing()) + " bytes wait for it");
  if (is_closing_ && outgoing() == 0) return close(closing_why_);
  if (!rests_ || outgoing() > limits_.pause_at) return;
  rests_ = false;
  // In a turn of its own: other connections shall have theirs.
  detail::post(socket_.get_executor(),
               detail::callback([self = shared_from_this()] { self->go_on(); }));
}

PANDO_INLINE void stream_connection::go_on() {
  // What was left comes first: streams that take all the room would keep it waiting for ever.
  if (left_ && !is_closing()) hand_out();
  if (!is_open_) return;
  receives_ = true;
  user_->drained();
  receives_ = false;
  flush();
  read();
}

PANDO_INLINE void stream_connection::watch_for_stall() {
  stall_.set(progress_ + limits_.stall, detail::callback([weak = weak_from_this()] {
    auto const self = weak.lock();
    if (!self || !self->is_open_ || self->sending_.empty()) return;
    if (std::chrono::steady_clock::now() - self->progress_ < self->limits_.stall)
      return self->watch_for_stall();
    self->close("it has read nothing for " + std::to_string(self->limits_.stall.count()) +
                " ms, and " + std::to_string(self->outgoing()) + " bytes wait for it");
  }));
}

PANDO_INLINE void stream_connection::close(std::string_view why) {
  if (!is_open_) return;
  is_open_ = false;
  if (!why.empty() && !(user_ && user_->logs_the_end()))
    events_.warning("the connection of " + peer_ + " is closed: " + std::string(why));
  boost::system::error_code ignored;
  socket_.close(ignored);
  stall_.cancel();
  std::string const told(why);
  if (user_) user_->ended(told);
}

PANDO_INLINE void stream_connection::close_when_sent(std::string_view why) {
  if (is_closing()) return;
  is_closing_ = true;
  closing_why_ = why;
  wrote();
}

} // namespace pando
