// What a runner counts: its leases, its persisted calls, and how its storage answers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pando/runtime/counters.hpp>

namespace pando::cluster {

/// What a runner asks of its storage, as far as it is timed.
enum class storage_operation : std::uint8_t { renew, look, acquire, release, apply, take, answers };
inline constexpr std::array<std::string_view, 7> storage_operation_names{
    "renew", "look", "acquire", "release", "apply", "take", "answers"};

/// *Thread*: any.
struct fleet_counts {
  counter shards_taken;
  counter shards_lost; ///< their leases ended, or were another's before they were renewed
  counter shards_given;

  // Persisted calls.
  counter stored;   ///< written, by this program, or recorded with their answer at once
  counter taken;    ///< out of the storage
  counter answered; ///< an answer of this program's was recorded
  counter conflicts; ///< another request of their key was there
  counter unreadable; ///< this version of the program cannot decode them

  struct of_operation {
    histogram took; ///< those that went well
    counter failed;
  };
  std::array<of_operation, storage_operation_names.size()> storage{};

  of_operation& of(storage_operation what) noexcept {
    return storage[static_cast<std::size_t>(what)];
  }
  of_operation const& of(storage_operation what) const noexcept {
    return storage[static_cast<std::size_t>(what)];
  }
};

namespace detail {

/// Times one operation: what has not `gone_well` when this ends has failed.
class timed {
 public:
  timed(fleet_counts& to, storage_operation what)
      : to_(to.of(what)), begun_(std::chrono::steady_clock::now()) {}
  timed(timed const&) = delete;
  ~timed() {
    if (!is_over_) to_.failed.add();
  }
  void gone_well() noexcept {
    is_over_ = true;
    to_.took.observe(std::chrono::steady_clock::now() - begun_);
  }

 private:
  fleet_counts::of_operation& to_;
  std::chrono::steady_clock::time_point begun_;
  bool is_over_ = false;
};

} // namespace detail
} // namespace pando::cluster
