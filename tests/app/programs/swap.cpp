// An app that is replaced while it runs. SWAP_BUILD chooses a build that fits or breaks its callers,
// SWAP_NAME its name; with SWAP_FAILS its start fails, with SWAP_WAITS it takes so many ms.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/pando.hpp>

#include "app/swap.hpp"

namespace {

using namespace swap_app;

pando::task<void> pause(int ms) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(ms));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

int cancelled = 0; // slow calls whose caller went away

inline auto const swap = pando::implement<Swap>(
    pando::on<"who"> = [] { return Who{::getpid()}; },
    pando::on<"slow"> = [](Pause in) -> pando::task<Who> {
      std::fputs("a slow call begins\n", stderr); // for tests that wait for it
      try {
        co_await pause(in.ms);
      } catch (...) {
        ++cancelled;
        throw;
      }
      co_return Who{::getpid()};
    },
    pando::on<"cancelled"> = [] { return cancelled; },
    pando::on<"at"> = [](Pause in) { return in; },
    pando::on<"count"> = [](Count in) -> pando::stream<Who> {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
      for (int i = 0; i < in.items; ++i) {
        timer.expires_after(std::chrono::milliseconds(in.ms));
        co_await timer.async_wait(boost::asio::use_awaitable);
        Who who{::getpid()};
        co_yield who;
      }
    });

/// A later build: an optional field and a route more, and a placeholder of another name.
namespace fitting {
struct Pause {
  int ms;
  std::optional<std::string> why;
};
struct At {
  int ms;
};
struct Swap
    : pando::controller<
          "swap", pando::route<"who", Who(), pando::http::get<"/who">>,
          pando::route<"slow", Who(Pause), pando::http::post<"/slow">>,
          pando::route<"at", At(At), pando::http::get<"/at/{ms}">>,
          pando::route<"more", At(At), pando::http::get<"/more/{ms}">>,
          pando::route<"cancelled", int()>,
          pando::route<"count", pando::stream<Who>(Count), pando::http::post<"/count">>> {};
inline auto const swap = pando::implement<Swap>(
    pando::on<"who"> = [] { return Who{::getpid()}; },
    pando::on<"slow"> = [](Pause) { return Who{::getpid()}; },
    pando::on<"cancelled"> = [] { return 0; },
    pando::on<"at"> = [](At in) { return in; }, pando::on<"more"> = [](At in) { return in; },
    pando::on<"count"> = [](Count) -> pando::stream<Who> {
      Who who{::getpid()};
      co_yield who;
    });
} // namespace fitting

/// A build that breaks callers: a field more, a route elsewhere, a route gone.
namespace breaking {
struct Pause {
  int ms;
  std::string why;
};
struct Swap
    : pando::controller<
          "swap", pando::route<"who", Who(), pando::http::get<"/whoever">>,
          pando::route<"slow", Who(Pause), pando::http::post<"/slow">, pando::cli::command<>>,
          pando::route<"cancelled", int()>,
          pando::route<"count", pando::stream<Who>(Count), pando::http::post<"/count">>> {};
inline auto const swap = pando::implement<Swap>(
    pando::on<"who"> = [] { return Who{::getpid()}; },
    pando::on<"slow"> = [](Pause) { return Who{::getpid()}; },
    pando::on<"cancelled"> = [] { return 0; },
    pando::on<"count"> = [](Count) -> pando::stream<Who> {
      Who who{::getpid()};
      co_yield who;
    });
} // namespace breaking

std::string told(char const* name) {
  char const* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

template <class Implementation>
int run(Implementation const& which, int argc, char** argv) {
  auto const start = pando::on_start([]() -> pando::task<void> {
    if (!told("SWAP_FAILS").empty()) throw std::runtime_error("the start hook fails");
    if (told("SWAP_WAITS").empty()) co_return;
    std::puts("the start hook waits");
    std::fflush(stdout);
    co_await pause(std::stoi(told("SWAP_WAITS")));
  });
  auto const name = told("SWAP_NAME");
  return pando::app(which, start).named(name.empty() ? "swap" : name).main(argc, argv);
}

} // namespace

int main(int argc, char** argv) {
  auto const build = told("SWAP_BUILD");
  if (build == "fitting") return run(fitting::swap, argc, argv);
  if (build == "breaking") return run(breaking::swap, argc, argv);
  return run(swap, argc, argv);
}
