// A fleet of a test with faults that a seed chooses: what every simulation here is made of.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include <pando/testing.hpp>

namespace simulation {

/// Runners that come, die, and are cut off from each other and from a storage that fails before and
/// after what it does, or takes long.
template <class Make>
class faulty_fleet {
 public:
  faulty_fleet(std::uint64_t seed, Make make, pando::cluster::runner_options options)
      : random_(seed), fleet(2 + seed % 2, std::move(make), std::move(options)) {
    for (std::size_t i = 0; i < fleet.size(); ++i) add_faults(i);
  }

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  bool chance(int percent) { return static_cast<int>(pick(100)) < percent; }

  /// A runner that lives, or the number of all.
  std::size_t somebody() {
    std::vector<std::size_t> living;
    for (std::size_t i = 0; i < fleet.size(); ++i)
      if (!fleet.is_dead(i)) living.push_back(i);
    return living.empty() ? fleet.size() : living[pick(living.size())];
  }
  /// One thing happens; gives whether there was one.
  bool break_something(std::size_t who) {
    auto const what = pick(12);
    if (who == fleet.size() || (what == 0 && fleet.size() < 6))
      come();
    else if (what == 1)
      fleet.kill(who);
    else if (what == 2)
      fleet.cut_off(who, chance(60));
    else if (what == 3)
      fleet.take_storage_away(who, chance(60));
    else
      return false;
    return true;
  }
  void come() {
    bool const was_faulty = std::exchange(is_faulty_, false); // who cannot enlist does not begin
    add_faults(fleet.add());
    is_faulty_ = was_faulty;
  }
  void let_storage_be_faulty(bool is) { is_faulty_ = is; }
  /// The faults end.
  void mend() {
    is_faulty_ = false;
    for (std::size_t i = 0; i < fleet.size(); ++i) {
      if (fleet.is_dead(i)) continue;
      fleet.cut_off(i, false);
      fleet.take_storage_away(i, false);
    }
    if (somebody() == fleet.size()) come();
  }

 private:
  void add_faults(std::size_t which) {
    fleet.let_storage_fail(which, [this](bool) { return is_faulty_ && chance(8); });
    fleet.let_storage_take(which, [this] {
      auto const is_slow = is_faulty_ && chance(10); // longer than a lease, now and then
      return std::chrono::milliseconds(is_slow ? pick(4'000) : pick(20));
    });
  }

  std::mt19937_64 random_;
  bool is_faulty_ = false;

 public:
  pando::testing::cluster<Make> fleet; ///< last: what runs in it uses the others
};

/// The seeds that PANDO_SEEDS names, `7` or `1-1000`; else the first `share`.
inline std::pair<std::uint64_t, std::uint64_t> seeds(std::uint64_t share) {
  std::uint64_t first = 1;
  std::uint64_t last = share;
  if (auto const* const told = std::getenv("PANDO_SEEDS")) {
    std::string_view const text = told;
    auto const dash = text.find('-');
    std::from_chars(text.data(), text.data() + text.size(), first);
    last = first;
    if (dash != text.npos) std::from_chars(text.data() + dash + 1, text.data() + text.size(), last);
  }
  return {first, last};
}

} // namespace simulation
