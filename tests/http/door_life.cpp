// The life of the HTTP door and of its calls: deadlines, clients that vanish, order, threads, the end.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <condition_variable>
#include <set>
#include <system_error>

#include <boost/asio/io_context.hpp>

#include <sys/socket.h>

#include "support/api.hpp"
#include "support/descriptors.hpp"
#include "support/served_door.hpp"

BOOST_AUTO_TEST_SUITE(http_door_life)

using raw_http::get;
using raw_http::post;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

struct waiting {
  int ms;
};
struct late_in {
  pando::defaulted<int, 0> catches;
};
/// What the handlers below saw; used by several threads.
struct seen {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::vector<int> order;
  std::atomic<int> running{0};
  std::atomic<int> cancelled{0};
};

struct Life : pando::controller<
                  "life", pando::route<"wait", int(waiting), pando::http::get<"/wait/{ms}">>,
                  pando::route<"note", int(waiting), pando::http::get<"/note/{ms}">>,
                  pando::route<"stubborn", int(waiting), pando::http::get<"/stubborn/{ms}">>,
                  pando::route<"block", int(waiting), pando::blocking,
                               pando::http::get<"/block/{ms}">>,
                  pando::route<"thread", void(), pando::http::get<"/thread">>,
                  pando::route<"left", int(), pando::http::get<"/left">>> {};

pando::task<void> pause(int ms) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(milliseconds(ms));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

auto const handlers = pando::implement<Life>(
    pando::on<"wait"> = [](waiting in, seen& all) -> pando::task<int> {
      ++all.running;
      try {
        co_await pause(in.ms);
      } catch (...) {
        ++all.cancelled;
        --all.running;
        throw;
      }
      --all.running;
      std::lock_guard const lock(all.mutex);
      all.order.push_back(in.ms);
      co_return in.ms;
    },
    pando::on<"note"> = [](waiting in, seen& all) {
      std::lock_guard const lock(all.mutex);
      all.order.push_back(in.ms);
      return in.ms;
    },
    // Takes no notice of being cancelled.
    pando::on<"stubborn"> = [](waiting in, seen& all) -> pando::task<int> {
      ++all.running;
      co_await boost::asio::this_coro::reset_cancellation_state(
          boost::asio::disable_cancellation());
      co_await pause(in.ms);
      --all.running;
      co_return in.ms;
    },
    pando::on<"block"> = [](waiting in, seen& all) {
      ++all.running;
      std::this_thread::sleep_for(milliseconds(in.ms));
      --all.running;
      return in.ms;
    },
    pando::on<"thread"> = [](seen& all) {
      std::lock_guard const lock(all.mutex);
      all.threads.insert(std::this_thread::get_id());
    },
    pando::on<"left"> = [](pando::caller const& who) {
      using namespace std::chrono;
      if (!who.deadline) return -1;
      return static_cast<int>(
          duration_cast<milliseconds>(*who.deadline - steady_clock::now()).count());
    });

using life_routes = served_implementation<std::remove_const_t<decltype(handlers)>, seen>;

struct life_door {
  seen all;
  life_routes served{handlers, all};
  served_door door{served.routes};
};

std::string timeout(int ms) { return "Pando-Timeout-Ms: " + std::to_string(ms) + "\r\n"; }

} // namespace

