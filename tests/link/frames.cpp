// The binary protocol octet by octet: what a peer that breaks it is told, and what it cannot break.
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include <pando/link/frames.hpp>
#include <pando/schema/binary.hpp>
#include <pando/schema/shape.hpp>
#include <pando/schema/wire.hpp>

#include "socket/things.hpp"
#include "support/raw_frames.hpp"
#include "support/served_socket.hpp"

BOOST_AUTO_TEST_SUITE(frame_protocol)

namespace {

namespace frames = pando::frames;
using frames::kind;
using raw_frames::bytes_of;
using raw_frames::frame;
using raw_frames::made;
using raw_frames::number;
using raw_frames::text;
using support::comes_true;

template <class Value>
std::string packed(Value const& value) {
  return bytes_of([&](pando::buffer& out) { pando::binary::encode(value, out); });
}

/// A peer that has greeted, and opened the contract at route 0.
struct peer {
  explicit peer(pando::link_limits limits = {})
      : door(served.routes, {.limits = limits}), client(door.path()) {}

  void greet() { raw_frames::greet(client); }
  void open() {
    greet();
    std::string hash(8, '\0');
    pando::wire::store(hash.data(),
                       pando::binary::fingerprint(pando::contract_table<things::Things>));
    client.send(made(kind::open, 3, text("thing") + hash));
    auto const answer = next();
    BOOST_REQUIRE(answer.head.what == kind::opened);
    BOOST_TEST(answer.head.id == 3U);
    BOOST_TEST(answer.head.flags == 0);
    BOOST_TEST(answer.payload == number(0));
  }
  frame next() { return raw_frames::next(client); }
  /// Sends what breaks the protocol: the answer is a goodbye that says so, and the end.
  void expect_goodbye(std::string_view bytes, std::string const& why) {
    client.send(bytes);
    auto const answer = next();
    BOOST_TEST((answer.head.what == kind::goodbye));
    BOOST_TEST(answer.payload == text(why));
    BOOST_TEST(client.is_closed());
    BOOST_TEST(door.log.says(why));
  }

