// A fleet of a test with faults that a seed chooses: what every simulation here is made of.
//
// What stands for what. A fault is either in here, or in nature:
// - a message between runners is late, or lost with its connection: `let_messages_take`,
//   `lose_connections`, `cut_off`; each end learns of the loss when it does, or never (`kill`);
// - messages are reordered: a link keeps its order, as TCP does, so what really happens is that a
//   request of a lost connection is carried out late, after one of the next connection;
// - messages are doubled: a link does not do it either. What is done twice is an operation of the
//   storage whose answer was lost, which its caller does again (`let_storage_fail(true)`), and a
//   stored request whose owner died before it had recorded the answer;
// - wake-ups of the storage are lost, doubled, late and out of order: `let_wake_ups_come`;
// - an operation that was sent to the storage happens later than whoever sent it died, or was
//   paused: `let_storage_take`;
// - a runner dies, or is paused, between any two of its steps: `after_each_step`; its threads go on
//   in another order: `let_steps_be_chosen`.
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

/// Runners that come, die, are paused, and are cut off from each other and from a storage that
/// fails before and after what it does, or takes long.
template <class Make>
class faulty_fleet {
 public:
  using milliseconds = std::chrono::milliseconds;

  faulty_fleet(std::uint64_t seed, Make make, pando::cluster::runner_options options,
               pando::testing::storage_wrapper wrap)
      : random_(seed), lease_(options.lease),
        fleet(2 + seed % 2, std::move(make), std::move(options), std::move(wrap)) {
    for (std::size_t i = 0; i < fleet.size(); ++i) add_faults(i);
    if (seed % 4 != 0) fleet.let_steps_be_chosen([this](std::size_t able) { return pick(able); });
    fleet.after_each_step([this](std::size_t who) { after_step(who); });
  }

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  bool chance(int percent) { return static_cast<int>(pick(100)) < percent; }

  /// A runner that is at work, or the number of all.
  std::size_t somebody() {
    std::vector<std::size_t> able;
    for (std::size_t i = 0; i < fleet.size(); ++i)
      if (!fleet.is_dead(i) && !fleet.is_paused(i)) able.push_back(i);
    return able.empty() ? fleet.size() : able[pick(able.size())];
  }
  /// One thing happens; gives whether there was one.
  bool break_something(std::size_t who) {
    wake_paused();
    auto const what = pick(24);
    if (who == fleet.size()) {
      if (fleet.size() < most) come();
      return true;
    }
    switch (what) {
    case 0:
      if (fleet.size() < most) come();
      return true;
    case 1: return fleet.kill(who), true;
    case 2: return in_steps(&faulty_fleet::kill_if_alive), true;
    case 3: return in_steps(&faulty_fleet::pause), true;
    case 4: return pause(who), true;
    case 5: return fleet.cut_off(who, chance(60)), true;
    case 6: return fleet.take_storage_away(who, chance(60)), true;
    case 7: return fleet.lose_connections(who), true;
    case 8: return in_steps(&faulty_fleet::lose_connections), true;
    case 9: are_messages_late_ = chance(50); return true;
    case 10: is_storage_faulty_ = chance(50); return true;
    case 11: are_wake_ups_faulty_ = chance(50); return true;
    default: return false;
    }
  }
  /// The faults end.
  void mend() {
    are_messages_late_ = is_storage_faulty_ = are_wake_ups_faulty_ = false;
    steps_left_ = 0;
    for (std::size_t i = 0; i < fleet.size(); ++i) {
      if (fleet.is_dead(i)) continue;
      fleet.pause(i, false);
      fleet.cut_off(i, false);
      fleet.take_storage_away(i, false);
    }
    if (!has_runner()) add_faults(fleet.add());
  }
  /// Everybody dies: nothing of the run goes on.
  void end() {
    fleet.after_each_step({});
    for (std::size_t i = 0; i < fleet.size(); ++i) fleet.kill(i);
  }

 private:
  static constexpr std::size_t most = 6;
  using step = void (faulty_fleet::*)(std::size_t who);

  void come() { // who cannot enlist does not begin
    bool const was_faulty = std::exchange(is_storage_faulty_, false);
    auto const left = std::exchange(steps_left_, 0);
    // Now and then one that only calls.
    add_faults(chance(20) ? fleet.add_client() : fleet.add());
    is_storage_faulty_ = was_faulty;
    steps_left_ = left;
  }
  bool has_runner() {
    for (std::size_t i = 0; i < fleet.size(); ++i)
      if (!fleet.is_dead(i) && !fleet.runner(i).options().address.empty()) return true;
    return false;
  }
  void kill_if_alive(std::size_t who) { fleet.kill(who); }
  void lose_connections(std::size_t who) { fleet.lose_connections(who); }
  void pause(std::size_t who) {
    auto const longest = static_cast<std::uint64_t>(lease_.count()) * (chance(50) ? 3 : 1);
    paused_until_.resize(fleet.size() + 1);
    paused_until_[who] = now() + static_cast<std::int64_t>(pick(longest));
    fleet.pause(who);
  }
  void wake_paused() {
    for (std::size_t i = 0; i < fleet.size(); ++i)
      if (fleet.is_paused(i) && paused_until_[i] <= now()) fleet.pause(i, false);
  }
  std::int64_t now() { return fleet.runner(0).table().now(); }

  /// It happens to whoever has made the last of so many steps.
  void in_steps(step then) {
    steps_left_ = 1 + pick(300);
    then_ = then;
  }
  void after_step(std::size_t who) {
    if (steps_left_ == 0 || --steps_left_ != 0 || fleet.is_dead(who)) return;
    (this->*then_)(who);
  }

  void add_faults(std::size_t which) {
    fleet.let_storage_fail(which, [this](bool) { return is_storage_faulty_ && chance(8); });
    fleet.let_storage_take(which, [this] {
      auto const is_slow = is_storage_faulty_ && chance(8); // longer than a lease, now and then
      return milliseconds(is_slow ? pick(4'000) : pick(8));
    });
    fleet.let_messages_take(which, [this] {
      auto const is_late = are_messages_late_ && chance(10);
      return milliseconds(is_late ? pick(2'500) : pick(4));
    });
    fleet.let_wake_ups_come(which, [this](pando::store::wake) {
      std::vector<milliseconds> times{milliseconds(0)};
      if (!are_wake_ups_faulty_) return times;
      if (chance(30)) times.clear();
      if (chance(20)) times.push_back(milliseconds(pick(1'500)));
      return times;
    });
  }

  std::mt19937_64 random_;
  std::chrono::milliseconds lease_;
  bool are_messages_late_ = false;
  bool is_storage_faulty_ = false;
  bool are_wake_ups_faulty_ = false;
  std::uint64_t steps_left_ = 0;
  step then_ = nullptr;
  std::vector<std::int64_t> paused_until_;

 public:
  pando::testing::cluster<Make> fleet; ///< last: what runs in it uses the others
};

/// The seeds that PANDO_SEEDS names, `7` or `1-10000`; else the first `share`.
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
