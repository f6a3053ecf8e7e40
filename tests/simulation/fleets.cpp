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
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/lease/clock.hpp>
#include <pando/pando.hpp>

#include "simulation/faulty_fleet.hpp"
#include "simulation/referee.hpp"

using namespace std::chrono_literals;

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

/// The world outside: what has happened, whoever did it.
struct world {
  explicit world(std::uint32_t shards) : sees(shards) {}

  simulation::referee sees;
  pando::lease::time_source const* time = nullptr;
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
/// One runner.
struct here {
  std::size_t number;
};

/// One instance: the epoch of its shard when it was made, and how many handlers it has.
struct TillState {
  std::uint64_t epoch = 0;
  std::shared_ptr<int> handlers = std::make_shared<int>(0);
};
/// A handler, from its begin to its end: the instance is the owner's, and has no other.
class turn {
 public:
  turn(TillState const& state, world& all, here const& me, pando::entity_context& about)
      : handlers_(state.handlers) {
    all.sees.acts(me.number, about.id(), state.epoch, all.time->now());
    if (++*handlers_ != 1) all.sees.accuse(std::string(about.id()) + " had two handlers at once");
  }
  turn(turn const&) = delete;
  ~turn() { --*handlers_; }

 private:
  std::shared_ptr<int> handlers_;
};

inline auto const tills = pando::implement<Till>(
    pando::state<TillState> =
        [](world& all, here const& me, pando::entity_context& about) {
          return TillState{all.sees.made(me.number, about.id(), all.time->now())};
        },
    pando::on<"Pay"> = [](Order in, TillState& s, world& all, here const& me,
                          pando::entity_context& about) -> pando::task<std::int64_t> {
      turn const mine(s, all, me, about);
      auto const number = ++all.payments;
      if (in.ms != 0) co_await pando::lease::pause(*all.time, std::chrono::milliseconds(in.ms));
      co_return number;
    },
    pando::on<"Write"> =
        [](Note in, TillState& s, world& all, here const& me, pando::entity_context& about) {
          turn const mine(s, all, me, about);
          all.write(in);
        },
    pando::on<"Look"> = [](Ask in, TillState& s, world& all, here const& me,
                           pando::entity_context& about) -> pando::task<int> {
      std::string const id(about.id());
      turn const mine(s, all, me, about);
      all.ask(in.number);
      if (in.ms != 0) co_await pando::lease::pause(*all.time, std::chrono::milliseconds(in.ms));
      all.ends_as_owner[in.number] = all.sees.owns(me.number, id, all.time->now());
      co_return in.number;
    },
    pando::on<"Count"> = [](Ask in, TillState& s, world& all, here const& me,
                            pando::entity_context& about) -> pando::stream<int> {
      turn const mine(s, all, me, about);
      all.ask(in.number);
      for (int i = 0; i < in.ms; ++i) co_yield i;
    });

struct make_app {
  world& all;
  std::deque<here>& names;
  auto operator()() const {
    auto& me = names.emplace_back(here{names.size()});
    return pando::app(tills).provide(all).provide(me).named("tills");
  }
};

/// What a run is broken by, for the tests of the simulator itself.
struct broken {
  std::chrono::milliseconds margin{300}; ///< below 0: an owner that believes in its lease too long
  std::chrono::milliseconds retention{std::chrono::hours(1)};
  bool has_fence = true;
  bool has_faults = true; ///< false: nothing is broken at all
};

/// What callers were told in many runs, which shows that there was something to be seen.
struct seen {
  std::map<pando::failure_code, int> failures{};
  std::size_t answers = 0;
  std::size_t fences = 0;
  std::size_t items = 0;
};

/// One run, by its seed. Gives what went wrong, or nothing.
class fleet_run {
 public:
  static constexpr std::uint32_t shards = 12; ///< few of them, so that a seed takes little time
  static constexpr int tills_of_all = 10;
  static constexpr int keys = 30;

