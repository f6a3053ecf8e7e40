// Several kinds of entities and several builds in one fleet: groups, unknown kinds, keys by
// function.
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/http.hpp>
#include <pando/http/expose.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

#include "support/raw_http.hpp"
#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(kinds)

using namespace std::chrono_literals;

namespace {

struct here {
  std::string name;
};
struct names {
  std::deque<here> all;
  here& next() { return all.emplace_back(here{"runner-" + std::to_string(all.size())}); }
};
struct Nothing {};
struct counter {
  int count = 0;
};

template <class Fleet, class Call>
std::shared_ptr<std::string> end_of(Fleet& fleet, Call made) {
  auto const end = std::make_shared<std::string>();
  boost::asio::co_spawn(
      fleet.executor(),
      [made, end]() -> pando::task<void> {
        try {
          std::string text = co_await made();
          *end = std::move(text);
        } catch (pando::failure const& error) {
          *end = std::string(pando::row_of_failure(error.code()).name) + ": " + error.what();
        }
      },
      boost::asio::detached);
  return end;
}
bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

// Groups

namespace {

struct Red : pando::entity<"Red", pando::shard_group<"red">, pando::rpc<"Where", std::string()>> {};
struct Blue
    : pando::entity<"Blue", pando::shard_group<"blue">, pando::rpc<"Where", std::string()>> {};

inline auto const reds = pando::implement<Red>(
    pando::state<Nothing>, pando::on<"Where"> = [](here const& me) { return me.name; });
inline auto const blues = pando::implement<Blue>(
    pando::state<Nothing>, pando::on<"Where"> = [](here const& me) { return me.name; });

/// Who has how many of thirty instances.
template <class Contract>
std::map<std::string, int> spread(auto& fleet) {
  std::map<std::string, int> all;
  for (int i = 0; i < 30; ++i)
    ++all[fleet.template call<Contract, "Where">("e" + std::to_string(i))];
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(each_group_is_spread_by_itself) {
  names known;
  auto const make = [&] { return pando::app(reds, blues).provide(known.next()).named("groups"); };
  pando::testing::cluster fleet(3, make);
  std::set<std::string> groups;
  for (auto const& one : fleet.runner(0).fleet().owners) groups.insert(one.group);
  BOOST_TEST((groups == std::set<std::string>{"blue", "red"}));
  BOOST_TEST(spread<Red>(fleet).size() == 3U);
  BOOST_TEST(spread<Blue>(fleet).size() == 3U);
  fleet.kill(2);
  auto const red = spread<Red>(fleet);
  auto const blue = spread<Blue>(fleet);
  BOOST_TEST(red.size() == 2U);
  BOOST_TEST(red.count("runner-2") == 0U);
  BOOST_TEST(blue.size() == 2U);
  BOOST_TEST(blue.count("runner-2") == 0U);
}

// Two builds

namespace {

/// As the old build has it.
namespace before {
struct Cart : pando::entity<"Cart", pando::rpc<"Add", std::string()>> {};
struct Log : pando::entity<"Log", pando::rpc<"Note", std::string(), pando::persisted>> {};
} // namespace before
/// As the new one has it.
namespace after {
struct Cart
    : pando::entity<"Cart", pando::rpc<"Add", std::string()>, pando::rpc<"Drop", std::string()>,
                    pando::rpc<"Count", pando::stream<int>()>, pando::rpc<"Lose", std::string()>> {
};
struct Log : pando::entity<"Log", pando::rpc<"Note", std::string(), pando::persisted>> {};
struct Shelf : pando::entity<"Shelf", pando::rpc<"Put", std::string()>> {};
struct Till : pando::entity<"Till", pando::rpc<"Pay", std::string(), pando::persisted>> {};
struct Safe : pando::entity<"Safe", pando::shard_group<"safes">,
                            pando::rpc<"Lock", std::string(), pando::persisted>,
                            pando::rpc<"Open", std::string()>> {};
} // namespace after

auto const by = [](here const& me) { return me.name; };
inline auto const old_carts =
    pando::implement<before::Cart>(pando::state<Nothing>, pando::on<"Add"> = by);
inline auto const old_logs =
    pando::implement<before::Log>(pando::state<Nothing>, pando::on<"Note"> = by);
inline auto const new_carts = pando::implement<after::Cart>(
    pando::state<Nothing>, pando::on<"Add"> = by, pando::on<"Drop"> = by,
    pando::on<"Count"> = []() -> pando::stream<int> {
      for (int i = 1; i <= 3; ++i) co_yield i;
    },
    pando::on<"Lose"> = [](counter& lost) -> std::string {
      ++lost.count;
      throw pando::no_such_route("there is no way");
    });
inline auto const new_logs =
    pando::implement<after::Log>(pando::state<Nothing>, pando::on<"Note"> = by);
inline auto const shelves =
    pando::implement<after::Shelf>(pando::state<Nothing>, pando::on<"Put"> = by);
inline auto const tills =
    pando::implement<after::Till>(pando::state<Nothing>, pando::on<"Pay"> = by);
inline auto const safes = pando::implement<after::Safe>(
    pando::state<Nothing>, pando::on<"Lock"> = by, pando::on<"Open"> = by);

auto make_old(names& known) {
  return pando::app(old_carts, old_logs).provide(known.next()).named("builds");
}
auto make_new(names& known, counter& lost) {
  return pando::app(new_carts, new_logs, shelves, tills, safes)
      .provide(known.next())
      .provide(lost)
      .named("builds");
}

/// One of the two, as a cluster wants an app to be.
struct build {
  std::unique_ptr<decltype(make_old(std::declval<names&>()))> old;
  std::unique_ptr<decltype(make_new(std::declval<names&>(), std::declval<counter&>()))> young;
  pando::app_core& core() { return old ? old->core() : young->core(); }
  template <class Contract>
  pando::client<Contract> client(std::string_view id) {
    return young->template client<Contract>(id);
  }
};
/// Runners of the old build, until it is said that they are new.
struct maker {
  names* known;
  counter* lost;
  bool* is_new;
  build operator()() const {
    build made;
    if (*is_new)
      made.young.reset(new auto(make_new(*known, *lost)));
    else
      made.old.reset(new auto(make_old(*known)));
    return made;
  }
};

/// A runner of the old build, and a client of the new one.
struct rolling {
  names known;
  counter lost;
  bool is_new = false;
  pando::testing::cluster<maker> fleet{1, maker{&known, &lost, &is_new}};
  std::size_t caller = add_caller();

  std::size_t add_caller() {
    is_new = true;
    return fleet.add_client();
  }
  /// The new build takes over.
  void roll() {
    fleet.add();
    fleet.stop(0);
  }
  template <class Contract, pando::fixed_string Rpc>
  std::shared_ptr<std::string> call(std::chrono::seconds within = 0s) {
    auto api = fleet.client_of<Contract>("x", caller);
    if (within != 0s) api = api.within(within);
    return end_of(fleet, [api] { return api.template call<Rpc>(); });
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(what_the_owner_does_not_know_waits_for_who_does) {
  rolling on;
  auto const known = on.call<after::Cart, "Add">();
  auto const rpc = on.call<after::Cart, "Drop">();
  auto const entity = on.call<after::Shelf, "Put">();
  int count = 0;
  boost::asio::co_spawn(
      on.fleet.executor(),
      [&]() -> pando::task<void> {
        auto items = on.fleet.client_of<after::Cart>("x", on.caller).stream<"Count">();
        while (co_await items.next()) ++count;
      },
      boost::asio::detached);
  on.fleet.advance(5s);
  BOOST_TEST(*known == "runner-0");
  BOOST_TEST(*rpc == "");
  BOOST_TEST(*entity == "");
  BOOST_TEST(count == 0);
  on.roll();
  on.fleet.advance(2s);
  BOOST_TEST(*rpc == "runner-2");
  BOOST_TEST(*entity == "runner-2");
  BOOST_TEST(count == 3);
}

BOOST_AUTO_TEST_CASE(then_it_is_said_which_runner_does_not_know_it) {
  rolling on;
  auto const rpc = on.call<after::Cart, "Drop">();
  auto const entity = on.call<after::Shelf, "Put">();
  auto const soon = on.call<after::Shelf, "Put">(3s);
  on.fleet.advance(2'900ms);
  BOOST_TEST(*soon == "");
  on.fleet.advance(200ms);
  BOOST_TEST(has(*soon, "deadline_exceeded: runner runner-0, which has entity Shelf x (shard "));
  BOOST_TEST(has(*soon, "does not know Shelf.Put, and no other took it within the deadline"));
  on.fleet.advance(6'800ms);
  BOOST_TEST(*rpc == "");
  BOOST_TEST(*entity == "");
  on.fleet.advance(200ms);
  BOOST_TEST(has(*rpc, "no_such_route: runner runner-0, which has entity Cart x (shard "));
  BOOST_TEST(has(*rpc, "does not know Cart.Drop, and no other took it in time; nothing of"));
  BOOST_TEST(has(*entity, "no_such_route: runner runner-0, which has entity Shelf x (shard "));
  BOOST_TEST(has(*entity, "does not know Shelf.Put, and no other took it in time; nothing of"));
}

BOOST_AUTO_TEST_CASE(what_a_handler_does_not_find_is_no_reason_to_ask_again) {
  rolling on;
  on.roll();
  auto const end = on.call<after::Cart, "Lose">();
  on.fleet.advance(15s);
  BOOST_TEST(*end == "outcome_unknown: the handler of Cart.Lose ended in: there is no way");
  BOOST_TEST(on.lost.count == 1);
}

BOOST_AUTO_TEST_CASE(a_stored_call_waits_for_a_runner_that_knows_its_entity) {
  rolling on;
  auto const end = on.call<after::Till, "Pay">(120s);
  on.fleet.advance(40s);
  BOOST_TEST(*end == "");
  on.roll();
  on.fleet.advance(3s);
  BOOST_TEST(*end == "runner-2");
}

BOOST_AUTO_TEST_CASE(a_stored_call_of_an_unknown_entity_waits_for_as_long_as_it_takes) {
  rolling on;
  auto const end = on.call<after::Till, "Pay">(2h);
  auto const known = on.call<after::Log, "Note">(2h);
  on.fleet.advance(3s);
  BOOST_TEST(*known == "runner-0"); // it holds up nobody
  on.fleet.advance(60min);
  BOOST_TEST(*end == "");
  auto const told = std::ranges::count_if(on.fleet.lines(), [](std::string const& line) {
    return has(line, "a stored call of Till.Pay waits for a build that serves it: this one does not");
  });
  BOOST_TEST(told == 1);
  on.roll();
  on.fleet.advance(3s);
  BOOST_TEST(*end == "runner-2");
}

BOOST_AUTO_TEST_CASE(a_group_that_nobody_serves) {
  rolling on;
  auto const asked = on.call<after::Safe, "Lock">(20s);
  auto const stored = on.call<after::Safe, "Lock">();
  auto const other = on.call<after::Safe, "Open">();
  on.fleet.advance(10'100ms);
  BOOST_TEST(has(*other, "runner_unavailable: no runner has entity Safe x"));
  on.fleet.advance(10s);
  BOOST_TEST(*asked == "deadline_exceeded: no answer within the deadline; the call is stored, and "
                       "waits: no runner serves group safes now");
  on.fleet.advance(39s);
  BOOST_TEST(*stored == "");
  on.fleet.advance(2s);
  BOOST_TEST(has(*stored, "deadline_exceeded: no answer within 60 s"));
  BOOST_TEST(has(*stored, "no runner serves group safes now"));
  auto const late = on.call<after::Safe, "Lock">();
  on.fleet.advance(30s);
  on.fleet.add();
  on.fleet.advance(3s);
  BOOST_TEST(*late == "runner-2");
}

// Keys and times by a function

namespace {

struct Order {
  std::string shop;
  int number = 0;
  int pieces = 0;
};
struct Later {
  std::string text;
  int seconds = 0;
};
inline std::chrono::system_clock::time_point epoch_of_test{};
std::string key_of(Order const& one) { return one.shop + "/" + std::to_string(one.number); }
std::optional<std::chrono::system_clock::time_point> due_of(Later const& one) {
  if (one.seconds == 0) return std::nullopt;
  return epoch_of_test + std::chrono::seconds(one.seconds);
}

struct Desk
    : pando::entity<
          "Desk", pando::rpc<"Buy", int(Order), pando::persisted, pando::primary_key<&key_of>>,
          pando::rpc<"Remind", void(Later), pando::persisted, pando::deliver_at<&due_of>>> {};
struct told {
  std::vector<std::string> all;
};
struct DeskState {
  int pieces = 0;
};
inline auto const desks = pando::implement<Desk>(
    pando::state<DeskState>,
    pando::on<"Buy"> = [](DeskState& s, Order in) { return s.pieces += in.pieces; },
    pando::on<"Remind"> = [](Later in, told& who) { who.all.push_back(in.text); });

} // namespace

BOOST_AUTO_TEST_CASE(a_key_by_a_function_of_the_request) {
  told seen;
  auto const make = [&] { return pando::app(desks).provide(seen).named("desks"); };
  pando::testing::cluster fleet(2, make);
  std::size_t const caller = fleet.add_client();
  for (std::size_t const from : {std::size_t{0}, std::size_t{1}, caller}) {
    fleet.run([&]() -> pando::task<void> {
      auto const desk = fleet.client_of<Desk>("a", from);
      Order const first{"east", 1, 3};
      int pieces = co_await desk.call<"Buy">(first);
      BOOST_TEST(pieces == 3); // whoever calls it, it is the same call
      Order const changed{"east", 1, 4};
      bool is_refused = false;
      try {
        co_await desk.call<"Buy">(changed);
      } catch (pando::key_conflict const&) {
        is_refused = true;
      }
      BOOST_TEST(is_refused);
      Order const other{"west", 1, 4};
      pieces = co_await desk.call<"Buy">(other);
      BOOST_TEST(pieces == 7);
    });
  }
}

BOOST_AUTO_TEST_CASE(a_time_by_a_function_of_the_request) {
  told seen;
  auto const make = [&] { return pando::app(desks).provide(seen).named("desks"); };
  pando::testing::cluster fleet(2, make);
  epoch_of_test = fleet.clock();
  fleet.run([&]() -> pando::task<void> {
    auto const desk = fleet.client_of<Desk>("a", fleet.add_client());
    Later const then{"then", 30};
    co_await desk.discard<"Remind">(then);
    Later const now{"now", 0};
    co_await desk.call<"Remind">(now);
  });
  BOOST_TEST((seen.all == std::vector<std::string>{"now"}));
  fleet.advance(25s);
  BOOST_TEST(seen.all.size() == 1U);
  fleet.kill(0);
  fleet.advance(10s);
  BOOST_TEST((seen.all == std::vector<std::string>{"now", "then"}));
}

// Full mailboxes

namespace {

struct Queue : pando::entity<"Queue", pando::mailbox<1>, pando::rpc<"Where", std::string()>,
                             pando::rpc<"Wait", std::string()>> {};
struct gates {
  std::vector<std::shared_ptr<pando::one_shot>> held;
};
inline auto const queues = pando::implement<Queue>(
    pando::state<Nothing>, pando::on<"Where"> = by,
    pando::on<"Wait"> = [](gates& all) -> pando::task<std::string> {
      auto const until =
          std::make_shared<pando::one_shot>(co_await boost::asio::this_coro::executor);
      all.held.push_back(until);
      co_await until->wait();
      co_return "done";
    });

} // namespace

BOOST_AUTO_TEST_CASE(a_full_mailbox_at_another_runner) {
  names known;
  gates all;
  auto const make = [&] {
    return pando::app(queues).provide(known.next()).provide(all).named("queues");
  };
  pando::testing::cluster fleet(2, make);
  auto const caller = fleet.add_client();
  auto const api = fleet.client_of<Queue>("q", caller);
  auto const ask = [api] { return api.call<"Wait">(); };
  auto const first = end_of(fleet, ask);
  auto const second = end_of(fleet, ask);
  auto const third = end_of(fleet, ask);
  fleet.advance(1s);
  BOOST_TEST(*first == "");
  BOOST_TEST(*second == "");
  BOOST_TEST(*third == "mailbox_full: entity Queue q has 1 calls waiting; try again later");
  for (std::size_t i = 0; i < 2; ++i) {
    BOOST_REQUIRE(all.held.size() == i + 1);
    all.held[i]->fire();
    fleet.advance(1s);
  }
  BOOST_TEST(*first == "done");
  BOOST_TEST(*second == "done");
  auto const again = end_of(fleet, ask);
  fleet.advance(1s);
  BOOST_TEST(*again == "");
  all.held.back()->fire();
  fleet.advance(1s);
  BOOST_TEST(*again == "done");
}

BOOST_AUTO_TEST_CASE(a_full_mailbox_over_doors) {
  here me{"here"};
  gates all;
  auto app =
      pando::app(queues, pando::http::expose<Queue>()).provide(me).provide(all).named("queues");
  app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
  support::scratch_folder const folder;
  auto const path = folder.path() + "/queues.sock";
  boost::asio::io_context io(1);
  auto const done = [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  };
  pando::serve_options options;
  options.http = 0;
  options.socket_path = path;
  boost::asio::co_spawn(io, app.serve(options), done);
  while (!app.is_serving()) io.run_one();
  int ended = 0;
  auto const local = app.client<Queue>("q");
  for (int i = 0; i < 2; ++i)
    boost::asio::co_spawn(
        io,
        [&]() -> pando::task<void> {
          std::string const text = co_await local.call<"Wait">();
          ended += text == "done";
        },
        done);
  for (int i = 0; i < 1000 && app.core().entities()->count().waiting != 1U; ++i) io.poll_one();
  BOOST_REQUIRE(app.core().entities()->count().waiting == 1U);
  bool is_asked = false;
  boost::asio::co_spawn(
      io,
      [&]() -> pando::task<void> {
        auto const home = co_await boost::asio::this_coro::executor;
        auto link = co_await pando::connect(home, path);
        auto const queue = link.client<Queue>("q");
        bool is_full = false;
        try {
          co_await queue.call<"Wait">();
        } catch (pando::mailbox_full const& error) {
          is_full = has(error.what(), "1 calls waiting");
        }
        BOOST_TEST(is_full);
        co_await link.close();
        is_asked = true;
      },
      done);
  std::thread loop([&] { io.run(); });
  raw_http::connection connection(app.http_port());
  auto const got = connection.ask("POST /queue/q/wait HTTP/1.1\r\nhost: a\r\ncontent-type: "
                                  "application/json\r\ncontent-length: 2\r\n\r\n{}");
  BOOST_TEST(got.status == 503);
  BOOST_TEST(has(got.body, "mailbox_full"));
  BOOST_TEST(has(got.body, "1 calls waiting"));
  boost::asio::post(io, [&] {
    boost::asio::co_spawn(
        io,
        [&]() -> pando::task<void> {
          while (!is_asked) co_await boost::asio::post(io, boost::asio::use_awaitable);
          for (std::size_t i = 0; i < 2; ++i) {
            while (all.held.size() == i) co_await boost::asio::post(io, boost::asio::use_awaitable);
            all.held[i]->fire();
          }
          while (ended != 2) co_await boost::asio::post(io, boost::asio::use_awaitable);
          co_await app.stop();
        },
        done);
  });
  loop.join();
  BOOST_TEST(ended == 2);
}

BOOST_AUTO_TEST_SUITE_END()
