// The HTTP client's connections: kept, shared, tried again, given up; deadlines, cancellation,
// threads.
#include <boost/test/unit_test.hpp>

#include <thread>

#include <pando/http/client.hpp>

#include "http/shop.hpp"
#include "support/skip.hpp"

BOOST_AUTO_TEST_SUITE(http_client_connections)

namespace {

using namespace std::chrono_literals;
using namespace shop;
using pando::task;
using pando::http::client_options;
using scripted::answer;
using scripted::becomes_true;
using scripted::pause;
using scripted::peer;
using scripted::run;
using scripted::server;

std::string const one_note = R"({"id":7,"text":"seven"})";

pando::client<Shop> client_of(boost::asio::io_context& io, server const& at,
                              client_options const& options = {}) {
  return pando::http::client<Shop>(io.get_executor(), at.url(), options);
}

/// Answers `show` with the id that was asked for.
std::string echo_id(std::string const& asked) {
  auto const at = asked.find("/note/") + 6;
  auto const id = asked.substr(at, asked.find(' ', at) - at);
  return answer("200 OK", R"({"id":)" + id + R"(,"text":"x"})");
}

/// Starts a coroutine that `stop` cancels.
template <class Body>
void spawn(boost::asio::any_io_executor executor, boost::asio::cancellation_signal& stop,
           Body body) {
  boost::asio::co_spawn(
      executor, body, boost::asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
}

/// Never answers.
scripted::script const silent = [](peer& one) -> task<void> {
  (void)co_await one.request();
  co_await one.until_gone();
};

} // namespace

BOOST_AUTO_TEST_CASE(one_after_another_they_share_a_connection) {
  boost::asio::io_context io(1);
  server at(io, server::answers(echo_id));
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    for (int id = 0; id < 50; ++id) {
      note got = co_await api.call<"show">(id);
      BOOST_TEST(got.id == id);
    }
  });
  BOOST_TEST(at.accepted == 1);
}

BOOST_AUTO_TEST_CASE(two_hundred_and_fifty_six_calls_in_flight) {
  boost::asio::io_context io(1);
  int waiting = 0;
  server at(io, [&waiting](peer& one) -> task<void> {
    for (;;) {
      std::string const asked = co_await one.request();
      if (asked.empty()) co_return;
      ++waiting;
      co_await one.pause(5);
      std::string text = echo_id(asked);
      co_await one.say(std::move(text));
    }
  });
  auto const api = client_of(io, at);
  int right = 0;
  int done = 0;
  run(io, [&]() -> task<void> {
    auto const one = [&](int id) -> task<void> {
      note got = co_await api.call<"show">(id);
      right += got.id == id ? 1 : 0;
    };
    auto const executor = co_await boost::asio::this_coro::executor;
    for (int id = 0; id < 256; ++id)
      boost::asio::co_spawn(executor, one(id), [&](std::exception_ptr error) {
        if (error) BOOST_ERROR("a call failed");
        ++done;
      });
    bool const all = co_await becomes_true([&] { return done == 256; });
    BOOST_TEST(all);
  });
  BOOST_TEST(right == 256);
  BOOST_TEST(waiting == 256);
  BOOST_TEST(at.accepted == 64);
  BOOST_TEST(at.most_open == 64);
}

BOOST_AUTO_TEST_CASE(who_waits_is_bounded_and_can_leave) {
  boost::asio::io_context io(1);
  server at(io, silent);
  auto const api = client_of(io, at, {.max_connections = 1, .max_waiting = 1});
  run(io, [&]() -> task<void> {
    auto const executor = co_await boost::asio::this_coro::executor;
    boost::asio::cancellation_signal stop[2];
    int cancelled = 0;
    auto const one = [&]() -> task<void> {
      try {
        co_await api.call<"show">(1);
      } catch (pando::cancelled const&) {
        ++cancelled;
      }
    };
    for (auto& signal : stop) {
      spawn(executor, signal, one);
      co_await pause(20);
    }
    auto const call = [&] { return api.call<"show">(1); };
    auto const why = co_await failing<pando::overloaded>(call);
    BOOST_TEST(has(why, "1 connections to http://127.0.0.1:"));
    // the one that waits leaves: its place is free
    stop[1].emit(boost::asio::cancellation_type::terminal);
    bool left = co_await becomes_true([&] { return cancelled == 1; });
    BOOST_TEST(left);
    auto const late = [&] { return api.within(30ms).call<"show">(1); };
    (void)co_await failing<pando::deadline_exceeded>(late); // while it waits
    BOOST_TEST(at.accepted == 1);
    // the one that is under way leaves: its connection is closed, and its place is free
    stop[0].emit(boost::asio::cancellation_type::terminal);
    left = co_await becomes_true([&] { return cancelled == 2 && at.open == 0; });
    BOOST_TEST(left, "cancellation closes the connection of the call");
    (void)co_await failing<pando::deadline_exceeded>(late);
    BOOST_TEST(at.accepted == 2);
  });
}

