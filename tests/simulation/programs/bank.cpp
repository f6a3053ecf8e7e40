// An app whose every effect is written down, of which many processes are a fleet: for `soak`.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/pando.hpp>
#include <pando/postgres.hpp>
#include <pando/sqlite.hpp>

namespace {

struct Deposit {
  std::string order;
  std::int64_t amount;
};
struct Step {
  std::string key;
  int ms;
};
struct Done {
  std::string key;
  int process;
  std::int64_t began; ///< nanoseconds of the machine's clock
};
struct Note {
  std::int64_t sender;
  std::int64_t number;
};
struct Range {
  int last;
};

struct Account
    : pando::entity<"Account",
                    pando::rpc<"Deposit", Done(Deposit), pando::persisted,
                               pando::primary_key<&Deposit::order>, pando::with_transaction>,
                    pando::rpc<"Work", Done(Step), pando::persisted,
                               pando::primary_key<&Step::key>>,
                    pando::rpc<"Note", void(Note), pando::persisted, pando::with_transaction>,
                    pando::rpc<"Live", Done(Step)>,
                    pando::rpc<"Count", pando::stream<int>(Range), pando::persisted>> {};

std::int64_t now() {
  ::timespec at{};
  ::clock_gettime(CLOCK_BOOTTIME, &at);
  return std::int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
}

pando::task<void> rest(int ms) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                  std::chrono::milliseconds(ms));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

/// A line in BANK_LOG, whole or not at all.
void write_down(std::string const& line) {
  static int const file = ::open(std::getenv("BANK_LOG"), O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (::write(file, line.data(), line.size()) != static_cast<::ssize_t>(line.size())) std::abort();
}

struct AccountState {};

auto const accounts = pando::implement<Account>(
    pando::state<AccountState>,
    pando::on<"Deposit"> = [](Deposit in, pando::store::transaction& all,
                              pando::entity_context& about) -> pando::task<Done> {
      all.execute("INSERT INTO effects (account, name, amount) VALUES ($1, $2, $3)",
                  std::string(about.id()), in.order, in.amount);
      auto const began = now();
      if (in.amount % 3 == 0) co_await rest(static_cast<int>(in.amount % 20));
      co_return Done{in.order, ::getpid(), began};
    },
    pando::on<"Work"> = [](Step in) -> pando::task<Done> {
      auto const began = now();
      co_await rest(in.ms);
      co_return Done{in.key, ::getpid(), began};
    },
    pando::on<"Note"> =
        [](Note in, pando::store::transaction& all, pando::entity_context& about) {
          all.execute("INSERT INTO notes (account, sender, number) VALUES ($1, $2, $3)",
                      std::string(about.id()), in.sender, in.number);
        },
    pando::on<"Live"> = [](Step in, pando::entity_context& about) -> pando::task<Done> {
      auto const began = now();
      co_await rest(in.ms);
      write_down(std::string(about.id()) + " " + in.key + " " + std::to_string(::getpid()) + " " +
                 std::to_string(began) + " " + std::to_string(now()) + "\n");
      co_return Done{in.key, ::getpid(), began};
    },
    pando::on<"Count"> = [](Range in, pando::entity_context& about) -> pando::stream<int> {
      auto const last = about.last_sent_chunk<int>();
      for (int i = last ? *last + 1 : 0; i < in.last; ++i) {
        co_await rest(3);
        co_yield i;
      }
    });

} // namespace

int main(int argc, char** argv) { return pando::app(accounts).named("bank").main(argc, argv); }
