// The simulator of entities, by a seed: callers anywhere, handlers that take their time, and every
// fault of `faulty_fleet`, under virtual time. At every step: no shard is granted to two, nobody
// acts or writes who is no owner, in an epoch that is over, or beside another handler of the
// instance, a reply is recorded once and never changed, a volatile call runs once, and never after
// it was said that nothing of it has happened, and what one sender sends to one instance runs in
// that order: stored calls, and volatile ones, where they are begun at the first attempt. A call
// ends when its deadline comes, and is not late before, its handler knows of it, and does not begin
// after it. When the faults end, what was acknowledged has run, and what was late but stored, a key
// says what it said before, nothing waits in the storage and every call has ended.
// Without faults, stored calls run once too.
// `PANDO_SEEDS=FIRST-LAST test_simulation` runs other seeds than the few that every build runs;
// tests/simulation/run runs many of them in an optimized build.
#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>

#include "simulation/fleet_run.hpp"

BOOST_AUTO_TEST_SUITE(simulated_fleets)

using namespace std::chrono_literals;
using simulation::here;

namespace {

constexpr int longest_limit = 2'000;   ///< milliseconds, of a call's deadline
constexpr int longest_message = 2'500; ///< milliseconds, see `faulty_fleet`

struct Order {
  std::string key;
  int ms = 0; ///< how long it takes
};
struct Note {
  std::string sender;
  int number = 0;
};
struct Ask {
  int number = 0;
  int ms = 0;
  bool has_deadline = false;
};
struct Till
    : pando::entity<
          "Till",
          pando::rpc<"Pay", std::int64_t(Order), pando::persisted, pando::primary_key<&Order::key>>,
          pando::rpc<"Write", void(Note), pando::persisted>, pando::rpc<"Look", int(Ask)>,
          pando::rpc<"Count", pando::stream<int>(Ask)>> {};

/// The world outside.
struct world : simulation::world {
  using simulation::world::world;

  std::int64_t payments = 0;
  std::int64_t notes = 0;
  std::map<std::string, std::set<int>> written; ///< by sender
  std::set<int> asked;                          ///< volatile calls that have begun
  std::map<int, bool> ends_as_owner; ///< whether its runner owned the instance at its end
  std::set<std::string> paid;        ///< keys
  std::set<int> refused;             ///< volatile calls of which nothing has happened

  /// A volatile call that was sent.
  struct sent {
    std::size_t from;
    int order;                     ///< among those of all
    std::optional<std::size_t> to; ///< to whom it went at once
    std::uint64_t since;
    std::int64_t due; ///< 0: it has no deadline
  };
  std::map<int, sent> sent_calls;
  std::map<std::pair<std::size_t, std::string>, std::pair<int, int>>
      latest; ///< by sender and instance: the order and number of the last that has begun
  std::size_t in_order = 0; ///< calls that had another before them
  std::function<bool(sent const&, std::size_t at)> has_gone_straight;
  std::function<std::int64_t(std::size_t runner)> woken;

