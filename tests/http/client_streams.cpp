// The HTTP client's streams: events in every form, errors after items, back-pressure, leaving.
#include <boost/test/unit_test.hpp>

#include <thread>

#include <pando/http/client.hpp>

#include "http/shop.hpp"

BOOST_AUTO_TEST_SUITE(http_client_streams)

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

std::string const stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

std::string item(int id, std::string const& text = "x") {
  return R"(data: {"id":)" + std::to_string(id) + R"(,"text":")" + text + "\"}\n\n";
}
std::string chunk(std::string const& data) {
  char size[17];
  std::snprintf(size, sizeof size, "%zx", data.size());
  return std::string(size) + "\r\n" + data + "\r\n";
}
std::string const end_event = "event: end\ndata: {}\n\n";

/// What a consumer sees of a stream that is exactly these octets.
struct seen {
  std::vector<std::int64_t> ids{};
  std::vector<std::string> texts{};
  std::string failure{};
  pando::failure_code code{};
  std::string taken{};
};
seen stream_of(std::string octets, client_options const& options = {}, std::size_t step = 0) {
  boost::asio::io_context io(1);
  server at(io, [&](peer& one) -> task<void> {
    (void)co_await one.request();
    if (step == 0) {
      co_await one.say(octets);
      co_return;
    }
    for (std::size_t i = 0; i < octets.size(); i += step) {
      std::string part = octets.substr(i, step);
      co_await one.say(std::move(part));
      co_await one.pause(0);
    }
  });
  auto const api = pando::http::client<Shop>(io.get_executor(), at.url(), options);
  seen all;
  run(io, [&]() -> task<void> {
    auto notes = api.stream<"watch">(7);
    try {
      while (std::optional<note> one = co_await notes.next()) {
        all.ids.push_back(one->id);
        all.texts.push_back(one->text);
      }
    } catch (pando::failure const& error) {
      all.failure = error.what();
      all.code = error.code();
    } catch (taken const& error) {
      all.taken = error.email;
    }
  });
  return all;
}

