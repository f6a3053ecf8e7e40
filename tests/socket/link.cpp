// The typed client over a real socket, with a server on a thread of its own.
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/link/unix_listener.hpp>
#include <pando/socket/link.hpp>

#include "socket/things.hpp"
#include "support/served_socket.hpp"

BOOST_AUTO_TEST_SUITE(socket_link)

namespace {

using namespace std::chrono_literals;
using support::comes_true;
using things::Things;

/// A server, a link to it, and a loop for the caller's side.
struct linked {
  explicit linked(pando::link_limits limits = {}) : door(served.routes, {.limits = limits}) {
    run([&]() -> pando::task<void> { link = co_await pando::connect(executor(), door.path()); });
  }

  boost::asio::any_io_executor executor() { return io.get_executor(); }
  pando::client<Things> client() { return link->client<Things>(); }

  /// Runs a coroutine to its end.
  template <class Body>
  void run(Body body) {
    bool ended = false;
    boost::asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
      ended = true;
      if (error) std::rethrow_exception(error);
    });
    io.restart();
    while (!ended && io.run_one_for(20s) != 0) {
    }
    BOOST_REQUIRE(ended);
  }

  things::probe seen;
  support::routes_of<std::remove_const_t<decltype(things::handlers)>, things::probe> served{
      things::handlers, seen};
  support::served_socket door;
  boost::asio::io_context io{1};
  std::optional<pando::socket::link> link;
};

/// What a task fails with; empty: it does not.
template <class Failure, class Body>
pando::task<std::string> failure_of(Body body) {
  try {
    co_await body();
  } catch (Failure const& error) {
    co_return error.what();
  }
  co_return "";
}

/// Stops it while this loop goes on.
pando::task<void> stopped(support::served_socket& door) {
  std::atomic<bool> is_over{false};
  std::thread stops([&] {
    door.stop(5s);
    is_over = true;
  });
  while (!is_over) co_await things::pause(1);
  stops.join();
}

} // namespace

BOOST_AUTO_TEST_CASE(calls_answers_and_errors) {
  linked it;
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    things::Thing given{5, "five", 3};
    things::Thing kept = co_await api.call<"keep">(given);
    BOOST_TEST((kept.id == 5 && kept.name == "five" && kept.size == 3));
    co_await api.call<"drop">(1);
    try {
      co_await api.call<"show">(404);
      BOOST_ERROR("it was not there");
    } catch (things::Gone const& gone) {
      BOOST_TEST(gone.id == 404);
    }
    given.name = "";
    try {
      co_await api.call<"keep">(given);
      BOOST_ERROR("a rule was broken");
    } catch (pando::invalid_request const& refused) {
      BOOST_REQUIRE_EQUAL(refused.faults().list.size(), 1U);
      BOOST_TEST(refused.faults().list[0].path == "/name");
    }
    std::string const large = co_await api.call<"large">(5'000'000);
    BOOST_TEST(large.size() == 5'000'000U);
    int const worked = co_await api.call<"work">(41);
    BOOST_TEST(worked == 42);
  });
}

BOOST_AUTO_TEST_CASE(many_at_once_more_than_there_are_places) {
  pando::link_limits limits;
  limits.max_calls = 10;
  linked it(limits);
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    int ended = 0;
    int right = 0;
    auto const one = [&](int ms) -> pando::task<void> {
      std::string const waited = co_await api.call<"wait">(ms);
      right += waited == "waited " + std::to_string(ms);
    };
    for (int i = 0; i < 200; ++i)
      boost::asio::co_spawn(it.executor(), one(i % 7), [&](std::exception_ptr error) {
        BOOST_TEST(!error);
        ++ended;
      });
    while (ended != 200) co_await things::pause(2);
    BOOST_TEST(right == 200);
  });
}

BOOST_AUTO_TEST_CASE(a_cancelled_call_is_cancelled_over_there) {
  linked it;
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    boost::asio::cancellation_signal stop;
    std::string told;
    bool ended = false;
    auto const body = [&]() -> pando::task<void> {
      auto const call = [&]() -> pando::task<void> { co_await api.call<"wait">(60'000); };
      told = co_await failure_of<pando::cancelled>(call);
    };
    boost::asio::co_spawn(it.executor(), body,
                          boost::asio::bind_cancellation_slot(
                              stop.slot(), [&](std::exception_ptr) { ended = true; }));
    while (it.seen.waiting != 1) co_await things::pause(1);
    stop.emit(boost::asio::cancellation_type::terminal);
    while (!ended || it.seen.cancelled != 1) co_await things::pause(1);
    BOOST_TEST(told == "the call was cancelled");
    things::Thing const shown = co_await api.call<"show">(1); // the link goes on
    BOOST_TEST(shown.id == 1);
  });
}

