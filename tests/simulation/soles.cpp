// The simulator of what runs in one place, by a seed: singletons and cron jobs, under every fault
// of `faulty_fleet`, with runners that are marked unhealthy, and that stop in order. At every step:
// a job has no two runs at once, but where one was asleep, and then it does not own it; who says
// that it owns a job does, in its epoch; a value is set by its owner alone, and is what was set
// last. Of a cron job: a run is begun in the storage before it begins; one that was begun and not
// completed is run again, and told so, before any other; one whose completion is recorded is never
// run again, nor one that its own process knows to be complete. When the faults end, a singleton
// goes on in one place, and a cron job runs at each of its times. Without faults each run is on
// time, and there once.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>
#include <pando/store/storage_error.hpp>

#include "simulation/fleet_run.hpp"

BOOST_AUTO_TEST_SUITE(simulated_soles)

using namespace std::chrono_literals;
using simulation::here;
using std::chrono::sys_seconds;

namespace {

constexpr int every = 2;      ///< seconds, from one time of the job to the next
constexpr int farewell = 200; ///< milliseconds that a run may take to its end once it is to end

/// A run that has not ended. Of who was killed none ever does.
struct running {
  std::size_t runner;
  std::uint64_t epoch;
  bool is_busy = false; ///< waits for the storage, which may take longer than its lease
};

/// What is stored of a cron job.
struct record {
  std::int64_t due = 0;
  bool is_begun = false;

  static record of(std::string_view text) { // 1 DUE BEGUN WRITTEN SCHEDULE
    record made;
    text.remove_prefix((std::min)(text.size(), std::size_t{2}));
    auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), made.due);
    made.is_begun = fault == std::errc() && end + 1 < text.data() + text.size() && end[1] == '1';
    return made;
  }
};

/// The world outside.
struct world : simulation::world {
  explicit world(std::uint32_t shards) : simulation::world(shards) {
    sees.on_set = [this](std::string const& name, std::string const& before,
                         std::string const& value) {
      if (name == "cron/tick") writes(record::of(before), record::of(value));
    };
  }

  std::map<std::string, std::list<running>> runs; ///< by job, "singleton/mailer"
  std::function<std::uint64_t(std::uint64_t)> pick;
  /// Whether it goes on, and has for long enough to have ended what it must.
  std::function<bool(std::size_t runner)> is_awake;
  std::function<bool(std::size_t runner, std::int64_t due)> knows_complete;
  bool is_calm = false; ///< runs do not fail any more, and take no time

  // Singletons
  std::size_t begun = 0;
  std::size_t failed = 0;
  std::size_t values = 0;

  // The cron job
  record stored{};
  std::set<std::int64_t> completed{}; ///< by a run that was not cancelled
  std::set<std::int64_t> ever{};      ///< those that have begun
  std::vector<std::int64_t> ticks{};  ///< as they begin
  std::size_t repeated = 0;
  std::chrono::milliseconds latest{0};