std::string numbers(std::vector<std::int64_t> const& ids) {
  std::string text;
  for (auto const id : ids) text += std::to_string(id) + " ";
  return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(items_until_the_end) {
  std::string const events = item(1) + item(2, "two") + item(3) + end_event;
  for (auto const& octets :
       {stream_head + "\r\n" + events,
        stream_head + "Content-Length: " + std::to_string(events.size()) + "\r\n\r\n" + events,
        stream_head + "Transfer-Encoding: chunked\r\n\r\n" + chunk(events) + "0\r\n\r\n",
        stream_head + "Transfer-Encoding: chunked\r\n\r\n" + chunk(events.substr(0, 9)) +
            chunk(events.substr(9, 50)) + chunk(events.substr(59)) + "0\r\n\r\n"})
    for (std::size_t const step : {0, 1, 7}) {
      auto const all = stream_of(octets, {}, step);
      BOOST_TEST(numbers(all.ids) == "1 2 3 ");
      BOOST_TEST(all.texts[1] == "two");
      BOOST_TEST(all.failure == "");
    }
}

BOOST_AUTO_TEST_CASE(events_in_every_form) {
  std::string const events =
      "\xef\xbb\xbf: a comment\r\n\r\n"
      "id: 5\rdata:{\"id\":1,\rdata:\"text\":\"a\"}\r\r" // two lines are one
      "event: message\r\nretry: 10\r\ndata: {\"id\":2,\"text\":\"b\"}\r\n\r\n"
      "event: of tomorrow\ndata: whatever\n\n"
      "unknown\n: beat\n\ndata: {\"id\":3,\"text\":\"c\"}\n\n"
      "event: end\n\n";
  for (std::size_t const step : {0, 1, 2, 3}) {
    auto const all = stream_of(stream_head + "\r\n" + events, {}, step);
    BOOST_TEST(numbers(all.ids) == "1 2 3 ");
    BOOST_TEST(all.failure == "");
  }
}

BOOST_AUTO_TEST_CASE(errors_after_what_was_sent) {
  auto all = stream_of(stream_head + "\r\n" + item(1) +
                       "event: error\ndata: {\"type\":\"urn:pando:error:taken\",\"status\":409,"
                       "\"value\":{\"email\":\"a@b.c\"}}\n\n");
  BOOST_TEST(numbers(all.ids) == "1 ");
  BOOST_TEST(all.taken == "a@b.c");
  all = stream_of(stream_head + "\r\n" + item(1) +
                  "event: error\ndata: {\"type\":\"urn:pando:failure:deadline_exceeded\","
                  "\"detail\":\"too late\"}\n\n");
  BOOST_TEST(numbers(all.ids) == "1 ");
  BOOST_TEST(all.failure == "too late");
  BOOST_TEST((all.code == pando::failure_code::deadline_exceeded));
  all = stream_of(stream_head + "\r\nevent: error\ndata: {\"status\":503}\n\n");
  BOOST_TEST((all.code == pando::failure_code::overloaded));
  all = stream_of(stream_head + "\r\nevent: error\ndata: ?\n\n");
  BOOST_TEST((all.code == pando::failure_code::internal));
  // before the stream began
  all = stream_of(answer("409 Conflict",
                         R"({"type":"urn:pando:error:taken","value":{"email":"early"}})",
                         "application/problem+json"));
  BOOST_TEST(all.taken == "early");
}

BOOST_AUTO_TEST_CASE(streams_that_are_none) {
  using enum pando::failure_code;
  auto all = stream_of(answer("200 OK", "[]"));
  BOOST_TEST((all.code == incompatible));
  BOOST_TEST(has(all.failure, "answered a stream with application/json"));
  all = stream_of("HTTP/1.1 204 No Content\r\n\r\n");
  BOOST_TEST((all.code == incompatible));
  all = stream_of(answer("401 Who", ""));
  BOOST_TEST((all.code == unauthenticated));
  all = stream_of(stream_head + "\r\n" + item(1) + "data: {\"id\":true}\n\n" + item(2));
  BOOST_TEST(numbers(all.ids) == "1 ");
  BOOST_TEST((all.code == incompatible));
  BOOST_TEST(has(all.failure, "sent an item that is not this contract's: /id"));
  all = stream_of(stream_head + "Transfer-Encoding: chunked\r\n\r\n" + chunk(item(1)) + "x\r\n");
  BOOST_TEST(numbers(all.ids) == "1 ");
  BOOST_TEST((all.code == incompatible));
}

BOOST_AUTO_TEST_CASE(streams_that_break_off) {
  using enum pando::failure_code;
  for (auto const& octets :
       {stream_head + "\r\n" + item(1), stream_head + "\r\n" + item(1) + "event: end\ndata: {",
        stream_head + "Transfer-Encoding: chunked\r\n\r\n" + chunk(item(1)) + "0\r\n\r\n",
        stream_head + "Transfer-Encoding: chunked\r\n\r\n" + chunk(item(1)) + "20\r\nevent",
        stream_head + "Content-Length: " + std::to_string(item(1).size()) + "\r\n\r\n" + item(1)}) {
    auto const all = stream_of(octets);
    BOOST_TEST(numbers(all.ids) == "1 ");
    BOOST_TEST((all.code == disconnected));
    BOOST_TEST(has(all.failure, "broke off"));
  }
}

BOOST_AUTO_TEST_CASE(events_are_bounded_and_streams_are_not) {
  using enum pando::failure_code;
  client_options const small{.max_response_bytes = 1000};
  std::string const large(990, 'x');
  auto all = stream_of(stream_head + "\r\n" + item(1, large) + end_event, small);
  BOOST_TEST((all.code == too_large));
  all = stream_of(stream_head + "\r\ndata: " + large + large, small); // a line without end
  BOOST_TEST((all.code == too_large));
  std::string lines;
  for (int i = 0; i < 400; ++i) lines += "data: 123\n"; // an event without end
  all = stream_of(stream_head + "\r\n" + lines, small);
  BOOST_TEST((all.code == too_large));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += chunk(item(i));
  all = stream_of(stream_head + "Transfer-Encoding: chunked\r\n\r\n" + many + chunk(end_event) +
                      "0\r\n\r\n",
                  small);
  BOOST_TEST(all.ids.size() == 1000U);
  BOOST_TEST(all.failure == "");
}

BOOST_AUTO_TEST_CASE(what_a_stream_asks_for) {
  boost::asio::io_context io(1);
  std::vector<std::string> asked;
  server at(io, server::answers([&](std::string const& request) {
              asked.push_back(request);
              return stream_head + "Transfer-Encoding: chunked\r\n\r\n" +
                     chunk(item(1) + end_event) + "0\r\n\r\n";
            }));
  auto const api = pando::http::client<Shop>(io.get_executor(), at.url());
  run(io, [&]() -> task<void> {
    for (int i = 0; i < 3; ++i) {
      auto notes = api.within(10s).stream<"watch">(7);
      std::optional<note> one = co_await notes.next();
      BOOST_TEST(one->id == 1);
      one = co_await notes.next();
      BOOST_TEST(!one.has_value());
      one = co_await notes.next();
      BOOST_TEST(!one.has_value());
    }
    auto poured = api.stream<"pour">();
    std::optional<note> one = co_await poured.next();
    BOOST_TEST(one->id == 1);
    one = co_await poured.next();
    BOOST_TEST(!one.has_value());
    auto never_started = api.stream<"watch">(8);
  });
  BOOST_TEST(at.accepted == 1, "a stream that has ended leaves its connection to the next call");
  BOOST_REQUIRE(asked.size() == 4U);
  BOOST_TEST(has(asked[0], "GET /shop/watch/7 HTTP/1.1\r\n"));
  BOOST_TEST(has(asked[0], "\r\nAccept: text/event-stream\r\n"));
  BOOST_TEST(has(asked[0], "\r\nPando-Timeout-Ms: "));
  BOOST_TEST(has(asked[3], "POST /shop/pour HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(a_consumer_that_waits_holds_the_producer_back) {
  boost::asio::io_context io(1);
  int sent = 0;
  server at(io, [&sent](peer& one) -> task<void> {
    (void)co_await one.request();
    bool there = co_await one.say(stream_head + "\r\n");
    std::string const text(64 << 10, 'x');
    while (there) {
      std::string next = item(sent, text);
      there = co_await one.say(std::move(next));
      sent += there ? 1 : 0;
    }
  });
  auto const api = pando::http::client<Shop>(io.get_executor(), at.url());
  run(io, [&]() -> task<void> {
    auto notes = api.stream<"watch">(7);
    std::optional<note> one = co_await notes.next();
    BOOST_TEST(one->id == 0);
    int before = -1;
    for (int tries = 0; tries < 100 && before != sent; ++tries) {
      before = sent;
      co_await pause(100);
    }
    BOOST_TEST(before == sent, "the producer was held back");
    BOOST_TEST(sent >= 64);
    int const held = sent;
    for (int i = 1; i < held + 100; ++i) { // everything is there, in order, and it goes on
      one = co_await notes.next();
      BOOST_REQUIRE(one->id == i);
    }
    BOOST_TEST(sent > held);
  });
}

BOOST_AUTO_TEST_CASE(a_consumer_that_leaves_ends_the_connection) {
  boost::asio::io_context io(1);
  server at(io, [](peer& one) -> task<void> {
    (void)co_await one.request();
    bool there = co_await one.say(stream_head + "\r\n");
    for (int i = 0; there; ++i) {
      std::string next = item(i);
      there = co_await one.say(std::move(next));
      co_await one.pause(1);
    }
  });
  auto const api = pando::http::client<Shop>(io.get_executor(), at.url());
  run(io, [&]() -> task<void> {
    {
      auto notes = api.stream<"watch">(7);
      std::optional<note> one = co_await notes.next();
      BOOST_TEST(one->id == 0);
      BOOST_TEST(at.open == 1);
    }
    bool gone = co_await becomes_true([&] { return at.open == 0; });
    BOOST_TEST(gone);
    // a deadline ends it too
    auto notes = api.within(50ms).stream<"watch">(7);
    auto const all = [&]() -> task<void> {
      while (std::optional<note> one = co_await notes.next()) BOOST_REQUIRE(one->id < 5'000);
    };
    (void)co_await failing<pando::deadline_exceeded>(all);
    gone = co_await becomes_true([&] { return at.open == 0; });
    BOOST_TEST(gone);
  });
}

BOOST_AUTO_TEST_CASE(a_loop_that_is_destroyed_while_a_stream_pauses) {
  bool begun = false;
  {
    boost::asio::io_context io(1);
    server at(io, [](peer& one) -> task<void> {
      (void)co_await one.request();
      bool there = co_await one.say(stream_head + "\r\n");
      while (there) {
        std::string next = item(1);
        there = co_await one.say(std::move(next));
      }
    });
    auto const api = pando::http::client<Shop>(io.get_executor(), at.url());
    auto const one = [&]() -> task<void> {
      auto notes = api.stream<"watch">(7);
      co_await notes.next();
      begun = true;
      co_await pause(60'000); // its credit is used up
    };
    boost::asio::co_spawn(io, one, boost::asio::detached);
    io.run_for(100ms);
  }
  BOOST_TEST(begun);
}

BOOST_AUTO_TEST_CASE(a_home_of_its_own_on_the_same_loop) {
  boost::asio::io_context io(1);
  server at(io, [](peer& one) -> task<void> {
    std::string const asked = co_await one.request();
    bool const lies = has(asked, "/watch/1 ");
    co_await one.say(stream_head + "Transfer-Encoding: chunked\r\n\r\n" +
                     chunk(item(1) + (lies ? "data: {}\n\n" : "") + item(2) + end_event) +
                     "0\r\n\r\n");
    co_await one.until_gone();
  });
  auto const api = pando::http::client<Shop>(io.get_executor(), at.url(), {.max_connections = 2});
  int good = 0;
  int bad = 0;
  auto const one = [&](int id) -> task<void> {
    auto notes = api.stream<"watch">(id);
    try {
      while (std::optional<note> next = co_await notes.next()) BOOST_TEST(next->id <= 2);
      ++good;
    } catch (pando::incompatible const&) {
      ++bad;
    }
  };
  auto const strand = boost::asio::make_strand(io);
  for (int id = 0; id < 2; ++id) boost::asio::co_spawn(strand, one(id), boost::asio::detached);
  auto const wait = [&]() -> task<void> {
    bool const all = co_await becomes_true([&] { return good + bad == 2; });
    BOOST_TEST(all);
  };
  run(io, wait);
  BOOST_TEST(good == 1);
  BOOST_TEST(bad == 1);
}

BOOST_AUTO_TEST_CASE(streams_over_threads) {
  boost::asio::io_context loop(1);
  server at(loop, [](peer& one) -> task<void> {
    for (;;) {
      std::string const asked = co_await one.request();
      if (asked.empty()) co_return;
      bool const fails = has(asked, "/watch/1 ");
      bool const lies = has(asked, "/watch/2 ");
      bool there = co_await one.say(stream_head + "Transfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 1000 && there; ++i) {
        std::string next = chunk(lies && i == 500 ? "data: {}\n\n" : item(i));
        there = co_await one.say(std::move(next));
      }
      std::string last = fails ? "event: error\ndata: {\"type\":\"urn:pando:error:taken\","
                                 "\"value\":{\"email\":\"e\"}}\n\n"
                               : end_event;
      last = chunk(last) + "0\r\n\r\n";
      co_await one.say(std::move(last));
    }
  });
  auto work = boost::asio::make_work_guard(loop);
  std::thread loop_thread([&loop] { loop.run(); });
  boost::asio::io_context home(1);
  {
    auto const api = pando::http::client<Shop>(loop.get_executor(), at.url());
    run(home, [&]() -> task<void> {
      for (int kind = 0; kind < 3; ++kind) {
        auto notes = api.stream<"watch">(kind);
        int next = 0;
        int ended_by = -1;
        try {
          while (std::optional<note> one = co_await notes.next()) BOOST_REQUIRE(one->id == next++);
          ended_by = 0;
        } catch (taken const& error) {
          BOOST_TEST(error.email == "e");
          ended_by = 1;
        } catch (pando::incompatible const&) {
          ended_by = 2;
        }
        BOOST_TEST(ended_by == kind);
        BOOST_TEST(next == (kind == 2 ? 500 : 1000));
      }
      for (int i = 0; i < 20; ++i) { // left at every stage
        auto notes = api.stream<"watch">(0);
        for (int taken_items = 0; taken_items < i * 20; ++taken_items) co_await notes.next();
      }
    });
  }
  boost::asio::post(loop, [&] { at.stop(); });
  work.reset();
  loop_thread.join();
}

BOOST_AUTO_TEST_SUITE_END()
