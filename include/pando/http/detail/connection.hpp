// One HTTP connection, and what the connections of one server share. Only the bodies include this.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <pando/config.hpp>
#include <pando/handler/timer.hpp>
#include <pando/http/detail/exchange.hpp>
#include <pando/http/detail/server_settings.hpp>
#include <pando/http/detail/tls.hpp>
#include <pando/http/detail/write.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/runtime/timer_wheel.hpp>

namespace pando::http::detail {

class connection;
class listening_socket;
using loop_executor = boost::asio::io_context::executor_type;
/// A socket as any descriptor. Asio's own sockets bring protocols, addresses and names, of which
/// reading and waiting need nothing.
using stream_socket = boost::asio::posix::basic_stream_descriptor<loop_executor>;

/// What the connections of one server share; it lives as long as the last of them.
class server_core final : private timer_wheel::timer {
 public:
  server_core(loop_executor const& on, request_handler& to, server_settings const& how,
              std::shared_ptr<tls_context const> with);

  void listen_on(boost::intrusive_ptr<listening_socket> which);
  /// Serves that connected socket, and owns it, so that it becomes -1. False, or an exception: the
  /// loop has no room for it.
  bool take(int& socket);
  void stop(std::chrono::milliseconds limit, bool to_another, std::function<void()> done);
  /// Ends everything at once; the handler is not called again.
  void end_all();
  /// Of a connection that has just ended: takes it out of the list.
  void forget(connection& which);
  /// Runs the timer behind all timeouts while there is something to time.
  void keep_ticking();

  loop_executor executor;
  request_handler& handler;
  server_settings const settings;
  std::shared_ptr<tls_context const> const tls;
  timer_wheel wheel{std::chrono::milliseconds{100}};
  date_line date;
  buffer scratch; ///< bodies under construction
  pando::detail::sequence<boost::intrusive_ptr<listening_socket>> listeners;
  std::size_t count = 0;
  std::size_t pauses = 0; ///< listeners that wait for descriptors to become free
  bool draining = false;
  bool is_patient = false; ///< draining, and idle peers may take their time: nobody is refused

 private:
  friend void intrusive_ptr_add_ref(server_core* which) noexcept { ++which->references_; }
  friend void intrusive_ptr_release(server_core* which) noexcept {
    if (--which->references_ == 0) delete which;
  }
  ~server_core() = default;
  PANDO_INLINE void expired() override; ///< the limit of `stop`
  void tick();
  void finish_stopping();
  pando::detail::sequence<boost::intrusive_ptr<connection>> all() const;

  connection* first_ = nullptr;
  pando::detail::timer ticker_;
  std::chrono::steady_clock::time_point ticked_{};
  pando::detail::sequence<std::function<void()>> when_stopped_;
  std::size_t references_ = 0;
  bool is_ticking_ = false;
};

/// One connection. It reads ahead while an answer is awaited, so that it learns of the peer's end,
/// but never moves what a handler may be looking at.
class connection final : public exchange, private timer_wheel::timer {
 public:
  explicit connection(boost::intrusive_ptr<server_core> core);

  void start();
  void drain(); ///< the server is stopping
  void close() noexcept;

  request const& message() const noexcept override { return parser_.message(); }
  http::response& response() noexcept override { return response_; }
  PANDO_INLINE buffer& body() noexcept override;
  PANDO_INLINE void answer(int status, std::string_view content_type,
                           std::string_view body) override;
  PANDO_INLINE void stream(int status, std::string_view content_type) override;
  PANDO_INLINE bool write(std::string_view data) override;
  bool is_full() const noexcept override { return unsent() >= core_->settings.unsent_bytes; }
  PANDO_INLINE void finish() override;
  PANDO_INLINE void abort() noexcept override;
  void watch(exchange_watcher* watcher) noexcept override { watcher_ = watcher; }
  bool is_gone() const noexcept override { return closed_; }
  PANDO_INLINE std::string_view peer() override;
  bool is_secure() const noexcept override { return tls_ != nullptr; }

 private:
  friend server_core;
  friend void intrusive_ptr_add_ref(connection* which) noexcept { ++which->references_; }
  friend void intrusive_ptr_release(connection* which) noexcept {
    if (--which->references_ == 0) delete which;
  }
  using self_ptr = boost::intrusive_ptr<connection>;
  /// What the timeout stands for.
  enum class wait : std::uint8_t { none, first_byte, head, body, idle, write, grace, linger };

