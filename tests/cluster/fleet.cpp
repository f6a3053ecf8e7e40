// Entities over several runners, in one process and under virtual time: `pando::testing::cluster`.
#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

BOOST_AUTO_TEST_SUITE(fleets)

using namespace std::chrono_literals;

namespace {

struct Add {
  std::int64_t amount;
};
struct TooMuch {
  std::int64_t limit;
};
struct Range {
  int first;
  int last;
};

struct Tally : pando::entity<"Tally", pando::rpc<"Add", std::int64_t(Add), pando::raises<TooMuch>>,
                             pando::rpc<"Get", std::int64_t()>, pando::rpc<"Where", std::string()>,
                             pando::rpc<"Hold", std::string()>,
                             pando::rpc<"Linger", std::string()>,
                             pando::rpc<"Numbers", pando::stream<int>(Range)>> {};

/// What all runners of a test share: the outside world.
struct world {
  std::map<std::string, std::int64_t> saved;
  std::map<std::string, int> active; ///< live instances by id: never two
  std::vector<std::string> events;
  std::vector<std::shared_ptr<pando::one_shot>> held;
  std::string next_name;
};
/// One runner's name.
struct here {
  std::string name;
};
struct TallyState {
  std::int64_t sum = 0;
};

inline auto const tallies = pando::implement<Tally>(
    pando::state<TallyState> =
        [](world& all, pando::entity_context& about) {
          return TallyState{all.saved[std::string(about.id())]};
        },
    pando::on_passivate =
        [](TallyState& s, world& all, pando::entity_context& about) {
          all.saved[std::string(about.id())] = s.sum;
          all.events.push_back("passivated " + std::string(about.id()));
        },
    pando::on<"Add"> =
        [](TallyState& s, Add in) {
          if (in.amount > 1000) throw TooMuch{1000};
          return s.sum += in.amount;
        },
    pando::on<"Get"> = [](TallyState& s) { return s.sum; },
    pando::on<"Where"> = [](here const& me) { return me.name; },
    pando::on<"Hold"> = [](world& all, here const& me) -> pando::task<std::string> {
      auto const until =
          std::make_shared<pando::one_shot>(co_await boost::asio::this_coro::executor);
      all.held.push_back(until);
      co_await until->wait();
      co_return me.name;
    },
    pando::on<"Linger"> = [](world& all, here const& me) -> pando::task<std::string> {
      auto const until =
          std::make_shared<pando::one_shot>(co_await boost::asio::this_coro::executor);
      until->state = until.get();
      until->on_cancel = [](void* which) { static_cast<pando::one_shot*>(which)->fire(); };
      all.held.push_back(until);
      co_await until->wait();
      all.events.push_back("left " + me.name);
      co_return me.name;
    },
    pando::on<"Numbers"> = [](Range in) -> pando::stream<int> {
      for (int i = in.first; i < in.last; ++i) co_yield i;
    });

/// The runners' names live as long as the test.
struct names {
  std::deque<here> all;
  here& next() { return all.emplace_back(here{"runner-" + std::to_string(all.size())}); }
};

auto make_cluster(std::size_t runners, world& all, names& known) {
  auto make = [&] { return pando::app(tallies).provide(all).provide(known.next()).named("tally"); };
  return std::make_unique<pando::testing::cluster<decltype(make)>>(runners, make);
}

std::vector<std::string> ids(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back("t" + std::to_string(i));
  return all;
}

/// An instance that is on runner 1.
std::string one_of_runner_1(auto& fleet) {
  for (int i = 0;; ++i)
    if (auto id = "t" + std::to_string(i); fleet.template call<Tally, "Where">(id) == "runner-1")
      return id;
}

std::size_t held_by(pando::cluster::runner& one) {
  std::size_t count = 0;
  one.table().for_each_held([&](std::size_t, std::uint32_t, std::uint64_t) { ++count; });
  return count;
}

/// Two runners, and a call of `Hold` from one of them to an instance on runner 1, which waits
/// there.
struct held_call {
  explicit held_call(std::size_t from) {
    boost::asio::co_spawn(
        fleet->executor(),
        [this, from]() -> pando::task<void> {
          auto const tally = fleet->client_of<Tally>(id, from);
          try {
            std::string const name = co_await tally.call<"Hold">();
            outcome = "answered by " + name;
          } catch (pando::outcome_unknown const& error) {
            outcome = error.what();
          }
        },
        boost::asio::detached);
    fleet->advance(50ms);
    BOOST_REQUIRE(all.held.size() == 1U);
  }

