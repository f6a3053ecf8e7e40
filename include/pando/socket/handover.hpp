// One program takes the place of another: the sockets that listen go over with SCM_RIGHTS.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>
#include <pando/link/unix_listener.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::socket {

/// The place cannot be had; `what()` says why and what to do.
using unavailable = listener_unavailable;

/// What a running app tells and lends to the program that wants its place. Both go on to listen on
/// the same sockets until one of them leaves.
struct handover_offer {
  struct route {
    std::string name;                ///< "user.create"
    std::string shape;               ///< `binary::write_shape` of it
    std::vector<std::string> places; ///< where else it answers: "GET /user/{}"
  };
  std::string app{};
  pando::detail::sequence<route> routes{};
  bool is_secure = false;   ///< HTTP is behind TLS
  bool is_stopping = false; ///< it is too late for an offer
  std::vector<int> http{};  ///< sockets that listen for HTTP; the offering side keeps them open
};

/// The side that runs. *Thread*: called on that of a connection.
struct handover_giver {
  /// None: this app lets nobody take its place.
  std::function<handover_offer()> offer{};
  /// The other program serves; this one is to leave. `peer` is what the log calls it.
  std::function<void(std::string const& peer)> taken{};
};

/// The side that comes: what a running app has offered, until it is told `ready`. Sockets that
/// nobody took are closed at the end; the app then goes on as if nothing had been. *Thread*: one
/// coroutine at a time.
class handover {
 public:
  struct parts;
  explicit handover(pando::detail::owner<parts> of);
  handover(handover&&) noexcept;
  ~handover();

  handover_offer const& offer() const noexcept;
  /// The process that is being replaced.
  std::int32_t process() const noexcept;
  /// The Unix socket, and those of HTTP: to be closed by the taker.
  int take_listener() noexcept;
  std::vector<int> take_http() noexcept;
  /// Tells the app that this program serves. *Throws* `unavailable` when it has stopped meanwhile:
  /// the sockets are dead then.
  PANDO_LAZY task<void> ready();

 private:
  pando::detail::owner<parts> parts_;
};

/// Asks the app at `path` for its place. *Throws* `not_running` when there is none, `forbidden`
/// when it is another user's, `unavailable` when it refuses or does not answer within 10 s.
PANDO_LAZY task<handover> take_over(boost::asio::any_io_executor executor, std::string path);

} // namespace pando::socket

#ifdef PANDO_HEADER_ONLY
#include <pando/socket/impl/handover.ipp>
#endif
