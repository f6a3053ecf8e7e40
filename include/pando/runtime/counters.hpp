// What a program counts: numbers that threads add to without waiting for one another.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pando {

/// A number that only grows. *Thread*: any; adding is one atomic addition, no lock and no memory.
class counter {
 public:
  counter() = default;
  counter(counter const&) = delete;

  void add(std::uint64_t by = 1) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A number that goes up and down. *Thread*: any.
class gauge {
 public:
  gauge() = default;
  gauge(gauge const&) = delete;

  void set(std::int64_t to) noexcept { value_.store(to, std::memory_order_relaxed); }
  void add(std::int64_t by = 1) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// How long something took, in buckets from 10 µs to 10 s that are the same for all. *Thread*: any.
class histogram {
 public:
  /// The buckets' upper bounds, in microseconds; above the last there is one more.
  static constexpr std::array<std::uint32_t, 19> bounds_us{
      10,     25,     50,     100,     250,     500,       1'000,     2'500,     5'000,     10'000,
      25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

  histogram() = default;
  histogram(histogram const&) = delete;

  /// A time below 0 counts as 0.
  void observe(std::chrono::nanoseconds took) noexcept {
    auto const ns = took.count() < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(took.count());
    std::size_t at = 0;
    while (at < bounds_us.size() && ns > std::uint64_t{bounds_us[at]} * 1'000) ++at;
    buckets_[at].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(ns, std::memory_order_relaxed);
  }

  /// How many were counted in bucket number `at`, and in no lower one.
  std::uint64_t bucket(std::size_t at) const noexcept {
    return buckets_[at].load(std::memory_order_relaxed);
  }
  std::uint64_t count() const noexcept {
    std::uint64_t all = 0;
    for (auto const& one : buckets_) all += one.load(std::memory_order_relaxed);
    return all;
  }
  /// Of all that was observed; more than 580 years do not fit.
  std::chrono::nanoseconds sum() const noexcept {
    return std::chrono::nanoseconds(sum_ns_.load(std::memory_order_relaxed));
  }

 private:
  std::array<std::atomic<std::uint64_t>, bounds_us.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_ns_{0};
};

} // namespace pando
