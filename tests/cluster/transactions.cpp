// What handlers write together with their answers, over several runners and under virtual time.
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/lease/clock.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

BOOST_AUTO_TEST_SUITE(transactions_of_handlers)

using namespace std::chrono_literals;

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
                    pando::rpc<"Slow", std::int64_t(Deposit), pando::persisted,
                               pando::primary_key<&Deposit::order>, pando::with_transaction>,
                    pando::rpc<"Stored", std::string(), pando::persisted, pando::with_transaction>,
                    pando::rpc<"Total", std::int64_t()>> {};

struct PurseState {
  std::int64_t total = 0;
};
struct world {
  int runs = 0;
  int ended = 0;
  pando::lease::time_source const* time = nullptr;
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
    pando::on<"Slow"> = [](PurseState& s, Deposit in, pando::store::transaction& all, world& w,
                           pando::entity_context& about) -> pando::task<std::int64_t> {
      ++w.runs;
      s.total += in.amount;
      co_await pando::lease::pause(*w.time, 1s); // also when nobody waits any more
      all.put(name_of(about), std::to_string(s.total));
      ++w.ended;
      co_return s.total;
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
/// What is written together with answers takes a while, or fails.
struct weather {
  std::chrono::milliseconds slow{0};
  int failures = 0;
};
class rough_storage final : public pando::testing::storage_decorator {
 public:
  rough_storage(std::unique_ptr<pando::store::storage> inner,
                pando::lease::time_source const& time, weather& how)
      : storage_decorator(std::move(inner)), time_(time), how_(how) {}

  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    bool writes = false;
    for (auto const& one : all) writes = writes || !one.with.empty();
    if (writes && how_.failures > 0) {
      --how_.failures;
      throw pando::store::storage_error(pando::store::storage_fault::refused, "not now");
    }
    if (how_.slow > 0ms) co_await pando::lease::pause(time_, how_.slow);
    co_await inner().apply(all);
  }

 private:
  pando::lease::time_source const& time_;
  weather& how_;
};

struct scene {
  explicit scene(std::size_t runners = 2) : fleet(runners, maker{all}, {}, wrapper()) {
    all.time = &fleet.runner(0).table().time();
  }
  world all{};
  weather storm{};
  pando::testing::cluster<maker> fleet;

  pando::testing::storage_wrapper wrapper() {
    return [this](std::size_t, auto inner, auto const& time) {
      return std::make_unique<rough_storage>(std::move(inner), time, storm);
    };
  }
  /// Runs that beside the test.
  template <class Body>
  void beside(Body body, boost::asio::cancellation_slot until = {}) {
    boost::asio::co_spawn(fleet.executor(), std::move(body),
                          boost::asio::bind_cancellation_slot(until, boost::asio::detached));
    fleet.advance(1ms);
  }
  std::string stored(std::string const& id) { return fleet.call<Purse, "Stored">(id); }
};

} // namespace

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

BOOST_AUTO_TEST_CASE(a_handler_may_write_after_its_call_was_cancelled) {
  scene on(1);
  boost::asio::cancellation_signal stop;
  auto const purse = on.fleet.client_of<Purse>("a", 0);
  auto const ask = [&]() -> pando::task<void> {
    std::int64_t const got = co_await purse.call<"Slow">("one", 5);
    BOOST_TEST(got == 0, "it was cancelled");
  };
  on.beside(ask, stop.slot());
  on.fleet.advance(50ms);
  stop.emit(boost::asio::cancellation_type::all);
  on.fleet.advance(100ms); // its answer is recorded: it was interrupted
  BOOST_TEST(on.all.ended == 0);
  on.fleet.advance(2s);
  BOOST_TEST(on.all.ended == 1);
  BOOST_TEST(on.all.runs == 1);
  BOOST_TEST(on.stored("a") == "none");
  std::int64_t const total = on.fleet.call<Purse, "Total">("a");
  BOOST_TEST(total == 0); // made anew: what it had added is not stored
}

BOOST_AUTO_TEST_CASE(the_next_handler_sees_what_the_one_before_has_written) {
  scene on(1);
  on.storm.slow = 50ms;
  std::int64_t first = 0;
  std::int64_t second = 0;
  auto const purse = on.fleet.client_of<Purse>("a", 0);
  auto const one = [&]() -> pando::task<void> { first = co_await purse.call<"Later">("one", 5); };
  auto const two = [&]() -> pando::task<void> { second = co_await purse.call<"Later">("two", 2); };
  on.beside(one);
  on.beside(two);
  on.fleet.advance(1s);
  BOOST_TEST(first == 5);
  BOOST_TEST(second == 7);
  BOOST_TEST(on.stored("a") == "7");
}

BOOST_AUTO_TEST_CASE(what_is_carried_out_again_meets_a_state_without_its_effect) {
  scene on(1);
  std::int64_t total = 0;
  on.storm.failures = 1;
  auto const purse = on.fleet.client_of<Purse>("a", 0);
  auto const ask = [&]() -> pando::task<void> {
    total = co_await purse.call<"Deposit">("one", 5);
  };
  on.beside(ask);
  on.fleet.advance(3s);
  BOOST_TEST(on.all.runs == 2);
  BOOST_TEST(total == 5);
  BOOST_TEST(on.stored("a") == "5");
}

BOOST_AUTO_TEST_CASE(a_call_of_many_callers_is_cancelled_by_the_last_of_them) {
  for (bool const is_first_to_go : {true, false}) {
    scene on(1);
    boost::asio::cancellation_signal first;
    boost::asio::cancellation_signal second;
    auto const purse = on.fleet.client_of<Purse>("a", 0);
    auto const ask = [&]() -> pando::task<void> {
      std::int64_t const got = co_await purse.call<"Slow">("key", 5);
      BOOST_TEST(got == 5);
    };
    on.beside(ask, first.slot());
    on.beside(ask, second.slot());
    on.fleet.advance(20ms);
    (is_first_to_go ? first : second).emit(boost::asio::cancellation_type::all);
    on.fleet.advance(20ms);
    (is_first_to_go ? second : first).emit(boost::asio::cancellation_type::all);
    on.fleet.advance(2s);
    BOOST_TEST(on.all.runs == 1);
    BOOST_TEST(on.all.ended == 1);
    BOOST_TEST(on.stored("a") == "none");
  }
}

BOOST_AUTO_TEST_CASE(a_statement_that_would_end_the_transaction_is_refused_however_it_begins) {
  pando::store::transaction all;
  for (char const* const wrong :
       {"/* x */ COMMIT", ";commit", "-- x\n rollback", "/* /* x */ */ COMMIT", "; ; /**/END",
        "COPY notes TO STDOUT", "deallocate all"})
    BOOST_CHECK_THROW(all.execute(wrong), std::invalid_argument);
  for (char const* const right : {"/* commit */ DELETE FROM notes", "-- commit", "/* x", "",
                                  "copying", "-", "/"})
    BOOST_CHECK_NO_THROW(all.execute(right));
}

BOOST_AUTO_TEST_SUITE_END()
