// What a handler knows of its caller, and what HTTP's own parameters are, through every door.
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/schema/json.hpp>

#include "app/desk.hpp"
#include "socket/things.hpp"
#include "support/comes_true.hpp"
#include "support/process.hpp"
#include "support/raw_http.hpp"
#include "support/scratch.hpp"
#include "user_code/run.hpp"

BOOST_AUTO_TEST_SUITE(callers)

namespace {

using namespace std::chrono_literals;
using desk::Desk;
using desk::Parts;
using desk::Seen;
using desk::Told;
using support::comes_true;

struct services {
  desk::board told{};
  desk::doorman door{};
  desk::locked office{};
  desk::badge lab{};
};

auto make_app(services& all) {
  return pando::app(desk::handlers)
      .named("desk")
      .provide(all.told)
      .provide(all.door)
      .provide(all.office)
      .provide(all.lab);
}

template <class Value>
Value read(std::string const& text) {
  Value value{};
  pando::violations faults;
  BOOST_TEST(pando::json::decode(text, value, faults), text);
  return value;
}

/// The desk in this program, on a thread of its own.
struct served_desk {
  served_desk() {
    auto serving = boost::asio::co_spawn(
        loop,
        [this]() -> pando::task<void> {
          pando::serve_options how{.http = 0, .http_host = "127.0.0.1", .socket_path = path};
          co_await app.serve(how);
        },
        boost::asio::use_future);
    runs = std::thread([this] { loop.run(); });
    serving.get();
  }
  served_desk(served_desk const&) = delete;
  ~served_desk() {
    boost::asio::co_spawn(loop, app.stop(), boost::asio::use_future).get();
    runs.join();
  }

  /// Runs a coroutine where the app runs, and waits for its result.
  template <class Body>
  auto in_process(Body body) {
    return boost::asio::co_spawn(loop, std::move(body), boost::asio::use_future).get();
  }
  std::string url() { return "http://127.0.0.1:" + std::to_string(app.http_port()); }
  /// The result of a JSON-RPC call, as JSON; `terms` are further members of the request.
  std::string rpc(std::string const& method, std::string const& terms = {}) const {
    things::raw_client client(path);
    auto const answer =
        client.ask(R"({"jsonrpc":"2.0","id":1,"method":"desk.)" + method + "\"" + terms + "}");
    std::string const begin = R"({"jsonrpc":"2.0","id":1,"result":)";
    BOOST_REQUIRE_MESSAGE(answer.starts_with(begin), answer);
    return answer.substr(begin.size(), answer.size() - begin.size() - 1);
  }
  /// What a command prints, and the process that ran it.
  std::pair<std::string, pid_t> command(std::vector<std::string> words) {
    words.insert(words.begin(), {support::program("desk"), "desk"});
    words.push_back("--json");
    support::process one(words, folder.path() + "/out", {{"PANDO_SOCKET", path}});
    one.wait();
    return {one.written(), one.id()};
  }
  /// Whether so many calls have been cancelled, and each handler was told.
  bool has_cancelled(int count) const {
    Told now{};
    comes_true([&] { return (now = read<Told>(rpc("told"))).cancelled >= count; });
    return now.cancelled == count && now.told_so == count;
  }

  support::scratch_folder folder{};
  std::string path = folder.path() + "/desk.sock";
  boost::asio::io_context loop{1}; // ends after the app's threads, which post to it
  services all{};
  decltype(make_app(all)) app = make_app(all);
  std::thread runs;
};

void check(Seen const& seen, std::string const& transport, std::string const& peer,
           std::optional<std::uint32_t> user, bool has_deadline) {
  BOOST_TEST_CONTEXT(transport) {
    BOOST_TEST(seen.transport == transport);
    BOOST_TEST(seen.peer.substr(0, peer.size()) == peer);
    BOOST_TEST(seen.peer.empty() == peer.empty());
    BOOST_TEST(seen.principal == "by " + transport);
    BOOST_TEST((seen.user == user));
    BOOST_TEST(!seen.is_cancelled);
    BOOST_TEST(seen.ms_left.has_value() == has_deadline);
    if (seen.ms_left) BOOST_TEST((*seen.ms_left > 0 && *seen.ms_left <= 5000));
  }
}

std::string who(pid_t process) {
  return "uid " + std::to_string(::geteuid()) + ", pid " + std::to_string(process);
}

} // namespace

BOOST_AUTO_TEST_CASE(who_calls_and_until_when) {
  served_desk it;
  auto const me = ::geteuid();
  for (bool const limited : {false, true}) {
    auto const ask = [limited](auto api) -> pando::task<Seen> {
      if (limited) {
        auto hurried = api.within(5s);
        Seen seen = co_await hurried.template call<"seen">();
        co_return seen;
      }
      Seen seen = co_await api.template call<"seen">();
      co_return seen;
    };
    check(it.in_process([&] { return ask(it.app.template client<Desk>()); }), "in-process", "", {},
          limited);
    run([&]() -> pando::task<void> {
      auto const home = co_await boost::asio::this_coro::executor;
      auto link = co_await pando::connect(home, it.path);
      Seen const over_socket = co_await ask(link.client<Desk>());
      check(over_socket, "socket", who(::getpid()), me, limited);
      co_await link.close();
      auto const url = it.url();
      Seen const over_http = co_await ask(pando::http::client<Desk>(home, url));
      check(over_http, "http", "127.0.0.1:", {}, limited);
    });
    check(read<Seen>(it.rpc("seen", limited ? R"(,"timeout_ms":5000)" : "")), "json-rpc",
          who(::getpid()), me, limited);
    std::vector<std::string> words{"seen"};
    if (limited) words.push_back("--timeout=5s");
    auto const [text, process] = it.command(words);
    check(read<Seen>(text), "cli", who(process), me, limited);
    words.push_back("--in-process");
    check(read<Seen>(it.command(words).first), "cli", "", {}, limited);
  }
}

