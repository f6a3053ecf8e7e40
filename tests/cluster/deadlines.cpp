// How long calls of entities take at most, under virtual time: by default, by `within`, by waiting.
#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

#include "cluster/held.hpp"

BOOST_AUTO_TEST_SUITE(deadlines)

using namespace std::chrono_literals;

namespace {

struct Door
    : pando::entity<"Door", pando::rpc<"Where", std::string()>, pando::rpc<"Wait", std::string()>,
                    pando::rpc<"Look", pando::stream<int>()>,
                    pando::rpc<"Keep", std::string(), pando::persisted>> {};

/// Beside the entity, in the same app.
struct Office
    : pando::controller<"office", pando::route<"wait", std::string()>,
                        pando::route<"look", pando::stream<int>()>> {};

/// What all runners of a test share.
struct world {
  std::vector<std::shared_ptr<pando::one_shot>> held;
  int left = 0; ///< handlers that were cancelled
};
struct here {
  std::string name;
};
struct DoorState {};

pando::task<std::string> hold(world& all) {
  auto const until = support::make_held(co_await boost::asio::this_coro::executor);
  all.held.push_back(until);
  co_await until->wait();
  if (until->error()) ++all.left;
  co_return "opened";
}
pando::stream<int> look(world& all) {
  co_yield 1;
  auto const text = co_await hold(all);
  co_yield static_cast<int>(text.size());
}

inline auto const doors = pando::implement<Door>(
    pando::state<DoorState>, pando::on<"Where"> = [](here const& me) { return me.name; },
    pando::on<"Wait"> = [](world& all) -> pando::task<std::string> { return hold(all); },
    pando::on<"Look"> = [](world& all) { return look(all); },
    pando::on<"Keep"> = [](world& all) -> pando::task<std::string> { return hold(all); });
inline auto const office = pando::implement<Office>(
    pando::on<"wait"> = [](world& all) -> pando::task<std::string> { return hold(all); },
    pando::on<"look"> = [](world& all) { return look(all); });

struct maker {
  world* all;
  std::deque<here>* names;
  auto operator()() const {
    auto& name = names->emplace_back(here{"runner-" + std::to_string(names->size())});
    return pando::app(doors, office).provide(*all).provide(name).named("doors");
  }
};

/// Two runners, and an instance on runner 1.
struct scene {
  world all;
  std::deque<here> names;
  pando::testing::cluster<maker> fleet{2, maker{&all, &names}};
  std::string id = on_runner_1();

  ~scene() { // what is held ends
    for (std::size_t i = 0; i < all.held.size(); ++i) {
      if (!all.held[i]->has_fired()) all.held[i]->fire();
      fleet.advance(5ms);
    }
  }
  std::string on_runner_1() {
    for (int i = 0;; ++i)
      if (auto at = "d" + std::to_string(i); fleet.call<Door, "Where">(at) == "runner-1") return at;
  }
  pando::client<Door> door(std::size_t from) { return fleet.client_of<Door>(id, from); }

