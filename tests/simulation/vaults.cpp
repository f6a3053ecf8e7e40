// The simulator of entities with everything that persisted calls may say: what handlers write
// together with their answers, times of delivery, defects with and without retries, callers that
// cancel, persisted streams; and with instances that are passivated, and programs that only call.
// As in fleets.cpp no shard is granted to two and nobody acts who is no owner. And: what a handler
// writes is there once if its answer says so, and not at all if it was interrupted or broke; a key
// has one outcome for ever; nothing is delivered before its time, or never; an instance is neither
// used after a defect nor after its passivation, nor made beside another; a consumer of a stream
// has each item once, in order, whoever made it.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>

#include "simulation/fleet_run.hpp"

BOOST_AUTO_TEST_SUITE(simulated_vaults)

using namespace std::chrono_literals;
using simulation::here;
using simulation::turn;

namespace {

struct Deposit {
  std::string key;
  int ms = 0; ///< how long it takes
};
struct Trial {
  std::string key;
  int failures = 0; ///< how often it breaks
};
struct Bell {
  int number = 0;
  std::chrono::system_clock::time_point when{};
};
struct Part {
  int items = 0;
  int ms = 0; ///< from one item to the next, now and then
};
struct Vault
    : pando::entity<
          "Vault",
          pando::rpc<"Put", std::int64_t(Deposit), pando::persisted,
                     pando::primary_key<&Deposit::key>, pando::with_transaction>,
          pando::rpc<"Kept", std::string(), pando::persisted, pando::with_transaction>,
          pando::rpc<"Try", int(Trial), pando::persisted, pando::primary_key<&Trial::key>,
                     pando::retries<2>>,
          pando::rpc<"Ring", void(Bell), pando::persisted, pando::deliver_at<&Bell::when>>,
          pando::rpc<"Read", pando::stream<int>(Part), pando::persisted>, pando::max_idle<300ms>> {
};

/// The world outside.
struct world : simulation::world {
  using simulation::world::world;

  std::map<std::string, int> tries;    ///< by key
  std::map<int, int> rung;             ///< how often, by number
  std::chrono::milliseconds latest{0}; ///< of what was delivered after its time
  /// The one instance of an id that a runner has, in that epoch.
  std::map<std::tuple<std::size_t, std::string, std::uint64_t>, std::weak_ptr<bool>> live;
  std::size_t passivated = 0;
  std::size_t resumed = 0;

  /// A new instance; gives whether it is usable, from then on.
  std::shared_ptr<bool> made(std::size_t runner, std::string_view id, std::uint64_t epoch) {
    auto is_usable = std::make_shared<bool>(true);
    auto& before = live[{runner, std::string(id), epoch}];
    if (auto const other = before.lock(); other && *other)
      sees.accuse("runner " + std::to_string(runner) + " has made " + std::string(id) + " twice");
    before = is_usable;
    return is_usable;
  }
  void ring(Bell const& in) {
    auto const late = std::chrono::floor<std::chrono::milliseconds>(time->wall() - in.when);
    if (late < 0ms) sees.accuse("bell " + std::to_string(in.number) + " has rung before its time");
    if (++rung[in.number] == 1) latest = std::max(latest, late);
  }
};

struct VaultState {
  std::uint64_t epoch = 0; ///< of its shard, when it was made
  std::shared_ptr<bool> is_usable{};
};
/// A handler of an instance that has neither broken nor been passivated.
class vault_turn : turn {
 public:
  vault_turn(std::string what, VaultState const& state, world& all, here const& me,
             pando::entity_context& about)
      : turn(std::move(what), state.epoch, all, me, about) {
    if (!*state.is_usable) all.sees.accuse(std::string(about.id()) + " was used after its end");
  }
};

std::string name_of(pando::entity_context const& about) {
  return "vault " + std::string(about.id());
}

inline auto const vaults = pando::implement<Vault>(
    pando::state<VaultState> =
        [](world& all, here const& me, pando::entity_context& about) {
          auto const epoch = all.sees.made(me.number, about.id(), all.now());
          return VaultState{epoch, all.made(me.number, about.id(), epoch)};
        },
    pando::on_passivate =
        [](VaultState& s, world& all) {
          *s.is_usable = false;
          ++all.passivated;
        },
    pando::on<"Put"> = [](Deposit in, VaultState& s, pando::store::transaction& also, world& all,
                          here const& me,
                          pando::entity_context& about) -> pando::task<std::int64_t> {
      vault_turn const mine("Put " + in.key, s, all, me, about);
      auto const name = name_of(about);
      auto const before = co_await also.get(name);
      auto kept = before.value_or("");
      co_await all.rest(in.ms);
      kept += in.key + " ";
      also.put(name, kept);
      co_return std::count(kept.begin(), kept.end(), ' ');
    },
    pando::on<"Kept"> = [](VaultState& s, pando::store::transaction& also, world& all,
                           here const& me,
                           pando::entity_context& about) -> pando::task<std::string> {
      vault_turn const mine("Kept", s, all, me, about);
      auto const kept = co_await also.get(name_of(about));
      co_return kept.value_or("");
    },
    pando::on<"Try"> =
        [](Trial in, VaultState& s, world& all, here const& me, pando::entity_context& about) {
          vault_turn const mine("Try " + in.key, s, all, me, about);
          int const tried = ++all.tries[in.key];
          if (tried > in.failures) return tried;
          *s.is_usable = false;
          throw std::runtime_error("broken");
        },
    pando::on<"Ring"> =
        [](Bell in, VaultState& s, world& all, here const& me, pando::entity_context& about) {
          vault_turn const mine("Ring", s, all, me, about);
          all.ring(in);
        },
    pando::on<"Read"> = [](Part in, VaultState& s, world& all, here const& me,
                           pando::entity_context& about) -> pando::stream<int> {
      vault_turn const mine("Read", s, all, me, about);
      auto const last = about.last_sent_chunk<int>();
      if (last && *last + 1 != static_cast<int>(about.sent_items()))
        all.sees.accuse("a stream is told of " + std::to_string(about.sent_items()) +
                        " items, the last of which is " + std::to_string(*last));
      if (last) ++all.resumed;
      for (int i = last ? *last + 1 : 0; i < in.items; ++i) {
        if (i % 8 == 7) co_await all.rest(in.ms);
        co_yield i;
      }
    });

/// What is called of vaults.
class vault_calls {
 public:
  using world = simulated_vaults::world;
  using run = simulation::fleet_run<vault_calls>;

