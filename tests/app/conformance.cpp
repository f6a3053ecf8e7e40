// The conformance suite over an app's doors: in process, Unix socket, HTTP.
#include <boost/test/unit_test.hpp>

#include <pando/http.hpp>
#include <pando/pando.hpp>

#include "support/conformance.hpp"
#include "support/scratch.hpp"

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

BOOST_AUTO_TEST_SUITE(doors)

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

BOOST_AUTO_TEST_SUITE_END()
