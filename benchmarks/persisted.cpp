// Persisted calls of entities, from their client to the answer, beside SQLite and libpq by hand
// writing as much: one process, 256 in flight over 1,000 instances, and one at a time. Interleaved
// rounds; medians. `persisted [rounds] [folder]`: a folder on the disk that is meant, not in
// memory. needs: sqlite3 libpq
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/pando.hpp>
#include <pando/postgres.hpp>
#include <pando/sqlite.hpp>
#include <support/postgres_server.hpp>

#if PANDO_HAS_SQLITE && PANDO_HAS_POSTGRES
#include "by_hand/postgres.hpp"
#include "by_hand/sqlite.hpp"

namespace {

using clock_type = std::chrono::steady_clock;
using pando::task;

constexpr int in_flight = 256;
constexpr int many = 10'240;
constexpr int few = 400;

struct Charge {
  std::string order;
  std::string note; ///< so that a request has about 64 octets
};
struct Receipt {
  std::string order;
  std::int64_t total = 0;
};

struct Account : pando::entity<"Account", pando::rpc<"Ready", int()>,
                               pando::rpc<"Plain", Receipt(Charge), pando::persisted>,
                               pando::rpc<"Keyed", Receipt(Charge), pando::persisted,
                                          pando::primary_key<&Charge::order>>,
                               pando::rpc<"Later", Receipt(Charge), pando::persisted>> {};

struct AccountState {
  std::int64_t total = 0;
};

inline auto const accounts = pando::implement<Account>(
    pando::state<AccountState>, pando::on<"Ready"> = [] { return 1; },
    pando::on<"Plain"> =
        [](AccountState& s, Charge in) {
          return Receipt{std::move(in.order), ++s.total};
        },
    pando::on<"Keyed"> =
        [](AccountState& s, Charge in) {
          return Receipt{std::move(in.order), ++s.total};
        },
    pando::on<"Later"> = [](AccountState& s, Charge in) -> task<Receipt> { // it goes on later
      co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                                 boost::asio::use_awaitable);
      co_return Receipt{std::move(in.order), ++s.total};
    });

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

/// An app that is a fleet of one.
class served {
 public:
  explicit served(std::string store) {
    app_.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
    run([&]() -> task<void> {
      pando::serve_options options;
      options.no_socket = true;
      options.store = store;
      options.runner = "127.0.0.1:0";
      co_await app_.serve(options);
      for (int i = 0; i < 1'000; ++i) {
        auto const one = app_.client<Account>("a" + std::to_string(i));
        co_await one.call<"Ready">();
      }
    });
  }
  ~served() {
    run([&]() -> task<void> { co_await app_.stop(); });
  }

  /// Calls a second.
  template <pando::fixed_string Rpc>
  double rate(int callers, int calls) {
    auto const begin = clock_type::now();
    int left = callers;
    for (int i = 0; i < callers; ++i)
      boost::asio::co_spawn(loop_, call<Rpc>(calls / callers, left), &rethrow);
    loop_.restart();
    while (left != 0) loop_.run_one();
    return calls / callers * callers / seconds_since(begin);
  }

 private:
  template <class Body>
  void run(Body body) {
    bool is_over = false;
    boost::asio::co_spawn(loop_, std::move(body), [&](std::exception_ptr error) {
      is_over = true;
      rethrow(error);
    });
    loop_.restart();
    while (!is_over) loop_.run_one();
  }
  template <pando::fixed_string Rpc>
  task<void> call(int times, int& left) {
    for (int i = 0; i < times; ++i) {
      auto const number = ++last_;
      auto const one = app_.client<Account>("a" + std::to_string(number * 7919 % 1'000));
      auto const order = "order-" + std::to_string(number);
      Receipt const got = co_await one.template call<Rpc>(order, "a note of some length, as is");
      if (got.order != order) std::abort();
    }
    --left;
  }

  boost::asio::io_context loop_{1};
  decltype(pando::app(accounts)) app_ = pando::app(accounts).named("bench");
  std::int64_t last_ = 0;
};

struct figures {
  std::vector<double> one_row, two_writes, alone;     ///< by hand
  std::vector<double> plain, keyed, later, by_itself; ///< ours
};

void print(char const* engine, figures const& of) {
  auto const row = [&](char const* what, std::vector<double> const& ours,
                       std::vector<double> const& hand, char const* target) {
    std::printf("| %-8s | %-38s | %8.0f | %8.0f | %5.2f | %-15s |\n", engine, what, median(ours),
                median(hand), median(ours) / median(hand), target);
  };
  row("256 in flight, one row by hand", of.plain, of.one_row, "");
  row("256 in flight, insert + update", of.plain, of.two_writes, ">= 0.5, 10000/s");
  row("the same by primary key", of.keyed, of.two_writes, ">= 0.5, 10000/s");
  row("the same, handlers that suspend", of.later, of.two_writes, ">= 0.5, 10000/s");
  row("one at a time, one commit", of.by_itself, of.alone, ">= 0.67");
}

template <class Round>
figures measure(int rounds, Round round) {
  figures all;
  round(all); // what is not prepared yet
  all = {};
  for (int i = 0; i < rounds; ++i) round(all);
  return all;
}

void take(served& app, figures& into) {
  into.plain.push_back(app.rate<"Plain">(in_flight, many));
  into.keyed.push_back(app.rate<"Keyed">(in_flight, many));
  into.later.push_back(app.rate<"Later">(in_flight, many));
  into.by_itself.push_back(app.rate<"Plain">(1, few));
}

} // namespace

int main(int count, char** arguments) {
  int const rounds = count > 1 ? std::max(1, std::atoi(arguments[1])) : 5;
  std::printf("| %-8s | %-38s | %8s | %8s | %5s | %-15s |\n", "engine", "persisted calls a second",
              "ours", "by hand", "ratio", "target");
  std::string folder = (count > 2 ? arguments[2] : ".") + std::string("/pando-persisted-XXXXXX");
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  {
    served app(folder + "/ours.db");
    by_hand::sqlite hand(folder + "/by_hand.db");
    print("sqlite", measure(rounds, [&](figures& into) {
            into.one_row.push_back(hand.run(in_flight, many / in_flight, true));
            into.two_writes.push_back(hand.run(in_flight, many / in_flight, false));
            into.alone.push_back(hand.run(1, few, true));
            take(app, into);
          }));
  }
  std::filesystem::remove_all(folder);
  if (support::postgres_programs().empty()) {
    std::puts("no PostgreSQL (Debian: apt-get install postgresql)");
    return 0;
  }
  support::postgres_server const server("shared_buffers = 128MB\nmax_wal_size = 1GB\n");
  served app(server.url());
  by_hand::postgres hand(server.connection());
  print("postgres", measure(rounds, [&](figures& into) {
          into.one_row.push_back(by_hand::rate_of(hand, in_flight, many, false));
          into.two_writes.push_back(by_hand::rate_of(hand, in_flight, many, true));
          into.alone.push_back(by_hand::rate_of(hand, 1, few, false));
          take(app, into);
        }));
  return 0;
}

#else
int main() { return 2; }
#endif
