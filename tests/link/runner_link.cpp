// Runners over real sockets: calls both ways of reaching, who is refused, losses and restarts.
#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/runtime/openssl.hpp>

#include "support/raw_tcp.hpp"
#include "support/scratch.hpp"
#include "support/served_runner.hpp"

BOOST_AUTO_TEST_SUITE(runner_links)

namespace {

using namespace std::chrono_literals;
using support::calling_loop;
using support::comes_true;
using support::served_runner;
using things::Things;

/// What a task fails with; empty: it does not.
template <class Failure, class Body>
pando::task<std::string> failure_of(Body body) {
  try {
    co_await body();
  } catch (Failure const& error) {
    co_return error.what();
  }
  co_return "";
}

/// Stops it while this loop goes on; gives whether every call was answered.
pando::task<bool> stopped(served_runner& server) {
  std::atomic<bool> is_over{false};
  std::atomic<bool> is_clean{false};
  std::thread stops([&] {
    is_clean = server.stop();
    is_over = true;
  });
  while (!is_over) co_await things::pause(1);
  stops.join();
  co_return is_clean;
}

/// Everything a link is for, over whatever way.
void expect_all_kinds_of_calls(served_runner& server, std::string const& with,
                               pando::runner_address const& at,
                               pando::runner_client_options const& how) {
  calling_loop it;
  auto const over = it.client(at, with, how);
  BOOST_TEST(!over->is_open());
  it.run([&]() -> pando::task<void> {
    pando::client<Things> api(over);
    things::Thing given{5, "five", 3};
    things::Thing const kept = co_await api.call<"keep">(given);
    BOOST_TEST((kept.id == 5 && kept.name == "five" && kept.size == 3));
    try {
      co_await api.call<"show">(404);
      BOOST_ERROR("it was not there");
    } catch (things::Gone const& gone) {
      BOOST_TEST(gone.id == 404);
    }
    std::string const large = co_await api.call<"large">(5'000'000);
    BOOST_TEST(large == std::string(5'000'000, 'a'));
    things::Thing sent{1, std::string(3'000'000, 'b'), {}};
    things::Thing const back = co_await api.call<"keep">(sent);
    BOOST_TEST((back.name == sent.name));
    std::string const way = co_await api.call<"way">();
    BOOST_TEST(way == "every door: link");
    auto stream = api.stream<"count">(things::Many{1000, 1});
    std::int64_t sum = 0;
    for (std::optional<things::Item> item = co_await stream.next(); item;
         item = co_await stream.next())
      sum += item->number;
    BOOST_TEST(sum == 500'500);
  });
  BOOST_TEST(over->is_open());
  BOOST_REQUIRE(over->peer().has_value());
  BOOST_TEST((*over->peer() == pando::link_identity{"server", 7}));
  BOOST_TEST(server.listener().connections() == 1U);
  BOOST_TEST(server.listener().handshakes() == 0U);
}

void expect_all_kinds_of_calls(served_runner& server, std::string const& with) {
  expect_all_kinds_of_calls(server, with, server.address(),
                            support::patient<pando::runner_client_options>());
}

/// `Things` as a newer program has it: an entry may have a colour.
struct ColouredThing {
  std::int64_t id = 0;
  std::string name;
  std::optional<int> size;
  std::optional<std::string> colour;
};
struct NewerThings
    : pando::controller<"thing", pando::route<"keep", ColouredThing(ColouredThing)>> {};

} // namespace

/// In JSON everything is as in binary, and whoever looks at the link can read it.
BOOST_AUTO_TEST_CASE(calls_in_json) {
  served_runner server("127.0.0.1:0", "");
  std::mutex mutex;
  std::string said;
  support::relay between(server.port(), [&](bool, std::string_view came, std::string& on,
                                            std::string&) {
    std::lock_guard const lock(mutex);
    said += came;
    on += came;
  });
  auto how = support::patient<pando::runner_client_options>();
  how.serialization = pando::link_serialization::json;
  expect_all_kinds_of_calls(server, "", {"127.0.0.1", between.port(), {}}, how);
  calling_loop it;
  auto const over = it.client(server.address(), "", how);
  it.run([&]() -> pando::task<void> {
    pando::client<NewerThings> newer(over); // what only one side knows is passed over
    ColouredThing given{6, "six", {}, "red"};
    ColouredThing const kept = co_await newer.call<"keep">(given);
    BOOST_TEST((kept.id == 6 && kept.name == "six" && !kept.colour));
  });
  std::lock_guard const lock(mutex);
  BOOST_TEST(said.find(R"({"id":5,"name":"five","size":3})") != said.npos);
  BOOST_TEST(said.find(R"({"id":404})") != said.npos);
  BOOST_TEST(said.find(R"({"number":999)") != said.npos);
}

BOOST_AUTO_TEST_CASE(calls_over_a_path_without_a_cookie) {
  support::scratch_folder const folder;
  served_runner server(folder.path() + "/any name at all", "");
  BOOST_TEST(server.address().path == folder.path() + "/any name at all");
  expect_all_kinds_of_calls(server, "");
  BOOST_TEST(server.log.says("runner server listens at " + folder.path() + "/any name at all"));
  server.stop();
  struct stat found {};
  BOOST_TEST(::stat((folder.path() + "/any name at all").c_str(), &found) != 0);
}

BOOST_AUTO_TEST_CASE(calls_over_loopback_without_a_cookie) {
  served_runner server("127.0.0.1:0", "");
  BOOST_TEST(server.port() != 0);
  expect_all_kinds_of_calls(server, "");
  BOOST_TEST(server.log.says("listens at 127.0.0.1:" + std::to_string(server.port())));
}

BOOST_AUTO_TEST_CASE(without_a_cookie_only_loopback_is_served_and_called) {
  for (std::string const open : {"0.0.0.0:0", "[::]:0"})
    BOOST_CHECK_EXCEPTION(served_runner(open, ""), pando::listener_unavailable,
                          [](auto const& no) {
                            return std::string(no.what()).find(
                                       "is no loopback address, and without a cookie anybody who "
                                       "reaches it could call; set a cookie") != std::string::npos;
                          });
  calling_loop it;
  BOOST_TEST(it.says(it.client({"192.0.2.1", 4370, {}}, "")) ==
             "forbidden: no link to runner 192.0.2.1:4370: 192.0.2.1 is no loopback address, and "
             "without a cookie anybody who reaches it could call; set a cookie that all runners "
             "share");
}

BOOST_AUTO_TEST_CASE(a_place_that_is_taken_is_said_so) {
  served_runner const first("127.0.0.1:0", "");
  auto const taken = "127.0.0.1:" + std::to_string(first.port());
  BOOST_CHECK_EXCEPTION(served_runner(taken, ""), pando::listener_unavailable,
                        [&](auto const& no) {
                          return no.what() == taken + " cannot be listened on: Address already in "
                                                      "use";
                        });
  served_runner const beside("[::1]:" + std::to_string(first.port()), ""); // IPv6 is another place
  BOOST_TEST(beside.port() == first.port());
}

BOOST_AUTO_TEST_CASE(nobody_there_is_said_so_in_time) {
  calling_loop it;
  pando::runner_client_options options;
  options.within = 200ms;
  std::uint16_t free = 0;
  {
    support::raw_listener const gone;
    free = gone.port();
  }
  BOOST_TEST(it.says(it.client({"127.0.0.1", free, {}}, "", options)) ==
             "not_running: no link to runner 127.0.0.1:" + std::to_string(free) +
                 ": Connection refused");
  BOOST_TEST(it.says(it.client({"", 0, "/tmp/pando-no-such-socket"}, "", options)) ==
             "not_running: no link to runner /tmp/pando-no-such-socket: No such file or directory");
  BOOST_TEST(it.says(it.client({"127.0.0.1", 0, {}}, "", options))
                 .find("its port is 0, which only who listens may have") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_call_that_waits_ends_at_its_deadline_or_when_it_is_cancelled) {
  calling_loop it;
  support::raw_listener const silent;
  auto const over = it.client({"127.0.0.1", silent.port(), {}}, "");
  it.run([&]() -> pando::task<void> {
    pando::client<Things> api(over);
    auto const begun = std::chrono::steady_clock::now();
    auto const called = [&]() -> pando::task<void> {
      co_await api.within(100ms).call<"drop">(1);
    };
    auto const why = co_await failure_of<pando::deadline_exceeded>(called);
    BOOST_TEST(why.find("within the deadline") != std::string::npos);
    BOOST_TEST((std::chrono::steady_clock::now() - begun < 2s));
  });
  over->close();
  BOOST_TEST(it.says(over) == "not_running: the link to runner 127.0.0.1:" +
                                  std::to_string(silent.port()) + " is closed");
}

BOOST_AUTO_TEST_CASE(many_calls_at_once_share_one_connection) {
  served_runner server("127.0.0.1:0", "", {}, 2);
  calling_loop it;
  auto const over = it.client(server.address(), "");
  it.run([&]() -> pando::task<void> {
    pando::client<Things> api(over);
    int ended = 0;
    int right = 0;
    auto const one = [&](std::int64_t id) -> pando::task<void> {
      things::Thing given{id, std::string(static_cast<std::size_t>(id) * 40 + 1, 'x'), {}};
      things::Thing const kept = co_await api.call<"keep">(given);
      right += kept.id == id && kept.name == given.name;
    };
    for (int i = 0; i < 256; ++i)
      boost::asio::co_spawn(it.io, one(i), [&](std::exception_ptr error) {
        BOOST_TEST(!error);
        ++ended;
      });
    while (ended != 256) co_await things::pause(2);
    BOOST_TEST(right == 256);
  });
  BOOST_TEST(server.listener().connections() == 1U);
}

BOOST_AUTO_TEST_CASE(large_messages_both_ways_at_once_do_not_block_each_other) {
  served_runner server("127.0.0.1:0", "");
  calling_loop it;
  auto const over = it.client(server.address(), "");
  it.run([&]() -> pando::task<void> {
    pando::client<Things> api(over);
    int ended = 0;
    auto const one = [&](std::int64_t id) -> pando::task<void> {
      things::Thing given{id, std::string(1'000'000, 'x'), {}};
      things::Thing const kept = co_await api.call<"keep">(given);
      BOOST_TEST(kept.name.get().size() == given.name.get().size());
    };
    for (int i = 0; i < 40; ++i)
      boost::asio::co_spawn(it.io, one(i), [&](std::exception_ptr error) {
        BOOST_TEST(!error);
        ++ended;
      });
    while (ended != 40) co_await things::pause(2);
  });
}

// Losses

BOOST_AUTO_TEST_CASE(a_listener_that_restarts_is_reached_again) {
  std::optional<served_runner> server(std::in_place, "127.0.0.1:0", "");
  auto const where = server->address();
  calling_loop it;
  auto const over = it.client(where, "");
  BOOST_TEST(it.says(over) == "");
  std::string told = "nothing";
  it.run([&]() -> pando::task<void> {
    co_await stopped(*server);
    server.reset();
    pando::client<Things> api(over);
    auto const called = [&]() -> pando::task<void> {
      things::Thing const found = co_await api.call<"show">(7);
      BOOST_TEST(found.id == 7);
    };
    boost::asio::co_spawn(it.io, failure_of<pando::failure>(called),
                          [&](std::exception_ptr, std::string why) { told = why; });
    co_await things::pause(120); // some attempts fail meanwhile
    BOOST_TEST(told == "nothing");
    server.emplace(pando::print_runner_address(where), "");
    while (told == "nothing") co_await things::pause(2);
  });
  BOOST_TEST(told == "");
  BOOST_TEST(server->listener().connections() == 1U);
}

BOOST_AUTO_TEST_CASE(a_stop_in_order_answers_what_runs) {
  std::optional<served_runner> server(std::in_place, "127.0.0.1:0", "");
  calling_loop it;
  auto const over = it.client(server->address(), "");
  it.run([&]() -> pando::task<void> {
    pando::client<Things> api(over);
    std::string answer;
    auto const called = [&]() -> pando::task<void> { answer = co_await api.call<"wait">(150); };
    bool ended = false;
    boost::asio::co_spawn(it.io, called, [&](std::exception_ptr error) {
      BOOST_TEST(!error);
      ended = true;
    });
    while (server->seen.waiting == 0) co_await things::pause(2);
    bool const is_clean = co_await stopped(*server);
    BOOST_TEST(is_clean);
    while (!ended) co_await things::pause(2);
    BOOST_TEST(answer == "waited 150");
  });
}

BOOST_AUTO_TEST_CASE(who_says_nothing_any_more_is_found_dead_by_both_sides) {
  pando::runner_listener_options options;
  options.limits.heartbeat = 800ms;
  served_runner server("127.0.0.1:0", "", options);
  support::relay between(server.port());
  calling_loop it;
  pando::runner_client_options mine;
  mine.limits.heartbeat = 800ms;
  auto const over = it.client({"127.0.0.1", between.port(), {}}, "", mine);
  it.run([&]() -> pando::task<void> {
    pando::client<Things> api(over);
    // Nobody calls anything, and both live: they are asked, and answer.
    co_await api.call<"drop">(1);
    co_await things::pause(1500);
    BOOST_TEST(over->is_open());
    BOOST_TEST(server.listener().connections() == 1U);
    std::chrono::steady_clock::time_point begun;
    auto const called = [&]() -> pando::task<void> {
      begun = std::chrono::steady_clock::now();
      between.hold();
      co_await api.call<"wait">(60'000);
    };
    auto const why = co_await failure_of<pando::disconnected>(called);
    auto const took = std::chrono::steady_clock::now() - begun;
    BOOST_TEST(why.find("it has said nothing for 800 ms") != std::string::npos);
    BOOST_TEST((took < 3s)); // 800 ms, and what a busy machine adds
  });
  BOOST_TEST(comes_true([&] { return server.listener().connections() == 0U; }));
  BOOST_TEST(server.log.says("is closed: it has said nothing for 800 ms"));
}

BOOST_AUTO_TEST_CASE(a_call_that_was_not_sent_waits_for_the_next_connection) {
  served_runner server("127.0.0.1:0", "");
  // The first connection dies as soon as the contract is asked for, so the call was never sent.
  std::atomic<int> cut{0};
  support::relay between(
      server.port(), [&](bool from_client, std::string_view came, std::string& on, std::string&) {
        on = came;
        if (from_client && came.find("thing") != came.npos && cut++ == 0) {
          on.clear();
          throw support::relay::cut();
        }
      });
  calling_loop it;
  auto const over = it.client({"127.0.0.1", between.port(), {}}, "");
  BOOST_TEST(it.says(over) == "");
  BOOST_TEST(cut == 2);
  BOOST_TEST(between.accepted() == 2);
}

BOOST_AUTO_TEST_CASE(a_link_that_comes_and_goes_holds_nobody_for_longer_than_one_that_is_not) {
  served_runner server("127.0.0.1:0", "");
  // Every connection dies as soon as the contract is asked for.
  support::relay between(server.port(), [&](bool from_client, std::string_view came,
                                            std::string& on, std::string&) {
    if (from_client && came.find("thing") != came.npos) throw support::relay::cut();
    on = came;
  });
  auto how = support::patient<pando::runner_client_options>();
  how.within = 500ms;
  how.first_pause = how.longest_pause = 10ms;
  calling_loop it;
  auto const over = it.client({"127.0.0.1", between.port(), {}}, "", how);
  auto const told = it.says(over);
  BOOST_TEST(told.starts_with("not_running: there is no link to runner 127.0.0.1:"), told);
  BOOST_TEST(between.accepted() > 1);
  it.run([&]() -> pando::task<void> {
    pando::client<Things> api(over);
    auto const counted = [&]() -> pando::task<void> {
      auto stream = api.stream<"count">(things::Many{3, 1});
      while (co_await stream.next()) {
      }
    };
    auto const why = co_await failure_of<pando::not_running>(counted);
    BOOST_TEST(why.starts_with("there is no link to runner"), why);
  });
}

BOOST_AUTO_TEST_CASE(a_call_that_was_sent_is_never_sent_twice) {
  served_runner server("127.0.0.1:0", "");
  std::atomic<bool> cuts{false};
  support::relay between(server.port(), [&](bool from_client, std::string_view came,
                                            std::string& on, std::string&) {
    on = came;
    if (!from_client && cuts) throw support::relay::cut();
  });
  calling_loop it;
  auto const over = it.client({"127.0.0.1", between.port(), {}}, "");
  it.run([&]() -> pando::task<void> {
    pando::client<Things> api(over);
    co_await api.call<"drop">(1);
    cuts = true;
    auto const called = [&]() -> pando::task<void> {
      (void)co_await api.call<"large">(10);
    };
    auto const why = co_await failure_of<pando::disconnected>(called);
    BOOST_TEST(why.find("ended before the answer") != std::string::npos);
    cuts = false;
    BOOST_TEST(server.seen.made == 1);
    std::string const again = co_await api.call<"large">(10);
    BOOST_TEST(again.size() == 10U);
    BOOST_TEST(server.seen.made == 2);
  });
}

BOOST_AUTO_TEST_SUITE_END()
