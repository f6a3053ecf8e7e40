// HTTP to an app that does not listen.
#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include <boost/asio/strand.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>
#include <pando/testing.hpp>

#include "support/conformance.hpp"

namespace {

struct word {
  std::string text;
};
struct Echo
    : pando::controller<
          "echo", pando::route<"say", word(word), pando::http::post<"/">, pando::http::created>,
          pando::route<"silent", void()>,
          pando::route<"agent", std::string(), pando::http::get<"/agent">>,
          pando::route<"count", pando::stream<word>(), pando::http::get<"/count">>> {};

/// What the handlers tell the tests.
struct seen {
  std::atomic<int> hooks{0};
  std::atomic<int> producers{0};
  std::thread::id on{};
};

inline auto const echo = pando::implement<Echo>(
    pando::on<"say"> = [](word in, seen& told, pando::http::response& out) {
      told.on = std::this_thread::get_id();
      out.set("x-said", "yes");
      return in;
    },
    pando::on<"silent"> = [] {},
    pando::on<"agent"> = [](pando::http::headers const& from) {
      return std::string(from.get("x-agent").value_or("nobody"));
    },
    pando::on<"count"> = [](seen& told) -> pando::stream<word> {
      struct guard {
        std::atomic<int>& count;
        ~guard() { --count; }
      } const ends{told.producers};
      ++told.producers;
      for (;;) {
        word next{"again"};
        co_yield next;
      }
    });

auto make_app(seen& told) {
  return pando::app(echo, pando::on_start([&told] { ++told.hooks; }))
      .named("quiet")
      .provide(told);
}

} // namespace

BOOST_AUTO_TEST_SUITE(testing_http_client)

BOOST_AUTO_TEST_CASE(conformance_on_the_tests_own_loop) {
  api::probe probe;
  api::signed_in guard;
  boost::asio::io_context io(1);
  auto app = pando::app(api::handlers).provide(probe).provide(guard);
  pando::http::client_options options;
  options.authorization = "Bearer tester";
  conformance::all(io, pando::testing::http_client<api::Api>(app, io.get_executor(), options),
                   probe, guard, "http");
  io.restart();
  io.run(); // nothing is left that would keep it
}

BOOST_AUTO_TEST_CASE(conformance_on_a_thread_of_its_own) {
  api::probe probe;
  api::signed_in guard;
  boost::asio::io_context io(1);
  auto app = pando::app(api::handlers).provide(probe).provide(guard);
  auto const client = pando::testing::http_client<api::Api>(app);
  conformance::run(io, [&]() -> pando::task<void> {
    co_await conformance::values(client);
    co_await conformance::errors(client);
    co_await conformance::many_at_once(client);
    BOOST_CHECK_THROW(co_await client.call<"whoami">(), pando::unauthenticated);
  });
}

BOOST_AUTO_TEST_CASE(the_app_serves_or_not_as_it_likes) {
  seen told;
  boost::asio::io_context io(1);
  auto app = make_app(told);
  auto const api = pando::testing::http_client<Echo>(app);
  conformance::run(io, [&]() -> pando::task<void> {
    word said = co_await api.call<"say">("before");
    BOOST_TEST(said.text == "before");
    BOOST_TEST(!app.is_serving());
    BOOST_TEST(app.http_port() == 0);
    BOOST_TEST(!std::filesystem::exists(app.socket_path()));
    BOOST_TEST(told.hooks == 0);
    BOOST_TEST((told.on != std::this_thread::get_id()));
    co_await app.serve({.no_socket = true});
    BOOST_TEST(told.hooks == 1);
    said = co_await api.call<"say">("while");
    BOOST_TEST(said.text == "while");
    co_await app.stop();
    auto here = pando::testing::http_client<Echo>(app, io.get_executor());
    said = co_await here.call<"say">("after");
    BOOST_TEST(said.text == "after");
    BOOST_TEST((told.on == std::this_thread::get_id()));
  });
}

BOOST_AUTO_TEST_CASE(what_goes_wrong_is_told_as_over_any_http) {
  seen told;
  boost::asio::io_context io(1);
  auto app = make_app(told);
  pando::http::header const agent{"x-agent", "me"};
  pando::http::client_options options;
  options.headers = {&agent, 1};
  options.max_connections = 1;
  options.max_response_bytes = 64;
  auto const api = pando::testing::http_client<Echo>(app, options);
  conformance::run(io, [&]() -> pando::task<void> {
    BOOST_TEST(co_await api.call<"agent">() == "me");
    BOOST_CHECK_THROW(co_await api.call<"silent">(), pando::no_such_route);
    std::string const long_text(1000, 'x');
    BOOST_CHECK_THROW(co_await api.call<"say">(long_text), pando::too_large);
    word said = co_await api.call<"say">("short");
    BOOST_TEST(said.text == "short");
  });
  options.headers = {};
  options.max_connections = 0;
  BOOST_CHECK_THROW(pando::testing::http_client<Echo>(app, options), std::invalid_argument);
  auto const strand = boost::asio::make_strand(io);
  BOOST_CHECK_THROW(pando::testing::http_client<Echo>(app, strand), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(dropped_in_mid_stream) {
  for (bool const on_own_thread : {true, false}) {
    seen told;
    boost::asio::io_context io(1);
    auto app = make_app(told);
    conformance::run(io, [&]() -> pando::task<void> {
      std::optional<pando::client<Echo>> api;
      if (on_own_thread) api = pando::testing::http_client<Echo>(app);
      else api = pando::testing::http_client<Echo>(app, io.get_executor());
      auto items = api->stream<"count">();
      for (int i = 0; i < 100; ++i) {
        std::optional<word> next = co_await items.next();
        BOOST_REQUIRE(next);
      }
      api.reset();
      std::optional<word> next = co_await items.next();
      BOOST_TEST(next->text == "again"); // the stream keeps the connection
    });
    for (int tries = 0; tries < 500 && told.producers != 0; ++tries) {
      io.restart();
      io.poll();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    BOOST_TEST(told.producers == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