/// Its number is not free before its handler has ended: the next call on the link has another.
BOOST_AUTO_TEST_CASE(a_stream_that_takes_its_time_to_end_holds_nobody_up) {
  linked it;
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    for (int i = 0; i < 3; ++i) {
      auto const late = [&]() -> pando::task<void> {
        auto items = api.within(20ms).stream<"silent">(-300);
        co_await items.next();
      };
      auto const told = co_await failure_of<pando::deadline_exceeded>(late);
      BOOST_TEST(told != "");
      things::Thing const shown = co_await api.call<"show">(i);
      BOOST_TEST(shown.id == i);
      BOOST_TEST(it.seen.ended == i); // it goes on
      while (it.seen.ended != i + 1) co_await things::pause(1);
      std::string const waited = co_await api.call<"wait">(1);
      BOOST_TEST(waited == "waited 1");
    }
    BOOST_TEST(it.seen.made == 0); // and gives nothing
  });
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_the_call_on_both_sides) {
  linked it;
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    auto const late = [&]() -> pando::task<void> {
      co_await api.within(30ms).call<"wait">(60'000);
    };
    auto const told = co_await failure_of<pando::deadline_exceeded>(late);
    BOOST_TEST(told != "");
    while (it.seen.cancelled != 1) co_await things::pause(1);
    std::string const waited = co_await api.within(20s).call<"wait">(1);
    BOOST_TEST(waited == "waited 1");
    // A stream that gives nothing in time, and one that is done in time.
    auto const nothing = [&]() -> pando::task<void> {
      auto items = api.within(30ms).stream<"silent">(60'000);
      co_await items.next();
    };
    auto const said = co_await failure_of<pando::deadline_exceeded>(nothing);
    BOOST_TEST(said != "");
    while (it.seen.ended != 1) co_await things::pause(1);
    BOOST_TEST((it.seen.waiting == 3 && it.seen.made == 0));
    auto items = api.within(20s).stream<"silent">(1);
    std::optional<things::Item> const only = co_await items.next();
    BOOST_TEST((only && only->padding == "late"));
    std::optional<things::Item> const end = co_await items.next();
    BOOST_TEST(!end);
  });
}

BOOST_AUTO_TEST_CASE(a_handler_for_the_command_line_does_not_answer_a_link) {
  linked it;
  it.run([&]() -> pando::task<void> {
    std::string const way = co_await it.client().call<"way">();
    BOOST_TEST(way == "every door: socket");
  });
}

BOOST_AUTO_TEST_CASE(a_stream_makes_no_more_than_is_wanted) {
  linked it;
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    {
      auto items = api.stream<"count">(900'000, 100);
      for (int i = 1; i <= 10; ++i) {
        std::optional<things::Item> item = co_await items.next();
        BOOST_TEST(item->number == i);
      }
      co_await things::pause(50);
      BOOST_TEST(it.seen.made <= 64 + 10);
      BOOST_TEST(it.seen.ended == 0);
    }
    while (it.seen.ended != 1) co_await things::pause(1); // its consumer has left
    auto all = api.stream<"count">(1000);
    std::int64_t last = 0;
    while (std::optional<things::Item> item = co_await all.next())
      BOOST_REQUIRE(item->number == ++last);
    BOOST_TEST(last == 1000);
    auto failing = api.stream<"count">(13);
    last = 0;
    try {
      while (std::optional<things::Item> item = co_await failing.next()) last = item->number;
      BOOST_ERROR("it ended well");
    } catch (things::Gone const& gone) {
      BOOST_TEST(gone.id == 13);
    }
    BOOST_TEST(last == 13);
  });
}

