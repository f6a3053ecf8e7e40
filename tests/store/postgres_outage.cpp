// PostgreSQL that is not there, dies, hangs or refuses: what is told, and that it comes back.
#include <csignal>

#include <store/with_postgres.hpp>

#if PANDO_HAS_POSTGRES

BOOST_AUTO_TEST_SUITE(postgres_outage)

using namespace with_postgres;

namespace {

/// Waits for what a coroutine failed with.
struct told {
  std::optional<error> why;
  bool is_over = false;
};

void start(boost::asio::any_io_executor const& loop, task<result> work, told& into) {
  beside(loop, [](task<result> it, told& out) -> task<void> {
    out.why = co_await failure_of(std::move(it));
    out.is_over = true;
  }(std::move(work), into));
}

options quick() {
  options chosen;
  chosen.max_wait = 400ms;
  return chosen;
}

error failure_to_connect(std::string const& connection, options chosen = quick()) {
  std::optional<error> said;
  chosen.connection = connection;
  with_pool(chosen, [&said](pool& all) -> task<void> {
    said = co_await failure_of(all.query("select 1"));
  });
  return said.value_or(error(fault::closed, "nothing failed"));
}

bool contains(error const& why, std::string const& text) {
  return std::string(why.what()).find(text) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_refused_connection_is_told_at_once_and_clearly) {
  auto* const at = server();
  if (at == nullptr) return;
  auto chosen = quick();
  chosen.max_wait = 30s; // it is not waited for
  auto const began = std::chrono::steady_clock::now();
  auto const password = failure_to_connect(at->connection("pando", "wrong"), chosen);
  BOOST_TEST((password.kind() == fault::refused));
  BOOST_TEST(password.what() ==
             "postgres: FATAL 28P01: password authentication failed for user \"pando\" (look at the "
             "password in the connection string, in PGPASSWORD or in ~/.pgpass)");
  auto const database = failure_to_connect(at->connection("pando", "secret", "nowhere"), chosen);
  BOOST_TEST((database.kind() == fault::refused));
  BOOST_TEST(database.what() ==
             "postgres: FATAL 3D000: database \"nowhere\" does not exist (create the database "
             "(createdb), or look at its name in the connection string)");
  auto const nobody = failure_to_connect(at->connection("nobody_here"), chosen);
  BOOST_TEST(nobody.sqlstate() == "28P01");
  BOOST_TEST(!nobody.is_outcome_unknown());
  BOOST_TEST(!nobody.is_retryable());
  BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_waited_for_and_then_told_of) {
  if (server() == nullptr) return;
  auto const port = failure_to_connect("postgres://pando@127.0.0.1:1/postgres");
  BOOST_TEST((port.kind() == fault::unavailable));
  BOOST_TEST(port.is_retryable());
  BOOST_TEST(!port.is_outcome_unknown());
  BOOST_TEST(contains(port, "postgres: no connection within 400 ms, the statement was not sent; the "
                            "last attempt: "));
  BOOST_TEST(contains(port, "Connection refused; Is the server running on that host"));
  BOOST_TEST(!contains(port, "\n"));
  auto const socket = failure_to_connect("host=/nowhere/at/all");
  BOOST_TEST(contains(socket, "No such file or directory"));
}

BOOST_AUTO_TEST_CASE(what_may_take_a_short_time_does_not_wait_longer_for_a_connection) {
  if (server() == nullptr) return;
  auto chosen = quick();
  chosen.connection = "host=/nowhere/at/all";
  chosen.max_wait = 20s;
  with_pool(chosen, [](pool& all) -> task<void> {
    auto const loop = co_await boost::asio::this_coro::executor;
    auto const began = std::chrono::steady_clock::now();
    told patient;
    told hasty;
    start(loop, all.query("select 1"), patient);
    start(loop, all.run(statement("select 2").within(150ms)), hasty);
    BOOST_TEST(co_await comes_true([&] { return hasty.is_over; }));
    BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
    BOOST_TEST((hasty.why && contains(*hasty.why, "no connection within 150 ms")));
    BOOST_TEST(!patient.is_over);
    co_await all.close();
    BOOST_TEST(co_await comes_true([&] { return patient.is_over; }));
  });
}

BOOST_AUTO_TEST_CASE(a_name_that_is_none_is_told_of) {
  if (server() == nullptr) return;
  auto chosen = quick();
  chosen.connect_timeout = 20s;
  // A name server may take its time to say that there is none.
  auto const comes_to_say = [&chosen](std::string const& connection, std::string const& text) {
    for (int tries = 0; tries < 10; ++tries) {
      auto const why = failure_to_connect(connection, chosen);
      BOOST_TEST((why.kind() == fault::unavailable));
      if (contains(why, text)) return true;
      chosen.max_wait *= 2;
    }
    return false;
  };
  BOOST_TEST(comes_to_say("postgres://no-such-host.invalid/x",
                          "the host \"no-such-host.invalid\" cannot be found"));
  // One of several: the others are tried.
  BOOST_TEST(comes_to_say("host=no-such-host.invalid,/nowhere/else", "/nowhere/else"));
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_no_connection_runs_into_the_limit) {
  if (server() == nullptr) return;
  boost::asio::io_context silent_loop;
  boost::asio::ip::tcp::acceptor silent(silent_loop, {boost::asio::ip::make_address("127.0.0.1"), 0});
  auto chosen = quick();
  chosen.connect_timeout = 100ms;
  auto const why = failure_to_connect(
      "host=localhost port=" + std::to_string(silent.local_endpoint().port()), chosen);
  BOOST_TEST((why.kind() == fault::unavailable));
  BOOST_TEST(contains(why, "the server did not take the connection within 100 ms"));
}

BOOST_AUTO_TEST_CASE(a_connection_string_that_is_none_is_refused) {
  boost::asio::io_context loop;
  options chosen;
  chosen.connection = "host=x prot=5432";
  BOOST_CHECK_EXCEPTION(pool(loop.get_executor(), chosen), std::invalid_argument,
                        [](std::invalid_argument const& why) {
                          return std::string(why.what()) ==
                                 "postgres: the connection string cannot be read: invalid connection "
                                 "option \"prot\"";
                        });
  chosen = {};
  chosen.max_in_flight = 0;
  BOOST_CHECK_THROW(pool(loop.get_executor(), chosen), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(what_is_in_flight_when_the_server_dies_is_told_and_the_pool_comes_back) {
  options chosen;
  chosen.max_connections = 2;
  chosen.max_in_flight = 4;
  with_pool(chosen, [](pool& all) -> task<void> {
    co_await all.query("drop table if exists survived");
    co_await all.query("create table survived (n bigint)");
    co_await all.query("insert into survived values (1)");
    auto const loop = co_await boost::asio::this_coro::executor;
    std::vector<told> sent(8); // as many as both connections take
    std::vector<told> later(5);
    for (auto& one : sent) start(loop, all.query("select pg_sleep(10)"), one);
    BOOST_TEST(co_await comes_true([&] { return all.in_flight() == 8; }));
    for (auto& one : later) start(loop, all.query("select count(*) from survived"), one);
    BOOST_TEST(co_await comes_true([&] { return all.waiting() == 5; }));
    server()->kill();
    BOOST_TEST(co_await comes_true([&] {
      return std::all_of(sent.begin(), sent.end(), [](told const& one) { return one.is_over; });
    }));
    for (auto const& one : sent) {
      BOOST_TEST_REQUIRE(one.why.has_value());
      BOOST_TEST((one.why->kind() == fault::disconnected));
      BOOST_TEST(one.why->is_outcome_unknown());
      BOOST_TEST(!one.why->is_retryable());
      BOOST_TEST(contains(*one.why, "whether the statement was executed is unknown"));
    }
    BOOST_TEST(co_await comes_true([&] { return all.failed_attempts() >= 3; }));
    BOOST_TEST(all.open_connections() == 0u);
    BOOST_TEST(!later.front().is_over);
    server()->start();
    BOOST_TEST(co_await comes_true([&] { // by itself, and without an error for who waited
      return std::all_of(later.begin(), later.end(), [](told const& one) { return one.is_over; });
    }));
    for (auto const& one : later) BOOST_TEST(!one.why.has_value());
    auto const rows = co_await all.query("select count(*) from survived");
    BOOST_TEST(rows.front().get<int>(0) == 1);
    BOOST_TEST(all.failed_attempts() == 0u);
  });
}

BOOST_AUTO_TEST_CASE(a_server_that_is_stopped_in_order_says_so) {
  with_pool({}, [](pool& all) -> task<void> {
    auto const loop = co_await boost::asio::this_coro::executor;
    told one;
    start(loop, all.query("select pg_sleep(10)"), one);
    BOOST_TEST(co_await comes_true([&] { return all.in_flight() == 1; }));
    server()->stop();
    BOOST_TEST(co_await comes_true([&] { return one.is_over; }));
    server()->start();
    BOOST_TEST_REQUIRE(one.why.has_value());
    BOOST_TEST((one.why->kind() == fault::disconnected));
    BOOST_TEST(one.why->is_outcome_unknown());
    BOOST_TEST(contains(*one.why, "terminating connection due to administrator command"));
    auto const rows = co_await all.query("select 1");
    BOOST_TEST(rows.size() == 1u);
  });
}

BOOST_AUTO_TEST_CASE(an_idle_connection_that_was_cut_is_replaced_without_an_error) {
  options chosen;
  chosen.max_connections = 1;
  with_pool(chosen, [](pool& all) -> task<void> {
    for (int i = 0; i < 3; ++i) {
      auto const rows = co_await all.query("select pg_backend_pid()");
      ::kill(rows.front().get<pid_t>(0), SIGTERM);
      BOOST_TEST(co_await comes_true([&] { return all.open_connections() == 0; }));
    }
    co_await all.query("select 1");
  });
}

BOOST_AUTO_TEST_CASE(a_hung_server_times_out_and_is_used_again_when_it_goes_on) {
  options chosen;
  chosen.max_connections = 1;
  chosen.query_timeout = 10s;
  chosen.connect_timeout = 300ms;
  with_pool(chosen, [](pool& all) -> task<void> {
    co_await all.query("select 1");
    auto const loop = co_await boost::asio::this_coro::executor;
    server()->signal(SIGSTOP);
    auto const began = std::chrono::steady_clock::now();
    told late;
    told beside_it;
    start(loop, all.run(statement("select 1").within(300ms)), late);
    start(loop, all.query("select 2"), beside_it);
    BOOST_TEST(co_await comes_true([&] { return late.is_over && beside_it.is_over; }));
    auto const took = std::chrono::steady_clock::now() - began;
    BOOST_TEST((took >= 300ms && took < 3s));
    BOOST_TEST((late.why && late.why->kind() == fault::timed_out));
    BOOST_TEST((late.why && late.why->is_outcome_unknown()));
    BOOST_TEST((late.why && contains(*late.why, "postgres: no answer within 300 ms")));
    BOOST_TEST((beside_it.why && beside_it.why->kind() == fault::disconnected));
    BOOST_TEST((beside_it.why && beside_it.why->is_outcome_unknown()));
    told after;
    start(loop, all.query("select 3"), after);
    co_await sleep(700ms);
    BOOST_TEST(!after.is_over);
    server()->signal(SIGCONT);
    BOOST_TEST(co_await comes_true([&] { return after.is_over; }));
    BOOST_TEST(!after.why.has_value());
  });
}

BOOST_AUTO_TEST_CASE(those_who_wait_are_few_and_not_for_ever) {
  options chosen;
  chosen.max_connections = 1;
  chosen.max_in_flight = 1;
  chosen.max_waiting = 2;
  chosen.max_wait = 200ms;
  with_pool(chosen, [](pool& all) -> task<void> {
    while (co_await failure_of(all.query("select 1"))) { // a busy machine connects more slowly
    }
    auto const loop = co_await boost::asio::this_coro::executor;
    told busy;
    told waiting[3];
    start(loop, all.query("select pg_sleep(2)"), busy);
    for (auto& one : waiting) start(loop, all.query("select 1"), one);
    BOOST_TEST(co_await comes_true([&] { return waiting[2].is_over; }));
    BOOST_TEST(!waiting[0].is_over);
    BOOST_TEST((waiting[2].why && waiting[2].why->kind() == fault::overloaded));
    BOOST_TEST((waiting[2].why && contains(*waiting[2].why, "2 wait for a connection already")));
    BOOST_TEST(co_await comes_true([&] { return waiting[0].is_over && waiting[1].is_over; }));
    BOOST_TEST(!busy.is_over);
    BOOST_TEST((waiting[0].why && waiting[0].why->kind() == fault::overloaded));
    BOOST_TEST((waiting[0].why && contains(*waiting[0].why, "every connection was busy for 200 ms")));
    BOOST_TEST((waiting[0].why && waiting[0].why->is_retryable()));
    BOOST_TEST(co_await comes_true([&] { return busy.is_over; }));
    BOOST_TEST(!busy.why.has_value());
  });
}

BOOST_AUTO_TEST_CASE(closing_answers_what_was_sent_and_refuses_the_rest) {
  options chosen;
  chosen.max_connections = 1;
  chosen.max_in_flight = 1;
  with_pool(chosen, [](pool& all) -> task<void> {
    auto const loop = co_await boost::asio::this_coro::executor;
    told sent;
    told waiting;
    told after;
    start(loop, all.query("select pg_sleep(0.2)"), sent);
    BOOST_TEST(co_await comes_true([&] { return all.in_flight() == 1; }));
    start(loop, all.query("select 1"), waiting);
    BOOST_TEST(co_await comes_true([&] { return all.waiting() == 1; }));
    co_await all.close();
    BOOST_TEST(co_await comes_true([&] { return sent.is_over && waiting.is_over; }));
    BOOST_TEST(!sent.why.has_value());
    BOOST_TEST((waiting.why && waiting.why->kind() == fault::closed));
    BOOST_TEST((waiting.why && !waiting.why->is_outcome_unknown()));
    start(loop, all.query("select 1"), after);
    BOOST_TEST(co_await comes_true([&] { return after.is_over; }));
    BOOST_TEST((after.why && after.why->kind() == fault::closed));
    BOOST_TEST(all.open_connections() == 0u);
  });
}

/// Runs the loop until the pool has sent a statement.
bool sends_one(boost::asio::io_context& loop, pool& all) {
  for (int tries = 0; tries < 1000 && all.in_flight() == 0; ++tries) loop.run_for(20ms);
  return all.in_flight() == 1;
}

BOOST_AUTO_TEST_CASE(a_pool_and_a_loop_may_go_with_statements_in_flight) {
  auto* const at = server();
  if (at == nullptr) return;
  options chosen;
  chosen.connection = at->connection();
  told one;
  {
    boost::asio::io_context loop;
    pool all(loop.get_executor(), chosen);
    start(loop.get_executor(), all.query("select pg_sleep(5)"), one);
    BOOST_TEST(sends_one(loop, all));
  }
  BOOST_TEST(!one.is_over);
  {
    boost::asio::io_context loop;
    auto all = std::make_unique<pool>(loop.get_executor(), chosen);
    start(loop.get_executor(), all->query("select pg_sleep(5)"), one);
    BOOST_TEST(sends_one(loop, *all));
    all.reset();
    loop.restart();
    loop.run_for(10s);
    BOOST_TEST(loop.stopped());
  }
  BOOST_TEST((one.is_over && one.why && one.why->is_outcome_unknown()));
}

BOOST_AUTO_TEST_SUITE_END()
#endif