BOOST_AUTO_TEST_CASE(who_waits_goes_on_when_a_connection_fails) {
  boost::asio::io_context io(1);
  server at(io, [](peer& one) -> task<void> {
    std::string asked = co_await one.request();
    while (one.number > 1 && !asked.empty()) {
      co_await one.say(answer("200 OK", one_note));
      asked = co_await one.request();
    }
  });
  auto const api = client_of(io, at, {.max_connections = 1});
  run(io, [&]() -> task<void> {
    auto const executor = co_await boost::asio::this_coro::executor;
    int good = 0;
    int lost = 0;
    auto const one = [&]() -> task<void> {
      try {
        co_await api.call<"add">(1, "x");
        ++good;
      } catch (pando::disconnected const&) {
        ++lost;
      }
    };
    for (int i = 0; i < 5; ++i) boost::asio::co_spawn(executor, one, boost::asio::detached);
    bool const all = co_await becomes_true([&] { return good + lost == 5; });
    BOOST_TEST(all);
    BOOST_TEST(lost == 1);
    BOOST_TEST(at.accepted == 2);
  });
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_the_peer_has_closed_is_not_used) {
  boost::asio::io_context io(1);
  int asked = 0;
  server at(io, [&asked](peer& one) -> task<void> {
    (void)co_await one.request();
    ++asked;
    co_await one.say(answer("200 OK", one_note));
    if (one.number == 1) co_return;                                                // closed
    if (one.number == 2) one.end_writing();                                        // half-closed
    if (one.number == 3) one.reset();                                              // reset
    if (one.number == 4) co_await one.say("HTTP/1.1 408 Request Timeout\r\n\r\n"); // unasked
    if (one.number != 3) co_await one.until_gone();
  });
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    for (int i = 0; i < 5; ++i) { // a POST: sending it twice would not be safe
      note got = co_await api.call<"add">(1, "x");
      BOOST_TEST(got.id == 7);
      co_await pause(20);
    }
  });
  BOOST_TEST(asked == 5);
  BOOST_TEST(at.accepted == 5);
}

BOOST_AUTO_TEST_CASE(what_says_close_is_closed) {
  boost::asio::io_context io(1);
  server at(io, [](peer& one) -> task<void> {
    (void)co_await one.request();
    std::string text = answer("200 OK", one_note);
    if (one.number == 1) text.insert(text.find("\r\n") + 2, "Connection: close\r\n");
    if (one.number == 2) text.replace(7, 1, "0");
    if (one.number == 3) text += "more than the answer";
    co_await one.say(std::move(text));
    co_await one.until_gone();
  });
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    for (int i = 1; i <= 3; ++i) {
      note got = co_await api.call<"add">(1, "x");
      BOOST_TEST(got.id == 7);
      bool const gone = co_await becomes_true([&] { return at.open == 0; });
      BOOST_TEST(gone);
      BOOST_TEST(at.accepted == i);
    }
  });
}