BOOST_AUTO_TEST_CASE(a_handler_is_told_that_nobody_waits) {
  served_desk it;
  auto const late = [](auto api) -> pando::task<bool> {
    auto hurried = api.within(50ms);
    try {
      (void)co_await hurried.template call<"wait">(60'000);
    } catch (pando::deadline_exceeded const&) {
      co_return true;
    }
    co_return false;
  };
  BOOST_TEST(it.in_process([&] { return late(it.app.template client<Desk>()); }));
  BOOST_TEST(it.has_cancelled(1));
  run([&]() -> pando::task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    auto link = co_await pando::connect(home, it.path);
    bool const over_socket = co_await late(link.client<Desk>());
    BOOST_TEST(over_socket);
    co_await link.close();
    auto const url = it.url();
    bool const over_http = co_await late(pando::http::client<Desk>(home, url));
    BOOST_TEST(over_http);
  });
  BOOST_TEST(it.has_cancelled(3));
  // By name, and cancelled by Asio.
  boost::asio::cancellation_signal stop;
  std::promise<bool> ended;
  boost::asio::post(it.loop, [&] {
    boost::asio::co_spawn(
        it.loop, it.app.invoke("desk wait", R"({"ms":60000})"),
        boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, auto) {
          ended.set_value(error != nullptr);
        }));
  });
  BOOST_TEST(comes_true([&] { return read<Told>(it.rpc("told")).waiting == 4; }));
  boost::asio::post(it.loop, [&] { stop.emit(boost::asio::cancellation_type::terminal); });
  BOOST_TEST(ended.get_future().get());
  BOOST_TEST(it.has_cancelled(4));
  // Peers that leave.
  {
    things::raw_client line(it.path);
    line.send(R"({"jsonrpc":"2.0","id":1,"method":"desk.wait","params":{"ms":60000}})"
              "\n");
    raw_http::connection web(it.app.http_port());
    web.send(raw_http::post("/desk/wait", R"({"ms":60000})"));
    BOOST_TEST(comes_true([&] { return read<Told>(it.rpc("told")).waiting == 6; }));
  }
  BOOST_TEST(it.has_cancelled(6));
  // Commands: the handler that runs in the program says itself what it was told.
  auto const told = it.command({"wait", "--ms", "60000", "--says", "--timeout", "200ms"}).first;
  BOOST_TEST(told.starts_with("waiting\ntold so\n"), told);
  BOOST_TEST(told.find("no answer within 200 ms") != told.npos, told);
  BOOST_TEST(it.has_cancelled(7));
  auto const here =
      it.command({"wait", "--ms", "60000", "--says", "--timeout", "200ms", "--in-process"});
  BOOST_TEST(here.first.starts_with("waiting\ntold so\n"), here.first);
  BOOST_TEST(here.first.find("no answer within 200 ms") != here.first.npos, here.first);
}

BOOST_AUTO_TEST_CASE(what_belongs_to_http_is_empty_elsewhere) {
  served_desk it;
  raw_http::connection web(it.app.http_port());
  auto const answer = web.ask(raw_http::get("/desk/parts", "X-Colour: green\r\n"));
  BOOST_TEST(answer.status == 203);
  BOOST_TEST(answer.header("x-seen") == "yes");
  BOOST_TEST(answer.body == R"({"colour":"green","headers":2})");
  auto const nothing = [](Parts const& parts) {
    return parts.colour == "none" && parts.headers == 0;
  };
  auto const ask = [](auto api) -> pando::task<Parts> {
    Parts parts = co_await api.template call<"parts">();
    co_return parts;
  };
  BOOST_TEST(nothing(it.in_process([&] { return ask(it.app.template client<Desk>()); })));
  BOOST_TEST(nothing(read<Parts>(it.in_process([&] { return it.app.invoke("desk parts"); }))));
  run([&]() -> pando::task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    auto link = co_await pando::connect(home, it.path);
    Parts const parts = co_await ask(link.client<Desk>());
    BOOST_TEST(nothing(parts));
    co_await link.close();
  });
  BOOST_TEST(nothing(read<Parts>(it.rpc("parts"))));
  BOOST_TEST(nothing(read<Parts>(it.command({"parts"}).first)));
  BOOST_TEST(nothing(read<Parts>(it.command({"parts", "--in-process"}).first)));
  // What was set there is in no later answer.
  BOOST_TEST(!web.ask(raw_http::get("/desk/seen")).has("x-seen"));
}

BOOST_AUTO_TEST_SUITE_END()