  things::probe seen;
  support::routes_of<std::remove_const_t<decltype(things::handlers)>, things::probe> served{
      things::handlers, seen};
  support::served_socket door;
  things::raw_client client;
};

enum route : std::uint16_t { keep, show, drop, wait, count, large };

pando::failure failure_of(frame const& answer) {
  BOOST_REQUIRE((answer.head.what == kind::failed));
  frames::reader read(answer.payload);
  auto failure = read.read_failure();
  BOOST_TEST(read.is_whole());
  return failure;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_header_is_these_twelve_bytes) {
  BOOST_TEST(made(kind::call, 0x04030201, "xy", 7, 0x0605) ==
             std::string("\x02\0\0\0\x01\x02\x03\x04\x0a\x07\x05\x06xy", 14));
}

BOOST_AUTO_TEST_CASE(calls_are_answered_in_the_order_they_end) {
  peer it;
  it.open();
  it.client.send(made(kind::call, 0, packed(things::Pause{80}), 0, wait) +
                 made(kind::call, 1, packed(things::ById{7}), 0, show) +
                 made(kind::call, 2, packed(things::ById{404}), 0, show) +
                 made(kind::call, 0x10003, packed(things::ById{7}), 0, drop) +
                 made(kind::call, 4, packed(things::Thing{1, "", {}}), 0, keep));
  auto answer = it.next();
  BOOST_TEST((answer.head.what == kind::answer));
  BOOST_TEST(answer.head.id == 1U);
  BOOST_TEST(answer.payload == packed(things::Thing{7, "thing", {}}));
  answer = it.next();
  BOOST_TEST((answer.head.what == kind::raised));
  std::string hash(4, '\0');
  pando::wire::store(hash.data(), pando::wire::name_hash("Gone"));
  BOOST_TEST(answer.payload == hash + packed(things::Gone{404}));
  answer = it.next();
  BOOST_TEST(answer.head.id == 0x10003U);
  BOOST_TEST(answer.payload == "");
  auto const refused = failure_of(it.next());
  BOOST_TEST((refused.code() == pando::failure_code::invalid_request));
  BOOST_REQUIRE_EQUAL(refused.faults().list.size(), 1U);
  BOOST_TEST((refused.faults().list[0] ==
              pando::violation{"/name", "non_empty", "must be non-empty"}));
  answer = it.next();
  BOOST_TEST(answer.head.id == 0U);
  BOOST_TEST(answer.payload == packed(std::string("waited 80")));
}

BOOST_AUTO_TEST_CASE(octets_may_come_one_by_one) {
  peer it;
  it.open();
  for (char const c : made(kind::call, 0, packed(things::ById{7}), 0, show))
    it.client.send(std::string_view(&c, 1));
  BOOST_TEST(it.next().payload == packed(things::Thing{7, "thing", {}}));
}

BOOST_AUTO_TEST_CASE(a_request_that_is_damaged_fails_alone) {
  peer it;
  it.open();
  for (auto const& payload : {std::string(), std::string(7, '\0'), std::string(9, '\0')}) {
    it.client.send(made(kind::call, 0, payload, 0, show));
    auto const refused = failure_of(it.next());
    BOOST_TEST((refused.code() == pando::failure_code::invalid_request));
    BOOST_TEST(refused.faults().list.at(0).rule == "syntax");
  }
  it.client.send(made(kind::ping, 9, "xyz"));
  auto const pong = it.next();
  BOOST_TEST((pong.head.what == kind::pong && pong.head.id == 9U && pong.payload == "xyz"));
}

BOOST_AUTO_TEST_CASE(breaking_the_protocol_ends_the_connection_with_a_reason) {
  auto const goodbye = [](std::string_view bytes, std::string const& why) {
    peer it;
    it.open();
    it.expect_goodbye(bytes, why);
  };
  goodbye(made(static_cast<kind>(99), 0),
          "it sent a frame of kind 99, which this side does not take");
  goodbye(made(kind::answer, 0), "it sent a frame of kind 20, which this side does not take");
  goodbye(made(kind::call, 0, "", 0, 999), "it called a route it has not opened");
  goodbye(made(kind::call, 0, packed(things::Pause{60'000}), 0, wait) +
              made(kind::call, 0, packed(things::Pause{1}), 0, wait),
          "it gave two calls one number");
  goodbye(made(kind::call, 0, "\xff\xff", frames::has_deadline, wait),
          "a call of it cannot be read");
  goodbye(made(kind::credit, 0, ""), "its credit cannot be read");
  goodbye(made(kind::open, 0, "\x05xx"), "a contract of it cannot be read");
  goodbye(made(kind::shapes, 0, text("thing") + number(5)), "a contract of it cannot be read");
  goodbye(made(kind::reply, 0, "\0"), "its answer to a question cannot be read");
  goodbye(made(kind::hello, 0, ""), "its hello cannot be read");
}

BOOST_AUTO_TEST_CASE(a_frame_over_the_limit_ends_the_connection_before_it_is_read) {
  pando::link_limits limits;
  limits.max_frame = 1000;
  peer it(limits);
  it.open();
  it.client.send(made(kind::ping, 1, std::string(1000, 'x')));
  BOOST_TEST(it.next().payload.size() == 1000U);
  std::string const head = made(kind::ping, 1, std::string(1001, 'x')).substr(0, 12);
  it.expect_goodbye(head, "it sent a frame of 1001 bytes, and 1000 are the limit");
}

BOOST_AUTO_TEST_CASE(another_version_is_told_which_one_is_spoken) {
  peer it;
  it.client.send(std::string_view("\x93pando\x02\n", 8));
  BOOST_TEST(it.client.bytes(8) == frames::magic);
  auto const answer = it.next();
  BOOST_TEST((answer.head.what == kind::goodbye));
  BOOST_TEST(answer.payload == text("it speaks version 2 of the binary protocol, and this app "
                                    "version 1; update the older of the two"));
  BOOST_TEST(it.client.is_closed());
}

BOOST_AUTO_TEST_CASE(before_its_hello_nobody_calls) {
  peer it;
  it.client.send(std::string(frames::magic) + made(kind::ping, 0));
  it.client.bytes(8);
  it.next();
  it.expect_goodbye("", "its first frame is no hello");
}

BOOST_AUTO_TEST_CASE(what_is_said_of_calls_that_are_none_is_passed_over) {
  peer it;
  it.open();
  it.client.send(made(kind::cancel, 5) + made(kind::credit, 0x50005, number(3)) +
                 made(kind::reply, 5, std::string("\0\0\0", 3)) + made(kind::pong, 1) +
                 made(kind::ping, 2));
  BOOST_TEST((it.next().head.what == kind::pong));
  // The place is the call's, the generation is not.
  it.client.send(made(kind::call, 0x20001, packed(things::Pause{60'000}), 0, wait));
  BOOST_TEST(comes_true([&] { return it.seen.waiting == 1; }));
  it.client.send(made(kind::cancel, 0x10001) + made(kind::ping, 2));
  BOOST_TEST((it.next().head.what == kind::pong));
  BOOST_TEST(it.seen.cancelled == 0);
  it.client.send(made(kind::cancel, 0x20001));
  BOOST_TEST((failure_of(it.next()).code() == pando::failure_code::cancelled));
  BOOST_TEST(it.seen.cancelled == 1);
}

BOOST_AUTO_TEST_CASE(a_deadline_is_kept_by_the_server) {
  peer it;
  it.open();
  it.client.send(made(kind::call, 1, number(20'000) + packed(things::Pause{60'000}),
                      frames::has_deadline, wait) +
                 made(kind::call, 2, number(60'000'000) + packed(things::Pause{60'000}),
                      frames::has_deadline, wait) +
                 made(kind::call, 3, number(400'000) + packed(things::Many{1'000'000, {}}),
                      frames::has_deadline, count));
  auto answer = it.next();
  BOOST_TEST(answer.head.id == 1U);
  BOOST_TEST((failure_of(answer).code() == pando::failure_code::deadline_exceeded));
  answer = it.next(); // a stream without credit waits for its deadline too
  BOOST_TEST(answer.head.id == 3U);
  BOOST_TEST((failure_of(answer).code() == pando::failure_code::deadline_exceeded));
  BOOST_TEST(it.seen.cancelled == 1);
}

BOOST_AUTO_TEST_CASE(items_come_for_credit) {
  peer it;
  it.open();
  it.client.send(made(kind::call, 1, packed(things::Many{5, 1}), 0, count) + made(kind::ping, 1));
  BOOST_TEST((it.next().head.what == kind::pong));
  BOOST_TEST(it.seen.made == 0);
  it.client.send(made(kind::credit, 1, number(2)));
  BOOST_TEST(it.next().payload == packed(things::Item{1, "x"}));
  BOOST_TEST(it.next().payload == packed(things::Item{2, "x"}));
  it.client.send(made(kind::ping, 2));
  BOOST_TEST((it.next().head.what == kind::pong));
  BOOST_TEST(it.seen.made == 2);
  it.client.send(made(kind::credit, 1, number(~std::uint64_t{0})) +
                 made(kind::credit, 1, number(~std::uint64_t{0})));
  for (int i = 3; i <= 5; ++i) BOOST_TEST((it.next().head.what == kind::item));
  BOOST_TEST((it.next().head.what == kind::end));
  // Dropped: the producer ends, and the call has its last word.
  it.client.send(made(kind::call, 0x10001, packed(things::Many{500'000, 1}), 0, count) +
                 made(kind::credit, 0x10001, number(1)) + made(kind::cancel, 0x10001));
  BOOST_TEST((it.next().head.what == kind::item));
  BOOST_TEST((failure_of(it.next()).code() == pando::failure_code::cancelled));
  BOOST_TEST(it.seen.ended == 2);
}

BOOST_AUTO_TEST_CASE(calls_over_the_limit_and_answers_over_the_peers_are_refused) {
  pando::link_limits limits;
  limits.max_calls = 4;
  peer it(limits);
  it.open();
  it.client.send(made(kind::call, 4, packed(things::ById{1}), 0, show));
  BOOST_TEST((failure_of(it.next()).code() == pando::failure_code::overloaded));
  it.client.send(made(kind::call, 3, packed(things::Size{1 << 20}), 0, large)); // and its length
  auto const refused = failure_of(it.next());
  BOOST_TEST((refused.code() == pando::failure_code::too_large));
  BOOST_TEST(std::string(refused.what()).find("takes at most 1048576") != std::string::npos);
  it.client.send(made(kind::call, 3, packed(things::Size{1000}), 0, large));
  BOOST_TEST(it.next().payload.size() == 1002U);
}

BOOST_AUTO_TEST_CASE(calls_by_name_are_json) {
  peer it;
  it.greet();
  auto const invoke = [&](std::string_view name, std::string_view json) {
    it.client.send(made(kind::invoke, 1, text("") + text(name) + std::string(json)));
    return it.next();
  };
  BOOST_TEST(invoke("thing.show", R"({"id":7})").payload == R"({"id":7,"name":"thing"})");
  BOOST_TEST(invoke("thing.drop", R"({"id":7})").payload == "null");
  BOOST_TEST((failure_of(invoke("thing.none", "")).code() == pando::failure_code::no_such_route));
  BOOST_TEST((failure_of(invoke("thing.show", "{")).code() ==
              pando::failure_code::invalid_request));
  auto const raised = invoke("thing.show", R"({"id":404})");
  BOOST_TEST((raised.head.what == kind::raised));
  BOOST_TEST(raised.payload == text("Gone") + number(pando::wire::to_zigzag(4)) + R"({"id":404})");
  it.client.send(made(kind::describe_app, 1));
  BOOST_TEST(it.next().payload == R"({"app":"test"})");
}

BOOST_AUTO_TEST_CASE(who_leaves_cancels_what_it_called) {
  peer it;
  it.open();
  it.client.send(made(kind::call, 1, packed(things::Pause{60'000}), 0, wait) +
                 made(kind::call, 2, packed(things::Many{500'000, 1}), 0, count) +
                 made(kind::credit, 2, number(1)));
  BOOST_TEST(comes_true([&] { return it.seen.waiting == 1 && it.seen.made == 1; }));
  it.client.close();
  BOOST_TEST(comes_true([&] { return it.seen.cancelled == 1 && it.seen.ended == 1; }));
  BOOST_TEST(comes_true([&] { return it.door.server().connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(an_end_in_order_says_goodbye_and_answers_what_runs) {
  peer it;
  it.open();
  it.client.send(made(kind::call, 1, packed(things::Pause{100}), 0, wait));
  BOOST_TEST(comes_true([&] { return it.seen.waiting == 1; }));
  bool is_clean = false; // told by another thread, checked by this one
  std::thread stops([&] { is_clean = it.door.stop(); });
  auto answer = it.next();
  BOOST_TEST((answer.head.what == kind::goodbye));
  BOOST_TEST(answer.payload == text("the app is stopping"));
  it.client.send(made(kind::call, 2, packed(things::ById{1}), 0, show)); // it may not have heard
  answer = it.next();
  BOOST_TEST((answer.head.what == kind::answer));
  BOOST_TEST(answer.head.id == 2U);
  it.client.send(made(kind::goodbye, 0, text("")) +
                 made(kind::call, 3, packed(things::ById{1}), 0, show));
  answer = it.next();
  BOOST_TEST((failure_of(answer).code() == pando::failure_code::not_running));
  answer = it.next();
  BOOST_TEST(answer.payload == packed(std::string("waited 100")));
  BOOST_TEST(it.client.is_closed());
  stops.join();
  BOOST_TEST(is_clean);
}

BOOST_AUTO_TEST_CASE(who_hears_no_goodbye_is_left_after_a_while) {
  peer it;
  it.open();
  bool is_clean = false;
  auto const begun = std::chrono::steady_clock::now();
  std::thread stops([&] { is_clean = it.door.stop(); });
  BOOST_TEST((it.next().head.what == kind::goodbye));
  BOOST_TEST(it.client.is_closed());
  auto const took = std::chrono::steady_clock::now() - begun;
  stops.join();
  BOOST_TEST(is_clean);
  BOOST_TEST((took >= std::chrono::milliseconds(900)));
  BOOST_TEST((took < std::chrono::seconds(4)));
}

BOOST_AUTO_TEST_SUITE_END()
