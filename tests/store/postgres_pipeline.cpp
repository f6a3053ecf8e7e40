// PostgreSQL: many statements on their way at once, and transactions in one round trip.
#include <store/with_postgres.hpp>

#if PANDO_HAS_POSTGRES

BOOST_AUTO_TEST_SUITE(postgres_pipeline)

using namespace with_postgres;

namespace {

options one_connection() {
  options chosen;
  chosen.max_connections = 1;
  chosen.max_in_flight = 2000;
  return chosen;
}

task<void> fresh_table(pool& all) {
  co_await all.query("drop table if exists things");
  co_await all.query("create table things (id bigint primary key, n bigint check (n >= 0))");
}

task<std::int64_t> count(pool& all) {
  auto const rows = co_await all.query("select count(*) from things");
  co_return rows.front().get<std::int64_t>(0);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_thousand_statements_of_as_many_coroutines_go_over_one_connection) {
  with_pool(one_connection(), [](pool& all) -> task<void> {
    co_await all.query("select 1");
    auto const loop = co_await boost::asio::this_coro::executor;
    int right = 0;
    int over = 0;
    for (int i = 0; i < 1000; ++i)
      beside(loop, [](pool& it, int number, int& good, int& done) -> task<void> {
        auto const rows = co_await it.query("select $1::bigint * 2", number);
        good += rows.front().get<int>(0) == 2 * number ? 1 : 0;
        ++done;
      }(all, i, right, over));
    co_await boost::asio::post(loop, boost::asio::use_awaitable);
    BOOST_TEST(all.in_flight() == 1000u);
    BOOST_TEST(co_await comes_true([&] { return over == 1000; }));
    BOOST_TEST(right == 1000);
    BOOST_TEST(all.open_connections() == 1u);
    BOOST_TEST(all.in_flight() == 0u);
  });
}

BOOST_AUTO_TEST_CASE(an_error_in_the_middle_is_told_to_nobody_else) {
  with_pool(one_connection(), [](pool& all) -> task<void> {
    co_await fresh_table(all);
    auto const loop = co_await boost::asio::this_coro::executor;
    std::vector<std::string> states(300);
    std::size_t over = 0;
    for (std::size_t i = 0; i < states.size(); ++i)
      beside(loop, [](pool& it, std::size_t number, std::string& state, std::size_t& done) -> task<void> {
        std::int64_t const n = number % 3 == 0 ? -1 : 1;
        auto const text = number % 3 == 1 ? "insert into things values ($1, $2)"
                          : number % 3 == 0 ? "insert into things values ($1, $2) returning id"
                                            : "insert into nothing values ($1, $2)";
        auto const why = co_await failure_of(it.query(text, number, n));
        state = why ? std::string(why->sqlstate()) : "went well";
        ++done;
      }(all, i, states[i], over));
    BOOST_TEST(co_await comes_true([&] { return over == states.size(); }));
    for (std::size_t i = 0; i < states.size(); ++i)
      BOOST_TEST(states[i] == (i % 3 == 0 ? "23514" : i % 3 == 1 ? "went well" : "42P01"));
    BOOST_TEST(co_await count(all) == 100);
  });
}

BOOST_AUTO_TEST_CASE(a_transaction_gives_a_result_for_each_of_its_statements) {
  with_pool(one_connection(), [](pool& all) -> task<void> {
    co_await fresh_table(all);
    for (auto const level : {isolation::read_committed, isolation::repeatable_read, isolation::serializable}) {
      auto const id = static_cast<int>(level);
      batch work(level);
      work.add("insert into things values ($1, 1)", id);
      work.add("select current_setting('transaction_isolation')");
      work.add("update things set n = n + 1 where id = $1 returning n", id);
      auto const results = co_await all.transaction(std::move(work));
      BOOST_TEST_REQUIRE(results.size() == 3u);
      BOOST_TEST(results[0].affected() == 1u);
      char const* const names[]{"read committed", "repeatable read", "serializable"};
      BOOST_TEST(results[1].front().get<std::string_view>(0) == names[id]);
      BOOST_TEST(results[2].front().get<int>(0) == 2);
    }
    BOOST_TEST(co_await count(all) == 3);
    auto const nothing = co_await all.transaction(batch());
    BOOST_TEST(nothing.empty());
  });
}

BOOST_AUTO_TEST_CASE(a_transaction_that_fails_leaves_nothing_and_harms_nobody_behind_it) {
  with_pool(one_connection(), [](pool& all) -> task<void> {
    co_await fresh_table(all);
    auto const loop = co_await boost::asio::this_coro::executor;
    std::vector<std::string> states(200);
    std::size_t over = 0;
    for (std::size_t i = 0; i < states.size(); ++i)
      beside(loop, [](pool& it, std::size_t number, std::string& state, std::size_t& done) -> task<void> {
        std::optional<error> why;
        if (number % 4 == 3) {
          why = co_await failure_of(it.query("insert into things values ($1, 1)", 2 * number));
        } else {
          batch work;
          work.add("insert into things values ($1, 1)", 2 * number);
          work.add("insert into things values ($1, $2)", 2 * number + 1, number % 4 == 1 ? -1 : 1);
          work.add("update things set n = 5 where id = $1", 2 * number);
          why = co_await failure_of(it.transaction(std::move(work)));
        }
        state = why ? std::string(why->sqlstate()) : "went well";
        if (why) BOOST_TEST(!why->is_outcome_unknown());
        ++done;
      }(all, i, states[i], over));
    BOOST_TEST(co_await comes_true([&] { return over == states.size(); }));
    for (std::size_t i = 0; i < states.size(); ++i)
      BOOST_TEST(states[i] == (i % 4 == 1 ? "23514" : "went well"));
    BOOST_TEST(co_await count(all) == 50 + 2 * 100);
    auto const fives = co_await all.query("select count(*) from things where n = 5");
    BOOST_TEST(fives.front().get<int>(0) == 100);
    BOOST_TEST(all.open_connections() == 1u);
  });
}

BOOST_AUTO_TEST_CASE(a_constraint_that_is_looked_at_when_committing_fails_the_transaction) {
  with_pool(one_connection(), [](pool& all) -> task<void> {
    co_await all.query("drop table if exists late");
    co_await all.query("create table late (id bigint unique deferrable initially deferred)");
    batch work;
    work.add("insert into late values (1)");
    work.add("insert into late values (1)");
    auto const why = co_await failure_of(all.transaction(std::move(work)));
    BOOST_TEST_REQUIRE(why.has_value());
    BOOST_TEST(why->sqlstate() == "23505");
    BOOST_TEST(why->report().constraint == "late_id_key");
    auto const rows = co_await all.query("select count(*) from late");
    BOOST_TEST(rows.front().get<int>(0) == 0);
  });
}

BOOST_AUTO_TEST_CASE(a_statement_that_cannot_be_prepared_is_told_every_time_and_tried_again) {
  with_pool(one_connection(), [](pool& all) -> task<void> {
    co_await all.query("drop table if exists later");
    for (int i = 0; i < 2; ++i) {
      auto const why = co_await failure_of(all.query("select n from later"));
      BOOST_TEST_REQUIRE(why.has_value());
      BOOST_TEST(why->what() == "postgres: ERROR 42P01: relation \"later\" does not exist (create the tables first)");
      BOOST_TEST(why->severity() == "ERROR");
      batch work;
      work.add("select 1");
      work.add("select n from later");
      auto const also = co_await failure_of(all.transaction(std::move(work)));
      BOOST_TEST_REQUIRE(also.has_value());
      BOOST_TEST(also->sqlstate() == "42P01");
    }
    co_await all.query("create table later (n bigint)");
    auto const rows = co_await all.query("select n from later");
    BOOST_TEST(rows.empty());
  });
}

BOOST_AUTO_TEST_CASE(a_prepared_statement_outlives_a_change_of_its_table) {
  with_pool(one_connection(), [](pool& all) -> task<void> {
    co_await all.query("drop table if exists changing");
    co_await all.query("create table changing (n bigint)");
    co_await all.query("insert into changing values (1)");
    auto rows = co_await all.query("select * from changing");
    BOOST_TEST(rows.columns() == 1u);
    co_await all.query("alter table changing add column t text default 'x'");
    rows = co_await all.query("select * from changing");
    BOOST_TEST(rows.columns() == 2u);
    co_await all.query("deallocate all"); // as somebody between us and the server may do
    batch work;
    work.add("select * from changing");
    auto const results = co_await all.transaction(std::move(work));
    BOOST_TEST(results.front().front().get<std::string_view>(1) == "x");
  });
}

BOOST_AUTO_TEST_CASE(more_texts_than_are_kept_prepared_go_unprepared) {
  auto chosen = one_connection();
  chosen.max_prepared = 3;
  with_pool(chosen, [](pool& all) -> task<void> {
    for (int i = 0; i < 6; ++i) {
      auto const rows = co_await all.query("select $1::bigint + " + std::to_string(i), 10);
      BOOST_TEST(rows.front().get<int>(0) == 10 + i);
    }
    auto const rows = co_await all.query("select count(*) from pg_prepared_statements");
    BOOST_TEST(rows.front().get<int>(0) == 3);
  });
}

BOOST_AUTO_TEST_CASE(conflicts_are_told_apart) {
  options chosen;
  chosen.max_connections = 2;
  with_pool(chosen, [](pool& all) -> task<void> {
    co_await fresh_table(all);
    co_await all.query("insert into things values (1, 0), (2, 0)");
    auto const loop = co_await boost::asio::this_coro::executor;
    int over = 0;
    int conflicts = 0;
    auto const lock = [](pool& it, int first, int& done, int& met) -> task<void> {
      batch work;
      work.add("update things set n = n + 1 where id = $1", first);
      work.add("select pg_sleep(0.3)");
      work.add("update things set n = n + 1 where id = $1", 3 - first);
      auto const why = co_await failure_of(it.transaction(std::move(work)));
      if (why) {
        BOOST_TEST(why->sqlstate() == "40P01");
        BOOST_TEST(why->is_conflict());
        BOOST_TEST(why->is_retryable());
        ++met;
      }
      ++done;
    };
    beside(loop, [](pool& it) -> task<void> { co_await it.query("select pg_sleep(0.1)"); }(all));
    co_await all.query("select 1"); // both connections are open now
    BOOST_TEST(co_await comes_true([&] { return all.open_connections() == 2 && all.in_flight() == 0; }));
    beside(loop, lock(all, 1, over, conflicts));
    beside(loop, lock(all, 2, over, conflicts));
    BOOST_TEST(co_await comes_true([&] { return over == 2; }));
    BOOST_TEST(conflicts == 1);
    auto const other = co_await failure_of(all.query("select 1/0"));
    BOOST_TEST_REQUIRE(other.has_value());
    BOOST_TEST(!other->is_conflict());
    BOOST_TEST(!other->is_retryable());
  });
}

BOOST_AUTO_TEST_CASE(a_statement_that_begins_a_transaction_costs_the_connection) {
  with_pool(one_connection(), [](pool& all) -> task<void> {
    auto const why = co_await failure_of(all.query("begin"));
    BOOST_TEST_REQUIRE(why.has_value());
    BOOST_TEST((why->kind() == fault::statement));
    BOOST_TEST(!why->is_outcome_unknown());
    BOOST_TEST(std::string(why->what()).find("use transaction()") != std::string::npos);
    auto const rows = co_await all.query("select 1");
    BOOST_TEST(rows.size() == 1u);
  });
}

BOOST_AUTO_TEST_CASE(who_awaits_may_be_cancelled) {
  with_pool(one_connection(), [](pool& all) -> task<void> {
    auto const loop = co_await boost::asio::this_coro::executor;
    boost::asio::cancellation_signal stop;
    std::optional<error> why;
    bool is_over = false;
    boost::asio::co_spawn(
        loop,
        [](pool& it, std::optional<error>& said) -> task<void> {
          said = co_await failure_of(it.query("select pg_sleep(2)"));
        }(all, why),
        boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr const&) { is_over = true; }));
    BOOST_TEST(co_await comes_true([&] { return all.in_flight() == 1; }));
    auto const began = std::chrono::steady_clock::now();
    stop.emit(boost::asio::cancellation_type::terminal);
    BOOST_TEST(co_await comes_true([&] { return is_over; }));
    BOOST_TEST((std::chrono::steady_clock::now() - began < 1500ms));
    BOOST_TEST_REQUIRE(why.has_value());
    BOOST_TEST((why->kind() == fault::cancelled));
    BOOST_TEST(why->is_outcome_unknown());
    auto const rows = co_await all.query("select 7"); // behind it, and its own
    BOOST_TEST(rows.front().get<int>(0) == 7);
  });
}

BOOST_AUTO_TEST_CASE(large_values_go_both_ways_at_once) {
  with_pool(one_connection(), [](pool& all) -> task<void> {
    auto const loop = co_await boost::asio::this_coro::executor;
    std::string const text(1 << 20, 'v');
    int right = 0;
    for (int i = 0; i < 24; ++i)
      beside(loop, [](pool& it, std::string const& sent, int& good) -> task<void> {
        auto const rows = co_await it.query("select $1::text", sent);
        good += rows.front().get<std::string_view>(0) == sent ? 1 : 0;
      }(all, text, right));
    BOOST_TEST(co_await comes_true([&] { return right == 24; }));
  });
}

BOOST_AUTO_TEST_SUITE_END()
#endif