  void writes(record const& before, record const& value) {
    auto const due = std::to_string(before.due);
    stored = value;
    if (before.is_begun && value.is_begun && value.due != before.due)
      sees.accuse("the run of " + due + " was begun and is lost: next is that of " +
                  std::to_string(value.due));
    if (before.is_begun && !value.is_begun && !completed.contains(before.due))
      sees.accuse("the run of " + due + " is recorded as done, and was not completed");
    if (before.due != 0 && value.due < before.due)
      sees.accuse("the run of " + std::to_string(value.due) + " comes after that of " + due);
    if (!before.is_begun && !value.is_begun && before.due != 0 && value.due != before.due)
      sees.accuse("the run of " + due + " is left out");
  }
  void ticks_at(pando::cron_context const& about, std::size_t runner) {
    auto const due = about.scheduled().time_since_epoch().count();
    auto const which = "the run of " + std::to_string(due);
    if (about.is_owner() && !(stored.is_begun && stored.due == due))
      sees.accuse(which + " begins, and what is stored is that of " + std::to_string(stored.due) +
                  (stored.is_begun ? ", which was begun" : ", which was not begun"));
    if (!ever.insert(due).second && !about.is_repeated())
      sees.accuse(which + " is run again, and is not told so");
    if (knows_complete(runner, due))
      sees.accuse(which + " is run again by runner " + std::to_string(runner) +
                  ", which has completed it");
    std::chrono::milliseconds const late = time->wall() - about.scheduled();
    if (late < 0ms) sees.accuse(which + " begins before its time");
    latest = (std::max)(latest, late);
    if (about.is_repeated()) ++repeated;
    ticks.push_back(due);
  }
  /// Who says that it is the owner is it.
  void acts(pando::cluster::sole_context const& about, std::string const& job,
            std::size_t runner) {
    if (about.is_owner()) sees.holds(runner, {job, 0}, about.epoch(), now());
  }
  int sometimes(int percent, int many) {
    return !is_calm && pick(100) < static_cast<std::uint64_t>(percent)
               ? static_cast<int>(1 + pick(static_cast<std::uint64_t>(many)))
               : 0;
  }
};

/// A run, from its first line to its last.
class presence {
 public:
  presence(world& all, here const& me, std::string job, pando::cluster::sole_context& about)
      : all_(all.runs[job]) {
    all.acts(about, job, me.number);
    bool const is_late = !about.is_owner() && !all.is_awake(me.number); // it was asleep meanwhile
    for (auto const& other : all_)
      if (!is_late && (other.runner == me.number || (!other.is_busy && all.is_awake(other.runner))))
        all.sees.accuse(job + " begins on runner " + std::to_string(me.number) + " (epoch " +
                        std::to_string(about.epoch()) + "), and runs on runner " +
                        std::to_string(other.runner) + " (epoch " + std::to_string(other.epoch) +
                        ")");
    own_ = all_.insert(all_.end(), {me.number, about.epoch()});
  }
  presence(presence const&) = delete;
  ~presence() { all_.erase(own_); }
  void is_busy(bool is) { own_->is_busy = is; }

 private:
  std::list<running>& all_;
  std::list<running>::iterator own_{};
};

/// Counts in the value, until it is to end.
pando::task<void> count_on(pando::singleton_context& about, world& all, presence& mine) {
  mine.is_busy(true);
  try {
    auto const before = co_await about.value();
    auto const count = before ? std::stoi(*before) : 0;
    bool const is_set = co_await about.set_value(std::to_string(count + 1));
    if (is_set) ++all.values;
  } catch (pando::store::storage_error const&) { // it is away
  }
  mine.is_busy(false);
}

inline auto const mailer = pando::singleton<"mailer">(
    [](pando::singleton_context& about, world& all, here const& me) -> pando::task<> {
      presence mine(all, me, "singleton/mailer", about);
      ++all.begun;
      auto fails_after = all.sometimes(30, 20);
      bool goes_on = true;
      while (goes_on) {
        if (all.pick(3) == 0) {
          auto work = count_on(about, all, mine);
          co_await std::move(work);
        }
        all.acts(about, "singleton/mailer", me.number);
        if (fails_after != 0 && --fails_after == 0) {
          ++all.failed;
          throw std::runtime_error("broken");
        }
        goes_on = co_await about.wait_for(std::chrono::milliseconds(all.pick(400)));
      }
    });

/// Is not ended by being cancelled, and takes its time when it is to end.
inline auto const keeper = pando::singleton<"keeper">(
    [](pando::singleton_context& about, world& all, here const& me) -> pando::task<> {
      presence const mine(all, me, "singleton/keeper", about);
      co_await boost::asio::this_coro::reset_cancellation_state(
          boost::asio::disable_cancellation());
      bool goes_on = true;
      while (goes_on) goes_on = co_await about.wait_for(300ms);
      co_await all.rest(all.sometimes(70, farewell));
      all.acts(about, "singleton/keeper", me.number);
    });

