// The time that leases are kept by: real, or a simulator's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>

namespace pando::lease {

/// Tells the time, and waits. *Thread*: any.
class time_source {
 public:
  virtual ~time_source() = default;
  /// Milliseconds that only grow, also while the machine sleeps.
  virtual std::int64_t now() const noexcept = 0;
  /// What clocks and calendars show, which people set: for what is due by them.
  virtual std::chrono::sys_time<std::chrono::milliseconds> wall() const noexcept = 0;
  /// Calls `then` on that executor after that time, unless what it gives is called there before.
  virtual std::function<void()> call_after(boost::asio::any_io_executor const& home,
                                           std::chrono::milliseconds time,
                                           std::function<void()> then) const = 0;
};

/// Goes on after that time, where the caller runs.
PANDO_LAZY task<void> pause(time_source const& by, std::chrono::milliseconds time);

/// CLOCK_BOOTTIME, which counts the time that the machine was suspended: an owner that slept past
/// the end of its lease knows it. *Source*: clock_gettime(2).
time_source const& boot_time();

} // namespace pando::lease

#ifdef PANDO_HEADER_ONLY
#include <pando/lease/impl/clock.ipp>
#endif
