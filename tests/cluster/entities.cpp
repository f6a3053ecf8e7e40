// Entities in one program, through `app.client<Counter>(id)`: what people write on the design page.
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>

BOOST_AUTO_TEST_SUITE(entities)

namespace {

using namespace std::chrono_literals;

struct Increment {
  std::int64_t amount;
};
struct Refused {
  std::string why;
};
struct Wait {
  int ms;
};
struct Count {
  int items;
};

/// What handlers and states leave behind for the tests.
struct records {
  std::map<std::string, std::int64_t> saved;
  std::vector<std::string> events;
  int made = 0;
  int alive = 0;
  std::atomic<int> slow{0}; ///< handlers of `Slow` that have begun, on any thread
};

struct Counter
    : pando::entity<"Counter", pando::rpc<"Increment", std::int64_t(Increment)>,
                    pando::rpc<"Get", std::int64_t()>,
                    pando::rpc<"Refuse", void(), pando::raises<Refused>>,
                    pando::rpc<"Break", void()>, pando::rpc<"Slow", std::int64_t(Wait)>,
                    pando::rpc<"Count", pando::stream<std::int64_t>(Count)>,
                    pando::rpc<"Keep", void(Increment)>, pando::rpc<"Name", std::string()>,
                    pando::max_idle<50ms>, pando::mailbox<8>> {};

struct CounterState {
  explicit CounterState(records& told, std::int64_t from) : to(&told), count(from) {
    ++to->made;
    ++to->alive;
  }
  CounterState(CounterState&& other) noexcept : to(other.to), count(other.count) { ++to->alive; }
  ~CounterState() { --to->alive; }
  records* to;
  std::int64_t count;
};

pando::task<void> pause(std::chrono::milliseconds length) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, length);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

pando::stream<std::int64_t> count_up(CounterState& state, Count in) {
  for (int i = 0; i < in.items; ++i) {
    std::int64_t const next = ++state.count;
    co_yield next;
  }
}

inline auto const counters = pando::implement<Counter>(
    pando::state<CounterState> =
        [](records& told, pando::entity_context& about) {
          return CounterState(told, told.saved[std::string(about.id())]);
        },
    pando::on_passivate =
        [](CounterState& state, pando::entity_context& about) {
          state.to->saved[std::string(about.id())] = state.count;
          state.to->events.push_back("passivated " + std::string(about.id()));
        },
    pando::on<"Increment"> = [](CounterState& s, Increment in) { return s.count += in.amount; },
    pando::on<"Get"> = [](CounterState const& s) { return s.count; },
    pando::on<"Refuse"> = [] { throw Refused{"no"}; },
    pando::on<"Break"> =
        [](CounterState& s) {
          s.count = -1;
          throw std::runtime_error("a secret");
        },
    pando::on<"Slow"> = [](CounterState& s, Wait in) -> pando::task<std::int64_t> {
      auto const before = s.count;
      ++s.to->slow;
      co_await pause(std::chrono::milliseconds(in.ms));
      s.count = before + 1; // nobody else has been here
      co_return s.count;
    },
    pando::on<"Count"> = [](CounterState& s, Count in) { return count_up(s, in); },
    pando::on<"Keep"> = [](pando::entity_context& about,
                           Increment in) { about.keep_alive(in.amount != 0); },
    pando::on<"Name"> =
        [](pando::entity_context& about, pando::caller const& who) {
          return std::string(about.kind()) + "/" + std::string(about.id()) + " by " +
                 std::string(who.transport);
        });

/// An entity whose state is loaded by a coroutine, and that runs many handlers at once.
struct Ledger : pando::entity<"Ledger", pando::rpc<"Read", std::int64_t()>,
                              pando::rpc<"Wait", int(Wait)>, pando::rpc<"Most", int()>,
                              pando::concurrency<3>, pando::max_idle<pando::never>> {};
struct LedgerState {
  std::int64_t value = 0;
  int running = 0;
  int most = 0;
};
struct failing {
  int times = 0;
};

inline auto const ledgers = pando::implement<Ledger>(
    pando::state<LedgerState> = [](records& told, failing& fails) -> pando::task<LedgerState> {
      co_await pause(2ms);
      if (fails.times > 0) {
        --fails.times;
        throw std::runtime_error("the database is away");
      }
      ++told.made;
      LedgerState loaded{42};
      co_return loaded;
    },
    pando::on_passivate = [](LedgerState&, records& told) -> pando::task<void> {
      co_await pause(2ms);
      told.events.push_back("saved");
    },
    pando::on<"Read"> = [](LedgerState& s) { return s.value; },
    pando::on<"Wait"> = [](LedgerState& s, Wait in) -> pando::task<int> {
      s.most = std::max(s.most, ++s.running);
      co_await pause(std::chrono::milliseconds(in.ms));
      co_return --s.running;
    },
    pando::on<"Most"> = [](LedgerState& s) { return s.most; });