  vault_calls(run& by, world& all) : by_(by), all_(all) {}
  static auto app(world& all, here const& me) {
    return pando::app(vaults).provide(all).provide(me).named("vaults");
  }

  void call(std::size_t from) {
    switch (by_.pick(8)) {
    case 0:
      return ring(from);
    case 1:
      return read(from);
    case 2:
      return by_.cancel_some();
    case 3:
    case 4:
      return attempt(from, static_cast<int>(by_.pick(keys)));
    default:
      return put(from, static_cast<int>(by_.pick(keys)));
    }
  }
  void look_back() {
    for (auto const& number : acknowledged_)
      if (all_.rung[number] == 0)
        all_.sees.accuse("bell " + std::to_string(number) + " was acknowledged, and has not rung");
    auto const from = by_.somebody();
    auto body = [&]() -> pando::task<void> {
      for (auto const key : std::set<int>(put_)) {
        auto work = put_now(from, key);
        co_await std::move(work);
      }
      for (auto const key : std::set<int>(tried_)) {
        auto work = try_now(from, key);
        co_await std::move(work);
      }
      for (int i = 0; i < vaults_of_all; ++i) {
        auto work = compare(from, i);
        co_await std::move(work);
      }
    };
    by_.must_end(body);
  }
  std::string trace() const {
    return std::to_string(outcomes_.size()) + " " + std::to_string(all_.rung.size()) + " " +
           std::to_string(all_.tries.size()) + " " + std::to_string(items_) + " " +
           std::to_string(all_.passivated);
  }
  void add_to(std::map<std::string, std::size_t>& events) const {
    for (auto const& [what, outcome] : outcomes_)
      ++events[outcome.front() >= '0' && outcome.front() <= '9' ? "answers" : outcome];
    events["items"] += items_;
    events["rung"] += all_.rung.size();
    events["passivated"] += all_.passivated;
    events["resumed streams"] += all_.resumed;
  }
  /// Where nothing was broken: each has run as often as it says, and in time.
  void expect_each_once() const {
    BOOST_TEST(!all_.rung.empty());
    for (auto const& [number, times] : all_.rung) BOOST_TEST(times == 1);
    BOOST_TEST(all_.latest <= 50ms);
    BOOST_TEST(!all_.tries.empty());
    for (auto const& [key, times] : all_.tries) BOOST_TEST(times <= 3);
  }

 private:
  static constexpr int vaults_of_all = 8;
  static constexpr int keys = 24;

  static std::string vault_of(int key) { return "v" + std::to_string(key % vaults_of_all); }
  auto vault(int key, std::size_t from) {
    return by_.fleet().client_of<Vault>(vault_of(key), from);
  }

