// The conformance suite over the Unix socket, in the binary protocol.
#include <boost/test/unit_test.hpp>

#include <pando/socket/link.hpp>

#include "support/conformance.hpp"
#include "support/served_socket.hpp"

BOOST_AUTO_TEST_SUITE(socket_conformance)

BOOST_AUTO_TEST_CASE(over_the_binary_protocol) {
  api::probe seen;
  api::signed_in guard;
  support::routes_of const served(api::handlers, seen, guard);
  boost::asio::io_context io(1);
  support::kept_log log;
  pando::door_context const context{&log.events};
  pando::serving const serving(served.routes, context);
  support::scratch_folder const folder;
  pando::socket::server server({io.get_executor()}, serving, {folder.path() + "/app.sock"});
  server.start();
  std::optional<pando::socket::link> link;
  conformance::run(io, [&]() -> pando::task<void> {
    link = co_await pando::connect(io.get_executor(), server.path());
  });
  conformance::all(io, link->client<api::Api>(), seen, guard, "socket");
  conformance::run(io, [&]() -> pando::task<void> {
    co_await link->close();
    BOOST_TEST(co_await server.drain(std::chrono::seconds(5)));
  });
  BOOST_REQUIRE(log.lines().size() == 1U);
  BOOST_TEST(log.says("api.broken failed"));
}

BOOST_AUTO_TEST_SUITE_END()
