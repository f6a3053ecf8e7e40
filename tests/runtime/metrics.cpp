// What is counted, and how it is written: threads, names, buckets.
#include <atomic>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/runtime/metrics.hpp>

#include "support/prometheus.hpp"

BOOST_AUTO_TEST_SUITE(metrics)

namespace {

using namespace std::chrono_literals;

template <class Do>
std::string refusal(Do act) {
  try {
    act();
  } catch (std::invalid_argument const& error) {
    return error.what();
  }
  return "taken";
}

} // namespace

// More threads than have numbers of their own, one after the other and at once.
BOOST_AUTO_TEST_CASE(no_call_is_lost) {
  pando::metrics all;
  auto& route = *all.calls().add("user.show");
  constexpr int each = 400'000;
  std::atomic<int> there{0};
  auto const count = [&](int least) {
    ++there;
    while (there < least) std::this_thread::yield(); // so many live at once, and some must share
    for (int i = 0; i < each; ++i) {
      route.ended_here(i % 2 == 0 ? pando::call_outcome::ok : pando::call_outcome::failed);
    }
  };
  int threads = 0;
  for (int round = 0; round < 2; ++round) { // the second takes the first one's numbers
    std::vector<std::thread> running;
    for (int i = 0; i < 50; ++i, ++threads) running.emplace_back(count, 50 * (round + 1));
    for (auto& one : running) one.join();
  }
  BOOST_TEST(route.ended_in_process(pando::call_outcome::ok) == std::uint64_t(threads) * each / 2);
  support::prometheus const text(all.text());
  BOOST_TEST(text[R"(pando_calls_total{route="user.show",transport="in-process",outcome="ok"})"] ==
             threads * each / 2);
  BOOST_TEST(std::isnan(text[R"(pando_calls_in_flight{transport="in-process"})"]));
  auto& door = *route.by(pando::call_way::http);
  door.begun.add(3);
  door.ended[0].add(1);
  BOOST_TEST(all.value(R"(pando_calls_in_flight{transport="http"})").value() == 2);
  // A reader may see the end of a call before its beginning.
  door.ended[0].add(5);
  BOOST_TEST(all.value(R"(pando_calls_in_flight{transport="http"})").value() == 0);
}

BOOST_AUTO_TEST_CASE(histograms) {
  pando::histogram times;
  for (auto const time : {-5ns, 0ns, 10'000ns, 10'001ns, 10'000'000'000ns, 10'000'000'001ns})
    times.observe(time);
  BOOST_TEST(times.bucket(0) == 3U); // a bound belongs to its bucket
  BOOST_TEST(times.bucket(1) == 1U);
  BOOST_TEST(times.bucket(pando::histogram::bounds_us.size() - 1) == 1U);
  BOOST_TEST(times.bucket(pando::histogram::bounds_us.size()) == 1U);
  BOOST_TEST(times.count() == 6U);
  BOOST_TEST((times.sum() == 20'000'020'002ns));
  pando::metrics all;
  all.add("some_seconds", "Times.", times, {{"by", "a"}});
  support::prometheus const text(all.text());
  BOOST_TEST(text[R"(some_seconds_bucket{by="a",le="10"})"] == 5);
  BOOST_TEST(text[R"(some_seconds_bucket{by="a",le="+Inf"})"] == 6);
}

BOOST_AUTO_TEST_CASE(a_programs_own) {
  pando::metrics all;
  pando::counter taken;
  pando::counter other;
  pando::gauge depth;
  pando::histogram time;
  all.add("orders_total", "Orders.", taken, {{"shop", "a"}, {"by", "x"}});
  all.add("orders_total", "Orders.", other, {{"shop", "b"}, {"by", "x"}});
  all.add("depth", "Depth.", depth);
  taken.add(3);
  depth.add(-2);
  BOOST_TEST(all.value(R"(orders_total{by="x",shop="a"})").value() == 3);
  BOOST_TEST(all.value("depth").value() == -2);
  BOOST_TEST(!all.value("orders_total"));
  BOOST_TEST(!all.value("dep"));
  support::prometheus const text(all.text()); // of one family, once
  BOOST_TEST(text[R"(orders_total{by="x",shop="b"})"] == 0);

  auto const adds = [&](char const* name, char const* help, auto& what,
                        pando::metric_labels labels = {}) {
    return refusal([&] { all.add(name, help, what, labels); });
  };
  BOOST_TEST(adds("orders_total", "Orders.", other, {{"by", "x"}, {"shop", "b"}}) ==
             "pando: metric orders_total is there already, with the same labels");
  BOOST_TEST(adds("orders_total", "Others.", other) ==
             "pando: metric orders_total is there already, as a counter with the help \"Orders.\"");
  BOOST_TEST(adds("depth", "Depth.", depth).ends_with("with the same labels"));
  BOOST_TEST(adds("orders", "x", other).ends_with("must end in _total"));
  BOOST_TEST(adds("some_time", "x", time).ends_with("must end in _seconds"));
  BOOST_TEST(adds("some_count", "x", depth).find("must not end in") != std::string::npos);
  BOOST_TEST(adds("pando_x_total", "x", other).find("only the library's own") != std::string::npos);
  for (auto const* const name : {"", "1_total", "a b_total", "a-b_total", "ö_total"})
    BOOST_TEST(adds(name, "x", other).find("is no name of a metric") != std::string::npos, name);
  for (auto const* const label : {"", "a:b", "2", "__name__", "a b"})
    BOOST_TEST(adds("x_total", "x", other, {{label, "v"}}).find("is no name of a label") !=
                   std::string::npos,
               label);
  BOOST_TEST(adds("x_total", "x", other, {{"a", "1"}, {"a", "2"}}).ends_with("the label a twice"));
  BOOST_TEST(adds("x_seconds", "x", time, {{"le", "1"}}).find("buckets'") != std::string::npos);
  BOOST_TEST(adds("x_total", "x", other, {{"le", "1"}}) == "taken");
  // What was refused has left nothing, and what is no UTF-8 does not spoil the page.
  BOOST_TEST(adds("y_total", "x \xff y", other, {{"a", "\xc3("}}) == "taken");
  support::prometheus const again(all.text());
  BOOST_TEST(again[R"(y_total{a="?("})"] == 0);
}

BOOST_AUTO_TEST_CASE(ways) {
  BOOST_TEST((pando::call_way_of("link") == pando::call_way::link));
  BOOST_TEST((pando::call_way_of("in-process") == pando::call_way::in_process));
  BOOST_TEST((pando::call_way_of("made up by a client") == pando::call_way::other));
  BOOST_TEST((pando::call_way_of("") == pando::call_way::other));
}

BOOST_AUTO_TEST_CASE(what_collects_may_use_the_metrics) {
  pando::metrics all;
  pando::counter made;
  bool is_added = false;
  all.collect([&](pando::metrics_writer& to) {
    if (!std::exchange(is_added, true)) {
      all.add("late_total", "Added while somebody reads.", made);
      all.collect([](pando::metrics_writer& later) {
        later.family("later", pando::metric_kind::gauge, "Of a collector that came later.");
        later.value(std::uint64_t{7});
      });
      BOOST_TEST(all.value("late_total").value() == 0);
    }
    to.family("first", pando::metric_kind::gauge, "Of the first collector.");
    to.value(std::uint64_t{1});
  });
  BOOST_TEST(all.value("first").value() == 1);
  BOOST_TEST(all.value("late_total").value() == 0);
  BOOST_TEST(all.value("later").value() == 7);
}

BOOST_AUTO_TEST_SUITE_END()
