// An app's life: hooks, features, services, settings, calls by name, transports of one's own.
#include <chrono>
#include <filesystem>
#include <functional>
#include <iterator>

#include <sched.h>

#include <boost/test/unit_test.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <pando/http.hpp>
#include <pando/pando.hpp>

#include "support/conformance.hpp"
#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(app_life)

namespace life {

struct greeting {
  std::string text;
};
struct name {
  std::string name;
};
struct too_long {
  std::string name;
};
struct knock; // the marker of a transport that is made here

struct Greeter
    : pando::controller<"greeter",
                        pando::route<"greet", greeting(name), pando::cli::command<"hello">,
                                     pando::http::post<"/">, pando::raises<too_long>>,
                        pando::route<"silent", void()>> {};

struct phrases {
  virtual ~phrases() = default;
  virtual std::string hello() const { return "hello "; }
};
struct shouting : phrases {
  std::string hello() const override { return "HELLO "; }
};

inline auto greeter = pando::implement<Greeter>(
    pando::on<"greet"> = [](name in, phrases& words) -> greeting {
      if (in.name.size() > 10) throw too_long{in.name};
      return {words.hello() + in.name};
    },
    pando::on<"greet", pando::cli::command<"hello">> = [](name in) -> greeting {
      return {"at your command, " + in.name};
    },
    pando::on<"silent"> = [] {});

struct Reader : pando::controller<"reader", pando::route<"read", greeting()>> {};
inline auto reader = pando::implement<Reader>(
    pando::on<"read"> = [](phrases const& words) -> greeting { return {words.hello() + "reader"}; });

/// A transport made outside the library: it serves whoever calls `knock_on`.
struct door_bell {
  static constexpr std::string_view door = "bell";
  std::vector<std::string>* events;
  pando::task<void> serve(pando::transport_context const& context) {
    events->push_back("bell serves " + std::to_string(context.routes.all().size()));
    co_return;
  }
  pando::task<void> stop() {
    events->push_back("bell stops");
    co_return;
  }
  std::string describe() const { return "bell"; }
};

/// A transport of which a call never ends.
struct stuck_bell {
  static constexpr std::string_view door = "stuck";
  std::vector<std::string>* events;
  pando::task<void> serve(pando::transport_context const&) {
    events->push_back("stuck serves");
    co_return;
  }
  pando::task<void> stop() {
    boost::asio::steady_timer never(co_await boost::asio::this_coro::executor,
                                    std::chrono::hours(1));
    try {
      co_await never.async_wait(boost::asio::use_awaitable);
    } catch (boost::system::system_error const&) {
      events->push_back("stuck was cancelled");
    }
  }
  std::string describe() const { return "stuck"; }
};

} // namespace life