  ~connection() = default;
  PANDO_INLINE void hold() noexcept override;
  PANDO_INLINE void drop() override;
  PANDO_INLINE void expired() override;

  // Input.
  void start_read();
  void on_read(boost::system::error_code const& error, std::size_t count);
  bool make_room();
  void resize_input(std::size_t capacity);
  bool decrypt();

  // Requests.
  void go_on() noexcept;
  void advance();
  bool process();
  void hand_over();
  void offer_continue();
  void exchange_over();
  void refuse(int status, std::string_view reason);
  void fail();

  // Answers.
  void begin_answer(int status, std::string_view content_type, framing how, std::size_t length);
  std::size_t unsent() const noexcept { return out_.size() + wire_.size() - sent_; }
  void flush();
  void flush_soon();
  void send_rest();
  void on_room(boost::system::error_code const& error);
  void was_drained();

  // Ends and timeouts.
  void end();
  void tell_gone();
  void set_timeout();
  wait what_is_awaited() const noexcept;
  std::chrono::milliseconds limit_of(wait what) const noexcept;
  bool is_hurried() const noexcept { return core_->draining && !core_->is_patient; }

  boost::intrusive_ptr<server_core> core_;
  stream_socket socket_;
  pando::detail::owner<tls_session> tls_;
  request_parser parser_;
  pando::detail::owner<char[]> in_;     ///< the input: requests, as the peer said them
  pando::detail::owner<char[]> cipher_; ///< what was read from the wire, with TLS
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0; ///< where the request being read or answered begins in `in_`
  std::size_t end_ = 0;
  std::size_t read_at_ = 0; ///< where the read under way puts what comes
  buffer out_;              ///< the output: answers, as the peer will see them
  buffer wire_;             ///< what is being sent
  std::size_t sent_ = 0;    ///< of `wire_`
  http::response response_;
  std::string peer_;
  exchange_watcher* watcher_ = nullptr;
  connection* before_ = nullptr; ///< in the server's list
  connection* behind_ = nullptr;
  std::uint32_t references_ = 0;
  std::uint32_t holds_ = 0;
  wait waits_for_ = wait::none;
  bool reading_ = false;
  bool writing_ = false;
  bool open_ = false;     ///< an exchange is
  bool handling_ = false; ///< its handler runs now
  bool answered_ = false; ///< the whole answer has been given
  bool streaming_ = false;
  bool chunked_ = false;
  bool silent_ = false; ///< the answer's body is not sent (HEAD)
  bool keep_alive_ = true;
  bool served_ = false; ///< something was answered since the timeout was last set
  bool spoke_ = false;  ///< the peer has said something, ever
  bool was_full_ = false;
  bool continued_ = false;   ///< `100 Continue` was sent
  bool half_closed_ = false; ///< the peer says no more
  bool told_gone_ = false;
  bool flush_posted_ = false;
  bool advancing_ = false; ///< `advance` runs now
  bool again_ = false;     ///< and is to run once more
  bool peer_ends_ = false; ///< the peer itself wanted that to be the last answer
  bool ending_ = false;    ///< once all is sent, that was the last answer
  bool lingering_ = false;
  bool closed_ = false;
};

/// A socket that listens.
class listening_socket final : private timer_wheel::timer {
 public:
  /// Owns the socket. *Throws* when the loop has no room for it, and closes it.
  listening_socket(boost::intrusive_ptr<server_core> core, int socket);

  void wait();       ///< for the next connection, unless it waits already
  void accept_all(); ///< all that the kernel has, whatever the limit
  void close() noexcept;
  int handle() { return socket_.native_handle(); }

 private:
  friend void intrusive_ptr_add_ref(listening_socket* which) noexcept { ++which->references_; }
  friend void intrusive_ptr_release(listening_socket* which) noexcept {
    if (--which->references_ == 0) delete which;
  }
  ~listening_socket() = default;
  void accept_some(std::size_t at_most, std::size_t connections);
  void pause();
  PANDO_INLINE void expired() override; ///< the pause is over

  boost::intrusive_ptr<server_core> core_;
  stream_socket socket_;
  std::size_t references_ = 0;
  bool waiting_ = false;
  bool pausing_ = false;
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/connection.ipp>
#include <pando/http/impl/exchange.ipp>
#endif