inline auto const tick = pando::cron<"tick", "*/2 * * * * *">(
    [](pando::cron_context& about, world& all, here const& me) -> pando::task<> {
      presence const mine(all, me, "cron/tick", about);
      all.ticks_at(about, me.number);
      int const longest = all.pick(4) == 0 ? 4'000 : 500;
      int const lasts = all.sometimes(80, longest);
      bool goes_on = true;
      if (lasts != 0) goes_on = co_await about.wait_for(std::chrono::milliseconds(lasts));
      all.acts(about, "cron/tick", me.number);
      if (goes_on && !about.is_stopping())
        all.completed.insert(about.scheduled().time_since_epoch().count());
      if (all.sometimes(10, 1) != 0) throw std::runtime_error("broken");
    });

/// What befalls them beside the faults.
class sole_jobs {
 public:
  using world = simulated_soles::world;
  using run = simulation::fleet_run<sole_jobs>;

  /// First: what follows needs its type.
  static auto app(world& all, here const& me) {
    return pando::app(mailer, keeper, tick).provide(all).provide(me).named("soles");
  }
  sole_jobs(run& by, world& all) : by_(by), all_(all) {
    all_.pick = [this](std::uint64_t below) { return by_.pick(below); };
    all_.is_awake = [this](std::size_t runner) {
      auto& fleet = by_.fleet();
      return !fleet.is_dead(runner) && !fleet.is_paused(runner) &&
             by_.faults().woken(runner) + farewell < all_.now();
    };
    all_.knows_complete = [this](std::size_t runner, std::int64_t due) {
      read_lines();
      return known_.contains({runner, due});
    };
  }

  void call(std::size_t from) {
    if (!by_.how().has_faults) return;
    auto const what = by_.pick(12);
    if (what < 3) return mark(from, what == 0);
    if (what == 3) by_.faults().stop(from);
  }
  void look_back() {
    all_.is_calm = true;
    auto body = [this]() -> pando::task<void> {
      auto const from = by_.somebody();
      for (std::size_t i = 0; i < by_.fleet().size(); ++i) {
        auto work = mark_now(from, by_.fleet().runner(i).options().address, true);
        co_await std::move(work);
      }
    };
    by_.must_end(body);
    // Who failed often rests for half a minute.
    for (auto const* const job : {"singleton/mailer", "singleton/keeper"}) {
      for (int i = 0; i < 40 && !is_in_one_place(job); ++i) by_.fleet().advance(1s);
      if (!is_in_one_place(job))
        all_.sees.accuse(std::string(job) + " does not run, though nothing is in its way");
    }
    by_.fleet().advance(5s);
    all_.ticks.clear();
    by_.fleet().advance(10s);
    auto const& seen = all_.ticks;
    bool is_each = seen.size() + 1 >= 10 / every; // one may be about to begin
    for (std::size_t i = 1; i < seen.size(); ++i) is_each = is_each && seen[i] - seen[i - 1] == every;
    if (!is_each)
      all_.sees.accuse("after the faults the job has run " + std::to_string(seen.size()) +
                       " times in ten seconds, the last being that of " +
                       std::to_string(seen.empty() ? 0 : seen.back()));
  }
  std::string trace() const {
    return std::to_string(all_.begun) + " " + std::to_string(all_.values) + " " +
           std::to_string(all_.ever.size()) + " " + std::to_string(all_.repeated);
  }
  void add_to(std::map<std::string, std::size_t>& events) const {
    events["begun"] += all_.begun;
    events["failed"] += all_.failed;
    events["values"] += all_.values;
    events["runs"] += all_.ever.size();
    events["repeated"] += all_.repeated;
  }
  /// Where nothing was broken: at each time once, and at once.
  void expect_each_once() const {
    BOOST_TEST(all_.ever.size() > 5U);
    BOOST_TEST(all_.repeated == 0U);
    BOOST_TEST(all_.latest <= 50ms);
  }

