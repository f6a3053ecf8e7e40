// Sections 3 and 4 of the user's page: an app by hand, and every client of it.
#include <chrono>
#include <iostream>

#include <boost/test/unit_test.hpp>

#include <pando/http.hpp>
#include <pando/pando.hpp>
#include <pando/socket.hpp>
#include <pando/testing.hpp>

#include "implementation.hpp"
#include "run.hpp"
#include "support/scratch.hpp"

using namespace std::chrono_literals;

namespace {

pando::task<void> calls(pando::client<Users> api, std::string name) {
  User u = co_await api.call<"create">(name + "@b.c", "secret123");      // the fields in order …
  CreateUser in{.email = name + "@named", .password = "secret123"};
  User v = co_await api.call<"create">(in);                              // … or the request, named
  BOOST_TEST(v.id == u.id + 1);
  try {
    (void)co_await api.call<"create">(in);
    BOOST_ERROR("taken twice");
  } catch (EmailTaken const& e) { BOOST_TEST(e.email == name + "@named"); }
  auto r = co_await api.attempt().call<"create">(in);
  BOOST_TEST(!r.has_value());
  ImportUsers lines{.lines = {"x", "y", "z"}};
  int imported = 0;
  auto s = api.stream<"import">(lines);
  while (std::optional<User> w = co_await s.next()) { imported += w->email.size() == 1 ? 1 : 0; }
  BOOST_TEST(imported == 3);
  User shown = co_await api.within(2s).call<"show">(1);                  // a deadline
  BOOST_TEST(shown.id == 1);
  std::vector<User> all = co_await api.call<"list">();
  BOOST_TEST(all.size() >= 5u);
}

} // namespace

BOOST_AUTO_TEST_SUITE(user_code)

BOOST_AUTO_TEST_CASE(by_hand_and_every_client) {
  support::scratch_folder folder;
  UserStore store{"shop.db"};
  run([&]() -> pando::task<void> {
    auto const executor = co_await boost::asio::this_coro::executor;
    auto app = pando::app(users).named("shop").provide(store);
    std::string const path = folder.path() + "/shop.sock";
    co_await app.serve({.http = 0, .socket_path = path});
    BOOST_TEST(app.socket_path() == path);
    BOOST_TEST(app.is_serving());
    auto made = co_await app.invoke("user create", R"({"email":"a@b.c","password":"secret123"})");
    BOOST_TEST(made == R"({"id":1,"email":"a@b.c"})");

    co_await calls(app.client<Users>(), "local");                        // in process: no socket, no bytes
    std::string const url = "http://localhost:" + std::to_string(app.http_port());
    co_await calls(pando::http::client<Users>(executor, url), "http");
    co_await calls(pando::testing::http_client<Users>(app), "testing");
    auto link = co_await pando::connect(executor, path);                 // Unix socket, by its path
    co_await calls(link.client<Users>(), "socket");
    std::string text = co_await link.invoke("user create", R"({"email":"l@b.c","password":"x"})");
    BOOST_TEST(text.find("l@b.c") != std::string::npos);
    co_await link.close();
    co_await app.stop();                                                 // stops accepting, drains, releases
    BOOST_TEST(!app.is_serving());
    co_await app.stop();
  });
}

BOOST_AUTO_TEST_SUITE_END()