  explicit fleet_run(std::uint64_t seed, broken how = {})
      : has_faults_(how.has_faults), all_(shards),
        on_(seed, make_app{all_, names_}, options_of(how),
            [this, how](std::size_t number, std::unique_ptr<pando::store::storage> inner,
                        pando::lease::time_source const& time) {
              all_.time = &time;
              return std::make_unique<simulation::watched_storage>(number, std::move(inner), time,
                                                                   all_.sees, how.has_fence);
            }),
        fleet_(on_.fleet) {}
  ~fleet_run() {
    all_.sees.leave();
    on_.end();
  }

  std::string const& run(int steps) {
    for (int step = 0; step < steps && wrong().empty(); ++step) {
      auto const who = on_.somebody();
      if (!(has_faults_ && on_.break_something(who)) && who != fleet_.size())
        for (auto calls = 1 + on_.pick(4); calls != 0; --calls) call(who);
      fleet_.advance(std::chrono::milliseconds(on_.pick(600)));
      look();
    }
    if (wrong().empty()) settle();
    return wrong();
  }
  /// Where nothing was broken: each stored call has run once.
  void expect_each_once() const {
    std::size_t notes = 0;
    for (auto const& [sender, numbers] : all_.written) notes += numbers.size();
    BOOST_TEST(notes != 0U);
    BOOST_TEST(static_cast<std::size_t>(all_.notes) == notes);
    BOOST_TEST(static_cast<std::size_t>(all_.payments) == answers_.size());
  }
  /// What tells one run from another.
  std::string trace() const {
    return std::to_string(all_.time->now()) + " " + std::to_string(all_.payments) + " " +
           std::to_string(answers_.size()) + " " + std::to_string(all_.asked.size()) + " " +
           std::to_string(fleet_.size()) + " " + std::to_string(acknowledged_.size()) + " " +
           std::to_string(fleet_.lines().size());
  }
  void add_to(seen& all) const {
    for (auto const& [code, count] : seen_.failures) all.failures[code] += count;
    all.answers += answers_.size();
    all.fences += all_.sees.fences();
    all.items += seen_.items;
  }

 private:
  static pando::cluster::runner_options options_of(broken const& how) {
    pando::cluster::runner_options options;
    options.shards = shards;
    options.margin = how.margin;
    options.retention = how.retention;
    return options;
  }
  std::string const& wrong() const noexcept { return all_.sees.wrong(); }
  std::string some_till() { return "t" + std::to_string(on_.pick(tills_of_all)); }
  static std::string till_of(int key) { return "t" + std::to_string(key % tills_of_all); }

  // Calls, each of a runner, which may die or be paused meanwhile

