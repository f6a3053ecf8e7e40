// PostgreSQL's notifications: their order, and what is told when some may have been missed.
#include <csignal>

#include <store/with_postgres.hpp>

#if PANDO_HAS_POSTGRES

BOOST_AUTO_TEST_SUITE(postgres_notifications)

using namespace with_postgres;

namespace {

using kind = notification::kind;

options here() {
  options chosen;
  chosen.connection = server()->connection();
  return chosen;
}

} // namespace

BOOST_AUTO_TEST_CASE(they_come_in_order_with_channel_and_payload) {
  with_pool({}, [](pool& all) -> task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    listener hears(home, {"first", "Second \"2\""}, here());
    BOOST_TEST(!hears.is_listening());
    auto const start = co_await hears.next();
    BOOST_TEST((start.what == kind::began));
    BOOST_TEST(hears.is_listening());
    for (int i = 0; i < 100; ++i)
      co_await all.query("select pg_notify($1, $2)", i % 2 == 0 ? "first" : "Second \"2\"", std::to_string(i));
    co_await all.query("select pg_notify('other', 'not for us')");
    for (int i = 0; i < 100; ++i) {
      auto const one = co_await hears.next();
      BOOST_TEST((one.what == kind::message));
      BOOST_TEST(one.channel == (i % 2 == 0 ? "first" : "Second \"2\""));
      BOOST_TEST(one.payload == std::to_string(i));
      BOOST_TEST(one.from > 0);
    }
    hears.close();
    auto const why = co_await failure_of(hears.next());
    BOOST_TEST((why && why->kind() == fault::closed));
  });
}

BOOST_AUTO_TEST_CASE(only_what_is_committed_is_told) {
  with_pool({}, [](pool& all) -> task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    listener hears(home, {"done"}, here());
    co_await hears.next();
    batch bad;
    bad.add("select pg_notify('done', 'undone')");
    bad.add("select 1/0");
    auto const why = co_await failure_of(all.transaction(std::move(bad)));
    BOOST_TEST(why.has_value());
    batch good;
    good.add("select pg_notify('done', 'right')");
    co_await all.transaction(std::move(good));
    auto const one = co_await hears.next();
    BOOST_TEST(one.payload == "right");
  });
}

BOOST_AUTO_TEST_CASE(after_the_server_died_it_listens_again_and_says_so) {
  with_pool({}, [](pool& all) -> task<void> {
    auto const loop = co_await boost::asio::this_coro::executor;
    listener hears(loop, {"news"}, here());
    co_await hears.next();
    server()->kill();
    BOOST_TEST(co_await comes_true([&] { return !hears.is_listening(); }));
    server()->start();
    auto const again = co_await hears.next();
    BOOST_TEST((again.what == kind::began));
    co_await all.query("select pg_notify('news', 'after')");
    auto const one = co_await hears.next();
    BOOST_TEST(one.payload == "after");
  });
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_is_given_up_by_its_heartbeat) {
  with_pool({}, [](pool& all) -> task<void> {
    auto const loop = co_await boost::asio::this_coro::executor;
    auto chosen = here();
    chosen.connect_timeout = 300ms;
    listener hears(loop, {"news"}, chosen, 200ms);
    co_await hears.next();
    co_await sleep(700ms); // some heartbeats
    BOOST_TEST(hears.is_listening());
    server()->signal(SIGSTOP);
    BOOST_TEST(co_await comes_true([&] { return !hears.is_listening(); }));
    server()->signal(SIGCONT);
    auto const again = co_await hears.next();
    BOOST_TEST((again.what == kind::began));
    co_await all.query("select pg_notify('news', 'after')");
    auto const one = co_await hears.next();
    BOOST_TEST(one.payload == "after");
  });
}

BOOST_AUTO_TEST_CASE(who_does_not_take_them_is_told_that_some_are_gone) {
  with_pool({}, [](pool& all) -> task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    listener hears(home, {"many"}, here());
    co_await hears.next();
    co_await all.query("select pg_notify('many', n::text) from generate_series(1, 10005) n");
    co_await sleep(300ms);
    auto const one = co_await hears.next();
    BOOST_TEST((one.what == kind::lost));
    auto const last = co_await hears.next(); // the one that was too many gave way, too
    BOOST_TEST(last.payload == "10002");
  });
}

BOOST_AUTO_TEST_CASE(a_refused_listener_says_why_and_goes_on_trying) {
  if (server() == nullptr) return;
  boost::asio::io_context loop;
  run(loop, []() -> task<void> {
    auto chosen = here();
    chosen.connection = server()->connection("pando", "wrong");
    auto const home = co_await boost::asio::this_coro::executor;
    listener hears(home, {"x"}, chosen);
    for (int i = 0; i < 2; ++i) {
      auto const why = co_await failure_of(hears.next());
      BOOST_TEST((why && why->kind() == fault::refused));
      BOOST_TEST((why && why->sqlstate() == "28P01"));
    }
  }());
}

BOOST_AUTO_TEST_CASE(who_waits_for_the_next_may_be_cancelled) {
  if (server() == nullptr) return;
  boost::asio::io_context loop;
  run(loop, []() -> task<void> {
    auto const executor = co_await boost::asio::this_coro::executor;
    listener hears(executor, {"x"}, here());
    co_await hears.next();
    boost::asio::cancellation_signal stop;
    std::optional<error> why;
    bool is_over = false;
    boost::asio::co_spawn(
        executor,
        [](listener& it, std::optional<error>& said) -> task<void> {
          said = co_await failure_of(it.next());
        }(hears, why),
        boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr const&) { is_over = true; }));
    co_await sleep(20ms);
    stop.emit(boost::asio::cancellation_type::terminal);
    BOOST_TEST(co_await comes_true([&] { return is_over; }));
    BOOST_TEST((why && why->kind() == fault::cancelled));
    BOOST_TEST(hears.is_listening());
  }());
}

BOOST_AUTO_TEST_SUITE_END()
#endif