struct world {
  records told{};
  failing fails{};
  boost::asio::io_context io{1};

  auto make() {
    auto app = pando::app(counters, ledgers).provide(told).provide(fails).named("entities");
    app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
    return app;
  }

  template <class Body>
  void run(Body body) {
    std::exception_ptr failed;
    bool is_over = false;
    boost::asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
      failed = error;
      is_over = true;
    });
    io.restart();
    while (!is_over && io.run_one_for(20s) != 0) {
    }
    if (failed) std::rethrow_exception(failed);
    BOOST_REQUIRE(is_over);
  }
};

/// Runs so many at once, each with its number, to their ends; none may fail.
template <class Body>
pando::task<void> at_once(int count, Body const& body) {
  auto const home = co_await boost::asio::this_coro::executor;
  int ended = 0;
  for (int i = 0; i < count; ++i)
    boost::asio::co_spawn(home, body(i), [&](std::exception_ptr error) {
      BOOST_TEST(!error);
      ++ended;
    });
  while (ended != count) co_await pause(1ms);
}

template <class Failure, class Body>
pando::task<std::string> failure_of(Body body) {
  try {
    co_await body();
  } catch (Failure const& error) {
    co_return error.what();
  }
  co_return "";
}

} // namespace

BOOST_AUTO_TEST_CASE(one_instance_for_each_id) {
  world it;
  auto app = it.make();
  it.run([&]() -> pando::task<void> {
    auto first = app.client<Counter>("a");
    auto other = app.client<Counter>("b");
    auto again = app.client<Counter>("a");
    std::int64_t total = co_await first.call<"Increment">(1);
    BOOST_TEST(total == 1);
    total = co_await again.call<"Increment">(2);
    BOOST_TEST(total == 3);
    total = co_await other.call<"Get">();
    BOOST_TEST(total == 0);
    std::string const name = co_await other.call<"Name">();
    BOOST_TEST(name == "Counter/b by in-process");
    auto const refusing = [&]() -> pando::task<void> { co_await first.call<"Refuse">(); };
    bool is_refused = false;
    try {
      co_await refusing();
    } catch (Refused const& error) {
      is_refused = error.why == "no";
    }
    BOOST_TEST(is_refused);
    total = co_await first.call<"Get">();
    BOOST_TEST(total == 3); // a declared error is no defect
    auto const outcome = co_await first.attempt().call<"Refuse">();
    BOOST_TEST(!outcome.has_value());
  });
  BOOST_TEST(it.told.made == 2);
}

BOOST_AUTO_TEST_CASE(ids_that_are_none) {
  world it;
  auto app = it.make();
  BOOST_CHECK_THROW(app.client<Counter>(""), std::invalid_argument);
  BOOST_CHECK_THROW(app.client<Counter>(std::string(513, 'x')), std::invalid_argument);
  (void)app.client<Counter>(std::string(512, 'x'));
}

BOOST_AUTO_TEST_CASE(a_handler_has_the_state_for_itself_while_it_awaits) {
  world it;
  auto app = it.make();
  it.run([&]() -> pando::task<void> {
    auto counter = app.client<Counter>("a");
    std::vector<int> const lengths{20, 1, 5, 1, 1};
    std::vector<std::int64_t> order;
    auto const slow = [&](int which) -> pando::task<void> {
      std::int64_t const got =
          co_await counter.call<"Slow">(lengths[static_cast<std::size_t>(which)]);
      order.push_back(got);
    };
    co_await at_once(5, slow);
    std::vector<std::int64_t> const in_order{1, 2, 3, 4, 5};
    BOOST_TEST(order == in_order, boost::test_tools::per_element());
  });
}

BOOST_AUTO_TEST_CASE(a_full_mailbox_refuses) {
  world it;
  auto app = it.make();
  it.run([&]() -> pando::task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    auto counter = app.client<Counter>("a");
    int done = 0;
    std::vector<std::string> refused;
    auto const slow = [&]() -> pando::task<void> {
      auto const body = [&]() -> pando::task<void> { co_await counter.call<"Slow">(5); };
      auto const why = co_await failure_of<pando::mailbox_full>(body);
      if (!why.empty()) refused.push_back(why);
      ++done;
    };
    for (int i = 0; i < 12; ++i) boost::asio::co_spawn(home, slow(), boost::asio::detached);
    while (done != 12) co_await pause(1ms);
    BOOST_REQUIRE(refused.size() == 3U); // one runs, eight wait
    BOOST_TEST(refused[0] == "entity Counter a has 8 calls waiting; try again later");
    std::int64_t const total = co_await counter.call<"Get">();
    BOOST_TEST(total == 9);
  });
}

