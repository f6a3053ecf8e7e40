// Counts what the program takes from the heap. One file of the program defines the operators.
#pragma once

#include <atomic>
#include <cstddef>

namespace allocations {

inline std::atomic<bool> counting{false};
inline std::atomic<std::size_t> count{0};

/// What `work` takes from the heap, on all threads.
template <class Work>
std::size_t during(Work work) {
  count = 0;
  counting = true;
  work();
  counting = false;
  return count;
}

} // namespace allocations
