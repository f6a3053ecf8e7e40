// Waiting for something that another thread or process brings about.
#pragma once

#include <chrono>
#include <thread>

namespace support {

/// Waits until something holds, 20 s at most; gives whether it ever did. It is not asked again once
/// it held: what holds for a moment only (a count that goes up and down) is to be made lasting by
/// the test, and not by chance.
template <class Predicate>
bool comes_true(Predicate holds) {
  auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    if (holds()) return true;
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

} // namespace support