  world all;
  names known;
  decltype(make_cluster(2, all, known)) fleet = make_cluster(2, all, known);
  std::string id = one_of_runner_1(*fleet);
  std::string outcome;
};

/// What became of a call made beside the test.
template <class Ask>
std::shared_ptr<std::string> outcome_of(auto& fleet, Ask ask) {
  auto const outcome = std::make_shared<std::string>();
  boost::asio::co_spawn(
      fleet.executor(),
      [outcome, ask]() -> pando::task<void> {
        try {
          auto const got = co_await ask();
          std::ostringstream text;
          text << got;
          *outcome = text.str();
        } catch (pando::failure const& error) {
          *outcome = std::string(pando::row_of_failure(error.code()).name) + ": " + error.what();
        }
      },
      boost::asio::detached);
  fleet.advance(20ms);
  return outcome;
}
std::string given_away(std::string const& id, std::string const& rpc) {
  return "entity Tally " + id + " is given away, and the call of " + rpc +
         " took longer than its runner waits for that; whether it has had an effect is unknown";
}
bool has_logged(auto& fleet, std::string_view what) {
  auto const& lines = fleet.lines();
  return std::any_of(lines.begin(), lines.end(),
                     [&](auto const& line) { return line.find(what) != line.npos; });
}

} // namespace

BOOST_AUTO_TEST_CASE(every_instance_is_at_one_of_three) {
  world all;
  names known;
  auto const fleet = make_cluster(3, all, known);
  std::map<std::string, int> owned;
  for (auto const& id : ids(60)) {
    auto const name = fleet->call<Tally, "Where">(id);
    ++owned[name];
    for (std::size_t from = 1; from < 3; ++from) {
      fleet->run([&]() -> pando::task<void> {
        auto const tally = fleet->client_of<Tally>(id, from);
        std::string const seen = co_await tally.call<"Where">();
        BOOST_TEST(seen == name);
      });
    }
  }
  BOOST_TEST(owned.size() == 3U);
  for (auto const& [name, count] : owned) BOOST_TEST(count >= 8, name << " has " << count);
}

