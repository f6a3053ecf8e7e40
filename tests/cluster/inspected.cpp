// Whom handlers of persisted calls know as their callers, in a fleet under virtual time.
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cluster/detail/stored_text.hpp>
#include <pando/cluster/fleet_counts.hpp>
#include <pando/cluster/message_ids.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

BOOST_AUTO_TEST_SUITE(inspected)

using namespace std::chrono_literals;

namespace {

struct Visit {
  std::string name;
};
struct Hall : pando::entity<"Hall", pando::rpc<"Enter", std::string(Visit), pando::persisted>> {};

/// What all runners share: whom their handlers saw, and those that wait.
struct world {
  std::vector<std::string> seen;
  std::vector<std::shared_ptr<pando::one_shot>> held;
};

std::string words_of(pando::caller const& who) {
  std::string text(who.transport);
  text.append("|").append(who.peer).append("|").append(who.principal).append("|");
  if (who.user_id) text += std::to_string(*who.user_id);
  text += '|';
  if (who.incarnation) text += std::to_string(*who.incarnation);
  text.append("|").append(who.header("authorization"));
  return text;
}

inline auto const halls = pando::implement<Hall>(
    pando::on<"Enter"> = [](Visit in, pando::caller const& who,
                            world& all) -> pando::task<std::string> {
      all.seen.push_back(words_of(who));
      auto const until =
          std::make_shared<pando::one_shot>(co_await boost::asio::this_coro::executor);
      all.held.push_back(until);
      co_await until->wait();
      co_return in.name + " as " + who.principal;
    });

struct maker {
  world& all;
  auto operator()() const { return pando::app(halls).provide(all).named("hall"); }
};

std::string_view secret(void const*, std::string_view) { return "the secret"; }

} // namespace

BOOST_AUTO_TEST_CASE(a_caller_is_the_same_after_a_failover) {
  world all;
  pando::testing::cluster<maker> fleet(2, maker{all});
  pando::caller who; // as a door makes one
  who.transport = "http";
  who.peer = "10.0.0.9:5";
  who.principal = "ada";
  who.user_id = 7;
  who.find_header = &secret;
  pando::cluster::message_ids ids;
  pando::store::message_operation made;
  made.what.id = ids.next(7);
  made.what.group = "default";
  made.what.entity = "Hall";
  made.what.instance = "main";
  made.what.shard = pando::cluster::shard_of("default", "main");
  made.what.rpc = "Enter";
  made.what.payload = R"({"name":"ada"})";
  made.what.context = pando::cluster::detail::store_caller(&who);
  auto const store = [&]() -> pando::task<void> {
    co_await fleet.runner(0).storage().apply(std::span(&made, 1));
  };
  fleet.run(store);
  fleet.advance(1s);
  BOOST_REQUIRE(all.seen.size() == 1U);
  BOOST_TEST(all.seen[0] == "http|10.0.0.9:5|ada|7||");
  // Whichever has it dies; the other one knows the same.
  auto const held = [&](std::size_t runner) {
    return fleet.runner(runner).counts().taken.value() != 0;
  };
  std::size_t const dead = held(0) ? 0 : 1;
  std::size_t const left = 1 - dead;
  fleet.kill(dead);
  fleet.advance(5s);
  BOOST_REQUIRE(all.seen.size() == 2U);
  BOOST_TEST(all.seen[1] == all.seen[0]);
  for (auto const& one : std::exchange(all.held, {}))
    if (!one->has_fired()) one->fire();
  fleet.advance(1s);
  std::vector<std::uint64_t> const asked{made.what.id};
  std::string outcome;
  auto const look = [&]() -> pando::task<void> {
    auto const found = co_await fleet.runner(left).storage().answers(asked);
    if (found.size() == 1) outcome = found[0].payload;
  };
  fleet.run(look);
  BOOST_TEST(outcome == R"("ada as ada")");
}

namespace {

std::string read(std::string_view stored) {
  pando::cluster::detail::stored_caller into;
  auto const* const who = pando::cluster::detail::read_caller(stored, into);
  return who == nullptr ? "nobody" : words_of(*who);
}
} // namespace

BOOST_AUTO_TEST_CASE(callers_are_stored_without_what_is_secret) {
  using pando::cluster::detail::store_caller;
  BOOST_TEST(store_caller(nullptr) == "");
  BOOST_TEST(read("") == "nobody");
  pando::caller who;
  BOOST_TEST(read(store_caller(&who)) == "|||||");
  who.transport = "http";
  who.peer = "127.0.0.1:5";
  who.principal = "ada\nof\tthe north";
  who.find_header = &secret;
  BOOST_TEST(store_caller(&who) == "http\n127.0.0.1:5\nada\nof\tthe north");
  BOOST_TEST(read(store_caller(&who)) == "http|127.0.0.1:5|ada\nof\tthe north|||");
  who.user_id = 4'294'967'295U;
  BOOST_TEST(read(store_caller(&who)) == "http|127.0.0.1:5|ada\nof\tthe north|4294967295||");
  who.incarnation = ~std::uint64_t{0};
  BOOST_TEST(read(store_caller(&who)).ends_with("|4294967295|18446744073709551615|"));
  who.user_id.reset();
  BOOST_TEST(read(store_caller(&who)).ends_with("||18446744073709551615|"));
  // Who names its own door becomes nobody else by it.
  who = {};
  who.transport = "cli\t0\t7\nroot's\nroot";
  who.peer = "uid 1000\nroot";
  BOOST_TEST(read(store_caller(&who)) == "cli 0 7 root's root|uid 1000 root||||");
  for (auto const* const mark : {"*discarded", "*reader 7"}) {
    who.transport = mark;
    BOOST_TEST(read(store_caller(&who)) == " " + std::string(mark + 1) + "|uid 1000 root||||");
    BOOST_TEST(pando::cluster::detail::reader_of(store_caller(&who)) == 0U);
    BOOST_TEST(!pando::cluster::detail::was_discarded(store_caller(&who)));
  }
  // What was stored by another version, or by nobody we know.
  BOOST_TEST(read("http\nhere\nada") == "http|here|ada|||");
  BOOST_TEST(read("socket\t-1\tx\nhere\nada") == "socket|here|ada|||");
  BOOST_TEST(read("socket\t4294967296\t5\n\n") == "socket||||5|");
  BOOST_TEST(read("socket\t7") == "socket|||7||");
}

BOOST_AUTO_TEST_CASE(who_reads_a_stream_is_stored_beside_its_caller) {
  using pando::cluster::detail::reader_of;
  using pando::cluster::detail::store_caller;
  pando::caller who;
  who.transport = "http";
  who.principal = "ada";
  for (bool const discards : {false, true}) {
    BOOST_TEST(reader_of(store_caller(nullptr, discards)) == 0U);
    BOOST_TEST(reader_of(store_caller(&who, discards)) == 0U);
    auto const alone = store_caller(nullptr, discards, ~std::uint64_t{0});
    BOOST_TEST(reader_of(alone) == ~std::uint64_t{0});
    BOOST_TEST(read(alone) == "nobody");
    BOOST_TEST(pando::cluster::detail::was_discarded(alone) == discards);
    auto const both = store_caller(&who, discards, 7);
    BOOST_TEST(reader_of(both) == 7U);
    BOOST_TEST(read(both) == "http||ada|||");
  }
  for (auto const* const text : {"*reader ", "*reader x\n", "*reader 7x\n", "*reader -1\n",
                                 "*reader 18446744073709551616\n"})
    BOOST_TEST(reader_of(text) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
