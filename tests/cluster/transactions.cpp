// What handlers write together with their answers, over several runners and under virtual time.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>
#include <pando/testing.hpp>

namespace {

struct Deposit {
  std::string order;
  std::int64_t amount = 0;
};
struct Refused {
  std::int64_t amount = 0;
};

struct Purse
    : pando::entity<"Purse",
                    pando::rpc<"Deposit", std::int64_t(Deposit), pando::persisted,
                               pando::primary_key<&Deposit::order>, pando::with_transaction,
                               pando::raises<Refused>>,
                    pando::rpc<"Later", std::int64_t(Deposit), pando::persisted,
                               pando::with_transaction>,
                    pando::rpc<"Wrong", std::int64_t(Deposit), pando::persisted,
                               pando::with_transaction>,
                    pando::rpc<"Again", std::int64_t(Deposit), pando::persisted,
                               pando::with_transaction, pando::retries<1>>,
                    pando::rpc<"Stored", std::string(), pando::persisted, pando::with_transaction>,
                    pando::rpc<"Total", std::int64_t()>> {};

struct PurseState {
  std::int64_t total = 0;
};
struct world {
  int runs = 0;
};

std::string name_of(pando::entity_context& about) { return "purse " + std::string(about.id()); }

inline auto const purses = pando::implement<Purse>(
    pando::state<PurseState>,
    pando::on<"Deposit"> =
        [](PurseState& s, Deposit in, pando::store::transaction& all, world& w,
           pando::entity_context& about) {
          ++w.runs;
          all.put(name_of(about), std::to_string(s.total + in.amount));
          if (in.amount < 0) throw Refused{in.amount};
          return s.total += in.amount;
        },
    pando::on<"Later"> = [](PurseState& s, Deposit in, pando::store::transaction& all,
                            pando::entity_context& about) -> pando::task<std::int64_t> {
      auto const before = co_await all.get(name_of(about));
      co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                                 boost::asio::use_awaitable);
      s.total = std::stoll(before.value_or("0")) + in.amount;
      all.put(name_of(about), std::to_string(s.total));
      co_return s.total;
    },
    pando::on<"Wrong"> =
        [](PurseState& s, Deposit in, pando::store::transaction& all, world& w,
           pando::entity_context& about) {
          ++w.runs;
          all.put(name_of(about), "wrong");
          all.execute("INSERT INTO there_is_none VALUES ($1)", in.amount); // memory has no SQL
          return s.total += in.amount;
        },
    pando::on<"Again"> =
        [](PurseState& s, Deposit in, pando::store::transaction& all, world& w,
           pando::entity_context& about) {
          if (++w.runs == 1) all.execute("INSERT INTO there_is_none VALUES ($1)", in.amount);
          all.put(name_of(about), std::to_string(in.amount));
          return s.total += in.amount;
        },
    pando::on<"Stored"> = [](pando::store::transaction& all,
                             pando::entity_context& about) -> pando::task<std::string> {
      auto const found = co_await all.get(name_of(about));
      co_return found.value_or("none");
    },
    pando::on<"Total"> = [](PurseState& s) { return s.total; });

struct maker {
  world& all;
  auto operator()() const { return pando::app(purses).provide(all).named("purse"); }
};
struct scene {
  world all{};
  pando::testing::cluster<maker> fleet{2, maker{all}};

  std::string stored(std::string const& id) { return fleet.call<Purse, "Stored">(id); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(transactions_of_handlers)

BOOST_AUTO_TEST_CASE(what_is_put_is_there_once_the_call_is_answered) {
  scene on;
  for (std::string const id : {"a", "b", "c", "d"}) { // here and on the other runner
    std::int64_t total = on.fleet.call<Purse, "Deposit">(id, "one", 5);
    BOOST_TEST(total == 5);
    total = on.fleet.call<Purse, "Deposit">(id, "one", 5); // the same call
    BOOST_TEST(total == 5);
    BOOST_TEST(on.stored(id) == "5");
    total = on.fleet.call<Purse, "Later">(id, "two", 2);
    BOOST_TEST(total == 7);
    BOOST_TEST(on.stored(id) == "7");
  }
  BOOST_TEST(on.all.runs == 4);
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_writes_nothing) {
  scene on;
  on.fleet.call<Purse, "Deposit">("a", "one", 5);
  BOOST_CHECK_THROW((on.fleet.call<Purse, "Deposit">("a", "two", -1)), Refused);
  BOOST_TEST(on.stored("a") == "5");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_a_defect_of_that_call) {
  scene on;
  on.fleet.call<Purse, "Deposit">("a", "one", 5);
  BOOST_CHECK_THROW((on.fleet.call<Purse, "Wrong">("a", "two", 3)), pando::internal_failure);
  BOOST_TEST(on.all.runs == 2); // no retries
  BOOST_TEST(on.stored("a") == "5");
  std::int64_t const total = on.fleet.call<Purse, "Total">("a");
  BOOST_TEST(total == 0); // made anew: what it had added is not stored
  std::int64_t const later = on.fleet.call<Purse, "Later">("a", "three", 2);
  BOOST_TEST(later == 7);
}

BOOST_AUTO_TEST_CASE(it_is_carried_out_again_where_it_has_retries) {
  scene on;
  std::int64_t const total = on.fleet.call<Purse, "Again">("a", "one", 4);
  BOOST_TEST(total == 4); // by a state made anew
  BOOST_TEST(on.all.runs == 2);
  BOOST_TEST(on.stored("a") == "4");
}

BOOST_AUTO_TEST_SUITE_END()
