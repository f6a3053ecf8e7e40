// Singletons and cron jobs: in one place of a fleet, and on time, over kills, hand-overs and storage
// that is away; under virtual time where that can be.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cluster/detail/cron_plan.hpp>
#include <pando/lease/clock.hpp>
#include <pando/pando.hpp>
#include <pando/sqlite.hpp>
#include <pando/testing.hpp>

#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(timely)

using namespace std::chrono_literals;

namespace {

using std::chrono::sys_seconds;

sys_seconds utc(int y, unsigned m, unsigned d, int h = 0, int min = 0, int s = 0) {
  using namespace std::chrono;
  return sys_days(year(y) / month(m) / day(d)) + hours(h) + minutes(min) + seconds(s);
}
std::string text(sys_seconds time) { return pando::cluster::detail::text_of(time); }

/// Which runs go on now, and how many did at once. Who is killed does nothing any more: its run is
/// over, and never says so.
struct census {
  int active = 0;
  int most = 0;

  void enters(std::string const& who) {
    who_.push_back(who);
    active = static_cast<int>(who_.size());
    most = (std::max)(most, active);
  }
  void leaves(std::string const& who) {
    auto const at = std::find(who_.begin(), who_.end(), who);
    if (at != who_.end()) who_.erase(at);
    active = static_cast<int>(who_.size());
  }
  template <class Fleet>
  void kill(Fleet& fleet, std::size_t number) {
    fleet.kill(number);
    leaves("runner-" + std::to_string(number));
  }

 private:
  std::vector<std::string> who_;
};

/// What all runners of a test share: the outside world, and what a job is to do in it.
struct world : census {
  int begun = 0;
  std::vector<std::string> events; ///< "begin runner-0", "end runner-0"
  std::function<pando::task<void>(pando::cluster::sole_context&)> body;
  std::vector<pando::cron_context*> ignored;

  std::string where; ///< the last that began
  int count(std::string const& event) const {
    return static_cast<int>(std::count(events.begin(), events.end(), event));
  }
};

/// A run that goes on, from its first line to its last.
class presence {
 public:
  presence(world& in, std::string who) : in_(in), who_(std::move(who)) {
    in_.enters(who_);
    ++in_.begun;
    in_.where = who_;
    in_.events.push_back("begin " + who_);
  }
  presence(presence const&) = delete;
  ~presence() {
    in_.leaves(who_);
    in_.events.push_back("end " + who_);
  }

 private:
  world& in_;
  std::string who_;
};

pando::task<void> wait_until_stopped(pando::cluster::sole_context& about) {
  bool goes_on = true;
  while (goes_on) goes_on = co_await about.wait_for(1s);
}

inline auto const mailer = pando::singleton<"mailer">(
    [](pando::singleton_context& about, world& in) -> pando::task<> {
      presence const here(in, std::string(about.runner()));
      if (in.body)
        co_await in.body(about);
      else
        co_await wait_until_stopped(about);
    });


auto mailers(world& all) {
  return [&all] { return pando::app(mailer).provide(all).named("mailer"); };
}

/// The number of the runner where it runs.
std::size_t number(std::string const& address) {
  return static_cast<std::size_t>(std::stoul(address.substr(address.rfind('-') + 1)));
}

bool has_line(std::vector<std::string> const& lines, std::string const& part) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](auto const& line) { return line.find(part) != line.npos; });
}

/// In small steps, until that is so; gives after how many milliseconds, or -1.
template <class Fleet, class Condition>
std::int64_t advance_until(Fleet& fleet, Condition const& is_so, std::chrono::milliseconds limit) {
  for (std::chrono::milliseconds at{0}; at <= limit; at += 10ms) {
    if (is_so()) return at.count();
    fleet.advance(10ms);
  }
  return -1;
}

} // namespace

BOOST_AUTO_TEST_SUITE(singletons)

BOOST_AUTO_TEST_CASE(one_of_three_runs_it) {
  world all;
  std::uint64_t epoch = 0;
  bool owns = false;
  std::string name;
  all.body = [&](pando::cluster::sole_context& about) -> pando::task<void> {
    epoch = about.epoch();
    owns = about.is_owner();
    name = std::string(about.name());
    co_await wait_until_stopped(about);
  };
  pando::testing::cluster fleet(3, mailers(all));
  fleet.advance(20s);
  BOOST_TEST(all.begun == 1);
  BOOST_TEST(all.active == 1);
  BOOST_TEST(epoch != 0U);
  BOOST_TEST(owns);
  BOOST_TEST(name == "mailer");
  BOOST_TEST(has_line(fleet.lines(), "info singleton mailer begins on " + all.where));
}

BOOST_AUTO_TEST_CASE(a_client_never_runs_it_and_weight_0_neither) {
  world all;
  pando::testing::cluster fleet(1, mailers(all), {.weight = 0});
  fleet.add_client();
  fleet.advance(10s);
  BOOST_TEST(all.begun == 0);
}