  template <class Body>
  void begin(std::size_t from, std::string const& what, Body body) {
    open_.resize(fleet_.size());
    auto const at = open_[from].insert(what);
    auto call = [](fleet_run* self, std::size_t who, std::multiset<std::string>::iterator one,
                   Body does) -> pando::task<void> {
      try {
        auto work = does();
        co_await std::move(work);
      } catch (pando::failure const& why) { // which it may: what matters is that it ends
        ++self->seen_.failures[why.code()];
      }
      self->open_[who].erase(one);
    };
    boost::asio::co_spawn(fleet_.executor(from), call(this, from, at, std::move(body)),
                          [](std::exception_ptr) {});
  }
  void call(std::size_t from) {
    switch (on_.pick(8)) {
    case 0:
    case 1:
      return write_some(from);
    case 2:
    case 3:
      return ask(from);
    case 4:
      return count(from);
    default:
      return pay(from, static_cast<int>(on_.pick(keys)));
    }
  }
  pando::task<void> pay_now(std::size_t from, int key) {
    auto const till = fleet_.client_of<Till>(till_of(key), from);
    // The request goes with the key, or it would be another one.
    std::int64_t const got = co_await till.call<"Pay">("k" + std::to_string(key), key % 4 * 150);
    auto const [at, is_new] = answers_.try_emplace(key, got);
    if (!is_new && at->second != got)
      all_.sees.accuse("key " + std::to_string(key) + " was answered with " +
                       std::to_string(at->second) + " and with " + std::to_string(got));
  }
  void pay(std::size_t from, int key) {
    begin(from, "Pay " + std::to_string(key), [this, from, key] { return pay_now(from, key); });
  }
  /// Notes of one sender, each when the one before is acknowledged, or is not to be.
  pando::task<void> write_now(std::size_t from, std::string id, std::string sender, int notes) {
    auto const till = fleet_.client_of<Till>(id, from);
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
    begin(
        from, "Write",
        [this, from, id = some_till(), sender = "sender " + std::to_string(++senders_),
         notes = static_cast<int>(1 + on_.pick(4))] { return write_now(from, id, sender, notes); });
  }
  pando::task<void> ask_now(std::size_t from, std::string id, int number, int ms) {
    auto const till = fleet_.client_of<Till>(id, from);
    int const got = co_await till.call<"Look">(number, ms);
    if (got != number) all_.sees.accuse("a call has the answer of another");
    if (!all_.ends_as_owner[number])
      all_.sees.accuse("volatile call " + std::to_string(number) +
                       " was answered by who was no owner any more");
  }
  void ask(std::size_t from) {
    begin(from, "Look",
          [this, from, id = some_till(), number = ++asked_,
           ms = static_cast<int>(on_.pick(4) * 400)] { return ask_now(from, id, number, ms); });
  }
  /// More than the window of a stream now and then, so that credit is on its way too.
  pando::task<void> count_now(std::size_t from, std::string id, int number, int items) {
    auto const till = fleet_.client_of<Till>(id, from);
    auto numbers = till.stream<"Count">(number, items);
    int next = 0;
    while (std::optional<int> const item = co_await numbers.next()) {
      if (*item != next++) all_.sees.accuse("a stream has lost an item, or has one twice");
      ++seen_.items;
    }
    if (next != items) all_.sees.accuse("a stream ended before its end, and well");
  }
  void count(std::size_t from) {
    begin(from, "Count",
          [this, from, id = some_till(), number = ++asked_,
           items = static_cast<int>(on_.pick(100))] { return count_now(from, id, number, items); });
  }

  // What must hold

  void look() {
    for (std::size_t i = 0; i < fleet_.size(); ++i) {
      if (fleet_.is_dead(i)) continue;
      auto const& table = fleet_.runner(i).table();
      for (std::uint32_t shard = 0; shard < shards; ++shard) {
        auto const epoch = table.held(0, shard);
        if (epoch != 0 && table.is_in(0, shard, epoch))
          all_.sees.holds(i, shard, epoch, table.now());
      }
    }
  }
  bool is_settled() const {
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (!fleet_.is_dead(i) && !open_[i].empty()) return false;
    return all_.sees.waiting() == 0;
  }
  /// The faults end: everything is carried out, and says the same as ever.
  void settle() {
    on_.mend();
    open_.resize(fleet_.size());
    // A caller of a storage that was away tries for a minute.
    for (int i = 0; i < 75 && wrong().empty() && !(i >= 5 && is_settled()); ++i) {
      fleet_.advance(1s);
      look();
    }
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (!fleet_.is_dead(i) && !open_[i].empty())
        all_.sees.accuse(std::to_string(open_[i].size()) + " calls of runner " + std::to_string(i) +
                         " have not ended: " + *open_[i].begin());
    if (all_.sees.waiting() != 0)
      all_.sees.accuse(std::to_string(all_.sees.waiting()) + " calls wait in the storage for ever");
    for (auto const& [sender, number] : acknowledged_)
      if (!all_.written[sender].contains(number))
        all_.sees.accuse("note " + std::to_string(number) + " of " + sender +
                         " was acknowledged, and is lost");
    if (wrong().empty()) ask_again();
  }
  void ask_again() {
    auto const from = on_.somebody();
    auto known = answers_;
    while (known.size() > 4) known.erase(std::next(known.begin(), on_.pick(known.size())));
    for (int i = 0; i < 4; ++i) known.emplace(static_cast<int>(on_.pick(keys)), 0);
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
    try {
      fleet_.run(body, 20s);
    } catch (std::exception const& error) {
      all_.sees.accuse(std::string("after the faults a call ends in: ") + error.what());
    }
  }

