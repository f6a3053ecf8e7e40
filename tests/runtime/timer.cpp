// Timers of a loop: their order, cancelling, and what becomes of them when the loop ends.
#include <chrono>
#include <cstddef>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/handler/callback.hpp>
#include <pando/handler/pause.hpp>
#include <pando/handler/timer.hpp>

BOOST_AUTO_TEST_SUITE(timers)

namespace asio = boost::asio;
using pando::detail::callback;
using pando::detail::timer;
using std::chrono::microseconds;
using clock = std::chrono::steady_clock;

BOOST_AUTO_TEST_CASE(they_run_in_the_order_of_their_times_and_then_the_loop_ends) {
  asio::io_context loop(1);
  std::vector<int> order;
  timer late(loop.get_executor());
  timer soon(loop.get_executor());
  timer past(loop.get_executor());
  auto const now = clock::now();
  late.set(now + microseconds(900), callback([&] { order.push_back(3); }));
  soon.set(now + microseconds(500), callback([&] { order.push_back(2); }));
  past.set(clock::time_point::min(), callback([&] { order.push_back(1); }));
  loop.run();
  BOOST_TEST(order == (std::vector<int>{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(what_is_cancelled_or_set_anew_does_not_run_and_holds_no_loop) {
  asio::io_context loop(1);
  int runs = 0;
  auto const kept = std::make_shared<int>(0);
  timer never(loop.get_executor());
  never.set(clock::time_point::max(), callback([&runs, kept] { ++runs; }));
  BOOST_TEST(kept.use_count() == 2);
  never.cancel();
  BOOST_TEST(kept.use_count() == 1);
  loop.run();
  loop.restart();

  timer again(loop.get_executor());
  again.set(clock::time_point::max(), callback([&runs, kept] { runs += 10; }));
  again.set(clock::now(), callback([&] { runs += 100; }));
  BOOST_TEST(kept.use_count() == 1);
  {
    timer ends(loop.get_executor());
    ends.set(clock::time_point::max(), callback([&runs] { runs += 1000; }));
  }
  loop.run();
  BOOST_TEST(runs == 100);
}

BOOST_AUTO_TEST_CASE(one_may_be_set_cancelled_or_ended_by_what_another_runs) {
  asio::io_context loop(1);
  int turns = 0;
  int wrong = 0;
  timer turning(loop.get_executor());
  auto ended = std::make_unique<timer>(loop.get_executor());
  timer cancelled(loop.get_executor());
  auto const now = clock::now();
  struct turn {
    timer& self;
    int& turns;
    void operator()() const {
      if (++turns != 5) self.set(clock::now(), callback(turn{self, turns}));
    }
  };
  turning.set(now, callback([&] {
                ended.reset();
                cancelled.cancel();
                turn{turning, turns}();
              }));
  ended->set(now + microseconds(1), callback([&] { ++wrong; }));
  cancelled.set(now + microseconds(1), callback([&] { ++wrong; }));
  loop.run();
  BOOST_TEST(turns == 5);
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(many_keep_their_order_whichever_are_taken_out) {
  asio::io_context loop(1);
  std::mt19937 random(7);
  constexpr std::size_t count = 500;
  auto const begin = clock::now();
  std::vector<std::unique_ptr<timer>> all;
  std::vector<clock::time_point> until(count);
  std::vector<std::size_t> ran;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(std::make_unique<timer>(loop.get_executor()));
    until[i] = begin + microseconds(random() % 2000);
    all[i]->set(until[i], callback([&ran, i] { ran.push_back(i); }));
  }
  std::size_t left = count;
  for (std::size_t i = 0; i < count; i += 3) {
    if (i % 2 == 0) {
      all[i]->cancel();
      --left;
    } else {
      until[i] = begin + microseconds(random() % 2000);
      all[i]->set(until[i], callback([&ran, i] { ran.push_back(i); }));
    }
  }
  loop.run();
  BOOST_TEST(ran.size() == left);
  for (std::size_t i = 1; i < ran.size(); ++i)
    BOOST_TEST((until[ran[i - 1]] <= until[ran[i]]));
}

BOOST_AUTO_TEST_CASE(what_one_throws_leaves_the_loop_and_the_others_run_when_it_goes_on) {
  asio::io_context loop(1);
  int runs = 0;
  timer first(loop.get_executor());
  timer second(loop.get_executor());
  auto const now = clock::now();
  first.set(now, callback([] { throw std::runtime_error("thrown"); }));
  second.set(now + microseconds(1), callback([&] { ++runs; }));
  BOOST_CHECK_THROW(loop.run(), std::runtime_error);
  loop.run();
  BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(they_run_on_whatever_executor_they_were_given) {
  asio::thread_pool pool(3);
  auto const alone = asio::make_strand(pool);
  int runs = 0;
  int elsewhere = 0;
  std::vector<std::unique_ptr<timer>> all;
  asio::post(alone, [&] {
    for (int i = 0; i < 100; ++i) {
      auto& one = *all.emplace_back(std::make_unique<timer>(alone));
      one.set(clock::now() + microseconds(i), callback([&] {
                ++runs;
                if (!alone.running_in_this_thread()) ++elsewhere;
              }));
    }
  });
  pool.join();
  BOOST_TEST(runs == 100);
  BOOST_TEST(elsewhere == 0);
}

BOOST_AUTO_TEST_CASE(a_loop_that_ends_takes_along_what_was_to_run) {
  auto const kept = std::make_shared<int>(0);
  {
    asio::io_context loop(1);
    struct pair {
      explicit pair(asio::io_context& loop) : inner(loop.get_executor()) {}
      timer inner;
    };
    auto const owned = std::make_shared<pair>(loop);
    owned->inner.set(clock::time_point::max(), callback([kept] {}));
    auto outer = std::make_shared<pair>(loop);
    auto& set = outer->inner;
    // It holds itself, and the other one.
    set.set(clock::time_point::max() - microseconds(1),
            callback([outer = std::move(outer), owned, kept] {}));
    BOOST_TEST(kept.use_count() == 3);
  }
  BOOST_TEST(kept.use_count() == 1);
}

namespace {

pando::task<void> pauses_and_keeps(std::shared_ptr<int> what) {
  co_await pando::detail::pause(std::chrono::hours(1));
  ++*what;
}

} // namespace

BOOST_AUTO_TEST_CASE(who_pauses_when_the_loop_ends_is_destroyed) {
  auto const kept = std::make_shared<int>(0);
  {
    asio::io_context loop(1);
    asio::co_spawn(loop, pauses_and_keeps(kept), asio::detached);
    loop.poll();
    BOOST_TEST(kept.use_count() > 1);
  }
  BOOST_TEST(kept.use_count() == 1);
  BOOST_TEST(*kept == 0);
}

/// The descriptor is one open file in both, unless the child makes its own.
BOOST_AUTO_TEST_CASE(a_child_does_not_move_its_parents_timers) {
  asio::io_context loop(1);
  bool has_run = false;
  timer soon(loop.get_executor());
  soon.set(clock::now() + std::chrono::milliseconds(50), callback([&] { has_run = true; }));
  loop.poll();
  loop.notify_fork(asio::io_context::fork_prepare);
  auto const child = ::fork();
  if (child == 0) {
    loop.notify_fork(asio::io_context::fork_child);
    soon.set(clock::now() + std::chrono::hours(1), callback([] {}));
    loop.poll();
    ::_exit(0);
  }
  BOOST_REQUIRE(child > 0);
  ::waitpid(child, nullptr, 0);
  loop.notify_fork(asio::io_context::fork_parent);
  loop.run_for(std::chrono::seconds(10));
  BOOST_TEST(has_run);
}

BOOST_AUTO_TEST_SUITE_END()