BOOST_AUTO_TEST_CASE(tried_again_once_and_only_where_that_is_safe) {
  // Every connection answers one request and closes when the next has come.
  boost::asio::io_context io(1);
  std::vector<std::string> asked;
  bool answers = true;
  server at(io, [&](peer& one) -> task<void> {
    std::string first = co_await one.request();
    asked.push_back(first.substr(0, first.find(' ')));
    if (!answers) co_return;
    co_await one.say(answer("200 OK", one_note));
    std::string second = co_await one.request();
    if (!second.empty()) asked.push_back(second.substr(0, second.find(' ')) + " unanswered");
  });
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    co_await api.call<"show">(1);
    co_await api.call<"show">(1); // sent again, on connection 2
    BOOST_TEST(at.accepted == 2);
    co_await api.call<"drop">(1);
    edit change{"o", 1, {}, {}};
    co_await api.call<"put">(change);
    BOOST_TEST(at.accepted == 4);
    auto const post = [&] { return api.call<"add">(1, "x"); };
    auto why = co_await failing<pando::disconnected>(post);
    BOOST_TEST(has(why, "POST http://127.0.0.1:"));
    BOOST_TEST(has(why, "whether it ran is unknown"));
    BOOST_TEST(at.accepted == 4);
    // on a new connection nothing is tried again
    answers = false;
    auto const show = [&] { return api.call<"show">(1); };
    (void)co_await failing<pando::disconnected>(show);
    BOOST_TEST(at.accepted == 5);
    // and what was tried again is not tried a third time
    answers = true;
    co_await api.call<"show">(1);
    answers = false;
    (void)co_await failing<pando::disconnected>(show);
    BOOST_TEST(at.accepted == 7);
  });
  std::vector<std::string> const expected{"GET",
                                          "GET unanswered",
                                          "GET",
                                          "DELETE unanswered",
                                          "DELETE",
                                          "PUT unanswered",
                                          "PUT",
                                          "POST unanswered",
                                          "GET",
                                          "GET",
                                          "GET unanswered",
                                          "GET"};
  BOOST_TEST(asked == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_answer_that_has_begun_is_not_asked_for_again) {
  boost::asio::io_context io(1);
  server at(io, [](peer& one) -> task<void> {
    (void)co_await one.request();
    co_await one.say(answer("200 OK", one_note));
    (void)co_await one.request();
    co_await one.say("HTTP/1.1 2");
  });
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    co_await api.call<"show">(1);
    auto const show = [&] { return api.call<"show">(1); };
    auto const why = co_await failing<pando::disconnected>(show);
    BOOST_TEST(has(why, "broke off in the middle of the answer"));
  });
  BOOST_TEST(at.accepted == 1);
}

BOOST_AUTO_TEST_CASE(idle_connections_are_dropped_and_keep_no_loop) {
  boost::asio::io_context io(1);
  auto served = std::make_unique<server>(io, server::answers(echo_id));
  auto const api = client_of(io, *served, {.idle_time = 50ms});
  run(io, [&]() -> task<void> {
    co_await api.call<"show">(1);
    co_await api.call<"show">(1);
    BOOST_TEST(served->accepted == 1);
    co_await pause(80);
    co_await api.call<"show">(1);
    BOOST_TEST(served->accepted == 2);
    bool const dropped = co_await becomes_true([&] { return served->open == 1; });
    BOOST_TEST(dropped);
  });
  // a loop with nothing but an idle client on it ends
  boost::asio::io_context alone(1);
  std::thread other([&io] { io.run_for(std::chrono::seconds(2)); });
  auto const idle = pando::http::client<Shop>(alone.get_executor(), served->url());
  auto const began = std::chrono::steady_clock::now();
  run(alone, [&]() -> task<void> { co_await idle.call<"show">(1); });
  alone.run();
  BOOST_TEST((std::chrono::steady_clock::now() - began < 1s));
  other.join();
}

BOOST_AUTO_TEST_CASE(connections_close_when_the_last_client_goes) {
  boost::asio::io_context io(1);
  server at(io, server::answers(echo_id));
  run(io, [&]() -> task<void> {
    {
      auto const api = client_of(io, at);
      auto const copy = api.within(1s);
      co_await copy.call<"show">(1);
      BOOST_TEST(at.open == 1);
    }
    bool const gone = co_await becomes_true([&] { return at.open == 0; });
    BOOST_TEST(gone);
  });
}

