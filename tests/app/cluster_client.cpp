// What a handler, a hook and an entity call in their own app by `pando::cluster_client&`.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>

#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(cluster_clients)

namespace {

struct Order {
  std::string customer;
  std::int64_t cents = 0;
};
struct Account
    : pando::entity<"Account", pando::rpc<"Charge", std::int64_t(Order)>,
                    pando::rpc<"Watch", std::int64_t(Order)>, pando::rpc<"Total", std::int64_t()>> {
};
struct Elsewhere : pando::entity<"Elsewhere", pando::rpc<"Ask", int()>> {};
struct Prices : pando::controller<"prices", pando::route<"of", std::int64_t(Order)>> {};
struct Absent : pando::controller<"absent", pando::route<"ask", int()>> {};
struct Orders : pando::controller<"order", pando::route<"place", std::int64_t(Order)>,
                                  pando::route<"stray", int()>, pando::route<"lost", int()>> {};

struct Ledger {
  std::int64_t cents = 0;
};

inline auto const accounts = pando::implement<Account>(
    pando::state<Ledger>,
    pando::on<"Charge"> = [](Order in, Ledger& s) { return s.cents += in.cents; },
    // An entity that calls another instance.
    pando::on<"Watch"> = [](Order in, pando::cluster_client& calls) -> pando::task<std::int64_t> {
      auto const other = calls.client<Account>(in.customer);
      co_return co_await other.call<"Total">();
    },
    pando::on<"Total"> = [](Ledger& s) { return s.cents; });

inline auto const prices =
    pando::implement<Prices>(pando::on<"of"> = [](Order in) { return in.cents + 5; });

inline auto const orders = pando::implement<Orders>(
    pando::on<"place"> = [](Order in, pando::cluster_client& calls) -> pando::task<std::int64_t> {
      auto const list = calls.client<Prices>();
      std::int64_t const price = co_await list.call<"of">(in);
      auto const account = calls.client<Account>(in.customer);
      co_return co_await account.call<"Charge">(in.customer, price);
    },
    pando::on<"stray"> = [](pando::cluster_client& calls) -> pando::task<int> {
      auto const other = calls.client<Elsewhere>("a");
      co_return co_await other.call<"Ask">();
    },
    pando::on<"lost"> = [](pando::cluster_client& calls) -> pando::task<int> {
      auto const other = calls.client<Absent>();
      co_return co_await other.call<"ask">();
    });

} // namespace

BOOST_AUTO_TEST_CASE(handlers_and_hooks_call_what_their_app_has) {
  boost::asio::io_context loop;
  std::int64_t at_start = 0;
  auto app =
      pando::app(orders, prices, accounts,
                 pando::on_start([&at_start](pando::cluster_client& calls) -> pando::task<void> {
                   auto const account = calls.client<Account>("ann");
                   at_start = co_await account.call<"Charge">("ann", 1);
                 }))
          .named("cluster-clients");
  auto body = [&]() -> pando::task<void> {
    pando::serve_options options;
    options.no_socket = true;
    co_await app.serve(options);
    BOOST_TEST(at_start == 1);
    auto const order = app.client<Orders>();
    std::int64_t const total = co_await order.call<"place">("ann", 100);
    BOOST_TEST(total == 106);
    auto const watcher = app.client<Account>("bob");
    std::int64_t const seen = co_await watcher.call<"Watch">("ann", 0);
    BOOST_TEST(seen == 106);
    // What the app has not is told, and only the log knows more.
    bool is_defect = false;
    try {
      co_await order.call<"stray">();
    } catch (pando::internal_failure const&) {
      is_defect = true;
    }
    BOOST_TEST(is_defect);
    bool is_unknown = false;
    try {
      co_await order.call<"lost">();
    } catch (pando::failure const& why) {
      is_unknown = why.code() == pando::failure_code::no_such_route;
    }
    BOOST_TEST(is_unknown);
    co_await app.stop();
  };
  auto done = boost::asio::co_spawn(loop, body, boost::asio::use_future);
  loop.run();
  done.get();
}

/// Not even an instance that would be here: another process may have it.
BOOST_AUTO_TEST_CASE(a_hook_calls_no_entity_before_its_program_is_part_of_the_fleet) {
  support::scratch_folder folder;
  std::string const store = folder.path() + "/store.db";
  std::string const socket = folder.path() + "/app.sock";
  boost::asio::io_context loop;
  std::string told;
  auto app = pando::app(accounts,
                        pando::on_start([&told](pando::cluster_client& calls) -> pando::task<void> {
                          auto const account = calls.client<Account>("ann");
                          try {
                            co_await account.call<"Total">();
                          } catch (pando::runner_unavailable const& why) {
                            told = why.what();
                          }
                        }))
                 .named("cluster-clients");
  auto body = [&]() -> pando::task<void> {
    pando::serve_options options;
    options.store = store;
    options.socket_path = socket;
    co_await app.serve(options);
    BOOST_TEST(told.find("not part of its fleet yet") != std::string::npos, told);
    auto const account = app.client<Account>("ann");
    std::int64_t const total = co_await account.call<"Total">();
    BOOST_TEST(total == 0);
    co_await app.stop();
  };
  auto done = boost::asio::co_spawn(loop, body, boost::asio::use_future);
  loop.run();
  done.get();
}

BOOST_AUTO_TEST_SUITE_END()
