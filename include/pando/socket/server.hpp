// The Unix-socket door: accepts, checks who connects, and tells the two protocols apart.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>
#include <pando/link/limits.hpp>
#include <pando/link/serving.hpp>
#include <pando/socket/handover.hpp>

namespace pando::socket {

struct server_options {
  std::string path{}; ///< `socket_path_of("shop")`, or wherever the user wants it
  link_limits limits{};
  std::size_t max_connections = 4096;
  int adopted = -1;       ///< listens at `path` already: another program's socket, until `keep`
  handover_giver giver{}; ///< for the program that may take this one's place
};

/// Serves routes on a Unix socket: to this user only, in the binary protocol or in JSON-RPC 2.0, as
/// the first byte of a connection says. *Thread*: members any; a connection lives on one of the
/// executors, each of which is run by one thread.
class server {
 public:
  /// Listens, but accepts nobody yet. `served` outlives it. *Throws* `listener_unavailable`.
  server(std::vector<boost::asio::any_io_executor> executors, serving const& served,
         server_options options);
  /// Removes the socket and closes what is open.
  ~server();
  server(server const&) = delete;

  void start();
  /// The other program has gone: the socket that was adopted is this one's.
  void keep();
  std::string const& path() const noexcept;
  std::size_t connections() const;

  /// Accepts no more: who connects now is refused. The path stays, so that nobody takes it before
  /// this is destroyed. Twice is fine.
  void stop_accepting();
  /// Tells every connection that the app stops, lets what runs be answered within `limit`, and
  /// closes. Gives whether nothing had to be cut off. When another program has taken its place,
  /// connections go on as before until `limit`, and are told only then.
  PANDO_LAZY task<bool> drain(std::chrono::milliseconds limit);
  /// Ends every connection now.
  void close();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace pando::socket

#ifdef PANDO_HEADER_ONLY
#include <pando/socket/impl/server.ipp>
#endif