BOOST_AUTO_TEST_CASE(calls_from_afar_are_calls) {
  world all;
  names known;
  auto const fleet = make_cluster(2, all, known);
  auto const caller = fleet->add_client();
  for (auto const& id : ids(10)) {
    fleet->run([&]() -> pando::task<void> {
      auto const tally = fleet->client_of<Tally>(id, caller);
      std::int64_t const sum = co_await tally.call<"Add">(5);
      BOOST_TEST(sum == 5);
      auto const refused = co_await tally.attempt().call<"Add">(1001);
      BOOST_REQUIRE(refused.error<TooMuch>() != nullptr);
      BOOST_TEST(refused.error<TooMuch>()->limit == 1000);
      auto items = tally.stream<"Numbers">(1, 1001);
      int total = 0;
      while (std::optional<int> const item = co_await items.next()) total += *item;
      BOOST_TEST(total == 500'500);
      auto dropped = tally.stream<"Numbers">(0, 1'000'000'000);
      std::optional<int> const first = co_await dropped.next();
      BOOST_TEST(first.has_value());
    });
  }
}

BOOST_AUTO_TEST_CASE(a_killed_runner_is_replaced) {
  world all;
  names known;
  auto const fleet = make_cluster(3, all, known);
  std::vector<std::string> lost;
  for (auto const& id : ids(30)) {
    fleet->call<Tally, "Add">(id, 1);
    if (fleet->call<Tally, "Where">(id) == "runner-2") lost.push_back(id);
  }
  BOOST_REQUIRE(!lost.empty());
  auto const before = fleet->runner(0).table().now();
  fleet->kill(2);
  for (auto const& id : lost) {
    auto const name = fleet->call<Tally, "Where">(id);
    BOOST_TEST(name != "runner-2");
  }
  BOOST_TEST(fleet->runner(0).table().now() - before <= 4'000);
  BOOST_TEST(all.events.empty()); // what was killed has told nobody
}

BOOST_AUTO_TEST_CASE(a_stopped_runner_loses_nothing) {
  world all;
  names known;
  auto const fleet = make_cluster(3, all, known);
  for (auto const& id : ids(30)) fleet->call<Tally, "Add">(id, 7);
  auto const before = fleet->runner(0).table().now();
  fleet->stop(2);
  for (auto const& id : ids(30)) {
    auto const sum = fleet->call<Tally, "Add">(id, 1);
    BOOST_TEST(sum == 8, id << " has " << sum);
  }
  BOOST_TEST(fleet->runner(0).table().now() - before <= 1'000);
  BOOST_TEST(!all.events.empty());
}

BOOST_AUTO_TEST_CASE(a_joining_runner_gets_its_share) {
  world all;
  names known;
  auto const fleet = make_cluster(1, all, known);
  for (auto const& id : ids(40)) fleet->call<Tally, "Add">(id, 3);
  fleet->add();
  fleet->add();
  fleet->advance(3s);
  std::map<std::string, int> owned;
  for (auto const& id : ids(40)) {
    ++owned[fleet->call<Tally, "Where">(id)];
    auto const sum = fleet->call<Tally, "Get">(id);
    BOOST_TEST(sum == 3, id << " has " << sum);
  }
  BOOST_TEST(owned.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_shard_is_given_away_when_its_calls_are_done) {
  world all;
  names known;
  auto const fleet = make_cluster(2, all, known);
  auto const id = one_of_runner_1(*fleet);
  std::string held;
  bool is_over = false;
  boost::asio::co_spawn(
      fleet->executor(),
      [&]() -> pando::task<void> {
        auto const tally = fleet->client_of<Tally>(id);
        std::string const name = co_await tally.call<"Hold">();
        held = name;
      },
      [&](std::exception_ptr error) { is_over = !error; });
  fleet->advance(50ms);
  BOOST_REQUIRE(all.held.size() == 1U);
  bool is_stopped = false;
  boost::asio::co_spawn(fleet->executor(), fleet->app(1).core().entities()->stop(),
                        [&](std::exception_ptr) { is_stopped = true; });
  fleet->advance(6s);      // longer than a lease, which is renewed meanwhile
  BOOST_TEST(!is_stopped); // it waits for the call
  all.held[0]->fire();
  fleet->advance(100ms);
  BOOST_TEST(is_stopped);
  BOOST_TEST(is_over);
  BOOST_TEST(held == "runner-1");
  auto const name = fleet->call<Tally, "Where">(id);
  BOOST_TEST(name == "runner-0");
}

/// A round each 20 ms is no reason to ask again: whoever gives the shard away is asked less and
/// less, and its next owner at once.
BOOST_AUTO_TEST_CASE(a_shard_that_is_drained_is_not_asked_again_and_again) {
  held_call on(1);
  auto& fleet = *on.fleet;
  int sent = 0; // a request, and the end of its connection
  fleet.let_messages_take(0, [&sent] {
    ++sent;
    return 0ms;
  });
  bool is_stopped = false;
  boost::asio::co_spawn(fleet.executor(), fleet.app(1).core().entities()->stop(),
                        [&](std::exception_ptr) { is_stopped = true; });
  fleet.advance(10ms);
  auto const far = fleet.client_of<Tally>(on.id, 0);
  auto const added = outcome_of(fleet, [&] { return far.call<"Add">(1); });
  fleet.advance(8s);
  BOOST_TEST(sent > 2 * 8); // whoever has just got a shard, and does not know it yet, is asked soon
  BOOST_TEST(sent < 2 * 15);
  BOOST_TEST(*added == "");
  BOOST_TEST(!is_stopped);
  sent = 0;
  on.all.held[0]->fire();
  fleet.advance(50ms);
  BOOST_TEST(is_stopped);
  BOOST_TEST(*added == "1");
  BOOST_TEST(sent == 0); // it is here
}

/// One handler that takes its time keeps its own shard, and no other one.
BOOST_AUTO_TEST_CASE(all_other_shards_of_a_runner_that_stops_have_an_owner_at_once) {
  held_call on(1);
  auto& fleet = *on.fleet;
  auto const count = fleet.runner(0).table().groups()[0].shards;
  bool is_stopped = false;
  boost::asio::co_spawn(fleet.executor(), fleet.app(1).core().entities()->stop(),
                        [&](std::exception_ptr) { is_stopped = true; });
  fleet.advance(200ms);
  BOOST_TEST(held_by(fleet.runner(0)) == count - 1);
  BOOST_TEST(!is_stopped);
  on.all.held[0]->fire();
  fleet.advance(100ms);
  BOOST_TEST(is_stopped);
  BOOST_TEST(held_by(fleet.runner(0)) == count);
}

/// The same for what goes on to the next owner over a link.
BOOST_AUTO_TEST_CASE(what_waits_for_a_drained_shard_goes_to_its_next_owner_at_once) {
  held_call on(1);
  auto& fleet = *on.fleet;
  auto const caller = fleet.add_client();
  bool is_stopped = false;
  boost::asio::co_spawn(fleet.executor(), fleet.app(1).core().entities()->stop(),
                        [&](std::exception_ptr) { is_stopped = true; });
  fleet.advance(10ms);
  auto const far = fleet.client_of<Tally>(on.id, caller);
  auto const at = outcome_of(fleet, [&] { return far.call<"Where">(); });
  fleet.advance(7s);
  BOOST_TEST(*at == "");
  on.all.held[0]->fire();
  fleet.advance(100ms);
  BOOST_TEST(*at == "runner-0");
  BOOST_TEST(is_stopped);
}

BOOST_AUTO_TEST_CASE(a_handler_that_never_ends_is_cut_off_when_its_runner_stops) {
  for (std::size_t const from : {0U, 1U}) {
    held_call on(from);
    auto& fleet = *on.fleet;
    auto const before = fleet.runner(0).table().now();
    bool is_stopped = false;
    boost::asio::co_spawn(fleet.executor(), fleet.app(1).core().entities()->stop(),
                          [&](std::exception_ptr) { is_stopped = true; });
    fleet.advance(9'900ms); // its time to drain
    BOOST_TEST(on.outcome == "");
    BOOST_TEST(!is_stopped);
    fleet.advance(300ms);
    BOOST_TEST(on.outcome == given_away(on.id, "Hold"));
    BOOST_TEST(is_stopped);
    BOOST_TEST(has_logged(fleet, "calls of shards that are given away were cut off: they took "
                                 "longer than 10000 ms"));
    auto const name = fleet.call<Tally, "Where">(on.id);
    BOOST_TEST(name == "runner-0");
    BOOST_TEST(fleet.runner(0).table().now() - before < 10'500);
    on.all.held[0]->fire(); // what it gives now is nobody's
    fleet.advance(10ms);
    BOOST_TEST(on.outcome == given_away(on.id, "Hold"));
  }
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_ends_before_its_state_is_saved_and_nothing_that_waits_is_lost) {
  world all;
  names known;
  auto const fleet = make_cluster(2, all, known);
  auto const id = one_of_runner_1(*fleet);
  fleet->call<Tally, "Add">(id, 7);
  auto const near = fleet->client_of<Tally>(id, 1);
  auto const far = fleet->client_of<Tally>(id, 0);
  auto const lingers = outcome_of(*fleet, [&] { return near.call<"Linger">(); });
  auto const sum = outcome_of(*fleet, [&] { return far.call<"Add">(1); });
  auto const here = outcome_of(*fleet, [&] { return near.call<"Add">(100); });
  BOOST_TEST(*sum + *here == ""); // they wait for their turn
  fleet->stop(1);
  fleet->advance(100ms);
  BOOST_TEST(*lingers == "outcome_unknown: " + given_away(id, "Linger"));
  std::vector<std::string> const in_order{"left runner-1", "passivated " + id};
  BOOST_REQUIRE(all.events.size() >= 2U);
  BOOST_TEST(all.events[0] == in_order[0]);
  auto const saved = std::find(all.events.begin(), all.events.end(), in_order[1]);
  BOOST_TEST((saved != all.events.end()));
  BOOST_TEST(*sum == "8"); // at runner 0, on what was saved
  BOOST_TEST(here->find("runner_unavailable: ") == 0U, *here);
  BOOST_TEST(here->find("nothing of the call has happened") != std::string::npos, *here);
}

BOOST_AUTO_TEST_CASE(a_shard_that_another_runner_gets_cuts_its_own_handlers_off_and_no_others) {
  world all;
  names known;
  auto const fleet = make_cluster(1, all, known);
  std::map<std::string, std::shared_ptr<std::string>> outcomes;
  std::deque<pando::client<Tally>> clients;
  for (auto const& id : ids(30)) {
    auto const& tally = clients.emplace_back(fleet->client_of<Tally>(id, 0));
    outcomes[id] = outcome_of(*fleet, [&tally] { return tally.call<"Hold">(); });
  }
  fleet->add();
  fleet->advance(8s);
  for (auto const& [id, outcome] : outcomes) BOOST_TEST(*outcome == "");
  fleet->advance(5s);
  BOOST_TEST(has_logged(*fleet, "calls of shards that are given away were cut off"));
  std::size_t cut_off = 0;
  for (auto const& [id, outcome] : outcomes) {
    if (*outcome == "") continue;
    BOOST_TEST(*outcome == "outcome_unknown: " + given_away(id, "Hold"));
    auto const name = fleet->call<Tally, "Where">(id);
    BOOST_TEST(name == "runner-1");
    ++cut_off;
  }
  BOOST_TEST(cut_off > 5U);
  BOOST_TEST(cut_off < 25U);
  for (auto const& one : all.held) one->fire();
  fleet->advance(50ms);
  std::size_t answered = 0;
  for (auto const& [id, outcome] : outcomes) answered += *outcome == "runner-0" ? 1 : 0;
  BOOST_TEST(answered == 30U - cut_off);
}

BOOST_AUTO_TEST_CASE(without_its_storage_a_runner_stops_and_comes_back) {
  world all;
  names known;
  auto const fleet = make_cluster(2, all, known);
  std::vector<std::string> mine;
  for (auto const& id : ids(30))
    if (fleet->call<Tally, "Where">(id) == "runner-1") mine.push_back(id);
  BOOST_REQUIRE(!mine.empty());
  fleet->take_storage_away(1);
  fleet->advance(2s);
  // Its lease lasts: it answers still, and nobody else does.
  auto name = fleet->call<Tally, "Where">(mine[0]);
  BOOST_TEST(name == "runner-1");
  fleet->advance(2s);
  name = fleet->call<Tally, "Where">(mine[0]);
  BOOST_TEST(name == "runner-0");
  fleet->take_storage_away(1, false);
  fleet->advance(3s);
  name = fleet->call<Tally, "Where">(mine[0]);
  BOOST_TEST(name == "runner-1");
}

BOOST_AUTO_TEST_CASE(what_a_fenced_owner_gives_is_not_taken) {
  held_call on(1);
  on.fleet->take_storage_away(1);
  on.fleet->advance(4s);
  auto const name = on.fleet->call<Tally, "Where">(on.id);
  BOOST_TEST(name == "runner-0"); // a new instance is there, and the old handler waits still
  on.all.held[0]->fire();
  on.fleet->advance(10ms);
  BOOST_TEST(on.outcome == "entity Tally " + on.id +
                               " is another runner's since the call of Hold began; "
                               "whether it has had an effect is unknown");
  BOOST_TEST(on.all.events.empty()); // on_passivate of the old one could have undone the new one's
}

BOOST_AUTO_TEST_CASE(a_paused_runner_goes_on_and_may_not_answer) {
  held_call on(0);
  on.fleet->pause(1);
  on.all.held[0]->fire();
  on.fleet->advance(5s);
  BOOST_TEST(on.outcome == ""); // not one step of it
  auto const name = on.fleet->call<Tally, "Where">(on.id);
  BOOST_TEST(name == "runner-0");
  on.fleet->pause(1, false);
  on.fleet->advance(10ms);
  BOOST_TEST(on.outcome.find("is another runner's since the call of Hold began") != on.outcome.npos,
             on.outcome);
}

/// Over two connections that follow one another: the first request is on its way when its caller
/// learns that the connection is lost.
BOOST_AUTO_TEST_CASE(a_request_can_come_after_a_later_one) {
  world all;
  names known;
  auto const fleet = make_cluster(2, all, known);
  auto const id = one_of_runner_1(*fleet);
  std::deque<std::chrono::milliseconds> delays{500ms, 10ms}; // the request, the loss; then none
  fleet->let_messages_take(0, [&] {
    auto const next = delays.empty() ? 0ms : delays.front();
    if (!delays.empty()) delays.pop_front();
    return next;
  });
  fleet->let_messages_take(1, [] { return 600ms; });
  std::string first;
  boost::asio::co_spawn(
      fleet->executor(0),
      [&]() -> pando::task<void> {
        auto const tally = fleet->client_of<Tally>(id, 0);
        try {
          co_await tally.call<"Add">(1);
        } catch (pando::disconnected const& error) {
          first = error.what();
        }
      },
      boost::asio::detached);
  fleet->advance(5ms);
  fleet->lose_connections(1);
  fleet->advance(5ms);
  BOOST_TEST(first == "");
  fleet->advance(5ms);
  BOOST_TEST(first == "the connection to runner-1 ended before the answer");
  fleet->let_messages_take(1, {});
  auto sum = fleet->call<Tally, "Add">(id, 10);
  BOOST_TEST(sum == 10);
  fleet->advance(1s);
  sum = fleet->call<Tally, "Get">(id);
  BOOST_TEST(sum == 11);
}

BOOST_AUTO_TEST_CASE(a_runner_dies_between_two_of_its_steps) {
  world all;
  names known;
  auto const fleet = make_cluster(2, all, known);
  int steps = 0;
  fleet->after_each_step([&](std::size_t number) {
    if (number == 1 && ++steps == 3) fleet->kill(1);
  });
  fleet->advance(10s);
  BOOST_TEST(fleet->is_dead(1));
  BOOST_TEST(steps == 3);
  auto const name = fleet->call<Tally, "Where">("a");
  BOOST_TEST(name == "runner-0");
}

BOOST_AUTO_TEST_CASE(without_any_runner_calls_wait_and_then_say_so) {
  world all;
  names known;
  auto const fleet = make_cluster(1, all, known);
  auto const caller = fleet->add_client();
  fleet->kill(0);
  fleet->advance(4s);
  std::string sentence;
  boost::asio::co_spawn(
      fleet->executor(),
      [&]() -> pando::task<void> {
        auto const tally = fleet->client_of<Tally>("x", caller);
        try {
          co_await tally.within(50ms).call<"Get">();
        } catch (pando::deadline_exceeded const& error) {
          sentence = error.what();
        }
      },
      boost::asio::detached);
  fleet->advance(49ms);
  BOOST_TEST(sentence == "");
  fleet->advance(2ms);
  BOOST_TEST(sentence == "no runner had the instance within the deadline");
  // A runner that comes finds the calls that wait.
  std::int64_t sum = -1;
  boost::asio::co_spawn(
      fleet->executor(),
      [&]() -> pando::task<void> {
        auto const tally = fleet->client_of<Tally>("x", caller);
        std::int64_t const got = co_await tally.call<"Add">(2);
        sum = got;
      },
      boost::asio::detached);
  fleet->advance(500ms);
  BOOST_TEST(sum == -1);
  fleet->add();
  fleet->advance(2s);
  BOOST_TEST(sum == 2);
}

BOOST_AUTO_TEST_SUITE_END()
