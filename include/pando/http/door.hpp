// The HTTP door of an app: routes behind servers, one server a thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/served.hpp>
#include <pando/handler/task.hpp>
#include <pando/http/detail/server.hpp>
#include <pando/meta/owner.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando::http {

/// How the door serves.
struct door_options {
  /// A name or a numeric address; all its addresses are listened on.
  std::string host = "localhost";
  std::uint16_t port = 0;         ///< 0: a free one
  std::string certificate{};      ///< PEM files; empty: no TLS
  std::string key{};
  std::string cors_origin{};      ///< empty: no CORS; an origin, or "*"
  std::string openapi{};          ///< what `GET /openapi.json` gives
  /// What `GET /metrics` gives, on the thread that asks; empty: there is no such page.
  std::function<std::string()> metrics{};
  /// Why `/readyz` says 503; an empty answer, or no function: it says 200.
  std::function<std::string()> why_not_ready{};
  /// Sockets that listen already, another program's; owned here. Those at an address and port of
  /// `host` and `port` are used; with no `host` all are. The others are closed.
  std::vector<int> adopted{};
  detail::server_settings limits{};
};

/// Serves an app's routes over HTTP/1.1. *Thread*: made, started and stopped by one coroutine; each
/// server runs on the loop it was given.
class door {
 public:
  /// `routes` and `context` outlive it and every call.
  door(served_routes const& routes, door_context const& context, door_options options);
  ~door();
  door(door const&) = delete;

  /// Takes the addresses, while nobody is accepted: who connects waits for `start`. *Throws*
  /// std::system_error or std::runtime_error with a sentence when it cannot.
  PANDO_LAZY task<void> listen();
  /// Accepts; one server for each executor, which share the port. Listens first, unless it does.
  PANDO_LAZY task<void> start(std::vector<boost::asio::any_io_executor> executors);
  /// Accepts no more; done when every accepted request has been answered, or after `limit`: then
  /// what is left is cut off, and its handlers are cancelled and waited for a second longer.
  PANDO_LAZY task<void> stop(std::chrono::milliseconds limit);
  /// The same, while another program listens on the same sockets and takes over. Connections that
  /// are idle stay until they ask once more, or until `limit`.
  PANDO_LAZY task<void> leave(std::chrono::milliseconds limit);
  /// What stands in the way of TLS, the same for every door; empty: nothing.
  static std::string_view why_no_tls() noexcept;
  /// The sockets it listens on, one for each address: for the program that takes over. *Thread*:
  /// any, between `start` and `stop`.
  std::vector<int> listeners() const;
  bool is_secure() const noexcept;
  /// The port it listens on; 0: it does not yet.
  std::uint16_t port() const noexcept;
  /// Whether one of the routes is at that path, so that no page of the door's own is.
  bool has_route_at(std::string_view path) const;
  /// `/readyz` says 503 from now on: load balancers look elsewhere before the door closes.
  void not_ready() noexcept;
  /// Serves one connected stream socket on that loop, and owns it: for tests, without `start`.
  /// *Thread*: the loop's.
  void serve(int socket, boost::asio::any_io_executor const& executor);

 private:
  PANDO_LAZY task<void> end(std::chrono::milliseconds limit, bool to_another);

  struct parts;
  pando::detail::owner<parts> parts_;
};

} // namespace pando::http

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/door.ipp>
#endif
