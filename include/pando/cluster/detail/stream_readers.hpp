// Whether the programs that read persisted streams are there still, as far as the fleet knows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <pando/cluster/detail/owned_table.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/store/leases.hpp>

namespace pando::cluster::detail {

/// Of a program that is enlisted the storage has signs of life; one that only calls has none, and
/// what it reads ends by `longest_silence_of_reader`. *Thread*: the runner's.
class stream_readers {
 public:
  explicit stream_readers(runner& fleet) : fleet_(fleet) {}

  /// Of the streams that are carried out here those that are read by programs whose lease has
  /// ended. Told once a look at the fleet.
  std::vector<std::uint64_t> without(owned_table const& streams) {
    if (!is_fleet_new() || !is_steady()) return {};
    auto const read = streams.read_elsewhere(fleet_.incarnation());
    if (read.empty()) return {};
    auto const fleet = fleet_.fleet();
    std::vector<std::uint64_t> ended;
    for (auto const& one : read)
      if (is_gone(fleet, one.reader)) ended.push_back(one.id);
    if (ended.empty()) return ended;
    fleet_.events().info(std::to_string(ended.size()) +
                         (ended.size() == 1 ? " persisted stream ends" : " persisted streams end") +
                         ": the lease of whoever read it has ended");
    return ended;
  }

 private:
  bool is_fleet_new() {
    auto const seen = fleet_.table().now() - fleet_.fleet_age().count();
    if (seen - seen_ < apart) return false;
    // Who was not heard may have been unable to say anything, as this runner was.
    if (seen - seen_ > fleet_.options().lease.count() / 2) steady_since_ = seen;
    seen_ = seen;
    return true;
  }
  /// The storage has answered for so long without a pause that whoever lives has renewed its lease.
  bool is_steady() const { return seen_ - steady_since_ >= fleet_.options().lease.count(); }

  bool is_gone(store::fleet_view const& fleet, std::uint64_t reader) const {
    std::uint64_t newest = 0;
    for (auto const& one : fleet.runners) {
      if (one.incarnation == reader) return one.age >= fleet_.options().lease;
      newest = (std::max)(newest, one.incarnation);
    }
    return reader < newest; // else it may have come since that look
  }

  static constexpr std::int64_t apart = 10; ///< of one look, by clocks that are asked twice

  runner& fleet_;
  std::int64_t seen_ = 0; ///< the fleet, by the leases' clock
  std::int64_t steady_since_ = 0;
};

} // namespace pando::cluster::detail