BOOST_AUTO_TEST_CASE(deadlines_travel_and_are_kept_here_too) {
  boost::asio::io_context io(1);
  std::vector<long> told;
  server at(io, [&told](peer& one) -> task<void> {
    for (;;) {
      std::string const asked = co_await one.request();
      if (asked.empty()) co_return;
      auto const line = asked.find("\r\nPando-Timeout-Ms: ");
      told.push_back(line == asked.npos ? -1 : std::stol(asked.substr(line + 20)));
      if (asked.find("/note/1 ") != asked.npos) co_await one.say(answer("200 OK", one_note));
    }
  });
  auto const api = client_of(io, at);
  auto const limited = client_of(io, at, {.timeout = 40ms});
  run(io, [&]() -> task<void> {
    co_await api.call<"show">(1);
    co_await api.within(2s).call<"show">(1);
    auto const began = std::chrono::steady_clock::now();
    auto const late = [&] { return api.within(40ms).call<"show">(0); };
    auto why = co_await failing<pando::deadline_exceeded>(late);
    BOOST_TEST(has(why, "no answer to GET http://127.0.0.1:"));
    auto const by_option = [&] { return limited.call<"show">(0); };
    (void)co_await failing<pando::deadline_exceeded>(by_option);
    auto const past = [&] { return api.within(-1s).call<"show">(0); };
    (void)co_await failing<pando::deadline_exceeded>(past);
    BOOST_TEST((std::chrono::steady_clock::now() - began < 5s));
    bool const gone = co_await becomes_true([&] { return at.open <= 1; });
    BOOST_TEST(gone, "a deadline closes the connection of its call");
  });
  BOOST_REQUIRE(told.size() == 4U);
  BOOST_TEST(told[0] == -1);
  BOOST_TEST(told[1] > 1'000);
  BOOST_TEST(told[1] <= 2'000);
  BOOST_TEST(told[2] >= 1);
  BOOST_TEST(told[2] <= 40);
  BOOST_TEST(told[3] <= 40);
}

BOOST_AUTO_TEST_CASE(slow_answers_meet_the_deadline) {
  boost::asio::io_context io(1);
  server at(io, [](peer& one) -> task<void> {
    (void)co_await one.request();
    bool there = co_await one.say("HTTP/1.1 200 OK\r\nX: ");
    while (there) {
      there = co_await one.say("slow");
      co_await one.pause(5);
    }
  });
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    auto const late = [&] { return api.within(60ms).call<"show">(0); };
    (void)co_await failing<pando::deadline_exceeded>(late);
    bool const gone = co_await becomes_true([&] { return at.open == 0; });
    BOOST_TEST(gone);
  });
}

BOOST_AUTO_TEST_CASE(nobody_there) {
  boost::asio::io_context io(1);
  auto closed = std::make_unique<server>(io, silent);
  auto const url = closed->url();
  closed->stop();
  auto const api = pando::http::client<Shop>(io.get_executor(), url);
  auto const unknown =
      pando::http::client<Shop>(io.get_executor(), "http://no-such-host.invalid:80");
  run(io, [&]() -> task<void> {
    auto const call = [&] { return api.call<"add">(1, "x"); };
    auto why = co_await failing<pando::not_running>(call);
    BOOST_TEST(why == "no app answers at " + url + ": Connection refused");
    auto const lost = [&] { return unknown.call<"show">(1); };
    why = co_await failing<pando::not_running>(lost);
    BOOST_TEST(has(why, "http://no-such-host.invalid: the name is not known"));
  });
}

BOOST_AUTO_TEST_CASE(connecting_has_a_limit_and_can_be_cancelled) {
  boost::asio::io_context io(1);
  // a full backlog: the kernel lets further connections wait
  scripted::tcp::acceptor full(io);
  full.open(scripted::tcp::v4());
  full.bind({boost::asio::ip::address_v4::loopback(), 0});
  full.listen(0);
  std::vector<scripted::tcp::socket> fill;
  for (int i = 0; i < 4; ++i) {
    fill.emplace_back(io);
    fill.back().async_connect(full.local_endpoint(), [](scripted::code const&) {});
  }
  auto const url = "http://127.0.0.1:" + std::to_string(full.local_endpoint().port());
  auto const api = pando::http::client<Shop>(io.get_executor(), url, {.connect_timeout = 150ms});
  run(io, [&]() -> task<void> {
    co_await pause(50);
    auto const call = [&] { return api.call<"show">(1); };
    auto const why = co_await failing<pando::not_running>(call);
    BOOST_TEST(why == "no app answers at " + url + ": no connection within 150 ms");
    auto const late = [&] { return api.within(20ms).call<"show">(1); };
    (void)co_await failing<pando::deadline_exceeded>(late);
    boost::asio::cancellation_signal stop;
    bool cancelled = false;
    auto const one = [&]() -> task<void> {
      try {
        co_await api.call<"show">(1);
      } catch (pando::cancelled const&) {
        cancelled = true;
      }
    };
    spawn(co_await boost::asio::this_coro::executor, stop, one);
    co_await pause(10);
    stop.emit(boost::asio::cancellation_type::terminal);
    bool const left = co_await becomes_true([&] { return cancelled; });
    BOOST_TEST(left);
  });
}

