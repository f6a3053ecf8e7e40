// What a handler knows of the runner that calls it.
#include <memory>
#include <string>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>
#include <pando/link/runner_client.hpp>
#include <pando/link/runner_listener.hpp>
#include <pando/runtime/openssl.hpp>

#include "support/scratch.hpp"
#include "support/served_socket.hpp"

BOOST_AUTO_TEST_SUITE(runner_callers)

namespace {

struct Asked : pando::controller<"asked", pando::route<"who", std::string()>> {};

auto const handlers = pando::implement<Asked>(pando::on<"who"> = [](pando::caller& who) {
  return std::string(who.transport) + "|" + std::string(who.peer) + "|" +
         (who.incarnation ? std::to_string(*who.incarnation) : "none") + "|" +
         (who.user_id ? std::to_string(*who.user_id) : "none");
});

std::shared_ptr<pando::secure_link const> runner(std::string name, std::uint64_t incarnation,
                                                 std::string cookie) {
  pando::link_security made;
  made.self = {std::move(name), incarnation};
  made.cookie = std::move(cookie);
  return std::make_shared<pando::secure_link const>(std::move(made));
}

/// What the handler says of a runner that is called so.
std::string told(std::string const& address, std::string const& cookie) {
  support::kept_log log;
  support::routes_of<std::remove_const_t<decltype(handlers)>> const routes(handlers);
  pando::door_context const context{&log.events};
  pando::serving const served(routes.routes, context);
  boost::asio::io_context io(1);
  pando::runner_listener listener({io.get_executor()}, pando::parse_runner_address(address), served,
                                  runner("server", 1, cookie));
  listener.start();
  auto const over = pando::runner_client::make(
      io.get_executor(), listener.address(),
      runner("shop@10.0.0.7:4370", 18'446'744'073'709'551'615U, cookie));
  std::string said;
  auto const body = [&]() -> pando::task<void> {
    pando::client<Asked> api(over);
    said = co_await api.call<"who">();
  };
  boost::asio::co_spawn(io, body, [&](std::exception_ptr error) {
    BOOST_TEST(!error);
    over->close();
    listener.stop_accepting();
    listener.close();
  });
  io.run();
  return said;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_name_and_the_life_of_the_runner_that_calls) {
  support::scratch_folder const folder;
  auto const user = std::to_string(::geteuid());
  std::string const who = "link|shop@10.0.0.7:4370|18446744073709551615|";
  BOOST_TEST(told("127.0.0.1:0", "") == who + "none");
  BOOST_TEST(told(folder.path() + "/a", "") == who + user);
#if PANDO_HAS_OPENSSL
  BOOST_TEST(told("127.0.0.1:0", "sixteen bytes and more") == who + "none");
  BOOST_TEST(told(folder.path() + "/b", "sixteen bytes and more") == who + user);
#endif
}

BOOST_AUTO_TEST_SUITE_END()
