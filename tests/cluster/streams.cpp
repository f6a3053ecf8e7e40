// Persisted streams over several runners, in one process and under virtual time.
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cluster/detail/sent_stream.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

#include "cluster/stored.hpp"

BOOST_AUTO_TEST_SUITE(persisted_streams)

using namespace std::chrono_literals;

namespace {

struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
};
struct Broken {
  std::int64_t at = 0;
};

struct Feed
    : pando::entity<"Feed", pando::rpc<"Where", std::string()>,
                    pando::rpc<"Numbers", pando::stream<std::int64_t>(Range), pando::persisted>,
                    pando::rpc<"Slow", pando::stream<std::int64_t>(Range), pando::persisted>,
                    pando::rpc<"Live", pando::stream<std::int64_t>(Range)>,
                    pando::rpc<"Quiet", pando::stream<std::int64_t>(Range), pando::persisted>,
                    pando::rpc<"Failing", pando::stream<std::int64_t>(Range), pando::persisted,
                               pando::raises<Broken>>,
                    pando::rpc<"Patient", pando::stream<std::string>(Range), pando::persisted,
                               pando::retries<2>>> {};

struct here {
  std::string name;
};
/// What all runners of a test share.
struct world {
  std::vector<std::string> begun; ///< by whom, and behind what
  std::int64_t made = 0;
  int defects = 0;
  int left = 0;
  pando::lease::time_source const* time = nullptr;
};
struct leaving {
  world& all;
  ~leaving() { ++all.left; }
};

std::int64_t go_on_from(pando::entity_context& about, Range const& in, world& all, here const& me) {
  auto const last = about.last_sent_chunk<std::int64_t>();
  all.begun.push_back(me.name + " behind " + (last ? std::to_string(*last) : "nothing") + ", " +
                      std::to_string(about.sent_items()));
  return last ? *last + 1 : in.first;
}

pando::stream<std::int64_t> numbers(Range in, pando::entity_context& about, world& all,
                                    here const& me) {
  for (auto at = go_on_from(about, in, all, me); at <= in.last; ++at) {
    ++all.made;
    co_yield at;
  }
}
/// An item each 10 ms.
pando::stream<std::int64_t> slow(Range in, pando::entity_context& about, world& all,
                                 here const& me) {
  leaving const gone{all};
  for (auto at = go_on_from(about, in, all, me); at <= in.last; ++at) {
    co_await pando::lease::pause(*all.time, 10ms);
    co_yield at;
  }
}
pando::task<void> wait_for_a_day() {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, 24h);
  co_await timer.async_wait(boost::asio::use_awaitable);
}
pando::stream<std::int64_t> quiet(Range in, world& all) {
  leaving const gone{all};
  co_await wait_for_a_day();
  co_yield in.first;
}
pando::stream<std::int64_t> failing(Range in) {
  for (auto at = in.first; at <= in.last; ++at) co_yield at;
  throw Broken{in.last};
}
pando::stream<std::string> patient(Range in, pando::entity_context& about, world& all) {
  for (auto at = in.first + static_cast<std::int64_t>(about.sent_items()); at <= in.last; ++at) {
    std::string const line = "line\n" + std::to_string(at);
    co_yield line;
    if (at == 3 && all.defects++ < 2) throw std::runtime_error("broken");
  }
}

inline auto const feeds = pando::implement<Feed>(
    pando::on<"Where"> = [](here const& me) { return me.name; }, pando::on<"Numbers"> = numbers,
    pando::on<"Slow"> = slow, pando::on<"Live"> = slow, pando::on<"Quiet"> = quiet,
    pando::on<"Failing"> = failing, pando::on<"Patient"> = patient);

struct maker {
  world& all;
  std::deque<here>& names;
  auto operator()() const {
    auto& name = names.emplace_back(here{"runner-" + std::to_string(names.size())});
    return pando::app(feeds).provide(all).provide(name).named("feed");
  }
};

