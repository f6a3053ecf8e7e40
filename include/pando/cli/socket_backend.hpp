// Commands that run in the running app, over its Unix socket as JSON-RPC; and which apps run.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pando/cli/backend.hpp>
#include <pando/config.hpp>
#include <pando/schema/description.hpp>

namespace pando::cli {

namespace detail {
class line_socket;

} // namespace detail

/// Runs calls in the app of that name. Its socket is `--socket` where that is given, else
/// PANDO_SOCKET, else `NAME.sock` in the folders of <pando/link/socket_path.hpp>; a name with a `/`
/// is a path itself. A folder that others may enter, and an app of another user, are refused: a
/// password may be on its way. Plain blocking sockets, one connection for each call. *Thread*: one,
/// but `cancel`.
class socket_backend final : public backend {
 public:
  explicit socket_backend(std::string app);
  socket_backend(socket_backend const&) = delete;
  PANDO_INLINE ~socket_backend() override;

  /// Ends as `not_running` where nobody listens, `disconnected` when the app goes away, `cancelled`
  /// five seconds after `cancel` at the latest, `deadline_exceeded` when `timeout` has passed.
  PANDO_INLINE call_end invoke(invocation const& what, io_sink& io,
                  std::function<bool(std::string_view)> const& item) override;
  PANDO_INLINE void cancel() noexcept override;

  /// The app's own description. *Throws* the failures above, and `incompatible` when it makes no
  /// sense.
  described_app describe(std::string const& socket = {},
                         std::chrono::milliseconds patience = std::chrono::seconds(5));

 private:
  void open(detail::line_socket& socket, std::string const& chosen) const;

  std::string app_;
  int wake_[2] = {-1, -1};
  std::atomic<bool> calls_{false};
};

/// An app that listens, or a socket with something wrong about it.
struct running_app {
  std::string name; ///< of the socket
  std::string socket;
  std::int64_t process = 0;
  std::optional<described_app> description{};
  std::string trouble{}; ///< why there is no description
};

/// The apps of this user that run, by name; sockets that nobody is behind are left out.
std::vector<running_app>
running_apps(std::chrono::milliseconds patience = std::chrono::milliseconds(500));

} // namespace pando::cli

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/socket_backend.ipp>
#endif