 private:
  bool is_in_one_place(std::string const& job) {
    auto const& all = all_.runs[job];
    return std::count_if(all.begin(), all.end(), [this](running const& one) {
             return !by_.fleet().is_dead(one.runner);
           }) == 1;
  }
  /// Its shards leave it in order, or come back.
  pando::task<void> mark_now(std::size_t from, std::string address, bool is_healthy) {
    try {
      (void)co_await by_.fleet().runner(from).storage().mark(address, is_healthy, 3s);
    } catch (pando::store::storage_error const&) { // it is away
    }
  }
  void mark(std::size_t from, bool is_healthy) {
    auto address = by_.fleet().runner(by_.pick(by_.fleet().size())).options().address;
    if (address.empty()) return;
    by_.begin(from, "mark", [this, from, address = std::move(address), is_healthy] {
      return mark_now(from, address, is_healthy);
    });
  }
  /// Which runs a runner's process knows to be complete, by what it has logged: "info cron tick:
  /// the run of 2030-01-01T00:00:02Z is done after 3 ms on runner-1; next at …".
  void read_lines() {
    auto const& lines = by_.fleet().lines();
    for (; read_ < lines.size(); ++read_) {
      std::string_view const line = lines[read_];
      auto const of = line.find("the run of ");
      auto const at = line.find(" ms on runner-");
      if (of == line.npos || at == line.npos || line.find(" was cut off ") != line.npos) continue;
      auto const time = line.substr(of + 11, 20);
      auto const number = [&](std::size_t from, std::size_t size) {
        int got = 0;
        std::from_chars(time.data() + from, time.data() + from + size, got);
        return got;
      };
      using namespace std::chrono;
      auto const day = sys_days(year(number(0, 4)) / number(5, 2) / number(8, 2));
      auto const due = sys_seconds(day) + hours(number(11, 2)) + minutes(number(14, 2)) +
                       seconds(number(17, 2));
      std::size_t runner = 0;
      std::from_chars(line.data() + at + 14, line.data() + line.size(), runner);
      known_.insert({runner, due.time_since_epoch().count()});
    }
  }

  run& by_;
  world& all_;
  std::set<std::pair<std::size_t, std::int64_t>> known_{};
  std::size_t read_ = 0;
};

} // namespace

BOOST_AUTO_TEST_CASE(one_place_and_each_run_once) {
  auto const which = simulation::seeds(60);
  auto all = simulation::run_seeds<sole_jobs>(which, "simulated_soles/one_place*");
  auto const runs = which.second - which.first + 1;
  BOOST_TEST(all.events["runs"] >= runs * 5);
  if (runs < 50) return;
  for (auto const* const event : {"begun", "failed", "values", "repeated"})
    BOOST_TEST(all.events[event] != 0U, event);
}

BOOST_AUTO_TEST_CASE(without_faults_each_run_is_on_time) {
  simulation::broken how;
  how.has_faults = false;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    simulation::fleet_run<sole_jobs> one(seed, how);
    auto const wrong = one.run(simulation::steps);
    BOOST_TEST(wrong == "", "seed " << seed << ": " << wrong);
    one.play().expect_each_once();
  }
}

BOOST_AUTO_TEST_CASE(a_seed_is_one_run) { simulation::expect_one_run_a_seed<sole_jobs>(); }

// The simulator itself: a guard that is broken on purpose is found.

BOOST_AUTO_TEST_CASE(an_owner_that_believes_in_its_lease_is_found) {
  simulation::broken how;
  how.margin = -2'500ms;
  BOOST_TEST(simulation::is_found<sole_jobs>(how, {"believes to own", "and runs on runner"}));
}

BOOST_AUTO_TEST_SUITE_END()