  /// How a call ends: empty while it has not.
  template <pando::fixed_string Rpc, class Contract>
  std::shared_ptr<std::string> call(pando::client<Contract> by) {
    auto const end = std::make_shared<std::string>();
    boost::asio::co_spawn(
        fleet.executor(),
        [by, end]() -> pando::task<void> {
          try {
            *end = co_await by.template call<Rpc>();
          } catch (pando::deadline_exceeded const& error) {
            *end = std::string("late: ") + error.what();
          } catch (pando::runner_unavailable const& error) {
            *end = std::string("unavailable: ") + error.what();
          }
        },
        boost::asio::detached);
    return end;
  }
};

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_call_without_a_deadline_has_one) {
  for (std::size_t const from : {1U, 0U}) { // beside its instance, and at another runner
    scene on;
    auto const first = on.call<"Wait">(on.door(from));
    on.fleet.advance(30s);
    auto const second = on.call<"Wait">(on.door(from)); // which waits in the mailbox
    on.fleet.advance(29s);
    BOOST_TEST(*first == "");
    on.fleet.advance(3s);
    BOOST_TEST(has(*first, "late: no answer within 60 s, which is the deadline of a call that"));
    BOOST_TEST(has(*first, "; `within` sets another"));
    BOOST_TEST(on.all.left == 1);
    BOOST_TEST(on.all.held.size() == 2U); // its place is the next one's
    on.fleet.advance(26s);
    BOOST_TEST(*second == "");
    on.fleet.advance(4s);
    BOOST_TEST(has(*second, "late: no answer within 60 s"));
    BOOST_TEST(on.all.left == 2);
    BOOST_TEST(on.all.held.size() == 2U);
    // The next ones are watched anew.
    auto const third = on.call<"Wait">(on.door(from));
    on.fleet.advance(59s);
    BOOST_TEST(*third == "");
    BOOST_REQUIRE(on.all.held.size() == 3U);
    on.all.held.back()->fire();
    on.fleet.advance(1ms);
    BOOST_TEST(*third == "opened");
    on.fleet.advance(5min);
    BOOST_TEST(on.all.left == 2);
  }
}

BOOST_AUTO_TEST_CASE(those_that_wait_in_a_mailbox_are_late_too) {
  scene on;
  auto const first = on.call<"Wait">(on.door(1).within(10min));
  auto const second = on.call<"Wait">(on.door(1));
  auto const third = on.call<"Wait">(on.door(0));
  on.fleet.advance(62s);
  BOOST_TEST(*first == "");
  BOOST_TEST(has(*second, "late: no answer within 60 s"));
  BOOST_TEST(has(*third, "late: no answer within 60 s"));
  BOOST_TEST(on.all.held.size() == 1U);
  on.all.held.back()->fire();
  on.fleet.advance(1s);
  BOOST_TEST(*first == "opened");
  BOOST_TEST(on.all.held.size() == 1U); // they never ran
}

BOOST_AUTO_TEST_CASE(a_runner_that_stands_still_is_not_waited_for) {
  scene on;
  auto const end = on.call<"Wait">(on.door(0));
  on.fleet.advance(1s);
  BOOST_REQUIRE(on.all.held.size() == 1U);
  on.fleet.pause(1);
  on.fleet.advance(62s);
  BOOST_TEST(has(*end, "late: no answer within 60 s"));
}

BOOST_AUTO_TEST_CASE(a_stream_has_none) {
  scene on;
  int last = 0;
  boost::asio::co_spawn(
      on.fleet.executor(),
      [&]() -> pando::task<void> {
        auto items = on.door(0).stream<"Look">();
        while (std::optional<int> const item = co_await items.next()) last = *item;
      },
      boost::asio::detached);
  on.fleet.advance(5min);
  BOOST_TEST(last == 1);
  BOOST_REQUIRE(on.all.held.size() == 1U);
  on.all.held.back()->fire();
  on.fleet.advance(1s);
  BOOST_TEST(last == 6);
}

