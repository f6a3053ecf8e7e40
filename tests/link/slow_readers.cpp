// A client of the binary protocol that stops reading: what is made for it is bounded, others are
// served, and it is heard again or given up.
#include <cstdint>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

#include <pando/link/frames.hpp>

#include "socket/things.hpp"
#include "support/raw_frames.hpp"
#include "support/served_socket.hpp"

BOOST_AUTO_TEST_SUITE(slow_readers)

namespace {

using pando::frames::kind;
using raw_frames::invoke;
using raw_frames::made;
using raw_frames::number;
using support::comes_true;

constexpr std::uint64_t any_number = ~std::uint64_t{0};

/// Two clients of one app: one that does not read, and one that does.
struct two {
  explicit two(pando::link_limits limits)
      : door(served.routes, {.limits = limits}), slow(door.path()), quick(door.path()) {
    raw_frames::greet(slow);
    raw_frames::greet(quick);
  }
  void stream(std::string const& request) {
    slow.send(invoke(9, "thing.count", request) + made(kind::credit, 9, number(any_number)));
  }
  /// Waits until nothing more is made.
  bool rests() {
    int before = -1;
    return comes_true([&] {
      int const now = seen.made;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return now > 0 && std::exchange(before, now) == now && seen.made == now;
    });
  }
  bool serves_others() {
    quick.send(invoke(1, "thing.show", R"({"id":7})"));
    return raw_frames::next(quick).payload == R"({"id":7,"name":"thing"})";
  }

  things::probe seen;
  support::routes_of<std::remove_const_t<decltype(things::handlers)>, things::probe> served{
      things::handlers, seen};
  support::served_socket door;
  things::raw_client slow;
  things::raw_client quick;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_stream_rests_and_goes_on) {
  pando::link_limits limits;
  limits.pause_at = 64 << 10;
  two it(limits);
  it.stream(R"({"count":900000,"padding":1000})");
  BOOST_TEST(it.rests());
  BOOST_TEST(it.seen.made < 2000); // the kernel's buffers and 64 KiB of ours
  BOOST_TEST(it.serves_others());
  bool in_order = true;
  for (int i = 1; i <= 5000; ++i) {
    auto const got = raw_frames::next(it.slow);
    in_order = in_order && got.head.what == kind::item && got.head.id == 9 &&
               got.payload.starts_with("{\"number\":" + std::to_string(i) + ",");
  }
  BOOST_TEST(in_order);
  it.slow.close();
  BOOST_TEST(comes_true([&] { return it.seen.ended == 1; }));
  BOOST_TEST(it.seen.made < 900'000);
}

BOOST_AUTO_TEST_CASE(calls_are_run_as_their_answers_are_read) {
  pando::link_limits limits;
  limits.pause_at = 64 << 10;
  two it(limits);
  std::string all;
  for (std::uint32_t i = 0; i < 500; ++i) all += invoke(i, "thing.large", R"({"bytes":100000})");
  it.slow.send(all);
  BOOST_TEST(it.rests());
  BOOST_TEST(it.seen.made < 20); // 2 MB of 50
  BOOST_TEST(it.serves_others());
  bool in_order = true;
  for (std::uint32_t i = 0; i < 500; ++i) {
    auto const got = raw_frames::next(it.slow);
    in_order = in_order && got.head.what == kind::answer && got.head.id == i &&
               got.payload.size() == 100'002;
  }
  BOOST_TEST(in_order);
  BOOST_TEST(it.seen.made == 500);
}

BOOST_AUTO_TEST_CASE(who_reads_nothing_for_long_is_given_up) {
  pando::link_limits limits;
  limits.stall = std::chrono::milliseconds(100);
  two it(limits);
  it.stream(R"({"count":900000,"padding":1000})");
  BOOST_TEST(it.door.log.says("it has read nothing for 100 ms"));
  BOOST_TEST(comes_true([&] { return it.seen.ended == 1; }));
  BOOST_TEST(comes_true([&] { return it.door.server().connections() == 1; }));
  BOOST_TEST(it.slow.is_closed());
  BOOST_TEST(it.serves_others());
}

BOOST_AUTO_TEST_CASE(what_cannot_rest_ends_at_the_limit) {
  pando::link_limits limits;
  limits.max_outgoing = 1 << 20;
  two it(limits);
  it.slow.send(invoke(9, "thing.chatter", R"({"count":3000,"padding":1000})"));
  BOOST_TEST(it.door.log.says("it reads too slowly"));
  BOOST_TEST(it.slow.is_closed());
  BOOST_TEST(it.serves_others());
}

BOOST_AUTO_TEST_SUITE_END()