BOOST_AUTO_TEST_CASE(hooks_run_in_order_and_back) {
  support::scratch_folder folder;
  boost::asio::io_context io(1);
  std::vector<std::string> events;
  life::phrases words;
  std::string const path = folder.path() + "/life.sock";
  auto app = pando::app(
                 life::greeter, life::door_bell{&events},
                 pando::feature("one", pando::on_start([&] { events.push_back("start one"); }),
                                pando::on_stop([&] { events.push_back("stop one"); })),
                 pando::feature("two",
                                pando::on_start([&](life::phrases& p) -> pando::task<void> {
                                  events.push_back("start two " + p.hello());
                                  co_return;
                                }),
                                pando::on_stop([&] {
                                  // Whoever looks for the app finds it until all of it has ended.
                                  BOOST_TEST(std::filesystem::exists(path));
                                  events.push_back("stop two");
                                })))
                 .named("life")
                 .provide(words);
  conformance::run(io, [&]() -> pando::task<void> {
    co_await app.serve({.http = 0, .http_host = "127.0.0.1", .socket_path = path});
    BOOST_TEST(app.is_serving());
    BOOST_TEST(app.http_port() != 0);
    BOOST_TEST(app.socket_path() == path);
    BOOST_CHECK_THROW(co_await app.serve(), std::logic_error);
    co_await app.stop();
    BOOST_TEST(!app.is_serving());
    co_await app.stop();
    BOOST_TEST(!std::filesystem::exists(path));
  });
  std::vector<std::string> const expected{"start one",  "start two hello ", "bell serves 2",
                                          "bell stops", "stop two",         "stop one"};
  BOOST_TEST(events == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_failed_start_undoes_what_was_started) {
  boost::asio::io_context io(1);
  std::vector<std::string> events;
  life::phrases words;
  auto app =
      pando::app(life::greeter,
                 pando::feature("one", pando::on_start([&] { events.push_back("start one"); }),
                                pando::on_stop([&] { events.push_back("stop one"); })),
                 pando::feature("two", pando::on_start([] { throw std::runtime_error("no"); }),
                                pando::on_stop([&] { events.push_back("stop two"); })))
          .provide(words);
  conformance::run(io, [&]() -> pando::task<void> {
    BOOST_CHECK_THROW(co_await app.serve({.no_socket = true}), std::runtime_error);
    BOOST_TEST(!app.is_serving());
  });
  std::vector<std::string> const expected{"start one", "stop one"};
  BOOST_TEST(events == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_transport_that_does_not_stop_is_cancelled) {
  boost::asio::io_context io(1);
  std::vector<std::string> events;
  life::phrases words;
  auto app = pando::app(life::greeter, life::stuck_bell{&events}, life::door_bell{&events})
                 .named("stuck")
                 .provide(words);
  conformance::run(io, [&]() -> pando::task<void> {
    co_await app.serve({.http = 0, .http_host = "127.0.0.1", .no_socket = true, .drain_ms = 200});
    auto const begun = std::chrono::steady_clock::now();
    co_await app.stop();
    BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(5)));
    BOOST_TEST(!app.is_serving());
  });
  std::vector<std::string> const expected{"stuck serves", "bell serves 2", "bell stops",
                                          "stuck was cancelled"};
  BOOST_TEST(events == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_service_given_later_wins) {
  boost::asio::io_context io(1);
  life::phrases words;
  life::shouting mock;
  auto app = pando::app(life::greeter).provide(words).provide(mock);
  conformance::run(io, [&]() -> pando::task<void> {
    auto api = app.client<life::Greeter>();
    life::greeting said = co_await api.call<"greet">("joe");
    BOOST_TEST(said.text == "HELLO joe");
    co_await api.call<"silent">();
  });
}

BOOST_AUTO_TEST_CASE(a_feature_brings_implementations_services_and_features) {
  boost::asio::io_context io(1);
  life::phrases const words;
  life::shouting mock;
  life::phrases own;
  auto const inner = pando::feature("inner", life::reader, std::ref(words));
  auto const outer = pando::feature("outer", life::greeter, inner, std::ref(own));
  auto app = pando::app(outer);
  auto mocked = pando::app(outer).provide(mock);
  conformance::run(io, [&]() -> pando::task<void> {
    life::greeting const read = co_await app.client<life::Reader>().call<"read">();
    BOOST_TEST(read.text == "hello reader");
    auto api = app.client<life::Greeter>();
    life::greeting const said = co_await api.call<"greet">("joe");
    BOOST_TEST(said.text == "hello joe");
    auto instead = mocked.client<life::Greeter>();
    life::greeting const shouted = co_await instead.call<"greet">("joe");
    BOOST_TEST(shouted.text == "HELLO joe");
    life::greeting const shown = co_await mocked.client<life::Reader>().call<"read">();
    BOOST_TEST(shown.text == "HELLO reader");
  });
}

BOOST_AUTO_TEST_CASE(a_const_service_serves_who_only_reads) {
  boost::asio::io_context io(1);
  life::phrases words;
  life::shouting const mock;
  auto app = pando::app(life::greeter, life::reader).provide(words).provide(mock);
  conformance::run(io, [&]() -> pando::task<void> {
    auto changes = app.client<life::Greeter>();
    life::greeting const said = co_await changes.call<"greet">("joe");
    BOOST_TEST(said.text == "hello joe");
    auto reads = app.client<life::Reader>();
    life::greeting const read = co_await reads.call<"read">();
    BOOST_TEST(read.text == "HELLO reader");
  });
}

BOOST_AUTO_TEST_CASE(calls_by_name) {
  boost::asio::io_context io(1);
  life::phrases words;
  auto app = pando::app(life::greeter).provide(words);
  conformance::run(io, [&]() -> pando::task<void> {
    auto said = co_await app.invoke("greeter hello", R"({"name":"joe"})");
    BOOST_TEST(said == R"({"text":"hello joe"})");
    said = co_await app.invoke("greeter.greet", R"({"name":"joe"})");
    BOOST_TEST(said == R"({"text":"hello joe"})");
    said = co_await app.invoke("greeter silent");
    BOOST_TEST(said == "null");
    try {
      co_await app.invoke("greeter greet", R"({"name":"somebody else"})");
      BOOST_ERROR("a declared error was lost");
    } catch (pando::declared_error const& error) {
      BOOST_TEST(error.name() == "too_long");
      BOOST_TEST(error.json() == R"({"name":"somebody else"})");
    }
    BOOST_CHECK_THROW(co_await app.invoke("greeter greet", "{}"), pando::invalid_request);
    BOOST_CHECK_THROW(co_await app.invoke("greeter greet", "nonsense"), pando::invalid_request);
    BOOST_CHECK_THROW(co_await app.invoke("greeter bow"), pando::no_such_route);
  });
}

BOOST_AUTO_TEST_CASE(addresses_in_use_are_errors) {
  boost::asio::io_context io(1);
  support::scratch_folder folder;
  life::phrases words;
  auto first = pando::app(life::greeter).named("first").provide(words);
  auto second = pando::app(life::greeter).named("second").provide(words);
  std::string const path = folder.path() + "/one.sock";
  conformance::run(io, [&]() -> pando::task<void> {
    co_await first.serve({.http = 0, .http_host = "127.0.0.1", .socket_path = path});
    BOOST_CHECK_THROW(co_await second.serve({.socket_path = path}), std::runtime_error);
    int const port = first.http_port();
    BOOST_CHECK_THROW(
        co_await second.serve({.http = port, .http_host = "127.0.0.1", .no_socket = true}),
        std::runtime_error);
    BOOST_CHECK_THROW(co_await second.serve({.http = 70'000, .no_socket = true}),
                      std::invalid_argument);
    BOOST_TEST(!second.is_serving());
    auto link = co_await pando::connect(io.get_executor(), path);
    auto api = link.client<life::Greeter>();
    life::greeting said = co_await api.call<"greet">("ann");
    BOOST_TEST(said.text == "hello ann");
    co_await link.close();
    co_await first.stop();
  });
}

BOOST_AUTO_TEST_CASE(limits_of_the_socket_are_the_programs_to_set) {
  boost::asio::io_context io(1);
  life::phrases words;
  auto app = pando::app(life::greeter).named("limited").provide(words);
  support::scratch_folder folder;
  auto const path = folder.path() + "/app.sock";
  pando::socket_limits const usual{};
  auto const refused = [&](pando::socket_limits limits) {
    std::string why;
    conformance::run(io, [&]() -> pando::task<void> {
      pando::serve_options options{.socket_path = path, .limits_of_socket = limits};
      try {
        co_await app.serve(options);
      } catch (std::invalid_argument const& error) {
        why = error.what();
      }
    });
    return why;
  };
  BOOST_TEST(refused({1'023, usual.max_calls, usual.max_connections}) ==
             "pando: the socket's limit max_frame must be 1024 to 1073741824");
  BOOST_TEST(refused({(1U << 30) + 1, usual.max_calls, usual.max_connections}).find("max_frame") !=
             std::string::npos);
  BOOST_TEST(refused({usual.max_frame, 0, usual.max_connections}) ==
             "pando: the socket's limit max_calls must be 1 to 65535");
  BOOST_TEST(refused({usual.max_frame, 65'536, usual.max_connections}).find("max_calls") !=
             std::string::npos);
  BOOST_TEST(refused({usual.max_frame, usual.max_calls, 0}) ==
             "pando: the socket's limit max_connections must be 1 to 4294967295");
  BOOST_TEST(!std::filesystem::exists(path));
  conformance::run(io, [&]() -> pando::task<void> {
    pando::serve_options options{.socket_path = path, .limits_of_socket = {1'024, 1, 1}};
    co_await app.serve(options);
    auto link = co_await pando::connect(io.get_executor(), path);
    auto api = link.client<life::Greeter>();
    life::name in{"joe"};
    life::greeting const said = co_await api.call<"greet">(in);
    BOOST_TEST(said.text == "hello joe");
    in.name.assign(1'100, 'x');
    BOOST_CHECK_THROW((void)co_await api.call<"greet">(in), pando::too_large);
    co_await link.close();
    co_await app.stop();
  });
}

BOOST_AUTO_TEST_CASE(limits_of_http_are_the_programs_to_set) {
  boost::asio::io_context io(1);
  life::phrases words;
  auto app = pando::app(life::greeter).named("limited").provide(words);
  conformance::run(io, [&]() -> pando::task<void> {
    pando::serve_options options{.http = 0, .http_host = "127.0.0.1", .no_socket = true};
    options.limits.idle_ms = 0;
    BOOST_CHECK_EXCEPTION(co_await app.serve(options), std::invalid_argument,
                          [](std::invalid_argument const& error) {
                            return error.what() ==
                                   std::string("pando: the HTTP limit idle_ms must be above 0");
                          });
    options.limits.idle_ms = 1'000;
    options.limits.max_body = 100;
    co_await app.serve(options);
    auto const url = "http://127.0.0.1:" + std::to_string(app.http_port());
    auto api = pando::http::client<life::Greeter>(io.get_executor(), url);
    life::name in{"joe"};
    life::greeting const said = co_await api.call<"greet">(in);
    BOOST_TEST(said.text == "hello joe");
    in.name.assign(100, 'x');
    BOOST_CHECK_THROW((void)co_await api.call<"greet">(in), pando::too_large);
    co_await app.stop();
  });
  // What is not set is what the door has by itself.
  pando::http_limits const defaults;
  auto const door = pando::http::door_options{}.limits;
  BOOST_TEST(defaults.max_body == door.limits.body_bytes);
  BOOST_TEST(defaults.max_head == door.limits.head_bytes);
  BOOST_TEST(defaults.max_connections == door.connections);
  BOOST_TEST(defaults.first_byte_ms == door.first_byte_timeout.count());
  BOOST_TEST(defaults.head_ms == door.head_timeout.count());
  BOOST_TEST(defaults.body_ms == door.body_timeout.count());
  BOOST_TEST(defaults.idle_ms == door.idle_timeout.count());
  BOOST_TEST(defaults.write_ms == door.write_timeout.count());
}

BOOST_AUTO_TEST_CASE(threads_of_its_own) {
  boost::asio::io_context io(1);
  support::scratch_folder folder;
  life::phrases words;
  auto app = pando::app(life::greeter).named("threads").provide(words);
  std::string const path = folder.path() + "/threads.sock";
  conformance::run(io, [&]() -> pando::task<void> {
    co_await app.serve(
        {.http = 0, .http_host = "127.0.0.1", .socket_path = path, .threads = 2});
    for (int i = 0; i < 10; ++i) {
      auto link = co_await pando::connect(io.get_executor(), path);
      auto api = link.client<life::Greeter>();
      life::greeting said = co_await api.call<"greet">("ann");
      BOOST_TEST(said.text == "hello ann");
      co_await link.close();
    }
    co_await app.stop();
  });
}

BOOST_AUTO_TEST_CASE(a_thread_for_each_core) {
  auto const threads = [] {
    std::filesystem::directory_iterator const all("/proc/self/task");
    return std::distance(begin(all), end(all));
  };
  boost::asio::io_context io(1);
  life::phrases words;
  auto const serving = [&](unsigned chosen) {
    auto app = pando::app(life::greeter).named("cores").provide(words);
    std::ptrdiff_t more = -threads();
    conformance::run(io, [&]() -> pando::task<void> {
      co_await app.serve(
          {.http = 0, .http_host = "127.0.0.1", .no_socket = true, .threads = chosen});
      more += threads();
      auto const url = "http://127.0.0.1:" + std::to_string(app.http_port());
      auto api = pando::http::client<life::Greeter>(io.get_executor(), url);
      life::name const in{"ann"};
      life::greeting const said = co_await api.call<"greet">(in);
      BOOST_TEST(said.text == "hello ann");
      co_await app.stop();
    });
    return more;
  };
  // With 1 the program's own thread serves; else threads of the app's own do.
  cpu_set_t mine;
  CPU_ZERO(&mine);
  BOOST_REQUIRE(::sched_getaffinity(0, sizeof mine, &mine) == 0);
  auto const cores = static_cast<std::ptrdiff_t>(CPU_COUNT(&mine));
  auto const without = serving(1);
  BOOST_TEST(serving(0) == without + cores);
  BOOST_TEST(serving(3) == without + 3);
}

BOOST_AUTO_TEST_SUITE_END()
