// Numbers of threads, and what the calls of a route come to.
#pragma once

#include <new>

#include <pando/runtime/call_counts.hpp>

namespace pando {

namespace detail {

/// The numbers that living threads have; 0 is everybody's.
inline std::atomic<std::uint32_t>& lanes_taken() noexcept {
  static std::atomic<std::uint32_t> taken{1};
  return taken;
}
static_assert(count_lanes == 32, "one bit for each");

/// Gives a thread's number back when it ends. What the thread counts after that is shared.
struct lane_holder {
  unsigned number = 0;
  ~lane_holder() {
    lane_of_thread = 0;
    if (number != 0)
      lanes_taken().fetch_and(~(std::uint32_t{1} << number), std::memory_order_release);
  }
};

PANDO_INLINE unsigned take_lane() noexcept {
  thread_local lane_holder holder;
  auto& taken = lanes_taken();
  auto now = taken.load(std::memory_order_relaxed);
  lane_of_thread = 0;
  while (now != ~std::uint32_t{0}) {
    unsigned number = 1;
    while ((now >> number & 1U) != 0) ++number;
    // What the last thread of that number has counted is seen by this one.
    if (!taken.compare_exchange_weak(now, now | std::uint32_t{1} << number,
                                     std::memory_order_acquire, std::memory_order_relaxed))
      continue;
    holder.number = lane_of_thread = number;
    break;
  }
  return lane_of_thread;
}

} // namespace detail

PANDO_INLINE call_way call_way_of(std::string_view transport) noexcept {
  for (std::size_t i = 0; i < call_way_names.size(); ++i)
    if (call_way_names[i] == transport) return static_cast<call_way>(i);
  return call_way::other;
}

PANDO_INLINE route_counts::~route_counts() {
  for (auto const& one : lanes_) delete one.load(std::memory_order_relaxed);
  for (auto const& one : ways_) delete one.load(std::memory_order_relaxed);
}

PANDO_INLINE route_counts::lane* route_counts::make_lane(unsigned number) noexcept {
  auto* const made = new (std::nothrow) lane;
  lane* before = nullptr;
  if (made == nullptr || lanes_[number].compare_exchange_strong(before, made)) return made;
  delete made; // another of those that share a number was quicker
  return before;
}

PANDO_INLINE route_counts::over_door* route_counts::make(call_way way) noexcept {
  auto* const made = new (std::nothrow) over_door;
  over_door* before = nullptr;
  if (made == nullptr ||
      ways_[static_cast<std::size_t>(way)].compare_exchange_strong(before, made))
    return made;
  delete made;
  return before;
}

PANDO_INLINE std::uint64_t route_counts::sum_here(std::size_t which) const noexcept {
  std::uint64_t sum = 0;
  for (auto const& one : lanes_)
    if (auto const* const at = one.load(std::memory_order_acquire); at != nullptr)
      sum += at->cells[which].load(std::memory_order_relaxed);
  return sum;
}

PANDO_INLINE route_counts* call_counts::add(std::string_view route) {
  all_.push_back(detail::owner<route_counts>(new route_counts(route)));
  return all_.back().get();
}

} // namespace pando