  /// A call with a key has one outcome, which is recorded: a value, a defect or an interrupt.
  template <class Call>
  pando::task<void> keyed(std::string what, Call call) {
    std::string outcome;
    try {
      auto const got = co_await call();
      outcome = std::to_string(got);
    } catch (pando::internal_failure const&) {
      outcome = "defect";
    } catch (pando::cancelled const& why) {
      // Who cancels its own call is not told what was recorded.
      if (std::string_view(why.what()).find("was interrupted by a caller") == std::string::npos)
        throw;
      outcome = "interrupted";
    }
    auto const [at, is_new] = outcomes_.try_emplace(what, outcome);
    if (!is_new && at->second != outcome)
      all_.sees.accuse(what + " ended in " + at->second + " and in " + outcome);
  }
  pando::task<void> put_now(std::size_t from, int key) {
    auto const at = vault(key, from);
    auto const name = "k" + std::to_string(key);
    put_.insert(key);
    auto work = keyed("Put " + name,
                      [at, name, ms = key % 4 * 150] { return at.template call<"Put">(name, ms); });
    co_await std::move(work);
  }
  pando::task<void> try_now(std::size_t from, int key) {
    auto const at = vault(key, from);
    auto const name = "k" + std::to_string(key);
    tried_.insert(key);
    auto work = keyed("Try " + name, [at, name, failures = key % 5] {
      return at.template call<"Try">(name, failures);
    });
    co_await std::move(work);
    // It is carried out three times at least before a defect is its outcome.
    if (key % 5 < 3 && outcomes_.at("Try " + name) == "defect")
      all_.sees.accuse("Try " + name + " has not been tried again");
  }
  void put(std::size_t from, int key) {
    by_.begin(
        from, "Put " + std::to_string(key), [this, from, key] { return put_now(from, key); },
        by_.now_and_then(from));
  }
  void attempt(std::size_t from, int key) {
    by_.begin(
        from, "Try " + std::to_string(key), [this, from, key] { return try_now(from, key); },
        by_.now_and_then(from));
  }
  /// Nobody else holds up the vaults that have bells.
  pando::task<void> ring_now(std::size_t from, Bell bell) {
    auto const at = by_.fleet().client_of<Vault>("b" + std::to_string(bell.number % 3), from);
    co_await at.template discard<"Ring">(bell);
    acknowledged_.push_back(bell.number);
  }
  void ring(std::size_t from) {
    Bell const bell{++bells_, by_.fleet().clock() + std::chrono::milliseconds(by_.pick(4'000))};
    by_.begin(from, "Ring " + std::to_string(bell.number),
              [this, from, bell] { return ring_now(from, bell); });
  }
  /// More than one chunk now and then, and more than its window.
  pando::task<void> read_now(std::size_t from, int vault_number, Part what) {
    auto const at = vault(vault_number, from);
    auto numbers = at.template stream<"Read">(what);
    int next = 0;
    while (std::optional<int> const item = co_await numbers.next()) {
      if (*item != next++)
        all_.sees.accuse("a stream gives " + std::to_string(*item) + " for item " +
                         std::to_string(next - 1));
      ++items_;
    }
    if (next != what.items) all_.sees.accuse("a stream ended before its end, and well");
  }
  void read(std::size_t from) {
    Part const what{static_cast<int>(by_.pick(by_.chance(20) ? 2'000 : 60)),
                    static_cast<int>(by_.pick(3)) * 40};
    by_.begin(
        from, "Read",
        [this, from, what, which = static_cast<int>(by_.pick(vaults_of_all))] {
          return read_now(from, which, what);
        },
        by_.now_and_then(from));
  }

  /// What is kept is what the outcomes say.
  pando::task<void> compare(std::size_t from, int number) {
    auto const at = vault(number, from);
    std::string const kept = co_await at.template call<"Kept">();
    std::map<std::string, std::int64_t> places;
    std::int64_t place = 0;
    for (std::size_t begin = 0; begin < kept.size();) {
      auto const end = kept.find(' ', begin);
      auto const key = kept.substr(begin, end - begin);
      if (!places.emplace(key, ++place).second) all_.sees.accuse(key + " is kept twice: " + kept);
      begin = end + 1;
    }
    for (auto const key : put_) {
      if (key % vaults_of_all != number) continue;
      auto const name = "k" + std::to_string(key);
      auto const& outcome = outcomes_.at("Put " + name);
      auto const found = places.find(name);
      auto const should = found == places.end() ? "" : std::to_string(found->second);
      bool const is_value = outcome.front() >= '0' && outcome.front() <= '9';
      if (is_value ? outcome != should : found != places.end())
        all_.sees.accuse(name + " ended in " + outcome + ", and what is kept is: " + kept);
    }
  }

  run& by_;
  world& all_;
  std::map<std::string, std::string> outcomes_{};
  std::set<int> put_{};
  std::set<int> tried_{};
  std::vector<int> acknowledged_{}; ///< bells
  std::size_t items_ = 0;
  int bells_ = 0;
};

} // namespace

BOOST_AUTO_TEST_CASE(everything_that_calls_may_say_holds) {
  auto const which = simulation::seeds(60);
  auto all = simulation::run_seeds<vault_calls>(which, "simulated_vaults/everything*");
  auto const runs = which.second - which.first + 1;
  BOOST_TEST(all.events["answers"] >= runs * 3);
  BOOST_TEST(all.events["items"] >= runs * 10);
  if (runs < 50) return;
  for (auto const* const event : {"defect", "interrupted", "rung", "passivated", "resumed streams"})
    BOOST_TEST(all.events[event] != 0U, event);
}

BOOST_AUTO_TEST_CASE(without_faults_each_runs_once_and_in_time) {
  simulation::broken how;
  how.has_faults = false;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    simulation::fleet_run<vault_calls> one(seed, how);
    auto const wrong = one.run(simulation::steps);
    BOOST_TEST(wrong == "", "seed " << seed << ": " << wrong);
    one.play().expect_each_once();
  }
}

BOOST_AUTO_TEST_CASE(a_seed_is_one_run) { simulation::expect_one_run_a_seed<vault_calls>(); }

BOOST_AUTO_TEST_SUITE_END()
