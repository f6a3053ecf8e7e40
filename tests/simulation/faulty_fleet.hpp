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
#include <deque>
#include <optional>
#include <random>
#include <string>
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
    case 5: return cut_off(who, chance(60)), true;
    case 6: return fleet.take_storage_away(who, chance(60)), true;
    case 7: return lose_connections(who), true;
    case 8: return in_steps(&faulty_fleet::lose_connections), true;
    case 9: are_messages_late_ = chance(50); return true;
    case 10: is_storage_faulty_ = chance(50); return true;
    case 11: are_wake_ups_faulty_ = chance(50); return true;
    default: return false;
    }
  }
  /// It stops in order, as far as it can.
  void stop(std::size_t who) {
    auto const left = std::exchange(steps_left_, 0);
    fleet.stop(who);
    steps_left_ = left;
  }
  /// The faults end.
  void mend() {
    are_messages_late_ = is_storage_faulty_ = are_wake_ups_faulty_ = false;
    steps_left_ = 0;
    for (std::size_t i = 0; i < fleet.size(); ++i) {
      if (fleet.is_dead(i)) continue;
      if (fleet.is_paused(i)) wake(i);
      cut_off(i, false);
      fleet.take_storage_away(i, false);
    }
    if (!has_runner()) add_faults(fleet.add());
  }

  // What has befallen a runner, for what depends on it

  /// When it was last woken; 0: never.
  std::int64_t woken(std::size_t who) const {
    return who < marks_.size() ? marks_[who].woken : 0;
  }
  /// The one that a call of an instance of that shard goes to at once, if it is in reach.
  std::optional<std::size_t> way_to(std::uint32_t shard, std::size_t from) {
    auto& by = fleet.runner(from);
    if (by.table().epoch_of(0, shard) != 0) return from;
    std::string const address = by.where(0, shard).address; // runner-1
    if (address.empty() || mark(from).is_cut_off) return std::nullopt;
    std::size_t to = 0;
    auto const* const number = address.data() + address.rfind('-') + 1;
    std::from_chars(number, address.data() + address.size(), to);
    if (fleet.is_dead(to) || mark(to).is_cut_off) return std::nullopt;
    return to;
  }
  /// For `has_gone_straight`.
  std::uint64_t moment() noexcept { return ++moments_; }
  /// What was sent that way at that moment, and was carried out: it was so at the first attempt,
  /// since none was refused since then, and no connection was lost.
  bool has_gone_straight(std::size_t from, std::size_t to, std::uint64_t since) {
    return mark(to).refuses < since && mark(from).lost < since && mark(to).lost < since;
  }

  /// Everybody dies: nothing of the run goes on.
  void end() {
    fleet.after_each_step({});
    for (std::size_t i = 0; i < fleet.size(); ++i) fleet.kill(i);
  }

 private:
  static constexpr std::size_t most = 6;
  using step = void (faulty_fleet::*)(std::size_t who);
  struct marks {
    bool is_cut_off = false;
    std::int64_t woken = 0;
    std::uint64_t lost = 0;    ///< the moment when its connections were
    std::uint64_t refuses = 0; ///< the last when it may have refused a call
    std::uint64_t held = 0;    ///< what tells which shards it has
  };

  marks& mark(std::size_t who) {
    if (marks_.size() <= who) marks_.resize(who + 1);
    return marks_[who];
  }

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
  void lose_connections(std::size_t who) {
    mark(who).lost = moment();
    fleet.lose_connections(who);
  }
  void cut_off(std::size_t who, bool is) {
    if (is) mark(who).lost = moment();
    mark(who).is_cut_off = is;
    fleet.cut_off(who, is);
  }
  void wake(std::size_t who) {
    mark(who).woken = now();
    fleet.pause(who, false);
  }
  void pause(std::size_t who) {
    auto const longest = static_cast<std::uint64_t>(lease_.count()) * (chance(50) ? 3 : 1);
    paused_until_.resize(fleet.size() + 1);
    paused_until_[who] = now() + static_cast<std::int64_t>(pick(longest));
    fleet.pause(who);
  }
  void wake_paused() {
    for (std::size_t i = 0; i < fleet.size(); ++i)
      if (fleet.is_paused(i) && paused_until_[i] <= now()) wake(i);
  }
  std::int64_t now() { return fleet.runner(0).table().now(); }

  /// It happens to whoever has made the last of so many steps.
  void in_steps(step then) {
    steps_left_ = 1 + pick(300);
    then_ = then;
  }
  void after_step(std::size_t who) {
    look_at(who);
    if (steps_left_ == 0 || --steps_left_ != 0 || fleet.is_dead(who)) return;
    (this->*then_)(who);
  }

  /// Whether it has refused calls in its step: of any shard, which is enough.
  void look_at(std::size_t who) {
    auto const& table = fleet.runner(who).table();
    if (table.groups().empty()) return;
    auto& at = mark(who);
    std::uint64_t held = 0;
    for (std::uint32_t shard = 0; shard < table.groups().front().shards; ++shard)
      held = held * 31 + 2 * table.held(0, shard) + (table.is_leaving(0, shard) ? 1 : 0);
    if (std::exchange(at.held, held) != held || table.until() <= table.now())
      at.refuses = moment();
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

  std::deque<marks> marks_;
  std::uint64_t moments_ = 0;

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
