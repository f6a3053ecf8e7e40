// Ids of stored messages: unique in a fleet, and growing with each that one process makes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>

namespace pando::cluster {

/// Makes ids of 63 bits: 41 of milliseconds since 2020, 10 of the machine's number in its fleet, 12
/// that count. They never go back, also where the clock does; where more than 4096 are made in a
/// millisecond they run ahead of it. A program that has no number takes any 10 bits and begins to
/// count anywhere (`next_of_nobody`): the storage tells of the same id made twice, and then another
/// is made.
/// *Thread*: any. *Source*: Twitter's Snowflake, 2010.
class message_ids {
 public:
  /// `milliseconds`: since 1970. `life`: of whoever has that number now, who begins to count
  /// elsewhere than the one before it, whose clock may have been ahead. *Limit*: `machine` below
  /// 1024.
  std::uint64_t next(std::int64_t milliseconds, std::uint16_t machine, std::uint64_t life = 0) {
    constexpr std::uint64_t spread = 0x9e37'79b9'7f4a'7c15; // Knuth's: its first bits are mixed
    std::lock_guard const lock(mutex_);
    return make(milliseconds, machine, static_cast<std::uint32_t>(life * spread >> 53));
  }
  std::uint64_t next(std::uint16_t machine) {
    using namespace std::chrono;
    auto const now = system_clock::now().time_since_epoch();
    return next(duration_cast<milliseconds>(now).count(), machine);
  }

  /// When one was made, by its maker's clock: milliseconds since 1970.
  static std::int64_t made_at(std::uint64_t id) noexcept {
    return epoch + static_cast<std::int64_t>(id >> 22);
  }

  /// For a program without a number. Nothing else asks for chance, so that the ids of those that
  /// have one follow from their clocks and lives.
  std::uint64_t next_of_nobody(std::int64_t milliseconds) {
    std::lock_guard const lock(mutex_);
    if (!any_) {
      std::random_device random;
      any_ = static_cast<std::uint16_t>(random() & 1023);
      first_ = random() & (last_count / 2);
    }
    return make(milliseconds, *any_, first_);
  }

 private:
  /// With the lock.
  std::uint64_t make(std::int64_t milliseconds, std::uint16_t machine, std::uint32_t first) {
    auto const now = milliseconds - epoch;
    if (now > time_) {
      time_ = now;
      count_ = first;
    } else if (++count_ > last_count) {
      ++time_;
      count_ = 0;
    }
    return static_cast<std::uint64_t>(time_) << 22 | std::uint64_t{machine} << 12 | count_;
  }

  static constexpr std::int64_t epoch = 1'577'836'800'000; ///< 2020-01-01T00:00:00Z
  static constexpr std::uint32_t last_count = 4095;

  std::mutex mutex_;
  std::int64_t time_ = 0;
  std::uint32_t count_ = 0;
  std::optional<std::uint16_t> any_{};
  std::uint32_t first_ = 0;
};

} // namespace pando::cluster