BOOST_AUTO_TEST_CASE(a_killed_owner_is_replaced_within_the_lease) {
  world all;
  pando::testing::cluster fleet(3, mailers(all));
  auto const first = all.where;
  all.kill(fleet, number(first));
  auto const took = advance_until(fleet, [&] { return all.begun == 2; }, 6s);
  BOOST_TEST(took >= 0);
  BOOST_TEST(took <= 4'000);
  BOOST_TEST(all.where != first);
  BOOST_TEST(all.most == 1);
}

BOOST_AUTO_TEST_CASE(a_stopped_owner_ends_it_before_the_next_begins) {
  world all;
  all.body = [&](pando::cluster::sole_context& about) -> pando::task<void> {
    bool is_cancelled = false;
    try {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, 1h);
      co_await timer.async_wait(boost::asio::use_awaitable);
    } catch (boost::system::system_error const& error) {
      is_cancelled = error.code() == boost::asio::error::operation_aborted;
    }
    all.events.push_back(is_cancelled && about.is_stopping() ? "cancelled" : "not cancelled");
    all.events.push_back(about.is_owner() ? "owner" : "no owner");
  };
  pando::testing::cluster fleet(3, mailers(all));
  auto const first = all.where;
  auto const before = fleet.clock();
  fleet.stop(number(first));
  BOOST_TEST(advance_until(fleet, [&] { return all.begun == 2; }, 2s) >= 0);
  BOOST_TEST((fleet.clock() - before <= 1s));
  std::vector<std::string> const expected{"begin " + first, "cancelled", "owner", "end " + first,
                                          "begin " + all.where};
  BOOST_TEST(all.events == expected, boost::test_tools::per_element());
  BOOST_TEST(has_line(fleet.lines(), "singleton mailer is cancelled on " + first));
  BOOST_TEST(has_line(fleet.lines(), "singleton mailer has ended on " + first));
}

BOOST_AUTO_TEST_CASE(the_next_waits_for_one_that_takes_its_time_to_end) {
  world all;
  pando::lease::time_source const* time = nullptr;
  all.body = [&](pando::cluster::sole_context& about) -> pando::task<void> {
    co_await wait_until_stopped(about);
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    co_await pando::lease::pause(*time, 3s); // saves what it has
    all.events.push_back(about.is_owner() ? "owner" : "no owner");
  };
  pando::testing::cluster fleet(2, mailers(all));
  time = &fleet.runner(0).table().time();
  auto const first = all.where;
  fleet.stop(number(first));
  BOOST_TEST(advance_until(fleet, [&] { return all.begun == 2; }, 2s) >= 0);
  BOOST_TEST(all.most == 1);
  BOOST_TEST(all.count("owner") == 1);
  BOOST_TEST(all.events.at(2) == "end " + first);
}

/// Until it is to end, and the first of all for ten seconds longer, when it can set nothing any
/// more. Gives whether it is that one.
pando::task<bool> linger(pando::singleton_context& about, world& in,
                         pando::lease::time_source const* const& time) {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  bool const is_first = in.begun == 1;
  bool const is_set = co_await about.set_value(is_first ? "first" : "second");
  BOOST_TEST(is_set);
  co_await wait_until_stopped(about);
  if (!is_first) co_return false;
  co_await pando::lease::pause(*time, 10s);
  bool const is_set_again = co_await about.set_value("too late");
  BOOST_TEST(!is_set_again);
  co_return true;
}

