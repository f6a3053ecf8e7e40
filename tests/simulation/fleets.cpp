// The simulator of entities, by a seed: callers anywhere, handlers that take their time, and every
// fault of `faulty_fleet`, under virtual time. At every step: no shard is granted to two, nobody
// acts or writes who is no owner, in an epoch that is over, or beside another handler of the
// instance, a reply is recorded once and never changed, a volatile call runs once, and what one
// sender sends to one instance runs in that order. When the faults end, what was acknowledged has
// run, a key says what it said before, nothing waits in the storage and every call has ended.
// Without faults, stored calls run once too.
// `PANDO_SEEDS=FIRST-LAST test_simulation` runs other seeds than the few that every build runs;
// tests/simulation/run runs many of them in an optimized build.
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>

#include "simulation/fleet_run.hpp"

BOOST_AUTO_TEST_SUITE(simulated_fleets)

using namespace std::chrono_literals;
using simulation::here;

namespace {

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

  void write(Note const& in) {
    ++notes;
    auto& before = written[in.sender];
    if (!before.empty() && *before.rbegin() > in.number && !before.contains(in.number))
      sees.accuse("note " + std::to_string(in.number) + " of " + in.sender + " ran after note " +
                  std::to_string(*before.rbegin()));
    before.insert(in.number);
  }
  void ask(int number) {
    if (!asked.insert(number).second)
      sees.accuse("volatile call " + std::to_string(number) + " ran twice");
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
                           pando::entity_context& about) -> pando::task<int> {
      std::string const id(about.id());
      turn const mine("Look", s.epoch, all, me, about);
      all.ask(in.number);
      co_await all.rest(in.ms);
      all.ends_as_owner[in.number] = all.sees.owns(me.number, id, all.now());
      co_return in.number;
    },
    pando::on<"Count"> = [](Ask in, TillState& s, world& all, here const& me,
                            pando::entity_context& about) -> pando::stream<int> {
      turn const mine("Count", s.epoch, all, me, about);
      all.ask(in.number);
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

  till_calls(run& by, world& all) : by_(by), all_(all) {}
  static auto app(world& all, here const& me) {
    return pando::app(tills).provide(all).provide(me).named("tills");
  }

  void call(std::size_t from) {
    switch (by_.pick(9)) {
    case 8:
      return by_.cancel_some();
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
    ask_again();
  }
  std::string trace() const {
    return std::to_string(all_.payments) + " " + std::to_string(answers_.size()) + " " +
           std::to_string(all_.asked.size()) + " " + std::to_string(acknowledged_.size());
  }
  void add_to(std::map<std::string, std::size_t>& events) const {
    events["answers"] += answers_.size();
    events["items"] += items_;
  }
  /// Where nothing was broken: each stored call has run once.
  void expect_each_once() const {
    std::size_t notes = 0;
    for (auto const& [sender, numbers] : all_.written) notes += numbers.size();
    BOOST_TEST(notes != 0U);
    BOOST_TEST(static_cast<std::size_t>(all_.notes) == notes);
    BOOST_TEST(static_cast<std::size_t>(all_.payments) == answers_.size());
  }

 private:
  static constexpr int tills_of_all = 10;
  static constexpr int keys = 30;

  std::string some_till() { return "t" + std::to_string(by_.pick(tills_of_all)); }
  static std::string till_of(int key) { return "t" + std::to_string(key % tills_of_all); }

  pando::task<void> pay_now(std::size_t from, int key) {
    auto const till = by_.fleet().client_of<Till>(till_of(key), from);
    // The request goes with the key, or it would be another one.
    std::int64_t const got = co_await till.call<"Pay">("k" + std::to_string(key), key % 4 * 150);
    auto const [at, is_new] = answers_.try_emplace(key, got);
    if (!is_new && at->second != got)
      all_.sees.accuse("key " + std::to_string(key) + " was answered with " +
                       std::to_string(at->second) + " and with " + std::to_string(got));
  }
  void pay(std::size_t from, int key) {
    by_.begin(from, "Pay " + std::to_string(key), [this, from, key] { return pay_now(from, key); });
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
  pando::task<void> ask_now(std::size_t from, std::string id, int number, int ms) {
    auto const till = by_.fleet().client_of<Till>(id, from);
    int const got = co_await till.call<"Look">(number, ms);
    if (got != number) all_.sees.accuse("a call has the answer of another");
    if (!all_.ends_as_owner[number])
      all_.sees.accuse("volatile call " + std::to_string(number) +
                       " was answered by who was no owner any more");
  }
  void ask(std::size_t from) {
    by_.begin(
        from, "Look",
        [this, from, id = some_till(), number = ++asked_,
         ms = static_cast<int>(by_.pick(4) * 400)] { return ask_now(from, id, number, ms); },
        by_.now_and_then(from));
  }
  /// More than the window of a stream now and then, so that credit is on its way too.
  pando::task<void> count_now(std::size_t from, std::string id, int number, int items) {
    auto const till = by_.fleet().client_of<Till>(id, from);
    auto numbers = till.stream<"Count">(number, items);
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
  std::size_t items_ = 0;
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

BOOST_AUTO_TEST_CASE(a_forgotten_record_is_found) {
  simulation::broken how;
  how.retention = 1ms; // far below how long keys are used
  BOOST_TEST(simulation::is_found<till_calls>(how, {"was answered with"}));
}

BOOST_AUTO_TEST_SUITE_END()
