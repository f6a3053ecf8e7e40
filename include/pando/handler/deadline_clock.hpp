// The clock that deadlines of calls are read from.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>

#include <boost/asio/any_io_executor.hpp>

namespace pando::detail {

/// `steady_clock`; but where a test's fleet runs, its time, so that a deadline is the same moment
/// in every run of the test. *Thread*: any.
struct deadline_clock {
  using time_point = std::chrono::steady_clock::time_point;

  /// Time of a test's own.
  class test_time {
   public:
    virtual time_point now() const noexcept = 0;
    /// Runs `then` there and then, unless what it gives is called before.
    virtual std::function<void()> call_at(time_point when,
                                          boost::asio::any_io_executor const& where,
                                          std::function<void()> then) const = 0;

   protected:
    ~test_time() = default;
  };

  static time_point now() noexcept {
    return shown != nullptr ? shown->now() : std::chrono::steady_clock::now();
  }

  inline static constinit thread_local test_time const* shown = nullptr;
};

/// What is left until a deadline; 0: it has passed.
inline std::chrono::milliseconds time_left(deadline_clock::time_point deadline) {
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - deadline_clock::now());
  return (std::max)(left, std::chrono::milliseconds(0));
}

} // namespace pando::detail
