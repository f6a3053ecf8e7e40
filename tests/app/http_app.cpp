// An app of HTTP alone: in a program that lives by itself, and as a program.
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/http.hpp>
#include <pando/http_app.hpp>

#include "app/installed.hpp"
#include "app/swap.hpp"
#include "support/process.hpp"
#include "support/raw_http.hpp"
#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(http_apps)

namespace {

struct Sum {
  int first;
  int second;
};
struct Overflow {
  static constexpr int http_status = 409;
  int first;
};
struct Sums
    : pando::controller<"sums", pando::route<"add", int(Sum), pando::http::post<"/add">,
                                             pando::cli::command<>, pando::raises<Overflow>>,
                        pando::route<"asked", int(), pando::http::get<"/asked">>> {};

/// What the routes count with.
struct counter {
  int asked = 0;
};

inline auto const sums = pando::implement<Sums>(
    pando::on<"add"> = [](Sum in, counter& by) -> int {
      ++by.asked;
      if (in.first > 1'000) throw Overflow{in.first};
      return in.first + in.second;
    },
    pando::on<"asked"> = [](counter const& by) { return by.asked; });

/// A loop that runs one coroutine.
template <class Body>
void run(Body body) {
  boost::asio::io_context loop;
  boost::asio::co_spawn(loop, body, [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  loop.run();
}

/// Why `serve` refuses those options; empty: it does not.
template <class App>
std::string why_not(App& app, pando::serve_options const& options) {
  std::string why;
  run([&]() -> pando::task<void> {
    try {
      co_await app.serve(options);
    } catch (pando::unusable_options const& told) {
      why = told.what();
    }
    if (why.empty()) co_await app.stop();
  });
  return why;
}

} // namespace

BOOST_AUTO_TEST_CASE(serves_http_and_nothing_else) {
  support::scratch_folder const folder;
  counter by;
  std::vector<std::string> told;
  auto app = pando::http_app(pando::feature("sums", sums),
                             pando::on_start([&] { told.emplace_back("start"); }),
                             pando::on_stop([&](counter& at) {
                               told.push_back("stop after " + std::to_string(at.asked));
                             }))
                 .provide(by)
                 .named("alone");
  run([&]() -> pando::task<void> {
    pando::serve_options options;
    options.http = 0;
    co_await app.serve(options);
    BOOST_TEST(app.is_serving());
    auto const place = "http://localhost:" + std::to_string(app.http_port());
    auto const home = co_await boost::asio::this_coro::executor;
    auto const web = pando::http::client<Sums>(home, place);
    int const sum = co_await web.call<"add">(1, 2);
    BOOST_TEST(sum == 3);
    try {
      (void)co_await web.call<"add">(2'000, 2);
      BOOST_ERROR("an error did not arrive");
    } catch (Overflow const& error) {
      BOOST_TEST(error.first == 2'000);
    }
    auto const near = app.client<Sums>();
    int const asked = co_await near.call<"asked">();
    BOOST_TEST(asked == 2);
    std::string const said = co_await app.invoke("sums add", R"({"first":3,"second":4})");
    BOOST_TEST(said == "7");
    co_await app.stop();
  });
  BOOST_TEST(!app.is_serving());
  BOOST_TEST(told == (std::vector<std::string>{"start", "stop after 3"}),
             boost::test_tools::per_element());
}

// What needs a Unix socket or a store is refused by name, before a hook has run.
BOOST_AUTO_TEST_CASE(refuses_what_it_does_not_have) {
  counter by;
  int hooks = 0;
  auto app = pando::http_app(sums, pando::on_start([&] { ++hooks; })).provide(by).named("alone");
  pando::serve_options place;
  place.socket_path = "/tmp/alone.sock";
  pando::serve_options replace;
  replace.replace = true;
  for (auto const& options : {place, replace})
    BOOST_TEST(why_not(app, options).starts_with(
        "pando: this app is HTTP alone and has no Unix socket: leave socket_path and replace out"));
  pando::serve_options store;
  store.store = "sqlite:shop.db";
  BOOST_TEST(why_not(app, store).find("this app stores nothing") != std::string::npos);
  pando::serve_options runner;
  runner.runner = "127.0.0.1:9001";
  BOOST_TEST(why_not(app, runner).find("this one has none") != std::string::npos);
  BOOST_TEST(hooks == 0);
  pando::serve_options quiet;
  quiet.no_socket = true;
  BOOST_TEST(why_not(app, quiet) == "");
  BOOST_TEST(hooks == 1);
}

BOOST_AUTO_TEST_CASE(runs_until_a_signal) {
  app_test::installed it("http_alone");
  support::environment const place{{"XDG_RUNTIME_DIR", it.folder.path()}};
  support::process running(it.command({"0"}), it.log(), place);
  BOOST_REQUIRE_MESSAGE(running.writes("alone serves: pid "), running.written());
  auto const port = app_test::port_of(running);
  raw_http::connection web(port);
  web.send(raw_http::get("/swap/who"));
  BOOST_TEST(web.read().status == 200);
  web.send(raw_http::post("/swap/count", R"({"items":3,"ms":0})"));
  BOOST_TEST(web.read().status == 200);
  BOOST_TEST(!std::filesystem::exists(it.folder.path() + "/pando"), "it has a socket");

  auto const taken = support::run(it.command({std::to_string(port)}), it.log(), place);
  BOOST_TEST(taken.code == 1);
  BOOST_TEST(taken.written.find("alone: cannot serve: ") != std::string::npos, taken.written);
  auto const never = support::run(it.command({"0", "replace"}), it.log(), place);
  BOOST_TEST(never.code == 2);
  BOOST_TEST(never.written.find("alone: cannot serve: pando: this app is HTTP alone") !=
                 std::string::npos,
             never.written);

  running.signal(SIGTERM);
  BOOST_TEST(running.wait() == 0);
  BOOST_TEST(running.written().find("alone stopped") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
