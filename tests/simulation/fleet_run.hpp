// One run of a simulation, by its seed: callers anywhere and every fault of `faulty_fleet`, under
// virtual time. What is called, and what must have come of it, is the play's.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/lease/clock.hpp>
#include <pando/pando.hpp>

#include "simulation/faulty_fleet.hpp"
#include "simulation/referee.hpp"

namespace simulation {

/// What a run is broken by, for the tests of the simulator itself.
struct broken {
  std::chrono::milliseconds margin{300}; ///< below 0: an owner that believes in its lease too long
  std::chrono::milliseconds retention{std::chrono::hours(1)};
  bool has_fence = true;
  bool has_one_way = true; ///< false: each call goes over a connection of its own
  int lag = 0;             ///< milliseconds by which the deadlines of calls are kept late
  bool has_faults = true;  ///< false: nothing is broken at all
};

/// What callers were told in many runs, which shows that there was something to be seen.
struct seen {
  std::map<pando::failure_code, int> failures{};
  std::map<std::string, std::size_t> events{}; ///< of which the play tells
  std::size_t fences = 0;
};

/// One runner.
struct here {
  std::size_t number;
};

/// The world outside, whoever changes it; a play's own derives from it.
struct world {
  explicit world(std::uint32_t shards) : sees(shards) {}

  referee sees;
  pando::lease::time_source const* time = nullptr;

  /// Handlers, by their runner, their instance, and the epoch in which that was made.
  std::map<std::tuple<std::size_t, std::string, std::uint64_t>, std::multiset<std::string>>
      at_work{};

  std::int64_t now() const { return time->now(); }
  pando::task<void> rest(int ms) const {
    if (ms != 0) co_await pando::lease::pause(*time, std::chrono::milliseconds(ms));
  }
};

/// A handler, from its begin to its end: the instance, of the epoch in which it was made, is its
/// owner's, and has no other handler.
class turn {
 public:
  turn(std::string what, std::uint64_t epoch, world& all, here const& me,
       pando::entity_context& about)
      : all_(all.at_work[{me.number, std::string(about.id()), epoch}]) {
    all.sees.acts(me.number, about.id(), epoch, all.now());
    if (!all_.empty())
      all.sees.accuse(std::string(about.id()) + " had two handlers at once: " + *all_.begin() +
                      " and " + what);
    own_ = all_.insert(std::move(what));
  }
  turn(turn const&) = delete;
  ~turn() { all_.erase(own_); }

 private:
  std::multiset<std::string>& all_;
  std::multiset<std::string>::iterator own_{};
};

/// `Play` has a `world`, an `app(world&, here const&)`, makes calls from a runner (`call`), and
/// says when the faults are over whether what has come of them is right (`look_back`).
template <class Play>
class fleet_run {
 public:
  static constexpr std::uint32_t shards = 12; ///< few of them, so that a seed takes little time

  explicit fleet_run(std::uint64_t seed, broken how = {})
      : how_(how), all_(shards), play_(*this, all_),
        on_(seed, make_app{all_, names_}, options_of(how),
            [this, how](std::size_t number, std::unique_ptr<pando::store::storage> inner,
                        pando::lease::time_source const& time) {
              all_.time = &time;
              return std::make_unique<watched_storage>(number, std::move(inner), time, all_.sees,
                                                       how.has_fence);
            }) {}
  fleet_run(fleet_run const&) = delete;
  ~fleet_run() {
    all_.sees.leave();
    on_.end();
  }

  std::string const& run(int steps) {
    for (int step = 0; step < steps && wrong().empty(); ++step) {
      auto const who = on_.somebody();
      if (!(how_.has_faults && on_.break_something(who)) && who != fleet().size())
        for (auto calls = 1 + pick(4); calls != 0; --calls) play_.call(who);
      fleet().advance(std::chrono::milliseconds(pick(600)));
      look();
    }
    if (wrong().empty()) settle();
    return wrong();
  }
  /// What tells one run from another.
  std::string trace() {
    return std::to_string(all_.now()) + " " + std::to_string(fleet().size()) + " " +
           std::to_string(fleet().lines().size()) + " " + play_.trace();
  }
  void add_to(seen& all) {
    for (auto const& [code, count] : failures_) all.failures[code] += count;
    all.fences += all_.sees.fences();
    play_.add_to(all.events);
  }
  Play& play() noexcept { return play_; }

  // For the play

