// Pando inside a program that has a life of its own: here a clock on an io_context. The app runs on
// that loop, beside whatever else runs there; nothing is started that the program did not ask for.
// Its only door is HTTP, so it includes <pando/http_app.hpp> and is compiled sooner.
//   embed [PORT]      serves a counter until Ctrl-C; curl localhost:PORT/counter
#include <cstdlib>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/http_app.hpp>

struct Count {
  std::int64_t value;
};
struct Add {
  std::int64_t amount;
};
struct Counter
    : pando::controller<"counter", pando::route<"get", Count(), pando::http::get<"/">>,
                        pando::route<"add", Count(Add), pando::http::post<"/">>> {};

/// The program's own state. One loop on one thread: no lock.
struct Ticks {
  std::int64_t count = 0;
};

inline auto counter = pando::implement<Counter>(
    pando::on<"get"> = [](Ticks& ticks) { return Count{ticks.count}; },
    pando::on<"add"> = [](Add in, Ticks& ticks) { return Count{ticks.count += in.amount}; });

/// What the program does anyway.
pando::task<void> tick(Ticks& ticks) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  for (;;) {
    timer.expires_after(std::chrono::milliseconds(100));
    co_await timer.async_wait(boost::asio::use_awaitable);
    ++ticks.count;
  }
}

template <class App>
pando::task<void> run(App& app, int port, boost::asio::io_context& loop) {
  co_await app.serve({.http = port}); // on this loop
  std::cout << "http://localhost:" << app.http_port() << "/counter\n" << std::flush;
  auto here = app.template client<Counter>();            // a call without a byte sent
  Count before = co_await here.template call<"add">(1000);
  std::cout << "in process: " << before.value << '\n' << std::flush;
  boost::asio::signal_set signals(loop, SIGINT, SIGTERM);
  int const which = co_await signals.async_wait(boost::asio::use_awaitable);
  std::cout << "signal " << which << ": answering what was accepted\n";
  co_await app.stop();
  loop.stop(); // the clock would tick on for ever
}

int main(int argc, char** argv) {
  boost::asio::io_context loop(1);
  Ticks ticks;
  auto app = pando::http_app(counter).provide(ticks);
  boost::asio::co_spawn(loop, tick(ticks), boost::asio::detached);
  boost::asio::co_spawn(loop, run(app, argc > 1 ? std::atoi(argv[1]) : 0, loop),
                        [](std::exception_ptr failed) {
                          if (failed) std::rethrow_exception(failed);
                        });
  loop.run();
}
