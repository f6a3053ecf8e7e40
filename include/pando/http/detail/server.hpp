// The HTTP server of one thread: it listens, keeps the limits, and hands requests to a handler.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <pando/config.hpp>
#include <pando/http/detail/exchange.hpp>
#include <pando/http/detail/server_settings.hpp>
#include <pando/http/detail/tls.hpp>

namespace pando::http::detail {

/// A socket that listens on a numeric address, "127.0.0.1" or "::", while nobody accepts yet; port
/// 0: one that is free. *Throws* std::system_error with a sentence when that cannot be.
int listen_at(std::string const& address, std::uint16_t port);

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

  /// Listens there as `listen_at` does, and accepts. Gives the port.
  std::uint16_t listen(std::string const& address, std::uint16_t port);
  /// Listens on a socket that is bound and listening already, and owns it: another thread's (of its
  /// `listeners`, through dup(2)) or an earlier program's.
  void adopt_listener(int socket);
  /// The sockets it listens on, in order.
  std::vector<int> listeners() const;

  /// Serves a stream socket that is connected already, and owns it; one end of a socketpair will
  /// do.
  void serve(int socket);

  std::size_t connections() const noexcept;

  /// Takes what the kernel has accepted already, then no more; requests that have come or still
  /// come are answered, the last on each connection with `Connection: close`; after `limit` what is
  /// left is cut off. `done` runs once all connections have ended, on the loop. A second call only
  /// waits.
  void stop(std::chrono::milliseconds limit, std::function<void()> done);
  /// The same where another program listens on the same sockets: what the kernel has accepted is
  /// that one's, and idle connections stay until they ask once more, or until `limit`.
  void leave(std::chrono::milliseconds limit, std::function<void()> done);

 private:
  boost::intrusive_ptr<class server_core> core_;
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/server.ipp>
#endif