BOOST_AUTO_TEST_CASE(an_idle_instance_is_passivated_and_made_again) {
  world it;
  auto app = it.make();
  it.run([&]() -> pando::task<void> {
    pando::serve_options quiet;
    quiet.no_socket = true;
    co_await app.serve(quiet);
    auto counter = app.client<Counter>("a");
    auto kept = app.client<Counter>("k");
    co_await counter.call<"Increment">(7);
    co_await kept.call<"Keep">(1);
    while (it.told.events.empty()) co_await pause(20ms); // the sweep of each second
    BOOST_TEST(it.told.events[0] == "passivated a");
    BOOST_TEST(it.told.alive == 1);
    std::int64_t const total = co_await counter.call<"Get">();
    BOOST_TEST(total == 7); // as it was saved
    BOOST_TEST(it.told.made == 3);
    co_await kept.call<"Keep">(0);
    while (it.told.events.size() < 3) co_await pause(20ms);
    BOOST_TEST(it.told.alive == 0);
    co_await kept.call<"Keep">(1);
    co_await app.stop(); // whatever is left
    BOOST_TEST(it.told.alive == 0);
    BOOST_TEST(it.told.events.back() == "passivated k");
    std::int64_t const later = co_await counter.call<"Get">();
    BOOST_TEST(later == 7);
  });
}

BOOST_AUTO_TEST_CASE(after_a_defect_the_state_is_made_anew) {
  world it;
  auto app = it.make();
  it.run([&]() -> pando::task<void> {
    auto counter = app.client<Counter>("a");
    co_await counter.call<"Increment">(5);
    auto const breaking = [&]() -> pando::task<void> { co_await counter.call<"Break">(); };
    auto const why = co_await failure_of<pando::internal_failure>(breaking);
    BOOST_TEST(why.find("secret") == std::string::npos);
    BOOST_TEST(why.find("id ") != std::string::npos);
    BOOST_TEST(it.told.alive == 0);
    std::int64_t total = co_await counter.call<"Get">(); // nothing was saved
    BOOST_TEST(total == 0);
    BOOST_TEST(it.told.made == 2);
    // Defects in a row make it rest; a call that waits runs after that.
    auto const begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) co_await failure_of<pando::internal_failure>(breaking);
    auto const next = [&](int) -> pando::task<void> { co_await counter.call<"Increment">(1); };
    co_await at_once(3, next);
    auto const took = std::chrono::steady_clock::now() - begin;
    BOOST_TEST((took >= 140ms)); // 0 + 50 + 100, less what the coarse clock misses
    total = co_await counter.call<"Get">();
    BOOST_TEST(total == 3);
  });
}

BOOST_AUTO_TEST_CASE(a_state_is_loaded_by_a_coroutine_and_saved_by_one) {
  world it;
  auto app = it.make();
  it.run([&]() -> pando::task<void> {
    auto ledger = app.client<Ledger>("l");
    auto const reading = [&](int) -> pando::task<void> {
      std::int64_t const value = co_await ledger.call<"Read">();
      BOOST_TEST(value == 42);
    };
    co_await at_once(5, reading);
    BOOST_TEST(it.told.made == 1);
    pando::serve_options quiet;
    quiet.no_socket = true;
    co_await app.serve(quiet);
    co_await app.stop();
    BOOST_TEST(it.told.events.size() == 1U);
    it.fails.times = 1;
    auto const body = [&]() -> pando::task<void> { co_await ledger.call<"Read">(); };
    auto const why = co_await failure_of<pando::internal_failure>(body);
    BOOST_TEST(why.find("database") == std::string::npos);
    std::int64_t const value = co_await ledger.call<"Read">();
    BOOST_TEST(value == 42);
  });
}

BOOST_AUTO_TEST_CASE(as_many_handlers_at_once_as_it_says) {
  world it;
  auto app = it.make();
  it.run([&]() -> pando::task<void> {
    auto ledger = app.client<Ledger>("l");
    auto const waiting = [&](int) -> pando::task<void> { co_await ledger.call<"Wait">(3); };
    co_await at_once(10, waiting);
    int const most = co_await ledger.call<"Most">();
    BOOST_TEST(most == 3);
  });
}

