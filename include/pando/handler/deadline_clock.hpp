// The clock that deadlines of calls are read from.
#pragma once

#include <algorithm>
#include <chrono>

namespace pando::detail {

/// `steady_clock`; but where a test's fleet runs, its time, so that a deadline is the same moment
/// in every run of the test. *Thread*: any.
struct deadline_clock {
  using time_point = std::chrono::steady_clock::time_point;

  static time_point now() noexcept {
    return shown != nullptr ? *shown : std::chrono::steady_clock::now();
  }

  inline static constinit thread_local time_point const* shown = nullptr;
};

/// What is left until a deadline; 0: it has passed.
inline std::chrono::milliseconds time_left(deadline_clock::time_point deadline) {
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - deadline_clock::now());
  return (std::max)(left, std::chrono::milliseconds(0));
}

} // namespace pando::detail
