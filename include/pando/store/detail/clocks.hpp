// The two clocks of a storage on one machine: of leases, which nobody sets, and of messages.
#pragma once

#include <chrono>

#include <time.h>

namespace pando::store::detail {

/// Since the machine started, also while it slept (CLOCK_BOOTTIME). Setting the time does not
/// change it.
inline std::chrono::milliseconds machine_time() noexcept {
  struct ::timespec found {};
  ::clock_gettime(CLOCK_BOOTTIME, &found);
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::seconds(found.tv_sec) + std::chrono::nanoseconds(found.tv_nsec));
}

/// Since 1970, as the system has it.
inline std::chrono::milliseconds system_time() noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

} // namespace pando::store::detail