BOOST_AUTO_TEST_CASE(calls_by_name) {
  linked it;
  it.run([&]() -> pando::task<void> {
    auto const& link = *it.link;
    std::string made = co_await link.invoke("thing show", R"({"id":7})");
    BOOST_TEST(made == R"({"id":7,"name":"thing"})");
    made = co_await link.invoke("thing.drop", R"({"id":7})");
    BOOST_TEST(made == "null");
    made = co_await link.invoke("thing count", R"({"count":2,"padding":0})");
    BOOST_TEST(made == R"([{"number":1,"padding":""},{"number":2,"padding":""}])");
    int items = 0;
    std::function<void(std::string_view)> const count = [&](std::string_view) { ++items; };
    made = co_await link.invoke("thing count", R"({"count":1000})", count);
    BOOST_TEST(items == 1000);
    BOOST_TEST(made == "null");
    try {
      co_await link.invoke("thing show", R"({"id":404})");
      BOOST_ERROR("it was not there");
    } catch (pando::declared_error const& error) {
      BOOST_TEST(error.name() == "Gone");
      BOOST_TEST(error.json() == R"({"id":404})");
      BOOST_TEST(error.exit_code() == 4);
    }
    auto const none = [&]() -> pando::task<void> { co_await link.invoke("thing fly"); };
    auto const told = co_await failure_of<pando::no_such_route>(none);
    BOOST_TEST(told == "this app does not serve thing.fly");
    made = co_await link.describe();
    BOOST_TEST(made == R"({"app":"test"})");
    auto const delay = co_await link.ping();
    BOOST_TEST((delay > 0ns && delay < 10s));
  });
}

BOOST_AUTO_TEST_CASE(what_handlers_show_and_ask_arrives) {
  linked it;
  std::string shown;
  it.link->on_stdout([&](std::string_view line) { shown += "out:" + std::string(line) + ' '; });
  it.link->on_stderr([&](std::string_view line) { shown += "err:" + std::string(line) + ' '; });
  it.link->on_progress([&](std::uint64_t done, std::uint64_t total, std::string_view what) {
    shown += std::to_string(done) + '/' + std::to_string(total) + ':' + std::string(what) + ' ';
  });
  it.link->on_prompt([&](pando::io_question const& question) {
    shown += question.text + ' ';
    return question.what == pando::io_question::kind::confirm ? std::string("yes")
                                                              : std::string("word");
  });
  it.run([&]() -> pando::task<void> {
    std::string const answer = co_await it.client().call<"ask">();
    BOOST_TEST(answer == "word/word!");
  });
  BOOST_TEST(shown == "out:a line err:trouble 1/3:asking out:[{\"id\":1},{\"id\":2}] "
                      "Your name? The word? Sure? ");
  // Later, by its own function, and without any.
  std::function<void(pando::io_answer)> kept;
  it.link->on_prompt([&](pando::io_question const&, std::function<void(pando::io_answer)> then) {
    kept = std::move(then);
  });
  it.run([&]() -> pando::task<void> {
    bool ended = false;
    auto const body = [&]() -> pando::task<void> {
      std::vector<std::int64_t> const chosen = co_await it.client().call<"choose">();
      BOOST_TEST((chosen == std::vector<std::int64_t>{1, 2}));
    };
    boost::asio::co_spawn(it.executor(), body, [&](std::exception_ptr error) {
      BOOST_TEST(!error);
      ended = true;
    });
    for (std::size_t const place : {1U, 2U}) {
      while (!kept) co_await things::pause(1);
      std::exchange(kept, nullptr)({false, {}, {place}});
    }
    while (!ended) co_await things::pause(1);
  });
  it.link->on_prompt(pando::socket::prompt_function{});
  it.run([&]() -> pando::task<void> {
    auto const asks = [&]() -> pando::task<void> { co_await it.client().call<"ask">(); };
    auto const told = co_await failure_of<pando::cancelled>(asks);
    BOOST_TEST(told == "nobody answered the question");
  });
}

BOOST_AUTO_TEST_CASE(the_end_of_the_app_is_told) {
  linked it;
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    auto const call = [&]() -> pando::task<void> { co_await api.call<"wait">(60'000); };
    std::string told;
    bool ended = false;
    auto const body = [&]() -> pando::task<void> {
      told = co_await failure_of<pando::disconnected>(call);
      ended = true;
    };
    boost::asio::co_spawn(it.executor(), body, [](std::exception_ptr) {});
    while (it.seen.waiting != 1) co_await things::pause(1);
    auto const path = it.door.path();
    std::thread stops([&] { it.door.stop(50ms); });
    while (!ended) co_await things::pause(1);
    stops.join();
    BOOST_TEST(told ==
               "the connection to " + path + " ended before the answer: the app is stopping");
    auto const later = [&]() -> pando::task<void> { co_await api.call<"show">(1); };
    auto const refused = co_await failure_of<pando::not_running>(later);
    BOOST_TEST(refused.find("no app is running at " + path) == 0);
    BOOST_TEST(!it.link->is_open());
  });
}

