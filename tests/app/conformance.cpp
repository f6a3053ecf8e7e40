// The conformance suite over an app's doors: in process, Unix socket, HTTP.
#include <boost/test/unit_test.hpp>

#include <pando/http.hpp>
#include <pando/pando.hpp>

#include "support/conformance.hpp"
#include "support/scratch.hpp"
#include "support/text_doors.hpp"

BOOST_AUTO_TEST_SUITE(doors)

namespace {

struct served {
  support::scratch_folder folder{};
  api::probe seen{};
  api::signed_in guard{};
  boost::asio::io_context io{1};
  decltype(pando::app(api::handlers).provide(std::declval<api::probe&>()).provide(
      std::declval<api::signed_in&>())) app =
      pando::app(api::handlers).named("conformance").provide(seen).provide(guard);

  served() {
    std::string const path = folder.path() + "/app.sock";
    conformance::run(io, [this, &path]() -> pando::task<void> {
      co_await app.serve({.http = 0, .http_host = "127.0.0.1", .socket_path = path});
    });
  }
  ~served() {
    conformance::run(io, [this]() -> pando::task<void> { co_await app.stop(); });
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(conformance_in_process) {
  served it;
  conformance::all(it.io, it.app.client<api::Api>(), it.seen, it.guard, "in-process");
}

BOOST_AUTO_TEST_CASE(conformance_over_the_unix_socket) {
  served it;
  conformance::run(it.io, [&]() -> pando::task<void> {
    std::string const path = it.app.socket_path();
    auto link = co_await pando::connect(it.io.get_executor(), path);
    auto client = link.client<api::Api>();
    co_await conformance::values(client);
    co_await conformance::errors(client);
    co_await conformance::streams(client, it.seen);
    co_await conformance::deadlines(client, it.seen);
    co_await conformance::late_streams(client, it.seen);
    co_await conformance::many_at_once(client);
    co_await conformance::guards(client, it.guard, "socket");
    co_await link.close();
  });
}

BOOST_AUTO_TEST_CASE(conformance_over_http) {
  served it;
  std::string const url = "http://127.0.0.1:" + std::to_string(it.app.http_port());
  pando::http::client_options options;
  options.authorization = "Bearer tester";
  conformance::all(it.io,
                   pando::http::client<api::Api>(it.io.get_executor(), url, options), it.seen,
                   it.guard, "http");
}

BOOST_AUTO_TEST_CASE(conformance_over_json_rpc) {
  served it;
  auto const channel =
      std::make_shared<support::rpc_channel>(it.io.get_executor(), it.app.socket_path());
  channel->begin();
  conformance::all(it.io, pando::client<api::Api>(channel), it.seen, it.guard, "json-rpc");
  channel->close();
}

BOOST_AUTO_TEST_CASE(conformance_over_the_command_line) {
  support::scratch_folder folder;
  auto const path = folder.path() + "/api.sock";
  auto const program = support::program("api");
  support::environment const where{{"PANDO_SOCKET", path}};
  support::process app({program, "serve"}, folder.path() + "/log", where);
  BOOST_REQUIRE(app.writes("socket " + path));
  for (bool const in_process : {false, true}) {
    std::vector<std::string> command{program};
    if (in_process) command.push_back("--in-process");
    auto const channel = std::make_shared<support::command_channel>(command, folder.path(), where);
    pando::client<api::Api> const client(channel);
    boost::asio::io_context io(1);
    conformance::run(io, [&]() -> pando::task<void> {
      co_await conformance::values(client);
      co_await conformance::errors(client);
      int last = 0;
      auto items = client.stream<"count">(10, 3);
      try {
        while (std::optional<api::tick> item = co_await items.next()) last = item->number;
        BOOST_ERROR("a failing stream ended well");
      } catch (api::taken const& error) {
        BOOST_TEST(error.email == "stream");
      }
      BOOST_TEST(last == 3);
      BOOST_TEST(channel->last_code == api::taken::exit_code);
      auto const limited = client.within(std::chrono::milliseconds(300));
      BOOST_CHECK_THROW(co_await limited.call<"wait">(10'000), pando::deadline_exceeded);
      BOOST_TEST(channel->last_code == 70);
      auto late = limited.stream<"count">(1'000'000, 0, 5);
      last = 0;
      try {
        while (std::optional<api::tick> item = co_await late.next()) last = item->number;
        BOOST_ERROR("a late stream ended well");
      } catch (pando::deadline_exceeded const&) {
      }
      BOOST_TEST((last > 0 && last < 100));
      api::whoami who = co_await client.call<"whoami">();
      BOOST_TEST(who.transport == "cli");
    });
  }
  app.signal(SIGTERM);
  BOOST_TEST(app.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
