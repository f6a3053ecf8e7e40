// Looks every few milliseconds whether anybody has written to a database file.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/store/sqlite_database.hpp>

#if PANDO_HAS_SQLITE

namespace pando::store::detail {

/// By `PRAGMA data_version` on a connection of its own, which reads a few words of shared memory.
/// *Thread*: the executor's, but for the constructor.
class sqlite_watch : public std::enable_shared_from_this<sqlite_watch> {
 public:
  sqlite_watch(boost::asio::any_io_executor home, std::string const& path,
               sqlite::database_options options, std::chrono::milliseconds every);
  /// Calls `changed` after each change, until `stop`. It keeps the executor busy.
  void start(std::function<void()> changed);
  void stop() noexcept;

 private:
  void wait();
  bool has_changed();

  boost::asio::steady_timer timer_;
  sqlite::database in_;
  std::chrono::milliseconds every_;
  std::function<void()> changed_{};
  std::int64_t version_ = 0;
};

} // namespace pando::store::detail

#endif