  void write(Note const& in) {
    ++notes;
    auto& before = written[in.sender];
    if (!before.empty() && *before.rbegin() > in.number && !before.contains(in.number))
      sees.accuse("note " + std::to_string(in.number) + " of " + in.sender + " ran after note " +
                  std::to_string(*before.rbegin()));
    before.insert(in.number);
  }
  void ask(Ask const& in, std::size_t at, std::string_view id) {
    auto const which = "volatile call " + std::to_string(in.number);
    if (!asked.insert(in.number).second) sees.accuse(which + " ran twice");
    if (refused.contains(in.number)) sees.accuse(which + " ran, after nothing of it had happened");
    auto const found = sent_calls.find(in.number);
    if (found == sent_calls.end()) return;
    auto const& call = found->second;
    // Elsewhere the time that its message takes comes on top, and it counts from when that is read.
    bool const is_here = call.from == at;
    auto const latest_end = call.due + (is_here ? 0 : longest_message);
    auto const read = woken(at) + (is_here ? 0 : longest_limit);
    if (call.due != 0 && now() > (std::max)(latest_end, read))
      sees.accuse(which + " has begun at " + std::to_string(now()) + ", when its deadline, " +
                  std::to_string(call.due) + ", was over");
    auto& last = latest[{call.from, std::string(id)}];
    bool const is_first = has_gone_straight(call, at);
    if (last.first > call.order && is_first)
      sees.accuse(which + " of " + std::string(id) + " has begun after call " +
                  std::to_string(last.second) + ", which runner " + std::to_string(call.from) +
                  " made later");
    if (last.first != 0 && is_first) ++in_order;
    last = (std::max)(last, {call.order, in.number});
  }
};

struct TillState {
  std::uint64_t epoch = 0; ///< of its shard, when it was made
};
using simulation::turn;

inline auto const tills = pando::implement<Till>(
    pando::state<TillState> =
        [](world& all, here const& me, pando::entity_context& about) {
          return TillState{all.sees.made(me.number, about.id(), all.now())};
        },
    pando::on<"Pay"> = [](Order in, TillState& s, world& all, here const& me,
                          pando::entity_context& about) -> pando::task<std::int64_t> {
      turn const mine("Pay", s.epoch, all, me, about);
      all.paid.insert(in.key);
      auto const number = ++all.payments;
      co_await all.rest(in.ms);
      co_return number;
    },
    pando::on<"Write"> =
        [](Note in, TillState& s, world& all, here const& me, pando::entity_context& about) {
          turn const mine("Write", s.epoch, all, me, about);
          all.write(in);
        },
    pando::on<"Look"> = [](Ask in, TillState& s, world& all, here const& me,
                           pando::entity_context& about,
                           pando::caller const& by) -> pando::task<int> {
      std::string const id(about.id());
      turn const mine("Look", s.epoch, all, me, about);
      all.ask(in, me.number, id);
      if (by.deadline.has_value() != in.has_deadline)
        all.sees.accuse("a handler sees a deadline that its call has not got, or none");
      co_await all.rest(in.ms);
      all.ends_as_owner[in.number] = all.sees.owns(me.number, id, all.now());
      co_return in.number;
    },
    pando::on<"Count"> = [](Ask in, TillState& s, world& all, here const& me,
                            pando::entity_context& about) -> pando::stream<int> {
      turn const mine("Count", s.epoch, all, me, about);
      all.ask(in, me.number, about.id());
      for (int i = 0; i < in.ms; ++i) {
        if (i % 32 == 31) co_await all.rest(20);
        co_yield i;
      }
    });

/// What is called of tills.
class till_calls {
 public:
  using world = simulated_fleets::world;
  using run = simulation::fleet_run<till_calls>;

  /// First: what follows needs its type.
  static auto app(world& all, here const& me) {
    return pando::app(tills).provide(all).provide(me).named("tills");
  }
  till_calls(run& by, world& all) : by_(by), all_(all) {
    all_.has_gone_straight = [this](world::sent const& one, std::size_t at) {
      return one.to == at && by_.faults().has_gone_straight(one.from, at, one.since);
    };
    all_.woken = [this](std::size_t runner) { return by_.faults().woken(runner); };
  }

  void call(std::size_t from) {
    switch (by_.pick(12)) {
    case 10:
      return by_.cancel_some();
    case 8:
    case 9:
      return ask_often(from);
    case 0:
    case 1:
      return write_some(from);
    case 2:
    case 3:
      return ask(from);
    case 4:
      return count(from);
    default:
      return pay(from, static_cast<int>(by_.pick(keys)));
    }
  }
  void look_back() {
    for (auto const& [sender, number] : acknowledged_)
      if (!all_.written[sender].contains(number))
        all_.sees.accuse("note " + std::to_string(number) + " of " + sender +
                         " was acknowledged, and is lost");
    for (auto const& key : promised_)
      if (!all_.paid.contains(key))
        all_.sees.accuse(key + " was late, but stored and to go on, and has not run");
    ask_again();
  }
  std::string trace() const {
    return std::to_string(all_.payments) + " " + std::to_string(answers_.size()) + " " +
           std::to_string(all_.asked.size()) + " " + std::to_string(acknowledged_.size());
  }
  void add_to(std::map<std::string, std::size_t>& events) const {
    events["answers"] += answers_.size();
    events["items"] += items_;
    events["late"] += late_;
    events["in order"] += all_.in_order;
  }
  /// Where nothing was broken: each stored call has run once.
  void expect_each_once() const {
    std::size_t notes = 0;
    for (auto const& [sender, numbers] : all_.written) notes += numbers.size();
    BOOST_TEST(notes != 0U);
    BOOST_TEST(static_cast<std::size_t>(all_.notes) == notes);
    BOOST_TEST(static_cast<std::size_t>(all_.payments) == all_.paid.size());
  }

 private:
  static constexpr int tills_of_all = 10;
  static constexpr int keys = 30;

  std::string some_till() { return "t" + std::to_string(by_.pick(tills_of_all)); }
  static std::string till_of(int key) { return "t" + std::to_string(key % tills_of_all); }

