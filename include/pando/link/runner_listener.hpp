// Where a runner is reached by others: accepts over TCP or a Unix socket, has them prove who they
// are, and serves them in the binary protocol.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>
#include <pando/link/limits.hpp>
#include <pando/link/runner_address.hpp>
#include <pando/link/secure_link.hpp>
#include <pando/link/serving.hpp>

namespace pando {

/// The limits of links between runners: 3 s for a handshake, 3 s until a silent peer is dead.
constexpr link_limits runner_limits() {
  link_limits limits;
  limits.handshake = std::chrono::milliseconds(3'000);
  limits.heartbeat = std::chrono::milliseconds(3'000);
  return limits;
}

struct runner_listener_options {
  link_limits limits = runner_limits();
  std::size_t max_connections = 4096;
  /// Handshakes under way; one more ends the oldest of them, so that whoever is silent keeps nobody
  /// else away.
  std::size_t max_handshakes = 64;
  int adopted = -1; ///< a socket that listens already, of the address's kind; it is closed here
};

/// Serves other runners: `caller.peer` is the name and `caller.incarnation` the life that they have
/// proven (without a cookie: that they give), `caller.transport` is "link". Over a Unix socket they
/// must be of this user. *Thread*: members any; a connection lives on one of the executors, each
/// of which is run by one thread.
class runner_listener {
 public:
  /// Binds and listens, but accepts nobody yet; blocks while a name is looked up. `served` outlives
  /// it.
  /// *Throws* `listener_unavailable` when the place cannot be had, or when it is no loopback
  /// address and there is no cookie.
  runner_listener(std::vector<boost::asio::any_io_executor> executors,
                  runner_address const& address, serving const& served,
                  std::shared_ptr<secure_link const> security,
                  runner_listener_options options = {});
  /// Closes everything; a path is removed.
  ~runner_listener();
  runner_listener(runner_listener const&) = delete;

  /// Logs the address, and what is weak about the cookie; then accepts.
  void start();
  /// What it is bound to, with the port that was free.
  runner_address const& address() const noexcept;
  std::size_t connections() const;
  std::size_t handshakes() const;

  /// Accepts no more. Twice is fine.
  void stop_accepting();
  /// Tells every connection that the runner stops, lets what runs be answered within `limit`, and
  /// closes. Gives whether nothing had to be cut off.
  PANDO_LAZY task<bool> drain(std::chrono::milliseconds limit);
  /// Ends every connection now.
  void close();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/runner_listener.ipp>
#endif
