// Section 5 of the user's page: entities, in process and on a store.
#include <chrono>
#include <cstdint>
#include <string>

#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>
#include <pando/sqlite.hpp>

#include "run.hpp"
#include "support/scratch.hpp"

namespace {

struct Increment {
  std::int64_t amount = 0;
};
struct Charge {
  std::string order;
  std::int64_t amount = 0;
};
struct Receipt {
  std::string order;
  std::int64_t charged = 0;
};

struct Counter : pando::entity<"Counter",
    pando::rpc<"Increment", std::int64_t(Increment)>,
    pando::rpc<"Get",       std::int64_t()>,
    pando::rpc<"Charge",    Receipt(Charge), pando::persisted, pando::primary_key<&Charge::order>>> {};

struct CounterState { std::int64_t count = 0; };

/// What takes money elsewhere.
struct Gateway {
  int charges = 0;
  pando::task<Receipt> charge(std::string order, std::int64_t amount) {
    ++charges;
    co_return Receipt{order, amount};
  }
};

inline auto counters = pando::implement<Counter>(
    pando::state<CounterState>,                                   // built on activation, dropped on passivation
    pando::on<"Increment"> = [](CounterState& s, Increment m) { return s.count += m.amount; },
    pando::on<"Get">       = [](CounterState& s) { return s.count; },
    pando::on<"Charge">    = [](CounterState& s, Charge m, Gateway& g) -> pando::task<Receipt> {
      Receipt receipt = co_await g.charge(m.order, m.amount);
      s.count -= receipt.charged;
      co_return receipt;
    });

/// The section's last line: in exactly one place, and likewise on time.
struct Outbox { int sent = 0; };

inline auto mailer  = pando::singleton<"mailer">([](pando::singleton_context& ctx, Outbox& outbox) -> pando::task<> {
  do ++outbox.sent; while (co_await ctx.wait_for(std::chrono::seconds(10)));
});
inline auto nightly = pando::cron<"nightly", "0 3 * * *">([](Outbox& outbox) { outbox.sent = 0; });

/// Everything of the section with one app, which is served on that store.
pando::task<void> use(std::string store) {
  Gateway gateway;
  Outbox outbox;
  auto app = pando::app(counters, mailer, nightly).named("counter").provide(gateway).provide(outbox);
  pando::serve_options options;
  options.no_socket = true;
  options.store = store;
  if (!store.empty()) options.runner = "127.0.0.1:0";
  co_await app.serve(options);
  auto counter = app.client<Counter>("counter-123");
  std::int64_t total = co_await counter.call<"Increment">(1);
  BOOST_TEST(total == 1);
  BOOST_TEST(outbox.sent == 1);
  for (int i = 0; i < 2; ++i) {
    Receipt receipt = co_await counter.call<"Charge">("order-7", 12);
    BOOST_TEST(receipt.order == "order-7");
    BOOST_TEST(receipt.charged == 12);
  }
  BOOST_TEST(gateway.charges == 1);
  std::int64_t left = co_await counter.call<"Get">();
  BOOST_TEST(left == -11);
  co_await app.stop();
}

} // namespace

BOOST_AUTO_TEST_SUITE(user_code_of_entities)

BOOST_AUTO_TEST_CASE(in_one_process) {
  run([] { return use(""); });
}

#if PANDO_HAS_SQLITE
BOOST_AUTO_TEST_CASE(on_a_store) {
  support::scratch_folder folder;
  auto const store = folder.path() + "/counters.db";
  run([&] { return use(store); });
}
#endif

BOOST_AUTO_TEST_SUITE_END()
