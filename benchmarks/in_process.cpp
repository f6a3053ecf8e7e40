// A call in process beside what it stands for: one awaited Asio coroutine that does the same.
// One thread, interleaved rounds, medians of processor time. `in_process [rounds]`.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/app/app.hpp>
#include <pando/contract.hpp>

namespace bench {

struct Pair {
  std::int64_t left;
  std::int64_t right;
};
struct Checked {
  pando::checked<std::int64_t, pando::is::at_least<0>> left;
  std::int64_t right;
};
struct Sums : pando::controller<"sums", pando::route<"plain", std::int64_t(Pair)>,
                                pando::route<"task", std::int64_t(Pair)>,
                                pando::route<"checked", std::int64_t(Checked)>> {};

auto const sums = pando::implement<Sums>(
    pando::on<"plain"> = [](Pair in) { return in.left + in.right; },
    pando::on<"task"> = [](Pair in) -> pando::task<std::int64_t> { co_return in.left + in.right; },
    pando::on<"checked"> = [](Checked in) { return *in.left + in.right; });

} // namespace bench

namespace {

using boost::asio::awaitable;
constexpr int calls = 20'000;

double now_ns() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) * 1e9 + static_cast<double>(at.tv_nsec);
}

double median(std::vector<double> of) {
  std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2), of.end());
  return of[of.size() / 2];
}

awaitable<std::int64_t> frame(bench::Pair in) { co_return in.left + in.right; }
/// As an operation of Asio's is awaited: a handler is made, and called at once.
awaitable<std::int64_t> operation(bench::Pair in) {
  auto const start = [](auto handler, std::int64_t sum) { std::move(handler)(sum); };
  co_return co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<> const,
                                                 void(std::int64_t)>(
      start, boost::asio::use_awaitable, in.left + in.right);
}

template <class Call>
awaitable<void> repeat(Call call) {
  for (std::int64_t i = 0; i < calls; ++i) {
    std::int64_t const sum = co_await call(i);
    if (sum != i + 1) std::abort();
  }
}

/// Nanoseconds a call.
template <class Call>
double measure(Call call) {
  boost::asio::io_context io(1);
  boost::asio::co_spawn(io, repeat(call), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  auto const begin = now_ns();
  io.run();
  return (now_ns() - begin) / calls;
}

} // namespace

int main(int argc, char** argv) {
  int const rounds = argc > 1 ? std::atoi(argv[1]) : 101;
  auto app = pando::app(bench::sums).named("in_process");
  auto const api = app.client<bench::Sums>();
  std::vector<double> times[5];
  for (int i = 0; i < rounds; ++i) {
    times[0].push_back(measure([](std::int64_t n) { return frame({n, 1}); }));
    times[1].push_back(measure([](std::int64_t n) { return operation({n, 1}); }));
    times[2].push_back(measure([&](std::int64_t n) {
      bench::Pair const in{n, 1};
      return api.call<"plain">(in);
    }));
    times[3].push_back(measure([&](std::int64_t n) {
      bench::Pair const in{n, 1};
      return api.call<"task">(in);
    }));
    times[4].push_back(measure([&](std::int64_t n) {
      bench::Checked const in{n, 1};
      return api.call<"checked">(in);
    }));
  }
  char const* const names[]{"one awaited Asio frame", "the same around an Asio operation",
                            "call of a plain handler", "call of a coroutine handler",
                            "call with a rule to check"};
  for (int i = 0; i < 5; ++i) {
    std::vector<double> ratios;
    for (std::size_t j = 0; j < times[i].size(); ++j) ratios.push_back(times[i][j] / times[0][j]);
    std::printf("%-36s %7.1f ns %6.2f x\n", names[i], median(times[i]), median(ratios));
  }
}