  broken const& how() const noexcept { return how_; }
  auto& fleet() noexcept { return on_.fleet; }
  auto& faults() noexcept { return on_; }
  std::uint64_t pick(std::uint64_t below) { return on_.pick(below); }
  bool chance(int percent) { return on_.chance(percent); }
  std::size_t somebody() { return on_.somebody(); }
  /// A call of a runner, which may die or be paused meanwhile; it may fail: what matters is that it
  /// ends.
  template <class Body>
  void begin(std::size_t from, std::string const& what, Body body,
             boost::asio::cancellation_slot until = {}) {
    open_.resize(fleet().size());
    auto const at = open_[from].insert(what);
    auto call = [](fleet_run* self, std::size_t who, std::multiset<std::string>::iterator one,
                   Body does) -> pando::task<void> {
      try {
        auto work = does();
        co_await std::move(work);
      } catch (pando::failure const& why) {
        ++self->failures_[why.code()];
      } catch (boost::system::system_error const&) { // it was cancelled while it was on its way
        ++self->failures_[pando::failure_code::cancelled];
      }
      self->open_[who].erase(one);
    };
    boost::asio::co_spawn(how_.has_one_way ? fleet().executor(from) : fleet().executor(),
                          call(this, from, at, std::move(body)),
                          boost::asio::bind_cancellation_slot(until, [](std::exception_ptr) {}));
  }
  /// What may cancel a call of that runner, or nothing.
  boost::asio::cancellation_slot now_and_then(std::size_t from) {
    if (!chance(40)) return {};
    auto const& [who, stop] = stops_.emplace_back(from, std::make_shared<signal>());
    return stop->slot();
  }
  /// Some callers cancel, those that live.
  void cancel_some() {
    for (int i = 0; i < 3 && !stops_.empty(); ++i) {
      auto const& one = stops_[pick(stops_.size())];
      boost::asio::post(fleet().executor(one.first),
                        [stop = one.second] { stop->emit(boost::asio::cancellation_type::all); });
    }
  }
  /// The faults are over: that must come to its end.
  template <class Body>
  void must_end(Body body) {
    try {
      fleet().run(body, std::chrono::seconds(30));
    } catch (std::exception const& error) {
      all_.sees.accuse(std::string("after the faults a call ends in: ") + error.what());
    }
  }

 private:
  using signal = boost::asio::cancellation_signal;
  struct make_app {
    typename Play::world& all;
    std::deque<here>& names;
    auto operator()() const {
      auto& me = names.emplace_back(here{names.size()});
      return Play::app(all, me);
    }
  };

  static pando::cluster::runner_options options_of(broken const& how) {
    pando::cluster::runner_options options;
    options.shards = shards;
    options.margin = how.margin;
    options.retention = how.retention;
    return options;
  }
  std::string const& wrong() const noexcept { return all_.sees.wrong(); }

  void look() {
    for (std::size_t i = 0; i < fleet().size(); ++i) {
      if (fleet().is_dead(i)) continue;
      auto const& table = fleet().runner(i).table();
      table.for_each_held([&](std::size_t group, std::uint32_t shard, std::uint64_t epoch) {
        if (table.is_in(group, shard, epoch))
          all_.sees.holds(i, {table.groups()[group].name, shard}, epoch, table.now());
      });
    }
  }
  bool is_settled() {
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (!fleet().is_dead(i) && !open_[i].empty()) return false;
    return all_.sees.waiting().empty();
  }
  /// The faults end: everything is carried out.
  void settle() {
    on_.mend();
    open_.resize(fleet().size());
    // A caller of a storage that was away tries for a minute; a stream whose consumer is dead has its
    // instance for half a minute, and others of dead consumers may wait behind it.
    for (int i = 0; i < 300 && wrong().empty() && !(i >= 5 && is_settled()); ++i) {
      fleet().advance(std::chrono::seconds(1));
      look();
    }
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (!fleet().is_dead(i) && !open_[i].empty())
        all_.sees.accuse(std::to_string(open_[i].size()) + " calls of runner " + std::to_string(i) +
                         " have not ended: " + *open_[i].begin());
    if (auto const& left = all_.sees.waiting(); !left.empty())
      all_.sees.accuse(std::to_string(left.size()) + " calls wait in the storage for ever: " +
                       left.begin()->second);
    if (wrong().empty()) play_.look_back();
  }

  broken how_;
  typename Play::world all_;
  std::deque<here> names_{};
  std::vector<std::multiset<std::string>> open_{}; ///< calls without an end, by who made them
  std::map<pando::failure_code, int> failures_{};
  std::vector<std::pair<std::size_t, std::shared_ptr<signal>>> stops_{};
  Play play_;
  faulty_fleet<make_app> on_;
};

constexpr int steps = 40;

/// Runs those seeds; what went wrong is the test's, with the line that does it again.
template <class Play>
seen run_seeds(std::pair<std::uint64_t, std::uint64_t> which, std::string_view test,
               broken how = {}) {
  seen all;
  for (auto seed = which.first; seed <= which.second; ++seed) {
    fleet_run<Play> one(seed, how);
    auto const wrong = one.run(steps);
    BOOST_TEST(wrong == "", "seed " << seed << ": " << wrong << "; again: PANDO_SEEDS=" << seed
                                    << " test_simulation --run_test=" << test);
    one.add_to(all);
  }
  return all;
}

/// The same twice.
template <class Play>
void expect_one_run_a_seed() {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    fleet_run<Play> one(seed);
    fleet_run<Play> again(seed);
    one.run(steps);
    again.run(steps);
    BOOST_TEST(one.trace() == again.trace(), "seed " << seed);
  }
}

/// Whether some seed of a few finds that.
template <class Play>
bool is_found(broken const& how, std::initializer_list<std::string_view> texts) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    fleet_run<Play> one(seed, how);
    auto const wrong = one.run(steps);
    for (auto const text : texts)
      if (wrong.find(text) != wrong.npos) return true;
  }
  return false;
}

} // namespace simulation
