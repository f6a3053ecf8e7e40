// Entities in one process: a call beside one awaited Asio frame, many callers, fresh ids, memory.
// Interleaved rounds; medians. `entities [rounds]`; with one more word, a name and a number a line.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>
#include <time.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/app/entities.hpp>
#include <pando/contract.hpp>

namespace bench {

struct Increment {
  std::int64_t amount;
};
struct Counter : pando::entity<"Counter", pando::rpc<"Increment", std::int64_t(Increment)>,
                               pando::max_idle<pando::never>> {};
struct CounterState {
  std::int64_t count = 0;
};
auto const counters = pando::implement<Counter>(
    pando::state<CounterState>,
    pando::on<"Increment"> = [](CounterState& s, Increment in) { return s.count += in.amount; });

} // namespace bench

namespace {

using bench::Counter;
using boost::asio::awaitable;
using clock_type = std::chrono::steady_clock;

constexpr int calls = 200'000;
constexpr int callers = 256;
constexpr int ids = 1'000;

double seconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double>(clock_type::now() - begin).count();
}
double median(std::vector<double> of) {
  std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2), of.end());
  return of[of.size() / 2];
}
void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

awaitable<std::int64_t> frame(bench::Increment in) { co_return in.amount; }

/// Calls a second of one coroutine that awaits one after the other.
template <class Call>
double one_at_a_time(Call call) {
  boost::asio::io_context io(1);
  auto const body = [&]() -> awaitable<void> {
    for (int i = 0; i < calls; ++i) (void)co_await call();
  };
  boost::asio::co_spawn(io, body, &rethrow);
  auto const begin = clock_type::now();
  io.run();
  return calls / seconds_since(begin);
}

using client = pando::client<Counter>;

/// One of many callers: each call is to another entity, and others go on between two of them.
awaitable<void> caller(std::span<client const> to, std::size_t at, int count) {
  auto const home = co_await boost::asio::this_coro::executor;
  for (int i = 0; i < count; ++i) {
    at = (at + 7) % to.size();
    (void)co_await to[at].call<"Increment">(1);
    if (i % 16 == 15) co_await boost::asio::post(home, boost::asio::use_awaitable);
  }
}

/// Calls a second of 256 callers on each of so many threads, to the same entities or to their
/// share.
double many_callers(std::span<client const> to, std::size_t threads, bool share) {
  std::vector<std::thread> running;
  auto const begin = clock_type::now();
  for (std::size_t t = 0; t < threads; ++t)
    running.emplace_back([=] {
      auto const part = to.size() / threads;
      auto const own = share ? to.subspan(t * part, part) : to;
      boost::asio::io_context io(1);
      for (std::size_t i = 0; i < callers; ++i)
        boost::asio::co_spawn(io, caller(own, t * 500 + i * 3, 2'000), &rethrow);
      io.run();
    });
  for (auto& one : running) one.join();
  return static_cast<double>(threads) * callers * 2'000.0 / seconds_since(begin);
}

/// First calls a second, each to an id that nobody has called.
template <class App>
double fresh_ids(App& app, int count, std::string const& prefix) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(prefix + std::to_string(i));
  boost::asio::io_context io(1);
  auto const body = [&]() -> awaitable<void> {
    for (auto const& name : names) {
      auto const to = app.template client<Counter>(name);
      (void)co_await to.template call<"Increment">(1);
    }
  };
  boost::asio::co_spawn(io, body, &rethrow);
  auto const begin = clock_type::now();
  io.run();
  return count / seconds_since(begin);
}

auto make_app() { return pando::app(bench::counters).named("entities"); }

void row(char const* what, double value, char const* unit) {
  std::printf("%-52s %12.0f %s\n", what, value, unit);
}

} // namespace

int main(int argc, char** argv) {
  int const rounds = argc > 1 ? std::atoi(argv[1]) : 11;
  auto app = make_app();
  auto const one = app.client<Counter>("counter-123");
  std::vector<client> many;
  for (int i = 0; i < ids; ++i) many.push_back(app.client<Counter>("c" + std::to_string(i)));
  std::vector<double> frames, single, ratio, on_one, on_two, speedup, on_same, same_speedup, fresh;
  for (int i = 0; i < rounds; ++i) {
    frames.push_back(one_at_a_time([] { return frame({1}); }));
    single.push_back(one_at_a_time([&] { return one.call<"Increment">(1); }));
    ratio.push_back(frames.back() / single.back());
    on_one.push_back(many_callers(many, 1, true));
    on_two.push_back(many_callers(many, 2, true));
    speedup.push_back(on_two.back() / on_one.back());
    on_same.push_back(many_callers(many, 2, false));
    same_speedup.push_back(on_same.back() / on_one.back());
    auto other = make_app();
    fresh.push_back(fresh_ids(other, 100'000, "fresh-"));
  }
  auto idle = make_app();
  auto const before = mallinfo2().uordblks;
  (void)fresh_ids(idle, 1'000'000, "e");
  auto const each = static_cast<double>(mallinfo2().uordblks - before) / 1e6;
  if (argc > 2) { // for benchmarks/entities.sh
    std::printf("frame\t%.0f\none\t%.0f\nmany\t%.0f\nmany_on_two\t%.0f\nsame_on_two\t%.0f\n",
                median(frames), median(single), median(on_one), median(on_two), median(on_same));
    std::printf("fresh\t%.0f\nidle\t%.0f\n", median(fresh), each);
    return 0;
  }
  row("one awaited Asio frame", median(frames), "a second");
  row("one entity, one call at a time", median(single), "a second");
  std::printf("%-52s %12.2f x\n", "  its time to that of the frame", median(ratio));
  row("256 in flight over 1,000 entities, one thread", median(on_one), "a second");
  row("256 in flight on each of two threads, 500 each", median(on_two), "a second");
  std::printf("%-52s %12.2f x\n", "  to one thread", median(speedup));
  row("256 in flight on each of two threads, the same 1,000", median(on_same), "a second");
  std::printf("%-52s %12.2f x\n", "  to one thread", median(same_speedup));
  row("first call to a fresh id", median(fresh), "a second");
  row("memory of an idle entity, of 1,000,000", each, "bytes");
}
