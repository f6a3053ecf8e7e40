// Calls by route, by how they came and how they ended.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/runtime/counters.hpp>

namespace pando {

/// How a call ended, for whoever counts.
enum class call_outcome : std::uint8_t {
  ok,
  declared,  ///< in one of its route's errors
  failed,    ///< in one of the framework's
  defect,    ///< its handler threw what nobody declared
  abandoned, ///< its caller did not wait for the end
};
inline constexpr std::array<std::string_view, 5> call_outcome_names{"ok", "declared", "failed",
                                                                    "defect", "abandoned"};

/// How a call came. A closed list: doors are named by clients too, and nobody may make up series.
enum class call_way : std::uint8_t { in_process, http, socket, cli, link, other };
inline constexpr std::array<std::string_view, 6> call_way_names{"in-process", "http",   "socket",
                                                                "cli",        "link", "other"};
/// `other` for a name that is none of these.
call_way call_way_of(std::string_view transport) noexcept;

namespace detail {

/// So many threads count calls in process without meeting; those beyond share number 0.
inline constexpr unsigned count_lanes = 32;
inline constexpr unsigned no_lane = count_lanes;
inline constinit thread_local unsigned lane_of_thread = no_lane;
/// Gives this thread a number that no other living one has, or 0, until it ends.
unsigned take_lane() noexcept;

} // namespace detail

/// The calls of one route. Kept until the end, so that series never go back. *Thread*: any.
class route_counts {
 public:
  /// Calls that came in one way over a door, with how long they took.
  struct over_door {
    counter begun;
    std::array<counter, call_outcome_names.size()> ended{};
    histogram took;
  };

  explicit route_counts(std::string_view route) : route_(route) {}
  ~route_counts();
  route_counts(route_counts const&) = delete;

  std::string_view route() const noexcept { return route_; }

  // Calls in process: so quick that even one atomic addition would show, so every thread has
  // numbers of its own, nobody looks at a clock, and only ends are counted.
  void ended_here(call_outcome how) noexcept { count_here(static_cast<std::size_t>(how)); }

  /// Null: there is no memory. *Limit*: the first call of each way allocates.
  over_door* by(call_way way) noexcept {
    auto* const found = ways_[static_cast<std::size_t>(way)].load(std::memory_order_acquire);
    return found != nullptr ? found : make(way);
  }

  /// The sums, for whoever reads: null for a way that nobody came.
  over_door const* read(call_way way) const noexcept {
    return ways_[static_cast<std::size_t>(way)].load(std::memory_order_acquire);
  }
  std::uint64_t ended_in_process(call_outcome how) const noexcept {
    return sum_here(static_cast<std::size_t>(how));
  }

 private:
  /// One thread's numbers, by outcome.
  struct alignas(64) lane {
    std::array<std::atomic<std::uint64_t>, 8> cells{};
  };

  void count_here(std::size_t which) noexcept {
    auto number = detail::lane_of_thread;
    if (number == detail::no_lane) [[unlikely]]
      number = detail::take_lane();
    auto* at = lanes_[number].load(std::memory_order_acquire);
    if (at == nullptr) [[unlikely]]
      at = make_lane(number);
    if (at == nullptr) return;
    auto& cell = at->cells[which];
    if (number == 0)
      cell.fetch_add(1, std::memory_order_relaxed);
    else // only this thread writes here
      cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  lane* make_lane(unsigned number) noexcept;
  over_door* make(call_way way) noexcept;
  std::uint64_t sum_here(std::size_t which) const noexcept;

  std::string_view route_;
  std::array<std::atomic<lane*>, detail::count_lanes> lanes_{};
  std::array<std::atomic<over_door*>, call_way_names.size()> ways_{};
};

class metrics_writer;

/// The calls of all routes of an app. *Thread*: `add` before the first call; the rest any.
class call_counts {
 public:
  /// Of a route of that name, which is static text; it lives as long as this.
  route_counts* add(std::string_view route);
  void write(metrics_writer& to) const;

 private:
  detail::sequence<detail::owner<route_counts>> all_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/call_counts.ipp>
#endif