  bool has_faults_;
  world all_;
  std::deque<here> names_;
  std::vector<std::multiset<std::string>> open_; ///< calls without an end, by who made them
  std::map<int, std::int64_t> answers_;
  std::vector<std::pair<std::string, int>> acknowledged_;
  int senders_ = 0;
  int asked_ = 0;
  seen seen_;
  simulation::faulty_fleet<make_app> on_;
  pando::testing::cluster<make_app>& fleet_;
};

constexpr int steps = 40;

/// Whether some seed of a few finds that.
bool is_found(broken const& how, std::initializer_list<std::string_view> texts) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    fleet_run one(seed, how);
    auto const wrong = one.run(steps);
    for (auto const text : texts)
      if (wrong.find(text) != wrong.npos) return true;
  }
  return false;
}

} // namespace

BOOST_AUTO_TEST_SUITE(simulated_fleets)

BOOST_AUTO_TEST_CASE(nothing_is_lost_and_nothing_done_by_two) {
  auto const [first, last] = simulation::seeds(60);
  seen all;
  for (auto seed = first; seed <= last; ++seed) {
    fleet_run one(seed);
    auto const wrong = one.run(steps);
    BOOST_TEST(wrong == "", "seed " << seed << ": " << wrong << "; again: PANDO_SEEDS=" << seed
                                    << " test_simulation --run_test=simulated_fleets/nothing*");
    one.add_to(all);
  }
  // Calls get through, and faults do: else nothing would have been tried.
  auto const runs = last - first + 1;
  BOOST_TEST(all.answers >= runs * 3);
  BOOST_TEST(all.items >= runs * 10);
  if (runs < 50) return;
  BOOST_TEST(all.fences != 0);
  using enum pando::failure_code;
  for (auto const code : {disconnected, outcome_unknown})
    BOOST_TEST(all.failures[code] != 0, pando::row_of_failure(code).name);
}

BOOST_AUTO_TEST_CASE(without_faults_each_runs_once) {
  broken how;
  how.has_faults = false;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    fleet_run one(seed, how);
    auto const wrong = one.run(steps);
    BOOST_TEST(wrong == "", "seed " << seed << ": " << wrong);
    one.expect_each_once();
  }
}

BOOST_AUTO_TEST_CASE(a_seed_is_one_run) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    fleet_run one(seed);
    fleet_run again(seed);
    one.run(steps);
    again.run(steps);
    BOOST_TEST(one.trace() == again.trace(), "seed " << seed);
  }
}

// The simulator itself: each guard that is broken on purpose is found.

BOOST_AUTO_TEST_CASE(an_owner_that_believes_in_its_lease_is_found) {
  broken how;
  how.margin = -2'500ms;
  BOOST_TEST(is_found(how, {"believes to own", " ran ", "no owner any more"}));
}

BOOST_AUTO_TEST_CASE(a_storage_without_fences_is_found) {
  broken how;
  how.has_fence = false;
  BOOST_TEST(is_found(how, {" wrote to "}));
}

BOOST_AUTO_TEST_CASE(a_forgotten_record_is_found) {
  broken how;
  how.retention = 1ms; // far below how long keys are used
  BOOST_TEST(is_found(how, {"was answered with"}));
}

BOOST_AUTO_TEST_SUITE_END()