BOOST_AUTO_TEST_CASE(calls_made_before_the_end_was_heard_are_answered) {
  linked it;
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    (void)co_await api.call<"show">(1);
    bool is_clean = false;
    std::thread stops([&] { is_clean = it.door.stop(5s); });
    std::this_thread::sleep_for(100ms); // its goodbye is here, and not read: this is the loop
    int answered = 0;
    int failed = 0;
    auto const call = [&]() -> pando::task<void> { (void)co_await api.call<"show">(1); };
    for (int i = 0; i < 100; ++i)
      boost::asio::co_spawn(it.executor(), call,
                            [&](std::exception_ptr error) { ++(error ? failed : answered); });
    while (answered + failed != 100) co_await things::pause(1);
    stops.join();
    BOOST_TEST(answered == 100);
    BOOST_TEST(is_clean);
  });
}

BOOST_AUTO_TEST_CASE(closing_ends_what_is_in_flight) {
  linked it;
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    auto const call = [&]() -> pando::task<void> { co_await api.call<"wait">(60'000); };
    std::string told;
    auto const body = [&]() -> pando::task<void> {
      told = co_await failure_of<pando::disconnected>(call);
    };
    boost::asio::co_spawn(it.executor(), body, [](std::exception_ptr) {});
    while (it.seen.waiting != 1) co_await things::pause(1);
    co_await it.link->close();
    co_await it.link->close();
    BOOST_TEST(told.find("ended before the answer") != std::string::npos);
    while (it.seen.cancelled != 1) co_await things::pause(1);
    auto const later = [&]() -> pando::task<void> { co_await api.call<"show">(1); };
    auto const refused = co_await failure_of<pando::not_running>(later);
    BOOST_TEST(refused == "the link to " + it.door.path() + " is closed; connect again");
    auto const asking = [&]() -> pando::task<void> { co_await it.link->invoke("thing.show"); };
    auto const asked = co_await failure_of<pando::not_running>(asking);
    BOOST_TEST(asked == refused);
    auto const pinging = [&]() -> pando::task<void> { co_await it.link->ping(); };
    auto const pinged = co_await failure_of<pando::not_running>(pinging);
    BOOST_TEST(pinged == refused);
  });
}

