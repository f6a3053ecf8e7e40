// The HTTP server of one thread: it listens, keeps the limits, and hands requests to a handler.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/http/detail/exchange.hpp>
#include <pando/http/detail/parser.hpp>
#include <pando/http/detail/tls.hpp>

namespace pando::http::detail {

/// Timeouts are kept to 0.1 s, and count only time in which the thread was free to serve.
struct server_settings {
  request_limits limits{};
  /// Of this server; at the limit new ones wait in the kernel's queue.
  std::size_t connections = 10'000;
  /// A connection that says nothing is closed.
  std::chrono::milliseconds first_byte_timeout{10'000};
  /// From a request's first octet to the end of its head; then 408.
  std::chrono::milliseconds head_timeout{10'000};
  /// From there to the end of its body; then 408.
  std::chrono::milliseconds body_timeout{60'000};
  /// Between requests; then closed.
  std::chrono::milliseconds idle_timeout{60'000};
  /// A peer that reads nothing of what is being sent to it is cut off.
  std::chrono::milliseconds write_timeout{30'000};
  /// How long after a peer has ended its side its call goes on. A peer that was killed looks the
  /// same as one that only has nothing more to say; most often it is the former.
  std::chrono::milliseconds half_close_grace{1'000};
  /// How long a connection that we end is read on, so that the last answer is not lost.
  std::chrono::milliseconds linger_timeout{2'000};
  /// How long an idle connection is kept when the server stops, for a request under way.
  std::chrono::milliseconds drain_idle{200};
  /// What may wait to be sent on one connection before it takes no further request.
  std::size_t unsent_bytes = std::size_t{64} << 10;
};

/// A server on one event loop. *Thread*: that loop's, for all members. The handler outlives it, or
/// at least `stop`'s completion.
class server {
 public:
  /// *Throws* std::invalid_argument unless the executor is that of a boost::asio::io_context; one
  /// thread runs it. `tls`: null for plain HTTP.
  server(boost::asio::any_io_executor const& executor, request_handler& handler,
         server_settings const& settings, std::shared_ptr<tls_context const> tls = {});
  server(server const&) = delete;
  ~server(); ///< ends all connections at once

  /// Listens on a numeric address, "127.0.0.1" or "::"; port 0: one that is free. Gives the port.
  /// *Throws* std::runtime_error with a sentence when that cannot be.
  std::uint16_t listen(std::string const& address, std::uint16_t port);
  /// Listens on a socket that is bound and listening already, and owns it: another thread's (its
  /// `listener`, through dup(2)) or an earlier program's.
  void adopt_listener(int socket);
  /// The socket of the first listener; -1: none.
  int listener() const noexcept;

  /// Serves a stream socket that is connected already, and owns it; one end of a socketpair will
  /// do.
  void serve(int socket);

  std::size_t connections() const noexcept;

  /// Takes what the kernel has accepted already, then no more; requests that have come or still
  /// come are answered, the last on each connection with `Connection: close`; after `limit` what is
  /// left is cut off. `done` runs once all connections have ended, on the loop. A second call only
  /// waits.
  void stop(std::chrono::milliseconds limit, std::function<void()> done);

 private:
  std::shared_ptr<class server_core> core_;
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/server.ipp>
#endif