BOOST_FIXTURE_TEST_CASE(a_deadline_answers_504_and_cancels_the_handler, life_door) {
  auto connection = door.connect();
  auto const begin = steady_clock::now();
  auto const answer = connection.ask(get("/life/wait/10000", timeout(60)));
  auto const took = steady_clock::now() - begin;
  BOOST_TEST(answer.status == 504);
  BOOST_TEST(answer.header("content-type") == "application/problem+json");
  BOOST_TEST(answer.body.find("urn:pando:failure:deadline_exceeded") != std::string::npos);
  BOOST_TEST((took >= milliseconds(55) && took < milliseconds(5000)));
  BOOST_TEST(comes_true([this] { return all.cancelled == 1; }));
  BOOST_TEST(connection.ask(get("/life/wait/1", timeout(10'000))).body == "1");
  BOOST_TEST(door.log_lines().empty());
}

BOOST_FIXTURE_TEST_CASE(a_deadline_is_answered_whether_the_handler_notices_or_not, life_door) {
  for (std::string_view const target : {"/life/stubborn/700", "/life/block/700"}) {
    auto connection = door.connect();
    auto const begin = steady_clock::now();
    auto const answer = connection.ask(get(target, timeout(50)));
    BOOST_TEST(answer.status == 504);
    BOOST_TEST((steady_clock::now() - begin < milliseconds(600)));
    BOOST_TEST(all.running == 1);
    // Its connection waits for it, since it may still read the request.
    BOOST_TEST(connection.ask(get("/life/note/1")).body == "1");
    BOOST_TEST(all.running == 0);
  }
}

BOOST_FIXTURE_TEST_CASE(handlers_see_the_deadline, life_door) {
  BOOST_TEST(door.ask(get("/life/left")).body == "-1");
  auto const left = std::stoi(door.ask(get("/life/left", timeout(5000))).body);
  BOOST_TEST((left > 0 && left <= 5000));
  for (std::string_view const text : {"soon", "1s", "-1", "4294967296", "1.5"})
    BOOST_TEST(door.ask(get("/life/left", "pando-timeout-ms: " + std::string(text) + "\r\n"))
                   .status == 400);
}

BOOST_FIXTURE_TEST_CASE(a_client_killed_in_mid_call_cancels_the_handler, life_door) {
  auto connection = door.connect();
  connection.send(get("/life/wait/20000"));
  BOOST_TEST(comes_true([this] { return all.running == 1; }));
  auto const begin = steady_clock::now();
  connection.reset();
  BOOST_TEST(comes_true([this] { return all.cancelled == 1; }));
  BOOST_TEST((steady_clock::now() - begin < milliseconds(900)));
  // One that closes in good order says nothing more either, and is given up a moment later.
  auto closing = door.connect();
  closing.send(get("/life/wait/20000"));
  BOOST_TEST(comes_true([this] { return all.running == 1; }));
  closing.close();
  BOOST_TEST(comes_true([this] { return all.cancelled == 2; }));
  BOOST_TEST(door.log_lines().empty());
}

BOOST_FIXTURE_TEST_CASE(one_who_only_ends_his_side_gets_his_answers, life_door) {
  auto connection = door.connect();
  connection.send(get("/life/wait/100") + get("/life/note/2"));
  connection.end_sending();
  BOOST_TEST(connection.read().body == "100");
  BOOST_TEST(connection.read().body == "2");
  BOOST_TEST(connection.is_at_end());
  // And when it takes too long he is told.
  auto waits = door.connect();
  waits.send(get("/life/wait/20000"));
  waits.end_sending();
  BOOST_TEST(waits.read().status == 499);
}

BOOST_AUTO_TEST_CASE(nobody_can_be_asked_over_http) {
  api::probe seen;
  api::signed_in guard;
  served_implementation<std::remove_const_t<decltype(api::handlers)>, api::probe, api::signed_in>
      served(api::handlers, seen, guard);
  served_door door(served.routes);
  auto const answer = door.ask(post("/api/ask", ""));
  BOOST_TEST(answer.status == 499);
  BOOST_TEST(answer.body.find("urn:pando:failure:cancelled") != std::string::npos);
  BOOST_TEST(door.log_lines().size() == 1U); // what it logged before it asked
}

BOOST_FIXTURE_TEST_CASE(pipelined_calls_keep_their_order, life_door) {
  auto connection = door.connect();
  std::string all_of_them;
  for (int const ms : {120, 30, 60, 1}) all_of_them += get("/life/wait/" + std::to_string(ms));
  all_of_them += get("/life/note/7");
  connection.send(all_of_them);
  for (std::string_view const expected : {"120", "30", "60", "1", "7"})
    BOOST_TEST(connection.read().body == expected);
  BOOST_TEST(all.order == (std::vector<int>{120, 30, 60, 1, 7}));
  // Thousands at once, answered in as few writes as may be.
  std::string many;
  for (int i = 0; i < 5000; ++i) many += get("/life/note/" + std::to_string(i));
  std::thread sender([&] { connection.send(many); });
  for (int i = 0; i < 5000; ++i) BOOST_REQUIRE(connection.read().body == std::to_string(i));
  sender.join();
}

BOOST_AUTO_TEST_CASE(several_threads_serve_one_port) {
  seen all;
  life_routes served(handlers, all);
  served_door door(served.routes, {}, 2);
  auto const both = [&] {
    std::vector<raw_http::connection> connections;
    for (int i = 0; i < 64; ++i) connections.push_back(door.connect());
    for (auto& one : connections) one.send(get("/life/thread"));
    for (auto& one : connections) BOOST_TEST(one.read().status == 204);
    std::lock_guard const lock(all.mutex);
    return all.threads.size() == 2;
  };
  BOOST_TEST(comes_true(both));
}

BOOST_AUTO_TEST_CASE(programs_that_are_started_inherit_no_sockets) {
  seen all;
  life_routes served(handlers, all);
  auto const before = support::inherited_sockets();
  served_door door(served.routes);
  auto client = door.connect();
  BOOST_TEST(client.ask(get("/life/thread")).status == 204);
  BOOST_TEST(support::inherited_sockets() == before);
}

BOOST_AUTO_TEST_CASE(every_address_of_a_name_is_served_by_every_thread) {
  seen all;
  life_routes served(handlers, all);
  pando::log const events([](pando::log_level, std::string_view) {});
  pando::door_context const context{&events};
  pando::thread_group threads;
  threads.start(2);
  pando::http::door door(served.routes, context, {.host = "localhost"});
  auto const executors = threads.executors();
  auto const run = [&](pando::task<void> body) {
    boost::asio::co_spawn(executors.front(), std::move(body), boost::asio::use_future).get();
  };
  run(door.start(executors));
  for (int i = 0; i < 32; ++i)
    BOOST_TEST(raw_http::connection(door.port()).ask(get("/life/note/1")).status == 200);
  // A second door on that port says what is wrong, and leaves the first alone.
  pando::http::door second(served.routes, context, {.host = "localhost", .port = door.port()});
  try {
    run(second.start(executors));
    BOOST_ERROR("two doors on one port");
  } catch (std::system_error const& error) {
    BOOST_TEST((error.code() == std::errc::address_in_use));
    BOOST_TEST(std::string(error.what()).find(std::to_string(door.port())) != std::string::npos);
  }
  pando::http::door nowhere(served.routes, context, {.host = "no-such-host.invalid"});
  try {
    run(nowhere.start(executors));
    BOOST_ERROR("a door on a host that does not exist");
  } catch (std::system_error const& error) {
    BOOST_TEST(std::string(error.what()).find("no-such-host.invalid") != std::string::npos);
  }
  BOOST_TEST(raw_http::connection(door.port()).ask(get("/life/note/1")).status == 200);
  run(door.stop(milliseconds(1000)));
}

BOOST_AUTO_TEST_CASE(a_graceful_stop_loses_no_accepted_request) {
  seen all;
  life_routes served(handlers, all);
  served_door door(served.routes, {}, 2);
  std::vector<raw_http::connection> busy;
  for (int i = 0; i < 20; ++i) {
    busy.push_back(door.connect());
    busy.back().send(get("/life/wait/400") + get("/life/note/1"));
  }
  BOOST_TEST(comes_true([&] { return all.running == 20; }));
  // Connected, and their requests are on their way when the door begins to stop.
  std::vector<raw_http::connection> fresh;
  for (int i = 0; i < 20; ++i) fresh.push_back(door.connect());
  auto const port = door.port();
  auto stopped = door.begin_stop(std::chrono::seconds(10));
  for (auto& one : fresh) one.send(get("/life/note/2"));
  for (auto& one : fresh) {
    BOOST_TEST(one.read().body == "2");
    BOOST_TEST(one.is_at_end());
  }
  for (auto& one : busy) {
    BOOST_TEST(one.read().body == "400");
    auto const last = one.read();
    BOOST_TEST(last.body == "1");
    BOOST_TEST(last.header("connection") == "close");
    BOOST_TEST(one.is_at_end());
  }
  BOOST_TEST((stopped.wait_for(std::chrono::seconds(5)) == std::future_status::ready));
  BOOST_CHECK_THROW(raw_http::connection{port}, std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_stop_has_a_limit_and_handlers_may_outlive_the_door) {
  seen all;
  life_routes served(handlers, all);
  served_door door(served.routes);
  auto polite = door.connect();
  polite.send(get("/life/wait/20000"));
  auto stubborn = door.connect();
  stubborn.send(get("/life/stubborn/2500"));
  BOOST_TEST(comes_true([&] { return all.running == 2; }));
  auto const begin = steady_clock::now();
  door.stop(milliseconds(200)); // and the door is gone
  auto const took = steady_clock::now() - begin;
  BOOST_TEST((took >= milliseconds(150) && took < milliseconds(2200)));
  BOOST_TEST(all.cancelled == 1);
  BOOST_TEST(all.running == 1);
  BOOST_TEST(comes_true([&] { return all.running == 0; }));
}

BOOST_AUTO_TEST_CASE(a_door_serves_a_socket_without_listening) {
  seen all;
  life_routes served(handlers, all);
  pando::log const events([](pando::log_level, std::string_view) {});
  pando::door_context const context{&events};
  pando::thread_group threads;
  threads.start(1);
  auto const executor = threads.executors().front();
  pando::http::door door(served.routes, context, {});
  int ends[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  boost::asio::post(executor, [&] { door.serve(ends[1], executor); });
  raw_http::connection connection(raw_http::connection::connected{ends[0]});
  BOOST_TEST(connection.ask(get("/life/note/5")).body == "5");
  boost::asio::co_spawn(executor, door.stop(milliseconds(1000)), boost::asio::use_future).get();
  BOOST_TEST(connection.is_at_end());
}

BOOST_AUTO_TEST_SUITE_END()