BOOST_AUTO_TEST_CASE(a_link_outlives_the_app_and_finds_the_next) {
  linked it;
  auto const path = it.door.path();
  pando::socket::server_options at;
  at.path = path;
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    co_await api.call<"show">(1);
    co_await stopped(it.door);
    auto const nobody = "no app is running at " + path;
    auto const calling = [&]() -> pando::task<void> { co_await api.call<"show">(1); };
    auto const called = co_await failure_of<pando::not_running>(calling);
    BOOST_TEST(called.find(nobody) == 0U);
    auto const asking = [&]() -> pando::task<void> { co_await it.link->invoke("thing.show"); };
    auto const asked = co_await failure_of<pando::not_running>(asking);
    BOOST_TEST(asked.find(nobody) == 0U);
    BOOST_TEST(!it.link->is_open());

    // Whatever is called first: a text, a typed call, a stream.
    auto next = std::make_unique<support::served_socket>(it.served.routes, at);
    std::string const text = co_await it.link->invoke("thing show", R"({"id":7})");
    BOOST_TEST(text.find("\"id\":7") != std::string::npos);
    BOOST_TEST(it.link->is_open());
    co_await stopped(*next);
    next = std::make_unique<support::served_socket>(it.served.routes, at);
    things::Thing const shown = co_await api.call<"show">(3);
    BOOST_TEST(shown.id == 3);
    co_await stopped(*next);
    next = std::make_unique<support::served_socket>(it.served.routes, at);
    things::Many const five{5, 1};
    auto items = api.stream<"count">(five);
    int got = 0;
    while (std::optional<things::Item> item = co_await items.next()) ++got;
    BOOST_TEST(got == 5);
    co_await it.link->close();
    auto const closed = co_await failure_of<pando::not_running>(calling);
    BOOST_TEST(closed.find("is closed") != std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(a_queue_of_connections_that_is_full_is_waited_for) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/busy.sock";
  int const listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  BOOST_REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::listen(listening, 0);
  std::vector<int> queue;
  for (int taken = 0; taken == 0;) {
    queue.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    taken = ::connect(queue.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  BOOST_TEST(errno == EAGAIN);
  boost::asio::io_context io(1);
  pando::socket::connect_options options;
  options.within = 200ms;
  std::string told;
  auto const connecting = [&]() -> pando::task<void> {
    co_await pando::socket::connect(io.get_executor(), path, options);
  };
  auto const body = [&]() -> pando::task<void> {
    told = co_await failure_of<pando::overloaded>(connecting);
  };
  boost::asio::co_spawn(io, body, boost::asio::detached);
  io.run();
  BOOST_TEST(told == "the app at " + path + " accepts no connection; try again later");
  for (int const one : queue) ::close(one);
  ::close(listening);
}

BOOST_AUTO_TEST_CASE(a_client_killed_in_mid_call_cancels_it) {
  linked it;
  int ready[2];
  BOOST_REQUIRE_EQUAL(::pipe(ready), 0);
  auto const path = it.door.path();
  auto const child = ::fork();
  if (child == 0) { // speaks by hand: other threads held locks when it was made
    things::raw_client client(path);
    client.send(R"({"jsonrpc":"2.0","id":1,"method":"thing.wait","params":{"ms":60000}})"
                "\n");
    ::pause();
    ::_exit(0);
  }
  BOOST_TEST(comes_true([&] { return it.seen.waiting == 1; }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  BOOST_TEST(comes_true([&] { return it.seen.cancelled == 1; }));
  ::close(ready[0]);
  ::close(ready[1]);
}

BOOST_AUTO_TEST_CASE(without_an_app_it_is_said_what_to_do) {
  boost::asio::io_context io;
  support::scratch_folder const folder;
  ::setenv("XDG_RUNTIME_DIR", folder.path().c_str(), 1);
  auto const told = [&](std::string const& where) {
    std::string what;
    boost::asio::co_spawn(
        io,
        [&]() -> pando::task<void> {
          auto const connecting = [&]() -> pando::task<void> {
            co_await pando::connect(io.get_executor(), where);
          };
          what = co_await failure_of<pando::not_running>(connecting);
        },
        [](std::exception_ptr error) { BOOST_TEST(!error); });
    io.restart();
    io.run();
    return what;
  };
  BOOST_TEST(told("nothere") == "no app called nothere is running; start it with: nothere serve");
  auto const path = folder.path() + "/a.sock";
  BOOST_TEST(told(path) == "no app is running at " + path + "; start it with: serve --socket " + path);
  BOOST_TEST(told("no name").find("is no name of an app") != std::string::npos);
  BOOST_TEST(told("/" + std::string(200, 'x')).find("at most 107") != std::string::npos);
  int const made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address);
  BOOST_TEST(told(path) == "no app is running at " + path +
                               " (it has left its socket behind); start it with: serve --socket " +
                               path);
  ::listen(made, 1);
  BOOST_TEST(comes_true([] { return true; }));
  ::close(made);
  ::unsetenv("XDG_RUNTIME_DIR");
}

BOOST_AUTO_TEST_CASE(what_does_not_answer_is_given_up) {
  boost::asio::io_context io;
  support::scratch_folder const folder;
  auto const path = folder.path() + "/a.sock";
  pando::unix_listener const silent(path);
  std::string told;
  boost::asio::co_spawn(
      io,
      [&]() -> pando::task<void> {
        pando::socket::connect_options options;
        options.within = 50ms;
        auto const connecting = [&]() -> pando::task<void> {
          co_await pando::socket::connect(io.get_executor(), path, options);
        };
        told = co_await failure_of<pando::not_running>(connecting);
      },
      [](std::exception_ptr error) { BOOST_TEST(!error); });
  io.run();
  BOOST_TEST(told ==
             "the app at " + path + " does not speak with this program: it does not answer");
}

BOOST_AUTO_TEST_CASE(requests_over_the_limit_are_not_sent) {
  pando::link_limits limits;
  limits.max_frame = 10'000;
  linked it(limits);
  it.run([&]() -> pando::task<void> {
    auto api = it.client();
    things::Thing large{1, std::string(20'000, 'x'), {}};
    auto const call = [&]() -> pando::task<void> { co_await api.call<"keep">(large); };
    auto const told = co_await failure_of<pando::too_large>(call);
    BOOST_TEST(told.find("takes at most 10000") != std::string::npos);
    things::Thing const shown = co_await api.call<"show">(1);
    BOOST_TEST(shown.id == 1);
  });
}

BOOST_AUTO_TEST_SUITE_END()
