// The figures of entities over two processes, a runner and one that only calls, on a SQLite file:
// calls one at a time beside a raw ping-pong of 64 octets in the same run, 256 calls in flight, and
// items of a stream. `entity_runners tcp|unix [SECONDS]` prints them.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/pando.hpp>
#include <pando/sqlite.hpp>

namespace {

using clock_type = std::chrono::steady_clock;

struct Increment {
  std::int64_t amount;
};
struct Range {
  int first;
  int last;
};
struct Counter : pando::entity<"Counter", pando::rpc<"Increment", std::int64_t(Increment)>,
                               pando::rpc<"Numbers", pando::stream<int>(Range)>> {};
struct CounterState {
  std::int64_t count = 0;
};
inline auto const counters = pando::implement<Counter>(
    pando::state<CounterState>,
    pando::on<"Increment"> = [](CounterState& s, Increment in) { return s.count += in.amount; },
    pando::on<"Numbers"> = [](Range in) -> pando::stream<int> {
      for (int i = in.first; i < in.last; ++i) co_yield i;
    });

double median(std::vector<double> all) {
  auto const middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}
double since(clock_type::time_point began) {
  return std::chrono::duration<double>(clock_type::now() - began).count();
}

/// Microseconds of one round trip, the median, with a child that sends back what comes.
double raw_ping_pong(bool is_tcp, int rounds) {
  int pair[2] = {-1, -1};
  if (is_tcp) {
    int const listens = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(listens, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listens, 1) != 0 ||
        ::getsockname(listens, reinterpret_cast<sockaddr*>(&at), &size) != 0)
      std::exit(1);
    pair[0] = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(pair[0], reinterpret_cast<sockaddr*>(&at), size) != 0) std::exit(1);
    pair[1] = ::accept(listens, nullptr, nullptr);
    int const yes = 1;
    for (int const one : pair) ::setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::close(listens);
  } else if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
    std::exit(1);
  }
  char octets[64] = {};
  pid_t const child = ::fork();
  if (child == 0) {
    ::close(pair[0]);
    for (ssize_t got; (got = ::read(pair[1], octets, sizeof octets)) > 0;)
      if (::write(pair[1], octets, static_cast<std::size_t>(got)) != got) break;
    ::_exit(0);
  }
  ::close(pair[1]);
  std::vector<double> took;
  for (int i = 0; i < rounds; ++i) {
    auto const began = clock_type::now();
    if (::write(pair[0], octets, sizeof octets) != sizeof octets) break;
    for (std::size_t have = 0; have < sizeof octets;) {
      auto const got = ::read(pair[0], octets, sizeof octets - have);
      if (got <= 0) std::exit(1);
      have += static_cast<std::size_t>(got);
    }
    took.push_back(since(began) * 1e6);
  }
  ::close(pair[0]);
  ::waitpid(child, nullptr, 0);
  return median(std::move(took));
}

template <class Api>
pando::task<void> one_at_a_time(Api const& api, double seconds, std::vector<double>& took) {
  auto const began = clock_type::now();
  while (since(began) < seconds) {
    auto const at = clock_type::now();
    co_await api.template call<"Increment">(1);
    took.push_back(since(at) * 1e6);
  }
}

template <class App>
pando::task<void> keep_calling(App& app, int which, double seconds, std::size_t& calls) {
  auto const began = clock_type::now();
  for (int i = 0; since(began) < seconds; ++i) {
    auto const api = app.template client<Counter>("c" + std::to_string((which + i * 257) % 1000));
    for (int n = 0; n < 16; ++n) {
      co_await api.template call<"Increment">(1);
      ++calls;
    }
  }
}

pando::task<void> measure(pando::serve_options options, bool is_tcp, double seconds) {
  auto app = pando::app(counters).named("caller");
  app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
  co_await app.serve(options);
  auto const home = co_await boost::asio::this_coro::executor;
  auto const api = app.client<Counter>("one");
  co_await api.call<"Increment">(1);

  auto const raw_before = raw_ping_pong(is_tcp, 20'000);
  std::vector<double> took;
  co_await one_at_a_time(api, seconds, took);
  auto const raw_after = raw_ping_pong(is_tcp, 20'000);
  auto const raw = (raw_before + raw_after) / 2;
  auto const call = median(took);
  std::printf("one at a time: p50 %.1f us, raw ping-pong %.1f us, ratio %.2f\n", call, raw,
              call / raw);

  std::size_t calls = 0;
  std::size_t left = 256;
  pando::one_shot over(home);
  auto const began = clock_type::now();
  for (int i = 0; i < 256; ++i)
    boost::asio::co_spawn(home, keep_calling(app, i, seconds, calls), [&](std::exception_ptr) {
      if (--left == 0) over.fire();
    });
  co_await over.wait();
  std::printf("256 in flight over 1,000 entities: %.0f calls/s\n",
              static_cast<double>(calls) / since(began));

  constexpr int items = 400'000;
  auto const stream_began = clock_type::now();
  auto numbers = api.stream<"Numbers">(0, items);
  int got = 0;
  while (std::optional<int> const item = co_await numbers.next()) ++got;
  std::printf("stream: %.0f items/s%s\n", got / since(stream_began),
              got == items ? "" : " (it is not whole)");
  co_await app.stop();
}

} // namespace

int main(int argc, char** argv) {
  std::string_view const how = argc > 1 ? argv[1] : "tcp";
  double const seconds = argc > 2 ? std::atof(argv[2]) : 2;
  char folder[] = "/tmp/pando-bench-XXXXXX";
  if (::mkdtemp(folder) == nullptr) return 1;
  auto const store = std::string(folder) + "/store.db";
  auto const address = how == "unix" ? std::string(folder) + "/runner.sock" : "127.0.0.1:0";
  pid_t const runner = ::fork();
  if (runner == 0) {
    boost::asio::io_context loop(1);
    auto app = pando::app(counters).named("runner");
    app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
    pando::serve_options options;
    options.no_socket = true;
    options.store = store;
    options.runner = address;
    boost::asio::co_spawn(loop, app.serve(options), boost::asio::detached);
    loop.run();
    ::_exit(0);
  }
  boost::asio::io_context loop(1);
  pando::serve_options options;
  options.no_socket = true;
  options.store = store;
  options.client_only = true;
  int status = 0;
  boost::asio::co_spawn(loop, measure(options, how != "unix", seconds),
                        [&](std::exception_ptr error) {
                          if (!error) return;
                          try {
                            std::rethrow_exception(error);
                          } catch (std::exception const& why) {
                            std::fprintf(stderr, "%s\n", why.what());
                          }
                          status = 1;
                        });
  loop.run();
  ::kill(runner, SIGKILL);
  ::waitpid(runner, nullptr, 0);
  std::filesystem::remove_all(folder);
  return status;
}