BOOST_AUTO_TEST_CASE(names_and_ipv6_addresses) {
  boost::asio::io_context io(1);
  std::string asked;
  auto const reply = [&asked](std::string const& what) {
    asked = what;
    return answer("200 OK", one_note);
  };
  server at(io, server::answers(reply));
  auto const named = pando::http::client<Shop>(io.get_executor(), at.url("localhost"));
  run(io, [&]() -> task<void> { co_await named.call<"show">(1); });
  BOOST_TEST(has(asked, "\r\nHost: localhost:" + std::to_string(at.port()) + "\r\n"));

  std::unique_ptr<server> six;
  try {
    six = std::make_unique<server>(io, server::answers(reply), "::1");
  } catch (boost::system::system_error const&) {
    return support::skip("there is no IPv6 on the loopback");
  }
  auto const api = pando::http::client<Shop>(io.get_executor(), six->url("[::1]"));
  run(io, [&]() -> task<void> { co_await api.call<"show">(1); });
  BOOST_TEST(has(asked, "\r\nHost: [::1]:" + std::to_string(six->port()) + "\r\n"));
}

BOOST_AUTO_TEST_CASE(calls_from_other_threads_end_on_their_own) {
  boost::asio::io_context loop(1);
  server at(loop, server::answers(echo_id));
  auto work = boost::asio::make_work_guard(loop);
  std::thread server_thread([&loop] { loop.run(); });
  {
    auto const api = client_of(loop, at, {.max_connections = 4});
    // Told by other threads, checked by this one.
    std::atomic<int> right = 0;
    std::atomic<int> late = 0;
    auto const caller = [&](int first) {
      boost::asio::io_context home(1);
      auto const here = std::this_thread::get_id();
      int done = 0;
      run(home, [&]() -> task<void> {
        auto const one = [&](int id) -> task<void> {
          for (int i = 0; i < 20; ++i) {
            note got = co_await api.call<"show">(id + i);
            if (got.id == id + i && std::this_thread::get_id() == here) ++right;
          }
          try {
            co_await api.within(-1s).call<"show">(1);
          } catch (pando::deadline_exceeded const&) {
            ++late;
          }
          ++done;
        };
        auto const executor = co_await boost::asio::this_coro::executor;
        for (int id = 0; id < 8; ++id)
          boost::asio::co_spawn(executor, one(first + 100 * id), boost::asio::detached);
        co_await becomes_true([&] { return done == 8; });
      });
    };
    std::thread one([&] { caller(0); });
    std::thread two([&] { caller(10'000); });
    one.join();
    two.join();
    BOOST_TEST(right.load() == 2 * 8 * 20);
    BOOST_TEST(late.load() == 2 * 8);
  }
  boost::asio::post(loop, [&] { at.stop(); });
  work.reset();
  server_thread.join();
  BOOST_TEST(at.accepted <= 4);
}

BOOST_AUTO_TEST_CASE(cancelled_from_another_thread) {
  boost::asio::io_context loop(1);
  server at(loop, silent);
  auto work = boost::asio::make_work_guard(loop);
  std::thread server_thread([&loop] { loop.run(); });
  boost::asio::io_context home(1);
  int ended = 0;
  {
    auto const api = client_of(loop, at);
    run(home, [&]() -> task<void> {
      auto const executor = co_await boost::asio::this_coro::executor;
      for (int i = 0; i < 50; ++i) { // at every stage of a call
        boost::asio::cancellation_signal stop;
        auto const one = [&]() -> task<void> {
          try {
            co_await api.call<"show">(1);
          } catch (pando::cancelled const&) {
            ++ended;
          }
        };
        spawn(executor, stop, one);
        co_await pause(i % 5);
        stop.emit(boost::asio::cancellation_type::terminal);
        bool const left = co_await becomes_true([&] { return ended == i + 1; });
        BOOST_TEST(left);
      }
    });
  }
  std::atomic<int> open = -1;
  for (int tries = 0; tries < 500 && open != 0; ++tries) {
    boost::asio::post(loop, [&] { open = at.open; });
    std::this_thread::sleep_for(10ms);
  }
  BOOST_TEST(open == 0);
  boost::asio::post(loop, [&] { at.stop(); });
  work.reset();
  server_thread.join();
}

BOOST_AUTO_TEST_CASE(a_loop_that_is_destroyed_ends_its_calls) {
  // What LeakSanitizer sees: nothing of the calls may be left.
  int begun = 0;
  {
    boost::asio::io_context io(1);
    server at(io, silent);
    auto const api = client_of(io, at, {.max_connections = 2});
    auto const one = [&]() -> task<void> {
      ++begun;
      co_await api.within(60s).call<"show">(1);
    };
    for (int i = 0; i < 4; ++i) boost::asio::co_spawn(io, one, boost::asio::detached);
    io.run_for(50ms);
    BOOST_TEST(at.open == 2);
  }
  BOOST_TEST(begun == 4);
}

BOOST_AUTO_TEST_SUITE_END()
