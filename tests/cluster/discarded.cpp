// A call that was discarded goes on, whoever joins it by its key and goes: over several runners and
// under virtual time.
#include <chrono>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

#include "cluster/held.hpp"

BOOST_AUTO_TEST_SUITE(discarded)

using namespace std::chrono_literals;

namespace {

struct Job {
  std::string key;
};
struct Press : pando::entity<"Press", pando::rpc<"Where", int()>,
                             pando::rpc<"Note", void(Job), pando::persisted>,
                             pando::rpc<"Print", std::string(Job), pando::persisted,
                                        pando::primary_key<&Job::key>, pando::discardable>> {};

struct here {
  int number;
};
/// What all runners of a test share.
struct world {
  std::vector<std::string> begun;
  std::vector<std::string> ended;
  std::vector<std::shared_ptr<pando::one_shot>> held;
  std::string transport; ///< whom the handler was called by
};

inline auto const presses = pando::implement<Press>(
    pando::on<"Where"> = [](here const& me) { return me.number; }, pando::on<"Note"> = [](Job) {},
    pando::on<"Print"> = [](Job in, world& all,
                            pando::caller const& who) -> pando::task<std::string> {
      all.begun.push_back(in.key);
      all.transport = who.transport;
      auto const until = support::make_held(co_await boost::asio::this_coro::executor);
      all.held.push_back(until);
      co_await until->wait();
      until->rethrow();
      all.ended.push_back(in.key);
      co_return "printed " + in.key;
    });

struct maker {
  world& all;
  std::deque<here>& runners;
  auto operator()() const {
    auto& me = runners.emplace_back(here{static_cast<int>(runners.size())});
    return pando::app(presses).provide(all).provide(me).named("press");
  }
};

/// Three runners, and an instance of runner 0.
struct scene {
  ~scene() { // what is held ends, that of the dead too
    for (auto const& one : all.held)
      if (!one->has_fired()) one->fire();
    fleet.advance(50ms);
  }
  pando::client<Press> at(std::size_t from) { return fleet.client_of<Press>(id, from); }
  std::string find_instance() {
    for (std::string found = "p";; found += "x")
      if (fleet.call<Press, "Where">(found) == 0) return found;
  }
  void discard(std::size_t from) {
    auto const press = at(from);
    fleet.run([&]() -> pando::task<void> { co_await press.discard<"Print">("k"); });
    fleet.advance(20ms);
  }
  /// Waits for it until it is cancelled.
  struct joiner {
    boost::asio::cancellation_signal stop{};
    std::string text = "waits";
  };
  std::unique_ptr<joiner> join(std::size_t from) {
    auto made = std::make_unique<joiner>();
    boost::asio::co_spawn(
        fleet.executor(),
        [press = at(from), to = made.get()]() -> pando::task<void> {
          try {
            auto const got = co_await press.call<"Print">("k");
            to->text = got;
          } catch (pando::failure const& error) {
            to->text = error.what();
          }
        },
        boost::asio::bind_cancellation_slot(made->stop.slot(), boost::asio::detached));
    fleet.advance(50ms);
    return made;
  }
  void leave(joiner& one) {
    BOOST_TEST(one.text == "waits");
    one.stop.emit(boost::asio::cancellation_type::all);
    fleet.advance(2s);
  }
  /// It runs yet, and ends well.
  void goes_on(std::size_t runs = 1) {
    BOOST_REQUIRE(all.held.size() == runs);
    BOOST_TEST(!all.held.back()->has_fired(), "its handler was told to end");
    if (!all.held.back()->has_fired()) all.held.back()->fire();
    fleet.advance(50ms);
    BOOST_TEST(all.ended == std::vector<std::string>{"k"});
    auto const again = fleet.call<Press, "Print">(id, "k");
    BOOST_TEST(again == "printed k");
    BOOST_TEST(all.begun.size() == runs);
  }

  world all{};
  std::deque<here> runners{};
  pando::testing::cluster<maker> fleet{3, maker{all, runners}};
  std::string const id = find_instance();
};

} // namespace

BOOST_AUTO_TEST_CASE(it_goes_on_when_those_who_joined_it_go) {
  for (std::size_t const discards : {0U, 1U})
    for (std::size_t const joins : {0U, 1U, 2U}) {
      BOOST_TEST_CONTEXT("discarded from runner " << discards << ", joined from " << joins) {
        scene on;
        on.discard(discards);
        auto const first = on.join(joins);
        auto const second = on.join(joins);
        on.leave(*first);
        on.leave(*second);
        BOOST_TEST(on.all.transport == "in-process"); // it is nobody's who came by a door
        on.goes_on();
      }
    }
}

BOOST_AUTO_TEST_CASE(it_goes_on_when_whoever_waited_before_it_was_discarded_goes) {
  for (std::size_t const from : {0U, 1U}) {
    BOOST_TEST_CONTEXT("from runner " << from) {
      scene on;
      auto const first = on.join(from);
      on.discard(from);
      on.fleet.advance(3s); // whoever looks after those that wait has looked
      auto const later = on.join(from);
      on.leave(*first);
      on.leave(*later);
      on.goes_on();
    }
  }
}

BOOST_AUTO_TEST_CASE(it_goes_on_at_its_next_owner_too) {
  scene on;
  on.discard(1);
  on.fleet.kill(0);
  on.fleet.advance(5s);
  BOOST_REQUIRE(on.all.held.size() == 2U);
  auto const joiner = on.join(2);
  on.leave(*joiner);
  on.all.ended.clear();
  BOOST_REQUIRE(on.all.held.size() == 2U);
  BOOST_TEST(!on.all.held.back()->has_fired());
  on.all.held.back()->fire();
  on.fleet.advance(50ms);
  BOOST_TEST(on.all.ended == std::vector<std::string>{"k"});
}

/// It is ended as ever where nobody has discarded it.
BOOST_AUTO_TEST_CASE(one_that_was_not_discarded_ends_with_the_last_who_waits) {
  for (std::size_t const from : {0U, 1U}) {
    scene on;
    auto const first = on.join(from);
    auto const second = on.join(from);
    on.leave(*first);
    BOOST_REQUIRE(on.all.held.size() == 1U);
    BOOST_TEST(!on.all.held[0]->has_fired());
    on.leave(*second);
    BOOST_TEST(on.all.held[0]->has_fired());
    BOOST_TEST(on.all.ended.empty());
  }
}

/// One of them waits in the storage, since another program had the instance when it came.
BOOST_AUTO_TEST_CASE(those_who_wait_in_the_storage_and_beside_it_count_alike) {
  for (bool const is_first_to_go : {true, false}) {
    scene on;
    on.fleet.kill(2);
    on.fleet.advance(5s);
    auto const first = on.join(1);
    BOOST_REQUIRE(on.all.held.size() == 1U);
    on.fleet.kill(0);
    on.fleet.advance(5s);
    BOOST_REQUIRE(on.all.held.size() == 2U);
    auto const second = on.join(1);
    on.leave(is_first_to_go ? *first : *second);
    BOOST_TEST(!on.all.held[1]->has_fired());
    on.leave(is_first_to_go ? *second : *first);
    BOOST_TEST(on.all.held[1]->has_fired());
  }
}

BOOST_AUTO_TEST_SUITE_END()