/// What of chunks its storage was told by all runners.
struct seen_chunks {
  std::size_t stored = 0;
  std::size_t most_unacknowledged = 0;
  std::uint64_t acknowledged = 0;
  std::vector<std::uint64_t> sequences;
};
class watching_storage final : public pando::testing::storage_decorator {
 public:
  watching_storage(std::unique_ptr<pando::store::storage> inner, seen_chunks& seen)
      : storage_decorator(std::move(inner)), seen_(seen) {}
  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    using action = pando::store::message_operation::action;
    co_await inner().apply(all);
    for (auto const& one : all) {
      if (one.outcome != pando::store::storage_outcome::stored) continue;
      if (one.what_to_do == action::store_chunk) {
        ++seen_.stored;
        seen_.sequences.push_back(one.part.sequence);
      }
      if (one.what_to_do == action::acknowledge)
        seen_.acknowledged = std::max(seen_.acknowledged, one.part.sequence);
      seen_.most_unacknowledged = std::max(
          seen_.most_unacknowledged, static_cast<std::size_t>(seen_.stored - seen_.acknowledged));
    }
  }

 private:
  seen_chunks& seen_;
};

/// A stream that is read beside the test, as far as it is let.
struct reading {
  std::vector<std::int64_t> got;
  std::string end = "goes on";
};

struct scene {
  explicit scene(std::size_t runners)
      : fleet(runners, maker{all, names}, {},
              [this](std::size_t, std::unique_ptr<pando::store::storage> inner,
                     pando::lease::time_source const& time) {
                all.time = &time;
                return std::make_unique<watching_storage>(std::move(inner), seen);
              }) {
    all.time = &fleet.runner(0).table().time();
  }
  std::size_t owner_of(std::string const& id) {
    auto const got = fleet.call<Feed, "Where">(id);
    return static_cast<std::size_t>(got.back() - '0');
  }
  std::string one_of(std::size_t runner) {
    for (int i = 0;; ++i)
      if (auto id = "f" + std::to_string(i); owner_of(id) == runner) return id;
  }
  template <pando::fixed_string Rpc>
  std::shared_ptr<reading> read(std::string const& id, Range in, std::size_t from,
                                boost::asio::cancellation_slot until = {}) {
    auto const into = std::make_shared<reading>();
    auto const api = fleet.client_of<Feed>(id, from);
    auto body = [api, in, into]() -> pando::task<void> {
      try {
        auto items = api.template stream<Rpc>(in);
        while (auto const item = co_await items.next()) into->got.push_back(*item);
        into->end = "ended";
      } catch (Broken const& error) {
        into->end = "broken at " + std::to_string(error.at);
      } catch (std::exception const& error) {
        into->end = error.what();
      }
    };
    boost::asio::co_spawn(fleet.executor(from), std::move(body),
                          boost::asio::bind_cancellation_slot(until, boost::asio::detached));
    return into;
  }
  void until_ended(reading const& one, std::chrono::milliseconds limit = 30s) {
    for (auto left = limit; one.end == "goes on" && left > 0ms; left -= 10ms) fleet.advance(10ms);
  }
  pando::store::message_counts stored(std::size_t by = 0) { return support::stored_in(fleet, by); }

  world all;
  std::deque<here> names;
  seen_chunks seen;
  pando::testing::cluster<maker> fleet;
};

/// Each number once, and in its place.
void expect_all(reading const& one, Range in) {
  BOOST_TEST(one.end == "ended");
  BOOST_REQUIRE(one.got.size() == static_cast<std::size_t>(in.last - in.first + 1));
  for (std::size_t i = 0; i < one.got.size(); ++i)
    BOOST_REQUIRE(one.got[i] == in.first + static_cast<std::int64_t>(i));
}
void expect_sequences(seen_chunks const& seen) {
  for (std::size_t i = 0; i < seen.sequences.size(); ++i) BOOST_REQUIRE(seen.sequences[i] == i);
}

} // namespace