BOOST_AUTO_TEST_CASE(one_that_does_not_end_is_told_of_and_fenced) {
  world all;
  pando::lease::time_source const* time = nullptr;
  bool is_told = false;
  auto lingering = pando::singleton<"lingering">(
      [&](pando::singleton_context& about, world& in) -> pando::task<> {
        presence const here(in, std::string(about.runner()));
        bool const has_lingered = co_await linger(about, in, time);
        if (!has_lingered) co_return;
        BOOST_TEST(!about.is_owner());
        auto const value = co_await about.value();
        BOOST_TEST((value == "second"));
        is_told = true;
      });
  auto make = [&] { return pando::app(lingering).provide(all).named("lingering"); };
  pando::testing::cluster fleet(2, make, {.drain = 2s});
  time = &fleet.runner(0).table().time();
  auto const first = number(all.where);
  auto const address = all.where;
  fleet.run([&]() -> pando::task<void> {
    bool const is_marked =
        co_await fleet.runner(1 - first).storage().mark(address, false, 3s);
    BOOST_TEST(is_marked);
  });
  BOOST_TEST(advance_until(fleet, [&] { return all.begun == 2; }, 5s) >= 2'000);
  BOOST_TEST(has_line(fleet.lines(), "error singleton lingering has not ended on " + address));
  fleet.advance(15s);
  BOOST_TEST(is_told);
  BOOST_TEST(all.active == 1);
}

BOOST_AUTO_TEST_CASE(what_goes_on_after_the_stop_has_no_value_any_more) {
  world all;
  pando::lease::time_source const* time = nullptr;
  std::string told;
  auto lingering = pando::singleton<"lingering">(
      [&](pando::singleton_context& about, world& in) -> pando::task<> {
        presence const here(in, std::string(about.runner()));
        bool const has_lingered = co_await linger(about, in, time);
        if (!has_lingered) co_return;
        try {
          auto const value = co_await about.value();
          told = value.value_or("never set");
        } catch (pando::store::storage_error const& error) {
          told = error.what();
        }
      });
  auto make = [&] { return pando::app(lingering).provide(all).named("lingering"); };
  pando::testing::cluster fleet(2, make, {.drain = 2s});
  auto const first = number(all.where);
  time = &fleet.runner(1 - first).table().time();
  fleet.stop(first);
  BOOST_TEST(advance_until(fleet, [&] { return !told.empty(); }, 20s) >= 0);
  BOOST_TEST(told == "singleton lingering: its value is out of reach, since this app has stopped");
}

BOOST_AUTO_TEST_CASE(waiting_may_be_one_side_of_an_or) {
  world all;
  pando::lease::time_source const* time = nullptr;
  std::int64_t took = -1;
  all.body = [&](pando::cluster::sole_context& about) -> pando::task<void> {
    using namespace boost::asio::experimental::awaitable_operators;
    if (time != nullptr && took < 0) {
      auto const began = time->now();
      auto waits = about.wait_for(1h);
      auto other = pando::lease::pause(*time, 1s);
      auto either = std::move(waits) || std::move(other);
      auto const which = co_await std::move(either);
      BOOST_TEST(which.index() == 1U);
      took = time->now() - began;
    }
    co_await wait_until_stopped(about);
  };
  pando::testing::cluster fleet(2, mailers(all));
  auto const first = number(all.where);
  time = &fleet.runner(1 - first).table().time();
  fleet.stop(first);
  BOOST_TEST(advance_until(fleet, [&] { return took >= 0; }, 10s) >= 0);
  BOOST_TEST(took == 1'000);
  BOOST_TEST(all.active == 1);
}

BOOST_AUTO_TEST_CASE(an_owner_without_its_storage_is_cancelled_before_another_begins) {
  world all;
  pando::testing::cluster fleet(3, mailers(all));
  auto const first = all.where;
  fleet.take_storage_away(number(first));
  auto const ended = advance_until(fleet, [&] { return all.active == 0; }, 6s);
  BOOST_TEST(ended >= 0);
  BOOST_TEST(ended < 3'000);
  BOOST_TEST(has_line(fleet.lines(), "error singleton mailer: its lease has ended"));
  BOOST_TEST(advance_until(fleet, [&] { return all.begun == 2; }, 6s) >= 0);
  BOOST_TEST(all.where != first);
  fleet.take_storage_away(number(first), false);
  fleet.advance(10s);
  BOOST_TEST(all.most == 1);
  BOOST_TEST(all.active == 1);
}

BOOST_AUTO_TEST_CASE(a_storage_that_hangs_does_not_keep_it_going) {
  world all;
  pando::testing::cluster fleet(2, mailers(all));
  auto const first = number(all.where);
  fleet.let_storage_take(first, [] { return 20s; });
  auto const ended = advance_until(fleet, [&] { return all.active == 0; }, 6s);
  BOOST_TEST(ended >= 0);
  BOOST_TEST(ended < 3'000);
  BOOST_TEST(advance_until(fleet, [&] { return all.begun == 2; }, 6s) >= 0);
  BOOST_TEST(all.most == 1);
  fleet.let_storage_take(first, {});
  fleet.advance(30s);
  BOOST_TEST(all.most == 1);
  BOOST_TEST(all.active == 1);
}

BOOST_AUTO_TEST_CASE(a_lease_that_is_renewed_late_goes_on_in_its_epoch) {
  world all;
  pando::testing::cluster fleet(1, mailers(all));
  fleet.let_storage_fail(0, [](bool) { return true; });
  BOOST_TEST(advance_until(fleet, [&] { return all.active == 0; }, 3s) >= 0);
  fleet.let_storage_fail(0, {});
  BOOST_TEST(advance_until(fleet, [&] { return all.active == 1; }, 4s) >= 0);
  fleet.advance(10s);
  BOOST_TEST(all.begun == 2);
  BOOST_TEST(all.most == 1);
}

BOOST_AUTO_TEST_CASE(never_two_whatever_happens) {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    world all;
    pando::testing::cluster fleet(3, mailers(all));
    std::minstd_rand random(seed);
    std::vector<std::size_t> live{0, 1, 2};
    std::set<std::size_t> away;
    for (int step = 0; step < 25; ++step) {
      auto const who = live[random() % live.size()];
      auto const what = random() % 6;
      if (what < 2 && live.size() > 1) {
        what == 0 ? all.kill(fleet, who) : fleet.stop(who);
        std::erase(live, who);
        away.erase(who);
      } else if (what == 2) {
        live.push_back(fleet.add());
      } else if (what == 3) {
        fleet.take_storage_away(who, away.insert(who).second || away.erase(who) == 0);
      } else if (what == 4) {
        fleet.let_storage_fail(who, [&](bool) { return random() % 3 == 0; });
      }
      auto const time = std::chrono::milliseconds(random() % 3'000);
      for (auto at = 0ms; at < time; at += 20ms) {
        fleet.advance(20ms);
        BOOST_REQUIRE_MESSAGE(all.active <= 1, "seed " << seed << ": two at once");
      }
    }
    for (auto const one : live) {
      fleet.take_storage_away(one, false);
      fleet.let_storage_fail(one, {});
    }
    fleet.advance(10s);
    BOOST_TEST(all.active == 1, "seed " << seed);
    BOOST_TEST(all.most == 1, "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(after_an_error_it_begins_again_with_rests_that_grow) {
  world all;
  std::vector<std::int64_t> times;
  std::function<std::int64_t()> now;
  all.body = [&](pando::cluster::sole_context& about) -> pando::task<void> {
    times.push_back(now ? now() : 0);
    if (times.size() < 5) throw std::runtime_error("no mail server");
    co_await wait_until_stopped(about);
  };
  pando::testing::cluster fleet(1, mailers(all));
  now = [&] { return fleet.runner(0).table().now(); };
  fleet.advance(20s);
  BOOST_REQUIRE(times.size() == 5U);
  BOOST_TEST(times[2] - times[1] == 1'000);
  BOOST_TEST(times[3] - times[2] == 2'000);
  BOOST_TEST(times[4] - times[3] == 4'000);
  BOOST_TEST(all.active == 1);
  BOOST_TEST(has_line(fleet.lines(), "error singleton mailer failed on runner-0: "));
  BOOST_TEST(has_line(fleet.lines(), "no mail server; it begins again in 500 ms (failure 1)"));
}

BOOST_AUTO_TEST_CASE(one_that_returns_is_over_until_it_has_another_owner) {
  world all;
  all.body = [](pando::cluster::sole_context&) -> pando::task<void> { co_return; };
  pando::testing::cluster fleet(2, mailers(all));
  fleet.advance(2min);
  BOOST_TEST(all.begun == 1);
  BOOST_TEST(has_line(fleet.lines(), "singleton mailer has returned on " + all.where));
  fleet.stop(number(all.where));
  fleet.advance(2s);
  BOOST_TEST(all.begun == 2);
}

BOOST_AUTO_TEST_CASE(its_value_goes_with_it) {
  world all;
  std::vector<std::string> found;
  auto counter = pando::singleton<"counter">(
      [&](pando::singleton_context& about, world& in) -> pando::task<> {
        presence const here(in, std::string(about.runner()));
        auto const before = co_await about.value();
        found.push_back(before.value_or("none"));
        bool const is_set = co_await about.set_value("set in " + std::to_string(in.begun));
        BOOST_TEST(is_set);
        co_await wait_until_stopped(about);
      });
  auto make = [&] { return pando::app(pando::feature("all", counter)).provide(all); };
  pando::testing::cluster fleet(2, make);
  fleet.stop(number(all.where));
  fleet.advance(2s);
  BOOST_REQUIRE(found.size() >= 2U);
  BOOST_TEST(found.front() == "none");
  for (std::size_t i = 1; i < found.size(); ++i)
    BOOST_TEST(found[i] == "set in " + std::to_string(i));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

/// What the runs of a job have seen. A clock that is set is noticed within ten seconds.
struct diary : census {
  std::vector<std::string> runs; ///< "10:05:00 at 10:05:00 on runner-1", with "again" where it is
  std::size_t done = 0;
  std::map<std::string, int> completed; ///< how often each scheduled run was
  std::string where;
  std::function<std::chrono::sys_time<std::chrono::milliseconds>()> clock;
  std::function<pando::task<void>(pando::cron_context&)> body;
};

std::string hours_of(sys_seconds time) { return text(time).substr(11, 8); }

pando::task<void> write_down(pando::cron_context& about, diary& in) {
  struct entry {
    diary& in;
    std::string who;
    explicit entry(diary& to) : in(to), who(to.where) { in.enters(who); }
    ~entry() { in.leaves(who); }
  };
  in.where = std::string(about.runner());
  entry const here(in);
  auto const now = std::chrono::floor<std::chrono::seconds>(in.clock());
  in.runs.push_back(hours_of(about.scheduled()) + " at " + hours_of(now) +
                    (about.is_repeated() ? " again" : ""));
  if (in.body) co_await in.body(about);
  ++in.done;
  ++in.completed[hours_of(about.scheduled())];
}

template <pando::fixed_string Expression, class... Options>
auto jobs(diary& in) {
  return [&in] {
    return pando::app(pando::cron<"job", Expression, Options...>(&write_down)).provide(in);
  };
}

template <class Fleet>
void begin_at(Fleet& fleet, diary& in, sys_seconds time) {
  in.clock = [&fleet] { return fleet.clock(); };
  fleet.set_clock(time);
}

using lines = std::vector<std::string>;

/// Goes on for that long, by the fleet's time.
template <class Fleet>
auto lasting(Fleet& fleet, std::chrono::milliseconds time) {
  return [&fleet, time](pando::cron_context& about) -> pando::task<void> {
    auto const until = fleet.clock() + time;
    bool goes_on = true;
    while (goes_on && fleet.clock() < until) goes_on = co_await about.wait_for(100ms);
    if (!goes_on) throw std::runtime_error("it had to stop");
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(cron_jobs)

BOOST_AUTO_TEST_CASE(it_runs_on_time_and_once) {
  diary in;
  pando::testing::cluster fleet(3, jobs<"*/5 * * * *">(in));
  begin_at(fleet, in, utc(2026, 3, 1, 10, 3, 20));
  fleet.advance(20s); // the clock was set
  in.runs.clear();
  fleet.advance(12min);
  BOOST_TEST(in.runs == (lines{"10:05:00 at 10:05:00", "10:10:00 at 10:10:00",
                               "10:15:00 at 10:15:00"}),
             boost::test_tools::per_element());
  BOOST_TEST(has_line(fleet.lines(), "info cron job: the run of 2026-03-01T10:05:00Z begins on " +
                                         in.where));
  BOOST_TEST(has_line(fleet.lines(), "cron job: the run of 2026-03-01T10:05:00Z is done after "));
  BOOST_TEST(has_line(fleet.lines(), "; next at 2026-03-01T10:10:00Z"));
}

BOOST_AUTO_TEST_CASE(six_fields_count_seconds) {
  diary in;
  pando::testing::cluster fleet(2, jobs<"*/20 * * * * *">(in));
  begin_at(fleet, in, utc(1970, 1, 1, 0, 0, 1));
  fleet.advance(1min);
  BOOST_TEST(in.runs == (lines{"00:00:20 at 00:00:20", "00:00:40 at 00:00:40",
                               "00:01:00 at 00:01:00"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_run_whose_owner_dies_is_run_again_and_a_completed_one_never) {
  diary in;
  pando::testing::cluster fleet(3, jobs<"0 * * * *">(in));
  begin_at(fleet, in, utc(1970, 1, 1, 0, 59, 50));
  in.body = lasting(fleet, 30s);
  BOOST_TEST(advance_until(fleet, [&] { return in.active == 1; }, 15s) >= 0);
  in.kill(fleet, number(in.where));
  auto const first = in.where;
  BOOST_TEST(advance_until(fleet, [&] { return in.runs.size() == 2; }, 6s) <= 4'000);
  BOOST_TEST(in.where != first);
  BOOST_TEST(in.runs.at(0) == "01:00:00 at 01:00:00");
  BOOST_TEST(in.runs.at(1).starts_with("01:00:00 at 01:00:0"));
  BOOST_TEST(in.runs.at(1).ends_with(" again"));
  BOOST_TEST(has_line(fleet.lines(), "warning cron job: the run of 1970-01-01T01:00:00Z was begun "
                                     "before and not completed; it runs again, on " + in.where));
  fleet.advance(40s);
  BOOST_TEST(in.done == 1U);
  in.kill(fleet, number(in.where));
  fleet.advance(5min);
  BOOST_TEST(in.runs.size() == 2U);
  BOOST_TEST(in.most == 1);
  in.body = {};
  fleet.set_clock(utc(1970, 1, 1, 1, 59, 45));
  fleet.advance(30s);
  BOOST_TEST(in.runs.size() == 3U);
  BOOST_TEST(in.runs.back() == "02:00:00 at 02:00:00");
}

BOOST_AUTO_TEST_CASE(a_run_may_end_while_its_job_is_handed_over) {
  diary in;
  pando::testing::cluster fleet(2, jobs<"* * * * *">(in));
  begin_at(fleet, in, utc(1970, 1, 1, 0, 0, 48));
  in.body = lasting(fleet, 5s);
  BOOST_TEST(advance_until(fleet, [&] { return in.active == 1; }, 15s) >= 0);
  auto const first = in.where;
  fleet.stop(number(first));
  BOOST_TEST(in.done == 1U);
  fleet.advance(61s);
  BOOST_TEST(in.runs == (lines{"00:01:00 at 00:01:00", "00:02:00 at 00:02:00"}),
             boost::test_tools::per_element());
  BOOST_TEST(in.where != first);
}

BOOST_AUTO_TEST_CASE(a_run_that_takes_longer_than_the_drain_time_is_cut_off_and_run_again) {
  diary in;
  pando::testing::cluster fleet(2, jobs<"0 * * * *">(in));
  begin_at(fleet, in, utc(1970, 1, 1, 0, 59, 48));
  in.body = lasting(fleet, 30s);
  BOOST_TEST(advance_until(fleet, [&] { return in.active == 1; }, 15s) >= 0);
  auto const first = in.where;
  fleet.stop(number(first));
  fleet.advance(1min);
  BOOST_TEST(in.done == 1U);
  BOOST_TEST(in.most == 1);
  BOOST_REQUIRE(in.runs.size() == 2U);
  BOOST_TEST(in.runs[1].ends_with(" again"));
  BOOST_TEST(has_line(fleet.lines(), "was cut off after"));
}

BOOST_AUTO_TEST_CASE(runs_missed_while_nobody_served_are_made_up_for_by_one) {
  diary in;
  pando::testing::cluster fleet(1, jobs<"0 * * * *">(in));
  begin_at(fleet, in, utc(1970, 1, 1, 0, 30));
  fleet.advance(11s);
  fleet.stop(0);
  fleet.set_clock(utc(1970, 1, 1, 4, 20));
  fleet.advance(1s);
  fleet.add();
  fleet.advance(1s);
  BOOST_TEST(in.runs == (lines{"04:00:00 at 04:20:01"}), boost::test_tools::per_element());
  BOOST_TEST(has_line(fleet.lines(), "cron job: its runs from 1970-01-01T01:00:00Z on were missed; "
                                     "the last of them is made up for"));
  fleet.advance(40min);
  BOOST_TEST(in.runs.size() == 2U);
}

BOOST_AUTO_TEST_CASE(missed_runs_that_are_too_old_are_left_out) {
  diary in;
  pando::testing::cluster fleet(
      1, jobs<"0 * * * *", pando::skip_if_older_than<10min>>(in));
  begin_at(fleet, in, utc(1970, 1, 1, 0, 30));
  fleet.advance(11s);
  fleet.stop(0);
  fleet.set_clock(utc(1970, 1, 1, 4, 20));
  fleet.add();
  fleet.advance(10min);
  BOOST_TEST(in.runs.empty());
  BOOST_TEST(has_line(fleet.lines(), "warning cron job: the run of 1970-01-01T04:00:00Z, which was "
                                     "missed, is left out: it is older than 600 s"));
  fleet.stop(1);
  fleet.set_clock(utc(1970, 1, 1, 5, 9));
  fleet.add();
  fleet.advance(1s);
  BOOST_TEST(in.runs.size() == 1U);
}

BOOST_AUTO_TEST_CASE(runs_never_overlap) {
  diary in;
  pando::testing::cluster fleet(2, jobs<"* * * * *">(in));
  begin_at(fleet, in, utc(1970, 1, 1, 0, 0, 30));
  in.body = lasting(fleet, 150s);
  fleet.advance(10min);
  BOOST_TEST(in.most == 1);
  BOOST_TEST(in.runs == (lines{"00:01:00 at 00:01:00", "00:04:00 at 00:04:00",
                               "00:07:00 at 00:07:00", "00:10:00 at 00:10:00"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_run_that_fails_is_told_of_and_done) {
  diary in;
  pando::testing::cluster fleet(1, jobs<"* * * * *">(in));
  begin_at(fleet, in, utc(1970, 1, 1, 0, 0, 30));
  in.body = [](pando::cron_context&) -> pando::task<void> {
    throw std::runtime_error("the disk is full");
    co_return;
  };
  fleet.advance(2min);
  BOOST_TEST(in.runs == (lines{"00:01:00 at 00:01:00", "00:02:00 at 00:02:00"}),
             boost::test_tools::per_element());
  BOOST_TEST(has_line(fleet.lines(), "error cron job: the run of 1970-01-01T00:01:00Z failed after "
                                     "0 ms on runner-0: "));
  BOOST_TEST(has_line(fleet.lines(), "the disk is full; next at 1970-01-01T00:02:00Z"));
}

BOOST_AUTO_TEST_CASE(a_storage_that_fails_loses_no_run_and_repeats_only_what_it_says) {
  diary in;
  pando::testing::cluster fleet(3, jobs<"* * * * *">(in));
  begin_at(fleet, in, utc(1970, 1, 1, 0, 0, 30));
  fleet.advance(1s);
  std::minstd_rand random(7);
  for (std::size_t i = 0; i < 3; ++i)
    fleet.let_storage_fail(i, [&](bool) { return random() % 4 == 0; });
  fleet.advance(20min);
  std::map<std::string, int> first;
  for (auto const& run : in.runs)
    if (!run.ends_with(" again")) ++first[run.substr(0, 8)];
  BOOST_TEST(first.size() == 20U);
  for (auto const& [time, count] : first) BOOST_TEST(count == 1, time << " ran " << count);
  BOOST_TEST(in.completed.size() == 20U);
  for (auto const& [time, count] : in.completed)
    BOOST_TEST(count == 1, time << " was completed " << count << " times");
  BOOST_TEST(in.most == 1);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_completed_while_the_storage_was_away_is_not_run_again_there) {
  diary in;
  pando::testing::cluster fleet(1, jobs<"0 * * * *">(in));
  begin_at(fleet, in, utc(1970, 1, 1, 0, 59, 50));
  in.body = lasting(fleet, 500ms);
  BOOST_TEST(advance_until(fleet, [&] { return in.active == 1; }, 15s) >= 0);
  fleet.take_storage_away(0);
  BOOST_TEST(advance_until(fleet, [&] { return in.done == 1; }, 2s) >= 0);
  fleet.advance(5s); // longer than the lease
  BOOST_TEST(has_line(fleet.lines(), "has ended, but that is not recorded"));
  fleet.take_storage_away(0, false);
  fleet.advance(30s);
  BOOST_TEST(in.runs == (lines{"01:00:00 at 01:00:00"}), boost::test_tools::per_element());
  BOOST_TEST(has_line(fleet.lines(), "info cron job: the run of 1970-01-01T01:00:00Z was completed "
                                     "on runner-0, which is recorded now"));
  fleet.set_clock(utc(1970, 1, 1, 1, 59, 45));
  fleet.advance(30s);
  BOOST_TEST(in.runs == (lines{"01:00:00 at 01:00:00", "02:00:00 at 02:00:00"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_run_that_is_cancelled_before_it_begins_does_not_begin) {
  diary in;
  pando::testing::cluster fleet(2, jobs<"0 * * * *">(in), {.drain = 1s});
  begin_at(fleet, in, utc(1970, 1, 1, 0, 59, 48));
  fleet.advance(11'900ms);
  std::size_t const owner = has_line(fleet.lines(), "cron job: waits on runner-0") ? 0 : 1;
  fleet.let_storage_take(owner, [] { return 430ms; }); // before it happens, and again after
  BOOST_TEST(advance_until(
                 fleet, [&] { return fleet.clock() >= utc(1970, 1, 1, 1) + 10ms; }, 1s) >= 0);
  fleet.stop(owner);
  fleet.advance(5s);
  BOOST_REQUIRE(in.runs.size() == 1U);
  BOOST_TEST(in.runs[0].starts_with("01:00:00 at "));
  BOOST_TEST(in.where == "runner-" + std::to_string(1 - owner));
  BOOST_TEST(in.done == 1U);
}

BOOST_AUTO_TEST_CASE(it_goes_by_the_clocks_of_its_zone) {
  diary in;
  using berlin = pando::time_zone<"Europe/Berlin">;
  pando::testing::cluster fleet(1, jobs<"30 2 * * *", berlin>(in));
  begin_at(fleet, in, utc(1970, 1, 2));
  auto const at = [&](sys_seconds shown) {
    fleet.set_clock(shown);
    fleet.advance(30s);
  };
  at(utc(2026, 3, 28, 1, 29, 50)); // 2:29:50 there; the day before is made up for
  in.runs.clear();
  at(utc(2026, 3, 29, 0, 59, 50)); // the clocks pass over 2:30
  at(utc(2026, 3, 30, 0, 29, 50));
  BOOST_TEST(in.runs == (lines{"01:00:00 at 01:00:00", "00:30:00 at 00:30:00"}),
             boost::test_tools::per_element());
  at(utc(2026, 10, 24, 0, 29, 50));
  in.runs.clear();
  at(utc(2026, 10, 25, 0, 29, 50)); // 2:30 comes twice
  at(utc(2026, 10, 25, 1, 29, 50));
  at(utc(2026, 10, 26, 1, 29, 50));
  BOOST_TEST(in.runs == (lines{"00:30:00 at 00:30:00", "01:30:00 at 01:30:00"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(another_expression_is_another_schedule) {
  diary in;
  pando::testing::detail::fleet fleet;
  auto const serve = [&](auto& app, char const* name) -> pando::testing::detail::fleet_member& {
    pando::cluster::runner_options options;
    options.address = name;
    auto& host = *app.core().entities();
    auto& member = fleet.add(host, app.core().context(), std::move(options));
    fleet.run(member.home, host.serve(), 1min);
    return member;
  };
  in.clock = [&] { return fleet.time().wall(); };
  auto before = jobs<"0 3 * * *">(in)();
  auto after = jobs<"*/10 * * * *">(in)();
  auto later = jobs<"0 5 * * *">(in)();
  fleet.time().set_wall(utc(1970, 1, 2, 1, 1));
  auto& first = serve(before, "before");
  fleet.advance(1s);
  fleet.run(first.home, first.host->stop(), 1min);
  auto& second = serve(after, "after");
  fleet.advance(20min);
  BOOST_TEST(in.runs == (lines{"01:10:00 at 01:10:00", "01:20:00 at 01:20:00"}),
             boost::test_tools::per_element());
  fleet.run(second.home, second.host->stop(), 1min);
  BOOST_TEST(has_line(fleet.lines(), "its schedule is \"*/10 * * * * UTC\" now, and was \"0 3 * * "
                                     "* UTC\""));
  auto& third = serve(later, "later");
  fleet.advance(30min);
  BOOST_TEST(in.runs.size() == 2U);
  fleet.time().set_wall(utc(1970, 1, 2, 4, 59, 45));
  fleet.advance(30s);
  BOOST_TEST(in.runs.back() == "05:00:00 at 05:00:00");
  fleet.run(third.home, third.host->stop(), 1min);
}

BOOST_AUTO_TEST_CASE(a_zone_that_is_not_known_is_said_at_the_start) {
  diary in;
  auto const make = jobs<"@daily", pando::time_zone<"Europe/Nowhere">>(in);
  auto const fails = [&] { pando::testing::cluster fleet(1, make); };
  BOOST_CHECK_EXCEPTION(fails(), std::invalid_argument, [](std::invalid_argument const& error) {
    std::string const what = error.what();
    BOOST_TEST_MESSAGE(what);
    return what.find("cron job") != what.npos && what.find("Europe/Nowhere") != what.npos;
  });
}

// Decisions alone.

using pando::cluster::detail::cron_record;
using pando::cluster::detail::cron_step;
using pando::cluster::detail::cron_times;
using pando::cluster::detail::next_step;

cron_times times_of(char const* expression, std::chrono::milliseconds skip = 24h) {
  return {pando::parse_cron(expression), {}, std::string(expression) + " UTC", skip};
}

BOOST_AUTO_TEST_CASE(what_is_stored_reads_back_or_is_refused) {
  cron_record const one{utc(2026, 3, 1, 10), true, utc(2026, 3, 1, 9, 59), "*/5 * * * * UTC"};
  auto const back = pando::cluster::detail::read_cron_record(text_of(one));
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST((back->due == one.due && back->is_begun && back->written == one.written));
  BOOST_TEST(back->schedule == one.schedule);
  for (auto const* const none : {"", "1", "1 2 3", "2 5 0 5 x", "1 5 2 5 x", "1 x 0 5 x",
                                 "1 99999999999999999999 0 5 x", "1 5 0 5"})
    BOOST_TEST(!pando::cluster::detail::read_cron_record(none).has_value(), none);
}

BOOST_AUTO_TEST_CASE(decisions) {
  using action = cron_step::action;
  auto const hourly = times_of("0 * * * *");
  auto const now = utc(2026, 3, 1, 10, 30);
  auto const first = next_step(hourly, {}, now);
  BOOST_TEST((first.what == action::store && first.due == utc(2026, 3, 1, 11)));

  auto const at = [&](cron_times const& times, sys_seconds due, bool is_begun = false,
                      std::string schedule = "0 * * * * UTC", sys_seconds written = {}) {
    return next_step(times, cron_record{due, is_begun, written, std::move(schedule)}, now);
  };
  auto const wait = at(hourly, utc(2026, 3, 1, 11));
  BOOST_TEST((wait.what == action::wait && wait.due == utc(2026, 3, 1, 11)));
  auto const again = at(hourly, utc(2026, 3, 1, 9), true);
  BOOST_TEST((again.what == action::run && again.is_repeated && again.due == utc(2026, 3, 1, 9)));
  auto const too_old = at(hourly, utc(2026, 2, 27, 9), true);
  BOOST_TEST((too_old.what == action::store && too_old.is_trouble));
  auto const missed = at(hourly, utc(2020, 1, 1, 0));
  BOOST_TEST((missed.what == action::run && missed.due == utc(2026, 3, 1, 10)));

  // Another schedule: what was due by both stays due, also in the moment of the change.
  auto const daily = times_of("0 10 * * *");
  auto const same_time = at(daily, utc(2026, 3, 1, 10));
  BOOST_TEST((same_time.what == action::run && same_time.due == utc(2026, 3, 1, 10)));
  auto const other = at(daily, utc(2026, 3, 1, 9));
  BOOST_TEST((other.what == action::store && other.due == utc(2026, 3, 2, 10)));
  auto const sooner = at(times_of("*/10 * * * *"), utc(2026, 3, 1, 11));
  BOOST_TEST((sooner.what == action::store && sooner.due == utc(2026, 3, 1, 10, 40)));

  // A time that the schedule has not, and nobody has changed that: nothing to say.
  auto const unknown = at(hourly, utc(2026, 3, 1, 9, 30));
  BOOST_TEST((unknown.what == action::store && unknown.due == utc(2026, 3, 1, 11)));
  BOOST_TEST(unknown.why == "");
  BOOST_TEST(other.why != "");

  // A clock that was far ahead has stored a time that is far away.
  auto const set_back = at(hourly, utc(2031, 1, 1), false, "0 * * * * UTC", utc(2030, 12, 31, 23));
  BOOST_TEST((set_back.what == action::store && set_back.due == utc(2026, 3, 1, 11)));
  // Clocks of two owners that differ a little do not.
  auto const ahead = at(hourly, utc(2026, 3, 1, 12), false, "0 * * * * UTC", utc(2026, 3, 1, 11));
  BOOST_TEST((ahead.what == action::wait && ahead.due == utc(2026, 3, 1, 12)));
}

BOOST_AUTO_TEST_CASE(the_last_time_is_found_however_far_and_dense) {
  using pando::cluster::detail::last_due;
  auto const from = utc(2020, 1, 1) - 1s;
  auto const upto = utc(2026, 3, 1, 14);
  BOOST_TEST(text(last_due(times_of("* * 3 * * *"), from, upto)) == "2026-03-01T03:59:59Z");
  BOOST_TEST(text(last_due(times_of("0 0 29 2 *"), from, upto)) == "2024-02-29T00:00:00Z");
  BOOST_TEST(text(last_due(times_of("* * * * * *"), from, upto)) == "2026-03-01T14:00:00Z");
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

/// Serves an app until that is so, or for five seconds; then stops it.
template <class App, class Condition>
void serve_until(App& app, pando::serve_options options, Condition is_so) {
  boost::asio::io_context loop(1);
  std::exception_ptr failed;
  auto const whole = [&]() -> pando::task<void> {
    co_await app.serve(options);
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    for (int i = 0; i < 500 && !is_so(); ++i) {
      timer.expires_after(10ms);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    co_await app.stop();
  };
  boost::asio::co_spawn(loop, whole, [&](std::exception_ptr error) { failed = error; });
  loop.run();
  if (failed) std::rethrow_exception(failed);
}

struct Whole {
  int value;
};
struct Clerk : pando::controller<"clerk", pando::route<"half", int(Whole), pando::cli::command<>>> {
};

/// What an app logs.
struct told {
  std::mutex mutex;
  std::vector<std::string> lines;
  pando::log sink() {
    return pando::log([this](pando::log_level level, std::string_view line) {
      std::lock_guard const lock(mutex);
      lines.push_back(std::string(pando::log_level_name(level)) + " " + std::string(line));
    });
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(timely_for_real)

BOOST_AUTO_TEST_CASE(without_a_store_they_run_here_while_the_app_serves) {
  world all;
  std::atomic<int> ticks{0};
  std::atomic<bool> is_blocked{false};
  std::atomic<bool> has_ended{false};
  std::string where;
  auto app = pando::app(
                 mailer,
                 pando::feature("work",
                                pando::cron<"tick", "* * * * * *">(
                                    [&](pando::cron_context& about, world& in) {
                                      where = std::string(about.runner());
                                      BOOST_TEST(in.active == 1);
                                      BOOST_TEST(about.is_owner());
                                      ++ticks;
                                    }),
                                pando::singleton<"grinder", pando::blocking>(
                                    [&](pando::singleton_context& about) {
                                      is_blocked = true;
                                      while (!about.is_stopping()) std::this_thread::sleep_for(1ms);
                                      has_ended = true;
                                    })))
                 .provide(all)
                 .named("timely");
  told log;
  app.core().log_to(log.sink());
  pando::serve_options options;
  options.no_socket = true;
  serve_until(app, options, [&] { return ticks == 2 && is_blocked; });
  BOOST_TEST(ticks == 2);
  BOOST_TEST(has_ended);
  BOOST_TEST(where == "this process");
  BOOST_TEST(all.begun == 1);
  BOOST_TEST(all.active == 0);
  BOOST_TEST(has_line(log.lines, "info singleton mailer begins on this process"));
  BOOST_TEST(has_line(log.lines, "info singleton mailer is cancelled on this process, which stops"));
  // The time between was not served.
  serve_until(app, options, [&] { return all.begun == 2; });
  BOOST_TEST(all.begun == 2);
  BOOST_TEST(all.active == 0);
}

/// An app of nothing else, as one of a fleet.
BOOST_AUTO_TEST_CASE(on_a_store_an_app_of_one_singleton_serves_too) {
#if PANDO_HAS_SQLITE
  support::scratch_folder folder;
  auto const store = folder.path() + "/timely.db";
  std::vector<std::string> found;
  for (int i = 0; i < 2; ++i) {
    bool is_set = false;
    auto app = pando::app(pando::singleton<"counter">(
                              [&](pando::singleton_context& about) -> pando::task<> {
                                auto const before = co_await about.value();
                                found.push_back(before.value_or("none"));
                                is_set = co_await about.set_value("seen");
                                co_await wait_until_stopped(about);
                              }))
                   .named("timely");
    told log;
    app.core().log_to(log.sink());
    pando::serve_options options;
    options.no_socket = true;
    options.store = store;
    options.runner = "127.0.0.1:0";
    serve_until(app, options, [&] { return is_set; });
    BOOST_TEST(is_set);
    BOOST_TEST(has_line(log.lines, "info singleton counter has ended on 127.0.0.1:"));
  }
  BOOST_TEST((found == std::vector<std::string>{"none", "seen"}));
#endif
}

BOOST_AUTO_TEST_CASE(a_command_in_process_begins_none_of_them) {
  std::atomic<int> begun{0};
  auto app = pando::app(pando::implement<Clerk>(
                            pando::on<"half"> = [](Whole in) { return in.value / 2; }),
                        pando::singleton<"once">([&] { ++begun; }),
                        pando::cron<"tick", "* * * * * *">([&] { ++begun; }))
                 .named("timely");
  told log;
  app.core().log_to(log.sink());
  std::vector<std::string> words{"timely", "clerk", "half", "--value", "8", "--in-process"};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  BOOST_TEST(app.main(static_cast<int>(words.size()), argv.data()) == 0);
  BOOST_TEST(begun == 0);
  BOOST_TEST(!has_line(log.lines, "begins on"));
  BOOST_TEST(!has_line(log.lines, "waits on"));
}

BOOST_AUTO_TEST_CASE(served_on_a_store_and_then_without_it_goes_on_alone) {
#if PANDO_HAS_SQLITE
  support::scratch_folder folder;
  auto const store = folder.path() + "/timely.db";
  std::vector<std::string> where;
  std::atomic<bool> is_seen{false};
  auto app = pando::app(pando::singleton<"counter">(
                            [&](pando::singleton_context& about) -> pando::task<> {
                              where.push_back(std::string(about.runner()));
                              is_seen = true;
                              co_await wait_until_stopped(about);
                            }))
                 .named("timely");
  told log;
  app.core().log_to(log.sink());
  for (auto const* const place : {store.c_str(), "", store.c_str()}) {
    pando::serve_options options;
    options.no_socket = true;
    options.store = place;
    if (!options.store.empty()) options.runner = "127.0.0.1:0";
    is_seen = false;
    serve_until(app, options, [&] { return is_seen.load(); });
    BOOST_TEST(is_seen);
  }
  BOOST_REQUIRE(where.size() == 3U);
  BOOST_TEST(where[0].starts_with("127.0.0.1:"));
  BOOST_TEST(where[1] == "this process");
  BOOST_TEST(where[2].starts_with("127.0.0.1:"));
#endif
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
