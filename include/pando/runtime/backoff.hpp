// When to try again after a failure: twice as late each time, and never all at the same moment.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <random>

namespace pando {

/// *Thread*: one at a time.
class backoff {
 public:
  using milliseconds = std::chrono::milliseconds;
  backoff(milliseconds first, milliseconds last)
      : random_(std::random_device{}()), first_(first), last_(last) {}

  /// It failed once more: how long to wait, between half and all of the doubled time.
  milliseconds after_failure() {
    auto const doublings = (std::min)(failures_++, std::size_t{20});
    auto const most = (std::min)(last_.count(), first_.count() << doublings);
    return milliseconds(std::uniform_int_distribution(most / 2, most)(random_));
  }
  void went_well() noexcept { failures_ = 0; }
  std::size_t failures() const noexcept { return failures_; }

 private:
  std::minstd_rand random_;
  milliseconds first_;
  milliseconds last_;
  std::size_t failures_ = 0;
};

} // namespace pando