BOOST_AUTO_TEST_CASE(every_chunk_is_acknowledged) {
  for (std::size_t const from : {0U, 1U}) { // from the owner's program, and from another
    scene on(2);
    auto const id = on.one_of(0);
    auto const one = on.read<"Numbers">(id, {1, 1000}, from);
    on.until_ended(*one);
    expect_all(*one, {1, 1000});
    on.fleet.advance(100ms);
    expect_sequences(on.seen);
    BOOST_TEST(on.seen.stored >= 1000 / pando::cluster::detail::most_items_in_chunk);
    BOOST_TEST(on.seen.stored < 100U); // items share chunks
    BOOST_TEST(on.seen.acknowledged == on.seen.stored);
    BOOST_TEST(on.all.begun == std::vector<std::string>{"runner-0 behind nothing, 0"});
    BOOST_TEST(on.stored().waiting == 0U);
    BOOST_TEST(on.stored().answered == 1U);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_stream_ends) {
  scene on(1);
  auto const one = on.read<"Numbers">("a", {1, 0}, 0);
  on.until_ended(*one);
  expect_all(*one, {1, 0});
  BOOST_TEST(on.seen.stored == 0U);
}

BOOST_AUTO_TEST_CASE(it_goes_on_at_the_right_chunk_after_its_owner_was_killed) {
  scene on(3);
  auto const caller = on.fleet.add_client();
  auto const id = on.one_of(0);
  auto const one = on.read<"Slow">(id, {1, 200}, caller);
  on.fleet.advance(500ms);
  BOOST_TEST(one->got.size() > 20U);
  on.fleet.kill(0);
  on.until_ended(*one);
  expect_all(*one, {1, 200});
  expect_sequences(on.seen);
  BOOST_REQUIRE(on.all.begun.size() == 2U);
  BOOST_TEST(on.all.begun[0] == "runner-0 behind nothing, 0");
  BOOST_TEST(on.all.begun[1].find("behind nothing") == std::string::npos, on.all.begun[1]);
  on.fleet.advance(100ms);
  BOOST_TEST(on.seen.acknowledged == on.seen.stored);
}

BOOST_AUTO_TEST_CASE(it_goes_on_elsewhere_after_a_graceful_move) {
  scene on(2);
  auto const id = on.one_of(0);
  auto const one = on.read<"Slow">(id, {1, 200}, 1);
  on.fleet.advance(500ms);
  auto const before = one->got.size();
  BOOST_TEST(before > 20U);
  on.fleet.stop(0); // nobody waits for the end of the stream
  on.fleet.advance(500ms);
  BOOST_TEST(one->got.size() > before + 20U);
  on.until_ended(*one);
  expect_all(*one, {1, 200});
  expect_sequences(on.seen);
  BOOST_REQUIRE(on.all.begun.size() == 2U);
  BOOST_TEST(on.all.begun[1].starts_with("runner-1 behind "));
}

BOOST_AUTO_TEST_CASE(a_consumer_that_leaves_ends_it) {
  for (std::size_t const from : {0U, 1U}) {
    scene on(2);
    auto const id = on.one_of(0);
    boost::asio::cancellation_signal leave;
    auto const one = on.read<"Slow">(id, {1, 100'000}, from, leave.slot());
    on.fleet.advance(300ms);
    BOOST_TEST(one->got.size() > 10U);
    BOOST_TEST(on.all.left == 0);
    leave.emit(boost::asio::cancellation_type::terminal);
    on.fleet.advance(1500ms);
    BOOST_TEST(one->end != "goes on");
    BOOST_TEST(on.all.left == 1);
    BOOST_TEST(on.stored().waiting == 0U);
    BOOST_TEST(on.stored().answered == 1U);
    auto const size = one->got.size();
    on.fleet.advance(5s);
    BOOST_TEST(one->got.size() == size);
    BOOST_TEST(on.all.begun.size() == 1U); // and nobody begins it again
  }
}

/// It may be waiting, which takes until that has ended.
template <pando::fixed_string Rpc>
void expect_its_end_before_the_next_call(std::size_t from) {
  scene on(2);
  auto const id = on.one_of(0);
  boost::asio::cancellation_signal leave;
  auto const one = on.read<Rpc>(id, {1, 100'000}, from, leave.slot());
  on.fleet.advance(305ms);
  leave.emit(boost::asio::cancellation_type::terminal);
  on.fleet.call<Feed, "Where">(id);
  BOOST_TEST(on.all.left == 1); // its handler, and what that held
}
BOOST_AUTO_TEST_CASE(a_handler_that_is_left_ends_before_the_next_begins) {
  for (std::size_t const from : {0U, 1U}) {
    expect_its_end_before_the_next_call<"Slow">(from);
    expect_its_end_before_the_next_call<"Live">(from);
  }
}

BOOST_AUTO_TEST_CASE(a_slow_consumer_holds_it_up) {
  for (std::size_t const from : {0U, 1U}) {
    scene on(2);
    auto const id = on.one_of(0);
    auto const api = on.fleet.client_of<Feed>(id, from);
    on.fleet.run(
        [&]() -> pando::task<void> {
          Range const in{1, 10'000};
          auto items = api.stream<"Numbers">(in);
          std::int64_t next = 1;
          for (; next <= 10; ++next) {
            auto const item = co_await items.next();
            BOOST_REQUIRE((item == next));
          }
          co_await pando::lease::pause(*on.all.time, 5s);
          auto const made = on.all.made;
          BOOST_TEST(on.seen.most_unacknowledged == pando::cluster::detail::stream_window);
          BOOST_TEST(made < 1500);
          // It is there, however slow.
          co_await pando::lease::pause(*on.all.time,
                                       3 * pando::cluster::detail::longest_silence_of_reader);
          BOOST_TEST(on.all.made == made);
          for (; next <= 10'000; ++next) {
            auto const item = co_await items.next();
            BOOST_REQUIRE((item == next));
          }
          auto const end = co_await items.next();
          BOOST_TEST(!end.has_value());
        },
        10min);
    BOOST_TEST(on.seen.most_unacknowledged == pando::cluster::detail::stream_window);
  }
}

BOOST_AUTO_TEST_CASE(a_stream_that_nobody_reads_any_more_is_ended) {
  scene on(2);
  auto const caller = on.fleet.add_client();
  auto const id = on.one_of(0);
  auto const one = on.read<"Numbers">(id, {1, 10}, caller);
  on.until_ended(*one);
  auto const api = on.fleet.client_of<Feed>(id, caller);
  auto body = [&]() -> pando::task<void> {
    Range const in{1, 100'000};
    auto items = api.stream<"Numbers">(in);
    for (int i = 0; i < 10; ++i) (void)co_await items.next();
    co_await pando::lease::pause(*on.all.time, 24h);
  };
  boost::asio::co_spawn(on.fleet.executor(caller), std::move(body), boost::asio::detached);
  on.fleet.advance(1s);
  on.fleet.kill(caller);
  on.fleet.advance(pando::cluster::detail::longest_silence_of_reader / 2);
  BOOST_TEST(on.stored().waiting == 1U);
  on.fleet.advance(pando::cluster::detail::longest_silence_of_reader);
  BOOST_TEST(on.stored().waiting == 0U);
  on.fleet.call<Feed, "Where">(id); // its instance is free
}

/// They wait for one another, and none of them for long: who read them has no lease any more.
BOOST_AUTO_TEST_CASE(the_streams_of_a_killed_runner_end_with_its_lease) {
  scene on(3);
  auto const id = on.one_of(0);
  std::vector<std::shared_ptr<reading>> all;
  all.push_back(on.read<"Slow">(id, {1, 100'000}, 1));
  all.push_back(on.read<"Slow">(id, {1, 100'000}, 1));
  all.push_back(on.read<"Quiet">(id, {1, 1}, 1)); // and says nothing that one could not read
  all.push_back(on.read<"Numbers">(id, {1, 100'000}, 1));
  auto const kept = on.read<"Slow">("another", {1, 1'000}, 2);
  on.fleet.advance(500ms);
  BOOST_TEST(on.stored(2).waiting == 5U);
  on.fleet.kill(1);
  auto const killed = on.all.time->now();
  on.fleet.advance(2s);
  BOOST_TEST(on.stored(2).waiting == 5U); // it may live still
  on.fleet.call<Feed, "Where">(id);
  BOOST_TEST(on.all.time->now() - killed < 5'000);
  BOOST_TEST(on.stored(2).waiting == 1U);
  on.until_ended(*kept, 60s); // of a reader who is there
  expect_all(*kept, {1, 1'000});
}

BOOST_AUTO_TEST_CASE(a_stream_that_says_nothing_ends_with_the_lease_of_its_reader) {
  scene on(3);
  auto const id = on.one_of(0);
  (void)on.read<"Quiet">(id, {1, 1}, 1);
  on.fleet.advance(500ms);
  on.fleet.kill(1);
  auto const killed = on.all.time->now();
  on.fleet.call<Feed, "Where">(id);
  BOOST_TEST(on.all.left == 1);
  BOOST_TEST(on.all.time->now() - killed < 5'000);
}

BOOST_AUTO_TEST_CASE(a_reader_that_stalls_for_less_than_its_lease_goes_on) {
  scene on(3);
  auto const id = on.one_of(0);
  auto const one = on.read<"Slow">(id, {1, 1'000}, 1);
  on.fleet.advance(500ms);
  on.fleet.pause(1);
  on.fleet.advance(1500ms);
  on.fleet.pause(1, false);
  on.until_ended(*one, 60s);
  expect_all(*one, {1, 1'000});
}

/// Nobody could renew a lease, and who comes back late was away no longer than the storage itself.
BOOST_AUTO_TEST_CASE(a_storage_that_was_away_ends_no_stream) {
  scene on(3);
  auto const id = on.one_of(0);
  auto const one = on.read<"Slow">(id, {1, 1'000}, 1);
  on.fleet.advance(500ms);
  for (std::size_t i = 0; i < 3; ++i) on.fleet.take_storage_away(i);
  on.fleet.advance(6s);
  on.fleet.take_storage_away(0, false);
  on.fleet.take_storage_away(2, false);
  on.fleet.advance(2s);
  BOOST_TEST(on.all.begun.size() == 2U); // somebody has it again
  on.fleet.take_storage_away(1, false);
  on.until_ended(*one, 60s);
  expect_all(*one, {1, 1'000});
}

BOOST_AUTO_TEST_CASE(a_stream_whose_reader_stops_is_ended_at_once) {
  for (std::size_t const from : {0U, 1U}) { // the owner itself, and another
    scene on(3);
    auto const id = on.one_of(0);
    auto const one = on.read<"Slow">(id, {1, 100'000}, from);
    on.fleet.advance(300ms);
    BOOST_TEST(one->got.size() > 10U);
    on.fleet.stop(from);
    on.fleet.advance(2s);
    BOOST_TEST(one->end.find("this program has stopped") != std::string::npos, one->end);
    BOOST_TEST(on.all.left == 1);
    BOOST_TEST(on.stored(2).waiting == 0U);
    BOOST_TEST(on.stored(2).answered == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_storage_that_fails_now_and_then_changes_nothing) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    scene on(2);
    auto const id = on.one_of(seed % 2);
    std::mt19937 random(seed);
    auto const fails = [&random](bool) { return random() % 8 == 0; };
    on.fleet.let_storage_fail(0, fails);
    on.fleet.let_storage_fail(1, fails);
    auto const slow = on.read<"Slow">(id, {1, 60}, 0);
    auto const other = on.one_of(0);
    auto const fast = on.read<"Numbers">(other, {1, 3000}, 1);
    on.until_ended(*slow, 120s);
    on.until_ended(*fast, 120s);
    expect_all(*slow, {1, 60});
    expect_all(*fast, {1, 3000});
    on.fleet.let_storage_fail(0, {});
    on.fleet.let_storage_fail(1, {});
  }
}

BOOST_AUTO_TEST_CASE(a_declared_error_comes_behind_its_items) {
  for (std::size_t const from : {0U, 1U}) {
    scene on(2);
    auto const id = on.one_of(0);
    auto const one = on.read<"Failing">(id, {1, 300}, from);
    on.until_ended(*one);
    BOOST_TEST(one->end == "broken at 300");
    BOOST_TEST(one->got.size() == 300U);
    BOOST_TEST(on.stored().waiting == 0U);
  }
}

BOOST_AUTO_TEST_CASE(after_a_defect_it_goes_on_behind_what_is_stored) {
  scene on(1);
  std::vector<std::string> got;
  auto const api = on.fleet.client_of<Feed>("a");
  on.fleet.run([&]() -> pando::task<void> {
    Range const in{1, 6};
    auto items = api.stream<"Patient">(in);
    while (auto item = co_await items.next()) got.push_back(*item);
  });
  std::vector<std::string> const expected{"line\n1", "line\n2", "line\n3",
                                          "line\n4", "line\n5", "line\n6"};
  BOOST_TEST(got == expected);
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_it) {
  scene on(1);
  std::string said;
  auto const api = on.fleet.client_of<Feed>("a").within(30ms);
  on.fleet.run(
      [&]() -> pando::task<void> {
        Range const in{1, 1'000'000};
        auto items = api.stream<"Slow">(in);
        try {
          while (co_await items.next()) {
          }
        } catch (pando::deadline_exceeded const& error) {
          said = error.what();
        }
      });
  BOOST_TEST(said != "");
  on.fleet.advance(1s);
  BOOST_TEST(on.all.left == 1);
  BOOST_TEST(on.stored().waiting == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