BOOST_AUTO_TEST_CASE(within_goes_by_the_fleets_time) {
  for (std::size_t const from : {1U, 0U}) {
    scene on;
    auto const soon = on.call<"Wait">(on.door(from).within(5s));
    auto const later = on.call<"Wait">(on.door(from).within(100s)); // more than the default
    on.fleet.advance(4'900ms);
    BOOST_TEST(*soon == "");
    on.fleet.advance(200ms);
    BOOST_TEST(*soon == "late: no answer within the deadline");
    BOOST_TEST(on.all.left == 1);
    on.fleet.advance(94s);
    BOOST_TEST(*later == "");
    on.fleet.advance(2s);
    BOOST_TEST(*later == "late: no answer within the deadline");
    BOOST_TEST(on.all.left == 2);
  }
}

BOOST_AUTO_TEST_CASE(a_controllers_deadline_goes_by_the_fleets_time_too) {
  scene on;
  auto const desk = on.fleet.app(0).client<Office>();
  auto const late = on.call<"wait">(desk.within(5s));
  auto const in_time = on.call<"wait">(desk.within(100s));
  std::string stream_end;
  boost::asio::co_spawn(
      on.fleet.executor(),
      [&, within = desk.within(50s)]() -> pando::task<void> {
        auto items = within.stream<"look">();
        try {
          while (co_await items.next()) stream_end += "item ";
        } catch (pando::deadline_exceeded const&) {
          stream_end += "late";
        }
      },
      boost::asio::detached);
  on.fleet.advance(4'900ms);
  BOOST_REQUIRE(on.all.held.size() == 3U);
  BOOST_TEST(*late == "");
  on.fleet.advance(200ms);
  BOOST_TEST(*late == "late: no answer within the deadline");
  BOOST_TEST(on.all.left == 1);
  on.fleet.advance(44s);
  BOOST_TEST(stream_end == "item ");
  on.fleet.advance(2s);
  BOOST_TEST(stream_end == "item late");
  on.fleet.advance(45s);
  on.all.held[1]->fire();
  on.fleet.advance(1ms);
  BOOST_TEST(*in_time == "opened");
  on.fleet.advance(10min); // its time comes, and finds nobody
  BOOST_TEST(*in_time == "opened");
}

BOOST_AUTO_TEST_CASE(within_counts_from_when_the_call_is_made) {
  scene on;
  on.fleet.kill(1);
  auto const end = on.call<"Wait">(on.door(0).within(8s)); // which waits for the lease to end
  on.fleet.advance(7'900ms);
  BOOST_TEST(*end == "");
  BOOST_TEST(on.all.held.size() == 1U);
  on.fleet.advance(200ms);
  BOOST_TEST(*end == "late: no answer within the deadline");
}

BOOST_AUTO_TEST_CASE(no_runner_is_waited_for_ten_seconds) {
  scene on;
  auto const caller = on.fleet.add_client();
  on.fleet.kill(0);
  on.fleet.kill(1);
  on.fleet.advance(4s);
  auto const end = on.call<"Wait">(on.door(caller));
  auto const soon = on.call<"Wait">(on.door(caller).within(2s));
  on.fleet.advance(2'100ms);
  BOOST_TEST(*soon == "late: no runner had the instance within the deadline");
  on.fleet.advance(7'800ms);
  BOOST_TEST(*end == "");
  on.fleet.advance(200ms);
  BOOST_TEST(has(*end, "unavailable: no runner has entity Door " + on.id));
  BOOST_TEST(has(*end, "and none took it in time; nothing of the call has happened"));
}

/// What waits for its turn at an instance whose shard is given away goes on with what it had.
BOOST_AUTO_TEST_CASE(a_call_that_is_turned_away_keeps_its_deadline) {
  scene on;
  std::vector<std::string> ids;
  for (int i = 0; ids.size() < 12; ++i)
    if (auto at = "t" + std::to_string(i); on.fleet.call<Door, "Where">(at) == "runner-1")
      ids.push_back(at);
  struct waiting {
    std::string id;
    std::shared_ptr<std::string> by_default;
    std::shared_ptr<std::string> asked;
  };
  std::vector<waiting> all;
  for (std::size_t const from : {1U, 0U}) // beside the instance, and over a link
    for (auto const& id : ids) {
      auto const door = on.fleet.client_of<Door>(id, from);
      (void)on.call<"Wait">(door.within(10min)); // which has the instance
      on.fleet.advance(1ms);
      all.push_back({id, on.call<"Wait">(door), on.call<"Wait">(door.within(80s))});
    }
  on.fleet.advance(40s);
  on.fleet.add(); // a third of the shards are its, as soon as nobody waits for their handlers
  on.fleet.advance(19s); // 59 s
  BOOST_TEST(on.all.left != 0);
  for (auto const& one : all) BOOST_TEST(*one.by_default == "");
  on.fleet.advance(3s);
  for (auto const& one : all)
    BOOST_TEST(has(*one.by_default, "late: no answer within 60 s, which is the deadline"));
  on.fleet.advance(17s); // 79 s
  for (auto const& one : all) BOOST_TEST(*one.asked == "");
  on.fleet.advance(2s);
  for (auto const& one : all) BOOST_TEST(*one.asked == "late: no answer within the deadline");
}

/// Ten seconds in all, in which it is not counted how long it waits for its turn.
BOOST_AUTO_TEST_CASE(a_call_that_is_turned_away_waits_for_a_runner_no_longer) {
  for (bool const is_beside : {true, false}) { // the instance, or in a process that only calls
    scene on;
    auto const from = is_beside ? std::size_t{1} : on.fleet.add_client();
    on.fleet.kill(0);
    on.fleet.take_storage_away(1);
    on.fleet.advance(5s); // its leases are over
    auto const first = on.call<"Wait">(on.door(from));
    auto const second = on.call<"Wait">(on.door(from));
    on.fleet.advance(6s);
    BOOST_TEST(on.all.held.size() == 0U);
    on.fleet.take_storage_away(1, false);
    on.fleet.advance(20s);
    BOOST_REQUIRE(on.all.held.size() == 1U);
    on.fleet.take_storage_away(1);
    on.fleet.advance(5s);
    on.all.held.front()->fire(); // the other one has its turn, and no instance
    on.fleet.advance(1s);
    BOOST_TEST(*second == "");
    on.fleet.advance(4s);
    BOOST_TEST(has(*second, "unavailable: no runner has entity Door " + on.id), *second);
    BOOST_TEST(on.all.held.size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_persisted_call_goes_on_without_its_caller_in_their_own_program) {
  scene on;
  auto const end = on.call<"Keep">(on.door(1));
  on.fleet.advance(59s);
  BOOST_TEST(*end == "");
  on.fleet.advance(2s);
  BOOST_TEST(has(*end, "late: no answer within 60 s"));
  BOOST_TEST(has(*end, "; the call is stored, and goes on"));
  BOOST_REQUIRE(on.all.held.size() == 1U);
  auto const soon = on.call<"Keep">(on.door(1).within(10s)); // which waits for its turn
  on.fleet.advance(11s);
  BOOST_TEST(*soon == "late: no answer within the deadline; the call is stored, and goes on");
  on.all.held.back()->fire();
  on.fleet.advance(1s);
  BOOST_TEST(on.all.held.size() == 2U);
  BOOST_TEST(on.all.left == 0);
}

BOOST_AUTO_TEST_CASE(a_persisted_call_goes_on_without_its_caller) {
  scene on;
  auto const caller = on.fleet.add_client();
  auto const end = on.call<"Keep">(on.door(caller));
  on.fleet.advance(5s);
  auto const soon = on.call<"Keep">(on.door(caller).within(10s));
  on.fleet.advance(9s);
  BOOST_TEST(*soon == "");
  on.fleet.advance(2s);
  BOOST_TEST(*soon == "late: no answer within the deadline; the call is stored, and goes on");
  on.fleet.advance(43s);
  BOOST_TEST(*end == "");
  on.fleet.advance(2s);
  BOOST_TEST(has(*end, "late: no answer within 60 s"));
  BOOST_TEST(has(*end, "the call is stored, and goes on"));
  on.fleet.advance(5min);
  BOOST_TEST(on.all.left == 0);
  BOOST_REQUIRE(on.all.held.size() == 1U);
  on.all.held.back()->fire();
  on.fleet.advance(1s);
  BOOST_TEST(on.all.held.size() == 2U); // the one behind it has its turn
}

BOOST_AUTO_TEST_SUITE_END()
