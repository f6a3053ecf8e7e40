// The look at a file's version, on a timer.
#pragma once

#include <pando/store/detail/sqlite_watch.hpp>

namespace pando::store::detail {

/// Nothing here may hold up the executor.
inline sqlite::database_options as_watcher(sqlite::database_options options) {
  options.read_only = true;
  options.busy_timeout = {};
  return options;
}

PANDO_INLINE sqlite_watch::sqlite_watch(boost::asio::any_io_executor home, std::string const& path,
                                        sqlite::database_options options,
                                        std::chrono::milliseconds every)
    : timer_(std::move(home)), in_(path, as_watcher(std::move(options))), every_(every) {
  (void)has_changed();
}

PANDO_INLINE void sqlite_watch::start(std::function<void()> changed) {
  changed_ = std::move(changed);
  wait();
}

PANDO_INLINE void sqlite_watch::stop() noexcept {
  changed_ = nullptr;
  timer_.cancel();
}

PANDO_INLINE void sqlite_watch::wait() {
  timer_.expires_after(every_);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code) {
    if (!self->changed_) return;
    if (self->has_changed()) self->changed_();
    if (self->changed_) self->wait();
  });
}

PANDO_INLINE bool sqlite_watch::has_changed() {
  try {
    auto row = in_.prepare("PRAGMA data_version");
    row.step();
    auto const now = row.integer(0);
    return std::exchange(version_, now) != now;
  } catch (sqlite::error const&) {
    return false; // locked for a moment; whoever uses the storage is told what is wrong with it
  }
}

} // namespace pando::store::detail
