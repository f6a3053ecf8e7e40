// One stream socket: reads in large pieces, answers all of a piece in one write, bounds what waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <pando/config.hpp>
#include <pando/handler/timer.hpp>
#include <pando/link/connection_user.hpp>
#include <pando/link/limits.hpp>
#include <pando/link/stream_cipher.hpp>
#include <pando/link/stream_socket.hpp>
#include <pando/meta/owner.hpp>
#include <pando/runtime/log.hpp>
#include <pando/schema/buffer.hpp>

namespace pando {

/// A socket of any stream protocol with its buffers. Kept by the operations that are under way, and
/// by whoever holds it. *Thread*: its executor, all of it.
class stream_connection : public std::enable_shared_from_this<stream_connection> {
 public:
  using socket_type = detail::stream_socket;

  /// `peer` is how the log calls the other side. The log outlives the connection.
  stream_connection(socket_type socket, link_limits const& limits, log const& events,
                    std::string peer);
  ~stream_connection();

  /// What goes over the socket goes through the cipher; before `start`.
  void protect(std::unique_ptr<stream_cipher> cipher) { cipher_.reset(cipher.release()); }
  stream_cipher* cipher() const noexcept { return cipher_.get(); }

  /// Begins to read for `user`.
  void start(detail::owner<connection_user> user);
  /// From inside `received`: another user takes over, with what is not consumed.
  void hand_over(detail::owner<connection_user> user);
  connection_user* user() const noexcept { return user_.get(); }

  /// What is to be sent: append, then say `wrote`.
  buffer& out() noexcept { return out_; }
  /// Sent with what is written in the same turn: at the end of what is being received, or soon;
  /// earlier when it is much.
  void wrote();
  /// Bytes that the other side's kernel has not taken yet.
  std::size_t outgoing() const noexcept { return out_.size() + sending_.size() - sent_; }
  /// Whether so much waits, or was written in this turn, that streams rest; whoever is told so is
  /// told `drained` later.
  bool is_slow() noexcept {
    bool const slow = outgoing() + early_ > limits_.pause_at;
    rests_ = rests_ || slow;
    return slow;
  }
  /// Inside `received`, with a whole message at hand: whether it is to be left, since so much waits
  /// to be sent.
  bool defers() noexcept { return left_ = is_slow(); }
  /// Grows when something has come, or some of what waits was taken: how it is seen whether the
  /// other side lives.
  std::uint64_t signs_of_life() const noexcept { return signs_of_life_; }
  /// What is read at once, at least: the rest of a message that has begun.
  void expect(std::size_t bytes) noexcept { expected_ = bytes; }

  /// Ends it now. A `why` is logged.
  void close(std::string_view why = {});
  /// Reads no more, sends what is written, then closes.
  void close_when_sent(std::string_view why = {});
  bool is_open() const noexcept { return is_open_; }
  bool is_closing() const noexcept { return !is_open_ || is_closing_; }

  boost::asio::any_io_executor executor() { return socket_.get_executor(); }
  link_limits const& limits() const noexcept { return limits_; }
  std::string const& peer() const noexcept { return peer_; }
  log const& events() const noexcept { return events_; }

 private:
  void read();
  void hand_out();
  void on_read(boost::system::error_code error, std::size_t size);
  void take_in(std::size_t size);
  void on_end_of_input();
  void watch_for_hangup();
  void write_early();
  void seal();
  bool has_to_send() const { return !out_.empty() || (cipher_ && cipher_->has_to_speak()); }
  boost::system::error_code write_out();
  void flush();
  void send_rest();
  void on_sent(boost::system::error_code error, std::size_t size);
  void after_sending();
  void go_on();
  void watch_for_stall();

  socket_type socket_;
  link_limits const limits_;
  log const& events_;
  std::string const peer_;
  detail::owner<stream_cipher> cipher_; ///< null: octets go as they are
  detail::owner<connection_user> user_;
  detail::owner<connection_user> retired_; ///< handed over from inside itself
  buffer in_;
  buffer wire_;   ///< what is read for the cipher
  buffer sealed_; ///< what it makes of `out_`
  buffer out_;
  buffer sending_;            ///< what the kernel did not take at once
  std::size_t sent_ = 0;      ///< of `sending_`
  std::uint64_t signs_of_life_ = 0;
  std::size_t early_ = 0;     ///< written before the end of this turn, which others wait for
  std::size_t chunk_ = 4096;  ///< what one read asks for
  std::size_t expected_ = 0;
  detail::timer stall_;
  std::chrono::steady_clock::time_point progress_{};
  std::string closing_why_;
  bool is_open_ = true;
  bool is_closing_ = false;
  bool is_ended_ = false;     ///< no more will come
  bool reads_ = false;        ///< a read is under way
  bool receives_ = false;     ///< the user is at it: what it writes is sent afterwards
  bool flush_is_due_ = false; ///< posted
  bool rests_ = false;        ///< somebody waits for `drained`, or reading does
  bool left_ = false;         ///< messages that have come are not taken yet
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/stream_connection.ipp>
#endif