BOOST_AUTO_TEST_CASE(streams_deadlines_and_cancellation) {
  world it;
  auto app = it.make();
  it.run([&]() -> pando::task<void> {
    auto const home = co_await boost::asio::this_coro::executor;
    auto counter = app.client<Counter>("a");
    auto items = counter.stream<"Count">(200);
    std::int64_t sum = 0;
    while (std::optional<std::int64_t> item = co_await items.next()) sum += *item;
    BOOST_TEST(sum == 200 * 201 / 2);
    {
      auto dropped = counter.stream<"Count">(1'000'000);
      std::optional<std::int64_t> const one = co_await dropped.next();
      BOOST_TEST(one.has_value());
    }
    std::int64_t total = co_await counter.call<"Increment">(0); // its turn has come
    BOOST_TEST(total > 200);
    auto const late = [&]() -> pando::task<void> {
      co_await counter.within(10ms).call<"Slow">(60'000);
    };
    auto const why = co_await failure_of<pando::deadline_exceeded>(late);
    BOOST_TEST(!why.empty());
    total = co_await counter.call<"Get">(); // its handler was cancelled
    // One that waits for its turn leaves the mailbox when it is cancelled.
    boost::asio::cancellation_signal stop;
    int ended = 0;
    auto const slow = [&]() -> pando::task<void> { co_await counter.call<"Slow">(30); };
    auto const queued = [&]() -> pando::task<void> { co_await counter.call<"Slow">(60'000); };
    boost::asio::co_spawn(home, slow(), [&](std::exception_ptr error) {
      BOOST_TEST(!error);
      ++ended;
    });
    boost::asio::co_spawn(
        home, queued(),
        boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) {
          BOOST_TEST(!!error);
          ++ended;
        }));
    co_await pause(5ms);
    stop.emit(boost::asio::cancellation_type::all);
    while (ended != 2) co_await pause(1ms);
    std::int64_t const after = co_await counter.call<"Get">();
    BOOST_TEST(after == total + 1);
  });
}

BOOST_AUTO_TEST_CASE(a_caller_that_ends_before_its_turn_holds_up_nobody) {
  world it;
  auto app = it.make();
  auto counter = app.client<Counter>("a");
  auto const slow = [&](int ms) -> pando::task<void> { co_await counter.call<"Slow">(ms); };
  {
    boost::asio::io_context other(1);
    boost::asio::co_spawn(it.io, slow(20), boost::asio::detached);
    while (it.told.slow == 0) it.io.run_one();
    boost::asio::co_spawn(other, slow(60'000), boost::asio::detached);
    other.poll();
    BOOST_TEST(it.told.slow == 1); // the other one waits
    it.io.run();                   // its turn has come, and it is told so over there
  }
  it.run([&]() -> pando::task<void> {
    std::int64_t const total = co_await counter.call<"Get">();
    BOOST_TEST(total == 1);
  });
}

/// It was to make the state when the instance had rested.
BOOST_AUTO_TEST_CASE(a_caller_that_ends_while_its_instance_rests_holds_up_nobody) {
  world it;
  auto app = it.make();
  auto counter = app.client<Counter>("a");
  it.run([&]() -> pando::task<void> {
    auto const breaking = [&]() -> pando::task<void> { co_await counter.call<"Break">(); };
    for (int i = 0; i < 2; ++i) co_await failure_of<pando::internal_failure>(breaking);
  });
  {
    boost::asio::io_context other(1);
    auto const get = [&]() -> pando::task<void> { co_await counter.call<"Get">(); };
    boost::asio::co_spawn(other, get(), boost::asio::detached);
    other.poll();
  }
  std::optional<std::int64_t> total;
  auto const get = [&]() -> pando::task<void> {
    std::int64_t const got = co_await counter.call<"Get">();
    total = got;
  };
  boost::asio::co_spawn(it.io, get(), boost::asio::detached);
  it.io.restart();
  it.io.run_for(5s);
  BOOST_TEST(total.value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(from_many_threads) {
  world it;
  auto app = it.make();
  constexpr int each = 2'000;
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back("c" + std::to_string(i));
  for (auto const& id : ids) it.told.saved[id] = 0; // no two states are made at a time below
  it.run([&]() -> pando::task<void> {
    for (auto const& id : ids) {
      auto const counter = app.client<Counter>(id);
      co_await counter.call<"Keep">(1);
    }
  });
  std::vector<std::thread> threads;
  std::atomic<int> refused{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      boost::asio::io_context io(1);
      auto const body = [&, t]() -> pando::task<void> {
        for (int i = 0; i < each; ++i) {
          auto const counter =
              app.client<Counter>(ids[static_cast<std::size_t>(i + t) % ids.size()]);
          if (i % 50 == 0)
            co_await counter.call<"Slow">(1);
          else
            co_await counter.call<"Increment">(1);
        }
      };
      boost::asio::co_spawn(io, body, [&](std::exception_ptr error) { refused += error ? 1 : 0; });
      io.run();
    });
  for (auto& one : threads) one.join();
  BOOST_TEST(refused == 0);
  it.run([&]() -> pando::task<void> {
    std::int64_t all = 0;
    for (auto const& id : ids) {
      auto const counter = app.client<Counter>(id);
      std::int64_t const total = co_await counter.call<"Get">();
      all += total;
    }
    BOOST_TEST(all == 4 * each);
  });
}

BOOST_AUTO_TEST_SUITE_END()
