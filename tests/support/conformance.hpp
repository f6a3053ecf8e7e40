// One suite of calls for every door: what a caller sees must be the same.
#pragma once

#include <chrono>
#include <string>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/handler/client.hpp>

#include "api.hpp"

namespace conformance {

/// Runs a coroutine to its end on `io` and rethrows what it throws.
template <class Body>
void run(boost::asio::io_context& io, Body body) {
  std::exception_ptr failed;
  bool ended = false;
  boost::asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
    failed = error;
    ended = true;
  });
  io.restart();
  while (!ended && io.run_one_for(std::chrono::seconds(20)) != 0) {
  }
  BOOST_REQUIRE_MESSAGE(ended, "the calls did not end");
  if (failed) std::rethrow_exception(failed);
}

inline pando::task<void> pause(int ms) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(ms));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

inline pando::task<void> values(pando::client<api::Api> client) {
  api::everything sent = api::example();
  api::everything back = co_await client.call<"echo">(sent);
  BOOST_TEST(api::same(sent, back));
  api::note shown = co_await client.call<"show">(7);
  BOOST_TEST(shown.id == 7);
  BOOST_TEST(shown.text == "note");
  api::note named{.id = 9'007'199'254'740'993, .text = "caf\xc3\xa9 / ? & #"};
  api::note stored = co_await client.call<"put">(named);
  BOOST_TEST(stored.id == named.id);
  BOOST_TEST(stored.text == named.text);
  co_await client.call<"drop">(1);
  api::search wanted{};
  wanted.owner = 5;
  wanted.contains = "a b&c";
  wanted.shades = {api::color::red, api::color::blue};
  api::found result = co_await client.call<"search">(wanted);
  BOOST_TEST(result.contains == "a b&c");
  BOOST_TEST(result.shades.size() == 2u);
  BOOST_TEST(result.limit == 10);
  wanted = {};
  wanted.owner = 6;
  result = co_await client.call<"search">(wanted);
  BOOST_TEST(result.contains == "-");
  std::vector<api::note> names = co_await client.call<"names">();
  BOOST_TEST(names.size() == 2u);
  int slow = co_await client.call<"slow">();
  BOOST_TEST(slow == 7);
}

inline pando::task<void> errors(pando::client<api::Api> client) {
  try {
    co_await client.call<"show">(404);
    BOOST_ERROR("a missing note was shown");
  } catch (api::missing const& error) {
    BOOST_TEST(error.id == 404);
  }
  try {
    co_await client.call<"sign_up">("taken@example.com", "longenough", 20);
    BOOST_ERROR("a taken address was given");
  } catch (api::taken const& error) {
    BOOST_TEST(error.email == "taken@example.com");
  }
  api::sign_up in{.email = "taken@example.com", .password = "longenough", .age = 20};
  auto as_value = co_await client.attempt().call<"sign_up">(in);
  BOOST_TEST(!as_value.has_value());
  BOOST_REQUIRE(as_value.error<api::taken>() != nullptr);
  BOOST_TEST(as_value.error<api::taken>()->email == "taken@example.com");
  in.email = "free@example.com";
  auto good = co_await client.attempt().call<"sign_up">(in);
  BOOST_TEST(good.value().id == 20);
  try {
    co_await client.call<"sign_up">("nobody", "short", 7);
    BOOST_ERROR("an invalid request was taken");
  } catch (pando::invalid_request const& error) {
    BOOST_TEST(error.faults().list.size() == 3u);
    std::string paths;
    for (auto const& fault : error.faults().list) paths += fault.path + ":" + fault.rule + " ";
    BOOST_TEST(paths == "/email:email /password:min_length /age:at_least ");
  }
  try {
    co_await client.call<"broken">();
    BOOST_ERROR("a broken handler answered");
  } catch (pando::internal_failure const& error) {
    BOOST_TEST(!error.id().empty());
    BOOST_TEST(std::string(error.what()).find("secret") == std::string::npos);
  }
}

inline pando::task<void> streams(pando::client<api::Api> client, api::probe& seen) {
  seen = {};
  auto all = client.stream<"count">(500);
  int last = 0;
  while (std::optional<api::tick> item = co_await all.next()) {
    BOOST_REQUIRE(item->number == last + 1);
    last = item->number;
  }
  BOOST_TEST(last == 500);
  BOOST_TEST(seen.destroyed == 1);

  auto failing = client.stream<"count">(10, 3);
  last = 0;
  try {
    while (std::optional<api::tick> item = co_await failing.next()) last = item->number;
    BOOST_ERROR("a failing stream ended well");
  } catch (api::taken const& error) {
    BOOST_TEST(error.email == "stream");
  }
  BOOST_TEST(last == 3);

  {
    auto left = client.stream<"count">(1'000'000'000);
    std::optional<api::tick> item = co_await left.next();
    BOOST_TEST(item->number == 1);
  }
  for (int tries = 0; tries < 200 && seen.destroyed != 3; ++tries) co_await pause(10);
  BOOST_TEST(seen.started == 3);
  BOOST_TEST(seen.destroyed == 3, "the producer ended when its consumer left");

  {
    auto waiting = client.stream<"count">(1'000, 0, 5);
    std::optional<api::tick> item = co_await waiting.next();
    BOOST_TEST(item->number == 1);
  }
  for (int tries = 0; tries < 200 && seen.destroyed != 4; ++tries) co_await pause(10);
  BOOST_TEST(seen.destroyed == 4, "a producer that waits ended when its consumer left");
}

inline pando::task<void> deadlines(pando::client<api::Api> client, api::probe& seen) {
  seen = {};
  try {
    co_await client.within(std::chrono::milliseconds(30)).call<"wait">(10'000);
    BOOST_ERROR("a late answer came in time");
  } catch (pando::deadline_exceeded const&) {
  }
  for (int tries = 0; tries < 200 && seen.cancelled == 0; ++tries) co_await pause(10);
  BOOST_TEST(seen.cancelled == 1, "the handler saw that its caller had gone");
  std::string done = co_await client.within(std::chrono::seconds(10)).call<"wait">(1);
  BOOST_TEST(done == "done");

  boost::asio::cancellation_signal stop;
  bool cancelled = false;
  auto const one = [&]() -> pando::task<void> {
    try {
      co_await client.call<"wait">(10'000);
    } catch (pando::cancelled const&) {
      cancelled = true;
    }
  };
  bool ended = false;
  boost::asio::co_spawn(co_await boost::asio::this_coro::executor, one,
                        boost::asio::bind_cancellation_slot(
                            stop.slot(), [&](std::exception_ptr) { ended = true; }));
  co_await pause(30);
  stop.emit(boost::asio::cancellation_type::terminal);
  for (int tries = 0; tries < 200 && (!ended || seen.cancelled != 2); ++tries) co_await pause(10);
  BOOST_TEST(ended);
  BOOST_TEST(cancelled);
  BOOST_TEST(seen.cancelled == 2);
}

/// A deadline that passes in mid-stream is told after what came before it, and ends the producer.
inline pando::task<void> late_streams(pando::client<api::Api> client, api::probe& seen) {
  seen = {};
  auto const limited = client.within(std::chrono::milliseconds(300));
  auto items = limited.stream<"count">(1'000'000, 0, 5);
  int last = 0;
  try {
    while (std::optional<api::tick> item = co_await items.next()) last = item->number;
    BOOST_ERROR("a late stream ended well");
  } catch (pando::deadline_exceeded const&) {
  }
  BOOST_TEST(last > 0);
  BOOST_TEST(last < 100);
  for (int tries = 0; tries < 200 && seen.destroyed != 1; ++tries) co_await pause(10);
  BOOST_TEST(seen.destroyed == 1, "the producer ended at the deadline");
}

inline pando::task<void> many_at_once(pando::client<api::Api> client) {
  auto const executor = co_await boost::asio::this_coro::executor;
  int done = 0;
  int right = 0;
  auto const one = [&](int id) -> pando::task<void> {
    api::note shown = co_await client.call<"show">(id);
    right += shown.id == id ? 1 : 0;
  };
  for (int id = 1000; id < 1256; ++id)
    boost::asio::co_spawn(executor, one(id), [&](std::exception_ptr error) {
      if (error) BOOST_ERROR("a call failed");
      ++done;
    });
  for (int tries = 0; tries < 1000 && done != 256; ++tries) co_await pause(10);
  BOOST_TEST(right == 256);
}

inline pando::task<void> guards(pando::client<api::Api> client, api::signed_in& guard,
                                std::string transport) {
  api::whoami who = co_await client.call<"whoami">();
  BOOST_TEST(who.transport == transport);
  BOOST_TEST(!who.principal.empty());
  guard.open = false;
  try {
    co_await client.call<"whoami">();
    BOOST_ERROR("a closed guard let a call in");
  } catch (pando::unauthenticated const&) {
  }
  guard.open = true;
}

/// Everything above over one client. `io` runs both sides.
inline void all(boost::asio::io_context& io, pando::client<api::Api> client, api::probe& seen,
                api::signed_in& guard, std::string transport) {
  run(io, [&]() -> pando::task<void> {
    co_await values(client);
    co_await errors(client);
    co_await streams(client, seen);
    co_await deadlines(client, seen);
    co_await late_streams(client, seen);
    co_await many_at_once(client);
    co_await guards(client, guard, transport);
  });
}

} // namespace conformance
