// Notifications of PostgreSQL (LISTEN, NOTIFY), over reconnects.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>
#include <pando/store/postgres_error.hpp>
#include <pando/store/postgres_notification.hpp>
#include <pando/store/postgres_options.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres {

namespace detail {
class postgres_listener;
}

/// Listens on a connection of its own, which is made again whenever it is lost, by the backoff of
/// its options. The first that it tells is `began`, and so is the first after each reconnect: then
/// whoever relies on notifications looks for what was missed. A connection without an answer for
/// longer than `heartbeat` is given up. *Limit*: 10,000 that were not taken; then all of them give
/// way to one `lost`. *Thread*: the executor's.
class listener {
 public:
  /// Channels are taken as they stand, upper case included.
  listener(boost::asio::any_io_executor executor, std::vector<std::string> channels,
           options const& chosen = {},
           std::chrono::milliseconds heartbeat = std::chrono::seconds(10));
  listener(listener&&) noexcept = default;
  listener& operator=(listener&&) = delete;
  ~listener();

  /// The next one, when it comes; one waits at a time. *Throws* `error`: `refused`, once for each
  /// attempt that the server refuses (it goes on trying), `cancelled`, `closed`.
  PANDO_LAZY task<notification> next();
  /// Ends it, and who waits for the next.
  void close();
  bool is_listening() const noexcept;

 private:
  std::shared_ptr<detail::postgres_listener> state_;
};

} // namespace pando::postgres

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_listener.ipp>
#endif
#endif
