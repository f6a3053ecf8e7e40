// The wheel of timeouts: never early, hardly late, and safe against whatever a timeout does.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include <pando/runtime/timer_wheel.hpp>

BOOST_AUTO_TEST_SUITE(timer_wheel)

using namespace std::chrono_literals;

namespace {

struct recorder final : pando::timer_wheel::timer {
  std::function<void()> then = [] {};
  int times = 0;

 private:
  void expired() override {
    ++times;
    then();
  }
};

void advance(pando::timer_wheel& wheel, int ticks) {
  for (int i = 0; i < ticks; ++i) wheel.advance();
}

} // namespace

BOOST_AUTO_TEST_CASE(it_is_never_early_and_at_most_one_tick_late) {
  pando::timer_wheel wheel(100ms, 16);
  for (int const ticks : {1, 2, 15, 16, 17, 100, 1000}) {
    recorder timer;
    wheel.set(timer, ticks * 100ms);
    advance(wheel, ticks);
    BOOST_TEST(timer.times == 0, ticks);
    advance(wheel, 1);
    BOOST_TEST(timer.times == 1, ticks);
    advance(wheel, 2000);
    BOOST_TEST(timer.times == 1, ticks);
  }
}

BOOST_AUTO_TEST_CASE(parts_of_a_tick_are_rounded_up) {
  pando::timer_wheel wheel(100ms);
  recorder some, none;
  wheel.set(some, 250ms);
  wheel.set(none, 0ms);
  advance(wheel, 2);
  BOOST_TEST(none.times == 1);
  advance(wheel, 1);
  BOOST_TEST(some.times == 0);
  advance(wheel, 1);
  BOOST_TEST(some.times == 1);
}

BOOST_AUTO_TEST_CASE(it_can_be_put_off_brought_forward_and_cancelled) {
  pando::timer_wheel wheel(100ms, 16);
  recorder off, forward, cancelled, again;
  wheel.set(off, 300ms);
  wheel.set(forward, 10s);
  wheel.set(cancelled, 300ms);
  wheel.set(again, 300ms);
  wheel.cancel(cancelled);
  wheel.cancel(again);
  wheel.set(off, 5s);
  wheel.set(forward, 200ms);
  advance(wheel, 3);
  BOOST_TEST(forward.times == 1);
  BOOST_TEST(off.times == 0);
  wheel.set(again, 100ms);
  advance(wheel, 47);
  BOOST_TEST(off.times == 0);
  advance(wheel, 1);
  BOOST_TEST(off.times == 1);
  BOOST_TEST(again.times == 1);
  advance(wheel, 1000);
  BOOST_TEST(cancelled.times == 0);
}

BOOST_AUTO_TEST_CASE(a_timeout_may_set_itself_and_end_others) {
  pando::timer_wheel wheel(100ms, 16);
  recorder first;
  auto second = std::make_unique<recorder>();
  first.then = [&] {
    second.reset();
    if (first.times < 3) wheel.set(first, 100ms);
  };
  wheel.set(first, 100ms);
  wheel.set(*second, 100ms);
  advance(wheel, 100);
  BOOST_TEST(first.times == 3);

  auto own = std::make_unique<recorder>();
  own->then = [&] { own.reset(); };
  wheel.set(*own, 100ms);
  advance(wheel, 2);
  BOOST_TEST(!own);
}

BOOST_AUTO_TEST_CASE(timers_may_outlive_their_wheel) {
  recorder timer;
  {
    pando::timer_wheel wheel(100ms);
    wheel.set(timer, 1s);
  }
  BOOST_TEST(timer.times == 0);
}

BOOST_AUTO_TEST_CASE(a_thousand_timers_each_expire_when_they_should) {
  pando::timer_wheel wheel(10ms, 32);
  std::mt19937 random(7);
  struct one {
    std::unique_ptr<recorder> timer = std::make_unique<recorder>();
    int due = 0;
    int seen = 0;
  };
  std::vector<one> all(1000);
  int now = 0;
  for (one& each : all) each.timer->then = [&each, &now] { each.seen = now; };
  for (; now < 400; wheel.advance()) {
    for (int i = 0; i < 20; ++i) {
      one& each = all[random() % all.size()];
      int const ticks = static_cast<int>(random() % 90) + 1;
      wheel.set(*each.timer, ticks * 10ms);
      each.due = now + ticks + 1;
      each.seen = -1;
    }
    ++now;
    for (one const& each : all) {
      if (each.due != 0 && each.seen == -1 && each.due < now) BOOST_ERROR("a timer is late");
      if (each.seen > 0 && each.seen < each.due) BOOST_ERROR("a timer was early");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