  /// Or none.
  int some_limit() { return by_.chance(40) ? static_cast<int>(1 + by_.pick(longest_limit)) : 0; }
  pando::client<Till> client_of(std::string const& id, std::size_t from, int limit) {
    auto const till = by_.fleet().client_of<Till>(id, from);
    return limit == 0 ? till : till.within(std::chrono::milliseconds(limit + by_.how().lag));
  }
  /// A call that ends when its deadline comes, and no call is late before. Who was asleep then ends
  /// it when it wakes.
  template <class Call>
  pando::task<void> timed(std::size_t from, int limit, Call does) {
    auto const begun = all_.now();
    std::exception_ptr failed;
    bool is_late = false;
    try {
      auto work = does();
      co_await std::move(work);
    } catch (pando::deadline_exceeded const&) {
      failed = std::current_exception();
      is_late = true;
    } catch (...) {
      failed = std::current_exception();
    }
    auto const took = all_.now() - begun;
    if (is_late) ++late_;
    if (is_late && took < (limit != 0 ? limit : 60'000))
      all_.sees.accuse("a call was late after " + std::to_string(took) + " ms, of " +
                       std::to_string(limit));
    if (limit != 0 && took > limit && by_.faults().woken(from) != all_.now())
      all_.sees.accuse("a call took " + std::to_string(took) + " ms, and had " +
                       std::to_string(limit));
    if (failed) std::rethrow_exception(failed);
  }
  pando::task<void> pay_in_time(std::size_t from, int key, int limit) {
    try {
      auto work = timed(from, limit, [this, from, key, limit] { return pay_now(from, key, limit); });
      co_await std::move(work);
    } catch (pando::deadline_exceeded const& why) {
      if (std::string_view(why.what()).find("is stored, and") != std::string_view::npos)
        promised_.insert("k" + std::to_string(key));
      throw;
    }
  }
  pando::task<void> pay_now(std::size_t from, int key, int limit = 0) {
    auto const till = client_of(till_of(key), from, limit);
    // The request goes with the key, or it would be another one.
    std::int64_t const got = co_await till.call<"Pay">("k" + std::to_string(key), key % 4 * 150);
    auto const [at, is_new] = answers_.try_emplace(key, got);
    if (!is_new && at->second != got)
      all_.sees.accuse("key " + std::to_string(key) + " was answered with " +
                       std::to_string(at->second) + " and with " + std::to_string(got));
  }
  void pay(std::size_t from, int key) {
    by_.begin(from, "Pay " + std::to_string(key), [this, from, key, limit = some_limit()] {
      return pay_in_time(from, key, limit);
    });
  }
  /// Notes of one sender, each when the one before is acknowledged, or is not to be.
  pando::task<void> write_now(std::size_t from, std::string id, std::string sender, int notes) {
    auto const till = by_.fleet().client_of<Till>(id, from);
    for (int number = 1; number <= notes; ++number) {
      bool is_stored = true;
      try {
        co_await till.discard<"Write">(sender, number);
      } catch (pando::failure const&) {
        is_stored = false;
      }
      if (is_stored) acknowledged_.emplace_back(sender, number);
    }
  }
  void write_some(std::size_t from) {
    by_.begin(
        from, "Write",
        [this, from, id = some_till(), sender = "sender " + std::to_string(++senders_),
         notes = static_cast<int>(1 + by_.pick(4))] { return write_now(from, id, sender, notes); });
  }
  /// Right before the call is made.
  void is_sent(std::size_t from, std::string const& id, int number, int limit) {
    auto const shard = pando::cluster::shard_of("default", id, run::shards);
    auto& faults = by_.faults();
    all_.sent_calls[number] = {from, ++order_, faults.way_to(shard, from), faults.moment(),
                               limit == 0 ? 0 : all_.now() + limit};
  }
  pando::task<void> ask_in_turn(std::size_t from, std::string id, int number, int ms, int limit) {
    is_sent(from, id, number, limit);
    try {
      auto work = timed(from, limit, [this, from, id, number, ms, limit] {
        return ask_now(from, id, number, ms, limit);
      });
      co_await std::move(work);
    } catch (pando::runner_unavailable const&) {
      all_.refused.insert(number);
      if (all_.asked.contains(number))
        all_.sees.accuse("volatile call " + std::to_string(number) +
                         " ran, and it is said that nothing of it has happened");
      throw;
    }
  }
  pando::task<void> ask_now(std::size_t from, std::string id, int number, int ms, int limit = 0) {
    auto const till = client_of(id, from, limit);
    int const got = co_await till.call<"Look">(number, ms, limit != 0);
    if (got != number) all_.sees.accuse("a call has the answer of another");
    if (!all_.ends_as_owner[number])
      all_.sees.accuse("volatile call " + std::to_string(number) +
                       " was answered by who was no owner any more");
  }
  void ask(std::size_t from) { ask(from, some_till(), static_cast<int>(by_.pick(4) * 400)); }
  /// One after the other, without waiting for what became of the one before.
  void ask_often(std::size_t from) {
    auto const id = some_till();
    for (auto calls = 2 + by_.pick(4); calls != 0; --calls)
      ask(from, id, static_cast<int>(by_.pick(3) * 20));
  }
  void ask(std::size_t from, std::string const& id, int ms) {
    by_.begin(
        from, "Look",
        [this, from, id, number = ++asked_, ms, limit = some_limit()] {
          return ask_in_turn(from, id, number, ms, limit);
        },
        by_.now_and_then(from));
  }
  /// More than the window of a stream now and then, so that credit is on its way too.
  pando::task<void> count_now(std::size_t from, std::string id, int number, int items) {
    auto const till = by_.fleet().client_of<Till>(id, from);
    is_sent(from, id, number, 0);
    auto numbers = till.stream<"Count">(number, items, false);
    int next = 0;
    while (std::optional<int> const item = co_await numbers.next()) {
      if (*item != next++) all_.sees.accuse("a stream has lost an item, or has one twice");
      ++items_;
    }
    if (next != items) all_.sees.accuse("a stream ended before its end, and well");
  }
  void count(std::size_t from) {
    by_.begin(
        from, "Count",
        [this, from, id = some_till(), number = ++asked_, items = static_cast<int>(by_.pick(100))] {
          return count_now(from, id, number, items);
        },
        by_.now_and_then(from));
  }

  void ask_again() {
    auto const from = by_.somebody();
    auto known = answers_;
    while (known.size() > 4) known.erase(std::next(known.begin(), by_.pick(known.size())));
    for (int i = 0; i < 4; ++i) known.emplace(static_cast<int>(by_.pick(keys)), 0);
    auto body = [&]() -> pando::task<void> {
      for (auto const& [key, before] : known) {
        auto work = pay_now(from, key);
        co_await std::move(work);
      }
      for (int i = 0; i < tills_of_all; ++i) {
        auto work = ask_now(from, "t" + std::to_string(i), ++asked_, 0);
        co_await std::move(work);
      }
    };
    by_.must_end(body);
  }

  run& by_;
  world& all_;
  std::map<int, std::int64_t> answers_{};
  std::vector<std::pair<std::string, int>> acknowledged_{};
  std::set<std::string> promised_{}; ///< keys
  std::size_t items_ = 0;
  std::size_t late_ = 0;
  int order_ = 0;
  int senders_ = 0;
  int asked_ = 0;
};

} // namespace

BOOST_AUTO_TEST_CASE(nothing_is_lost_and_nothing_done_by_two) {
  auto const which = simulation::seeds(60);
  auto all = simulation::run_seeds<till_calls>(which, "simulated_fleets/nothing*");
  // Calls get through, and faults do: else nothing would have been tried.
  auto const runs = which.second - which.first + 1;
  BOOST_TEST(all.events["answers"] >= runs * 3);
  BOOST_TEST(all.events["items"] >= runs * 10);
  BOOST_TEST(all.events["in order"] >= runs);
  BOOST_TEST(all.events["late"] >= runs);
  if (runs < 50) return;
  BOOST_TEST(all.fences != 0);
  using enum pando::failure_code;
  for (auto const code : {disconnected, outcome_unknown})
    BOOST_TEST(all.failures[code] != 0, pando::row_of_failure(code).name);
}

BOOST_AUTO_TEST_CASE(without_faults_each_runs_once) {
  simulation::broken how;
  how.has_faults = false;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    simulation::fleet_run<till_calls> one(seed, how);
    auto const wrong = one.run(simulation::steps);
    BOOST_TEST(wrong == "", "seed " << seed << ": " << wrong);
    one.play().expect_each_once();
  }
}

BOOST_AUTO_TEST_CASE(a_seed_is_one_run) { simulation::expect_one_run_a_seed<till_calls>(); }

// The simulator itself: each guard that is broken on purpose is found.

BOOST_AUTO_TEST_CASE(an_owner_that_believes_in_its_lease_is_found) {
  simulation::broken how;
  how.margin = -2'500ms;
  BOOST_TEST(
      simulation::is_found<till_calls>(how, {"believes to own", " ran ", "no owner any more"}));
}

BOOST_AUTO_TEST_CASE(a_storage_without_fences_is_found) {
  simulation::broken how;
  how.has_fence = false;
  BOOST_TEST(simulation::is_found<till_calls>(how, {" wrote to "}));
}

BOOST_AUTO_TEST_CASE(calls_that_overtake_each_other_are_found) {
  simulation::broken how;
  how.has_one_way = false;
  BOOST_TEST(simulation::is_found<till_calls>(how, {" has begun after call "}));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_is_kept_late_is_found) {
  simulation::broken how;
  how.lag = 50;
  BOOST_TEST(simulation::is_found<till_calls>(how, {", and had "}));
}

BOOST_AUTO_TEST_CASE(a_forgotten_record_is_found) {
  simulation::broken how;
  how.retention = 1ms; // far below how long keys are used
  BOOST_TEST(simulation::is_found<till_calls>(how, {"was answered with"}));
}

BOOST_AUTO_TEST_SUITE_END()
