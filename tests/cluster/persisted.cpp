// Persisted calls over several runners, in one process and under virtual time.
#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cluster/message_ids.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

#include "cluster/held.hpp"
#include "cluster/stored.hpp"

BOOST_AUTO_TEST_SUITE(persisted)

using namespace std::chrono_literals;

namespace {

struct Charge {
  std::string order;
  std::int64_t amount = 0;
};
struct Note {
  std::string text;
};
struct Reminder {
  std::string text;
  std::optional<std::chrono::system_clock::time_point> when;
};
struct Limit {
  std::int64_t most = 0;
};
struct Receipt {
  std::string order;
  std::int64_t total = 0;
  std::string by;
};

struct Ledger
    : pando::entity<"Ledger", pando::mailbox<4>,
                    pando::rpc<"Charge", Receipt(Charge), pando::persisted,
                               pando::primary_key<&Charge::order>, pando::raises<Limit>>,
                    pando::rpc<"Append", std::int64_t(Note), pando::persisted, pando::discardable>,
                    pando::rpc<"Hold", std::string(Note), pando::persisted>,
                    pando::rpc<"Hard", std::string(Note), pando::persisted, pando::retries<2>>,
                    pando::rpc<"Once", std::string(Charge), pando::persisted,
                               pando::primary_key<&Charge::order>>,
                    pando::rpc<"Firm", std::string(Note), pando::persisted, pando::uninterruptible>,
                    pando::rpc<"Remind", std::string(Reminder), pando::persisted,
                               pando::deliver_at<&Reminder::when>>,
                    pando::rpc<"Break", std::int64_t(Note), pando::persisted>,
                    pando::rpc<"Retry", std::int64_t(Note), pando::persisted, pando::retries<2>>,
                    pando::rpc<"Say", std::string(Note), pando::discardable>> {};

/// What all runners of a test share: the outside world.
struct world {
  std::vector<std::string> done;
  std::vector<std::shared_ptr<pando::one_shot>> held;
  int breaks = 0;
};
struct here {
  std::string name;
};
struct LedgerState {
  std::int64_t total = 0;
};

pando::task<void> hold(world& all) {
  auto const executor = co_await boost::asio::this_coro::executor;
  auto const until = support::make_held(executor);
  all.held.push_back(until);
  co_await until->wait();
  until->rethrow();
}

inline auto const ledgers = pando::implement<Ledger>(
    pando::state<LedgerState>,
    pando::on<"Charge"> =
        [](LedgerState& s, Charge in, world& all, here const& me) {
          if (in.amount > 1000) throw Limit{1000};
          all.done.push_back(in.order);
          return Receipt{in.order, s.total += in.amount, me.name};
        },
    pando::on<"Append"> =
        [](LedgerState& s, Note in, world& all) {
          all.done.push_back(in.text);
          return ++s.total;
        },
    pando::on<"Hold"> = [](Note in, world& all, here const& me) -> pando::task<std::string> {
      all.done.push_back("begun " + in.text);
      co_await hold(all);
      all.done.push_back("ended " + in.text);
      co_return me.name;
    },
    pando::on<"Hard"> = [](Note in, world& all) -> pando::task<std::string> {
      all.done.push_back("begun " + in.text);
      co_await hold(all);
      co_return in.text;
    },
    pando::on<"Once"> = [](Charge in, world& all, here const& me) -> pando::task<std::string> {
      all.done.push_back("begun " + in.order);
      co_await hold(all);
      co_return me.name;
    },
    pando::on<"Firm"> = [](Note in, world& all) -> pando::task<std::string> {
      co_await hold(all);
      all.done.push_back("ended " + in.text);
      co_return in.text;
    },
    pando::on<"Remind"> =
        [](Reminder in, world& all) {
          all.done.push_back(in.text);
          return in.text;
        },
    pando::on<"Break"> = [](Note, LedgerState& s, world& all) -> std::int64_t {
      ++all.breaks;
      ++s.total;
      throw std::runtime_error("broken");
    },
    pando::on<"Retry"> = [](Note, LedgerState& s, world& all) -> std::int64_t {
      ++s.total;
      if (++all.breaks < 3) throw std::runtime_error("broken");
      return s.total;
    },
    pando::on<"Say"> =
        [](Note in, world& all) {
          all.done.push_back(in.text);
          return in.text;
        });

struct maker {
  world& all;
  std::deque<here>& names;
  auto operator()() const {
    auto& name = names.emplace_back(here{"runner-" + std::to_string(names.size())});
    return pando::app(ledgers).provide(all).provide(name).named("ledger");
  }
};

/// A cluster with its world.
struct scene {
  explicit scene(std::size_t runners, pando::cluster::runner_options options = {},
                 pando::testing::storage_wrapper wrap = {})
      : fleet(runners, maker{all, names}, std::move(options), std::move(wrap)) {}

  pando::client<Ledger> at(std::string_view id, std::size_t from) {
    return fleet.client_of<Ledger>(id, from);
  }
  /// Where the instance is: seen by a call.
  std::size_t owner_of(std::string const& id) {
    auto const got = fleet.call<Ledger, "Charge">(id, "where " + id, 0);
    return static_cast<std::size_t>(got.by.back() - '0');
  }
  /// An instance that is on that runner.
  std::string one_of(std::size_t runner) {
    for (int i = 0;; ++i)
      if (auto id = "l" + std::to_string(i); owner_of(id) == runner) return id;
  }
  pando::store::message_counts stored() { return support::stored_in(fleet); }
  /// Runs that beside the test.
  template <class Body>
  void beside(Body body, boost::asio::cancellation_slot until = {}) {
    boost::asio::co_spawn(fleet.executor(), std::move(body),
                          boost::asio::bind_cancellation_slot(until, boost::asio::detached));
    fleet.advance(1ms);
  }
  void release() {
    for (auto const& one : std::exchange(all.held, {}))
      if (!one->has_fired()) one->fire();
    fleet.advance(5ms);
  }

  world all;
  std::deque<here> names;
  pando::testing::cluster<maker> fleet;
};

/// What became of a call made beside the test, which may end after that has looked.
struct told {
  std::shared_ptr<std::string> kept = std::make_shared<std::string>("waits");
  std::string& text = *kept;

  template <class Ask>
  auto by(Ask ask) {
    return [to = kept, ask]() -> pando::task<void> {
      try {
        auto const got = co_await ask();
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(got)>, std::string>)
          *to = got;
        else
          *to = std::to_string(got);
      } catch (std::exception const& error) {
        *to = error.what();
      }
    };
  }
};

/// While it is slow, neither renewals get through nor what is to be saved; then an owner's first.
class slow_storage final : public pando::testing::storage_decorator {
 public:
  slow_storage(std::unique_ptr<pando::store::storage> inner, pando::lease::time_source const& time,
               bool const& is_slow)
      : storage_decorator(std::move(inner)), time_(time), is_slow_(is_slow) {}

  pando::task<pando::store::renewal> renew(std::uint64_t incarnation, milliseconds ttl) override {
    while (is_slow_) co_await pando::lease::pause(time_, 1ms);
    auto got = co_await inner().renew(incarnation, ttl);
    co_return got;
  }
  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    bool const is_save = all[0].what_to_do == pando::store::message_operation::action::save;
    bool const is_late = is_save && is_slow_ && !all[0].by;
    while (is_save && is_slow_) co_await pando::lease::pause(time_, 1ms);
    if (is_late) co_await pando::lease::pause(time_, 5ms);
    co_await inner().apply(all);
  }

 private:
  pando::lease::time_source const& time_;
  bool const& is_slow_;
};

/// Refuses the first operation of a kind, before or after it is done, which takes a while.
class refusing_storage final : public pando::testing::storage_decorator {
 public:
  using action = pando::store::message_operation::action;

  refusing_storage(std::unique_ptr<pando::store::storage> inner,
                   pando::lease::time_source const& time, action what)
      : storage_decorator(std::move(inner)), time_(time), what_(what) {}

  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    bool const is_it = all[0].what_to_do == what_ && !std::exchange(was_refused_, true);
    if (!is_it) {
      co_await inner().apply(all);
      co_return;
    }
    co_await pando::lease::pause(time_, 20ms);
    if (what_ == action::save) co_await inner().apply(all);
    throw pando::store::storage_error(pando::store::storage_fault::refused, "not now");
  }

 private:
  pando::lease::time_source const& time_;
  action const what_;
  bool was_refused_ = false;
};

/// Notes the numbers of what is stored.
class noting_storage final : public pando::testing::storage_decorator {
 public:
  noting_storage(std::unique_ptr<pando::store::storage> inner, std::vector<std::uint64_t>& to)
      : storage_decorator(std::move(inner)), noted_(to) {}

  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    for (auto const& one : all)
      if (one.what.id != 0) noted_.push_back(one.what.id);
    return inner().apply(all);
  }

 private:
  std::vector<std::uint64_t>& noted_;
};

/// Somebody else's message has the number of the first that is saved with or without an owner.
class clashing_storage final : public pando::testing::storage_decorator {
 public:
  clashing_storage(std::unique_ptr<pando::store::storage> inner, bool& is_due)
      : storage_decorator(std::move(inner)), is_due_(is_due) {}

  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    bool const is_save = all[0].what_to_do == pando::store::message_operation::action::save;
    if (is_save && std::exchange(is_due_, false)) {
      pando::store::message_operation other;
      other.what = all[0].what;
      other.what.instance = "somebody else's";
      other.what.rpc = "Firm";
      other.what.payload = R"({"text":"other"})";
      co_await inner().apply(std::span(&other, 1));
    }
    co_await inner().apply(all);
  }

 private:
  bool& is_due_;
};

pando::testing::storage_wrapper refusing(refusing_storage::action what) {
  return [what](std::size_t, auto inner, auto const& time) {
    return std::make_unique<refusing_storage>(std::move(inner), time, what);
  };
}

} // namespace

BOOST_AUTO_TEST_CASE(a_call_is_stored_until_it_is_answered) {
  scene on(1);
  told first;
  auto const ledger = on.at("a", 0);
  on.beside(first.by([&] { return ledger.call<"Hold">("one"); }));
  BOOST_TEST(first.text == "waits");
  BOOST_TEST(on.stored().waiting == 1U);
  on.release();
  BOOST_TEST(first.text == "runner-0");
  BOOST_TEST(on.stored().waiting == 0U);
  BOOST_TEST(on.stored().answered == 1U);
}

BOOST_AUTO_TEST_CASE(calls_from_afar_go_through_the_storage) {
  scene on(2);
  auto const caller = on.fleet.add_client();
  std::set<std::string> by;
  for (int i = 0; i < 20; ++i) {
    auto const id = "f" + std::to_string(i);
    on.fleet.run([&]() -> pando::task<void> {
      auto const ledger = on.at(id, caller);
      Receipt const got = co_await ledger.call<"Charge">("o" + id, 5);
      BOOST_TEST(got.order == "o" + id);
      BOOST_TEST(got.total == 5);
      by.insert(got.by);
      auto const refused = co_await ledger.attempt().call<"Charge">("x" + id, 2000);
      BOOST_REQUIRE(refused.error<Limit>() != nullptr);
      BOOST_TEST(refused.error<Limit>()->most == 1000);
    });
  }
  BOOST_TEST(by.size() == 2U);
  BOOST_TEST(on.stored().answered == 40U);
}

BOOST_AUTO_TEST_CASE(the_same_key_is_the_same_call) {
  scene on(2);
  auto const id = on.one_of(0);
  on.all.done.clear();
  for (std::size_t const from : {0U, 1U, 0U}) { // before and after, from here and from there
    on.fleet.run([&]() -> pando::task<void> {
      auto const ledger = on.at(id, from);
      Receipt const got = co_await ledger.call<"Charge">("k", 7);
      BOOST_TEST(got.total == 7);
    });
  }
  BOOST_TEST(on.all.done == std::vector<std::string>{"k"});
  for (std::size_t const from : {0U, 1U}) {
    told other;
    auto const ledger = on.at(id, from);
    on.beside([&]() -> pando::task<void> {
      try {
        (void)co_await ledger.call<"Charge">("k", 8);
      } catch (pando::key_conflict const& error) {
        other.text = error.what();
      }
    });
    on.fleet.advance(50ms);
    BOOST_TEST(other.text.find("primary key k was made before, with another request") !=
                   std::string::npos,
               other.text);
  }
  // The declared error is an answer too.
  for (int i = 0; i < 2; ++i)
    on.fleet.run([&]() -> pando::task<void> {
      auto const ledger = on.at(id, 0);
      auto const refused = co_await ledger.attempt().call<"Charge">("big", 2000);
      BOOST_REQUIRE(refused.error<Limit>() != nullptr);
    });
  BOOST_TEST(on.all.done == std::vector<std::string>{"k"});
}

BOOST_AUTO_TEST_CASE(the_same_key_joins_what_is_under_way) {
  scene on(2);
  auto const id = on.one_of(0);
  on.all.done.clear();
  told first;
  told second;
  told third;
  told other;
  auto const near = on.at(id, 0);
  auto const far = on.at(id, 1);
  on.beside(first.by([&] { return near.call<"Once">("k", 1); }));
  on.beside(second.by([&] { return near.call<"Once">("k", 1); }));
  on.beside(third.by([&] { return far.call<"Once">("k", 1); }));
  on.beside(other.by([&] { return near.call<"Once">("k", 2); }));
  on.fleet.advance(20ms);
  BOOST_TEST(on.all.done == std::vector<std::string>{"begun k"});
  BOOST_TEST(first.text == "waits");
  BOOST_TEST(third.text == "waits");
  BOOST_TEST(other.text.find("with another request") != std::string::npos, other.text);
  on.release();
  on.fleet.advance(20ms);
  BOOST_TEST(first.text == "runner-0");
  BOOST_TEST(second.text == "runner-0");
  BOOST_TEST(third.text == "runner-0");
}

BOOST_AUTO_TEST_CASE(a_discarded_call_is_stored_and_runs) {
  scene on(2);
  auto const id = on.one_of(0);
  on.all.done.clear();
  for (std::size_t const from : {0U, 1U}) {
    auto const ledger = on.at(id, from);
    told blocker;
    on.beside(blocker.by([&] { return ledger.call<"Hold">("first"); }));
    on.fleet.advance(20ms);
    bool is_over = false;
    on.beside([&]() -> pando::task<void> {
      co_await ledger.discard<"Append">("later");
      is_over = true;
    });
    on.fleet.advance(20ms);
    BOOST_TEST(is_over);
    BOOST_TEST(on.all.done.back() == "begun first");
    BOOST_TEST(on.stored().waiting == 2U);
    on.release();
    on.fleet.advance(20ms);
    BOOST_TEST(on.all.done.back() == "later");
    BOOST_TEST(on.stored().waiting == 0U);
    // What is not persisted is discarded too, once it is on its way.
    on.beside([&]() -> pando::task<void> { co_await ledger.discard<"Say">("said"); });
    on.fleet.advance(20ms);
    BOOST_TEST(on.all.done.back() == "said");
  }
}

BOOST_AUTO_TEST_CASE(a_caller_that_cancels_interrupts_wherever_it_is) {
  scene on(2);
  auto const id = on.one_of(0);
  for (std::size_t const from : {0U, 1U}) {
    on.all.done.clear();
    on.all.held.clear();
    auto const ledger = on.at(id, from);
    auto const key = "c" + std::to_string(from);
    told outcome;
    boost::asio::cancellation_signal stop;
    on.beside(outcome.by([&] { return ledger.call<"Once">(key, 1); }), stop.slot());
    on.fleet.advance(20ms);
    BOOST_REQUIRE(on.all.held.size() == 1U);
    stop.emit(boost::asio::cancellation_type::all);
    on.fleet.advance(50ms);
    BOOST_TEST(on.all.held[0]->has_fired()); // the handler was told
    BOOST_TEST(on.stored().waiting == 0U);
    // It is the call's answer.
    told again;
    on.beside(again.by([&] { return ledger.call<"Once">(key, 1); }));
    on.fleet.advance(50ms);
    BOOST_TEST(again.text == "the call was interrupted by a caller of it");
    BOOST_TEST(on.all.done == std::vector<std::string>{"begun " + key});
  }
}

/// Where it cannot be recorded at once, the storage is told of it all the same.
BOOST_AUTO_TEST_CASE(an_interrupt_outlives_the_record_that_failed) {
  scene on(1, {}, refusing(refusing_storage::action::answer));
  auto const ledger = on.at("l0", 0);
  told outcome;
  boost::asio::cancellation_signal stop;
  on.beside(outcome.by([&] { return ledger.call<"Hold">("x"); }), stop.slot());
  on.fleet.advance(20ms);
  stop.emit(boost::asio::cancellation_type::all);
  on.fleet.advance(1s);
  BOOST_TEST(on.all.done == std::vector<std::string>{"begun x"});
  BOOST_TEST(on.stored().waiting == 0U);
  BOOST_TEST(on.stored().answered == 1U);
}

/// Its request is on its way into the storage, and nobody is told that it came there.
BOOST_AUTO_TEST_CASE(an_interrupt_outlives_a_save_that_failed) {
  for (bool const is_between_attempts : {false, true}) {
    scene on(1, {}, refusing(refusing_storage::action::save));
    auto const ledger = on.at("l0", 0);
    told outcome;
    boost::asio::cancellation_signal stop;
    on.beside(outcome.by([&] { return ledger.call<"Hard">("x"); }), stop.slot());
    BOOST_REQUIRE(on.all.held.size() == 1U);
    auto const defect = std::make_exception_ptr(std::runtime_error("broken"));
    if (is_between_attempts) on.all.held[0]->fire(defect);
    stop.emit(boost::asio::cancellation_type::all);
    on.fleet.advance(1s);
    BOOST_TEST(on.all.done == std::vector<std::string>{"begun x"});
    BOOST_TEST(on.stored().waiting == 0U);
    BOOST_TEST(on.stored().answered == 1U);
  }
}

/// Nothing of the call has happened yet: whoever joins it then is not to end with it.
BOOST_AUTO_TEST_CASE(a_caller_that_cancels_ends_nobody_else) {
  scene on(1);
  auto const ledger = on.at("l0", 0);
  on.fleet.let_storage_take(0, [] { return 5ms; }); // the key is looked for meanwhile
  told first;
  told second;
  boost::asio::cancellation_signal stop;
  on.beside(first.by([&] { return ledger.call<"Once">("k", 1); }), stop.slot());
  stop.emit(boost::asio::cancellation_type::all);
  on.beside(second.by([&] { return ledger.call<"Once">("k", 1); }));
  on.fleet.advance(100ms);
  BOOST_TEST(second.text == "waits");
  BOOST_REQUIRE(on.all.held.size() == 1U);
  on.release();
  on.fleet.advance(50ms);
  BOOST_TEST(second.text == "runner-0");
}

BOOST_AUTO_TEST_CASE(an_interrupt_reaches_what_waits_for_its_turn) {
  scene on(2);
  auto const id = on.one_of(0);
  on.all.done.clear();
  auto const ledger = on.at(id, 1);
  told blocker;
  told outcome;
  on.beside(blocker.by([&] { return ledger.call<"Hold">("first"); }));
  on.fleet.advance(20ms);
  boost::asio::cancellation_signal stop;
  on.beside(outcome.by([&] { return ledger.call<"Once">("late", 1); }), stop.slot());
  on.fleet.advance(20ms);
  stop.emit(boost::asio::cancellation_type::all);
  on.fleet.advance(50ms);
  BOOST_TEST(on.stored().waiting == 1U);
  on.release();
  on.fleet.advance(20ms);
  BOOST_TEST(on.all.done == (std::vector<std::string>{"begun first", "ended first"}));
}

/// It has not even come into its instance's mailbox, which is full.
BOOST_AUTO_TEST_CASE(an_interrupt_reaches_what_waits_behind_a_full_mailbox) {
  for (std::size_t const from : {0U, 1U}) {
    scene on(2);
    auto const id = on.one_of(0);
    on.all.done.clear();
    auto const ledger = on.at(id, from);
    told blocker;
    on.beside(blocker.by([&] { return ledger.call<"Hold">("first"); }));
    on.fleet.advance(20ms);
    for (int i = 0; i < 4; ++i)
      on.beside([&]() -> pando::task<void> { co_await ledger.discard<"Append">("filler"); });
    on.fleet.advance(20ms);
    told outcome;
    boost::asio::cancellation_signal stop;
    on.beside(outcome.by([&] { return ledger.call<"Append">("late"); }), stop.slot());
    on.fleet.advance(20ms);
    BOOST_TEST(on.stored().waiting == 6U);
    stop.emit(boost::asio::cancellation_type::all);
    on.fleet.advance(200ms);
    BOOST_TEST(on.stored().waiting == 5U);
    on.release();
    on.fleet.advance(2s);
    std::vector<std::string> const all{"begun first", "ended first", "filler",
                                       "filler",      "filler",      "filler"};
    BOOST_TEST(on.all.done == all, boost::test_tools::per_element());
    BOOST_TEST(on.stored().waiting == 0U);
  }
}

BOOST_AUTO_TEST_CASE(what_is_uninterruptible_goes_on) {
  scene on(2);
  auto const id = on.one_of(0);
  for (std::size_t const from : {0U, 1U}) {
    on.all.done.clear();
    auto const ledger = on.at(id, from);
    told outcome;
    boost::asio::cancellation_signal stop;
    on.beside(outcome.by([&] { return ledger.call<"Firm">("f"); }), stop.slot());
    on.fleet.advance(20ms);
    stop.emit(boost::asio::cancellation_type::all);
    on.fleet.advance(50ms);
    BOOST_TEST(on.stored().waiting == 1U);
    on.release();
    BOOST_TEST(on.all.done == std::vector<std::string>{"ended f"});
    BOOST_TEST(on.stored().waiting == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_killed_runner_s_calls_are_carried_out_elsewhere) {
  scene on(3);
  auto const caller = on.fleet.add_client();
  auto const id = on.one_of(2);
  on.all.done.clear();
  auto const ledger = on.at(id, caller);
  told outcome;
  on.beside(outcome.by([&] { return ledger.call<"Hold">("x"); }));
  on.fleet.advance(20ms);
  BOOST_TEST(on.all.done == std::vector<std::string>{"begun x"});
  on.fleet.kill(2);
  on.fleet.advance(4s);
  BOOST_TEST(on.all.done == (std::vector<std::string>{"begun x", "begun x"}));
  on.release(); // both end, also that of the dead, which can record nothing
  on.fleet.advance(50ms);
  BOOST_TEST((outcome.text == "runner-0" || outcome.text == "runner-1"), outcome.text);
  BOOST_TEST(on.stored().waiting == 0U);
}

BOOST_AUTO_TEST_CASE(a_stopping_runner_interrupts_nothing_for_good) {
  pando::cluster::runner_options options;
  options.drain = 500ms;
  scene on(2, options);
  auto const id = on.one_of(1);
  on.all.done.clear();
  auto const near = on.at(id, 1);
  auto const far = on.at(id, 0);
  told there;
  told here;
  on.beside(there.by([&] { return near.call<"Hold">("near"); }));
  on.beside(here.by([&] { return far.call<"Hold">("far"); }));
  on.fleet.advance(20ms);
  bool is_stopped = false;
  boost::asio::co_spawn(on.fleet.executor(), on.fleet.app(1).core().entities()->stop(),
                        [&](std::exception_ptr) { is_stopped = true; });
  on.fleet.advance(3s);
  BOOST_TEST(is_stopped); // it was cut off
  // The other runner begins both anew; the caller whose app has stopped is told where it stands.
  for (int i = 0; i < 4; ++i) {
    on.release();
    on.fleet.advance(100ms);
  }
  BOOST_TEST(here.text == "runner-0");
  BOOST_TEST(on.stored().waiting == 0U);
}

/// While its runner waits for it to end, which may take as long as the drain.
BOOST_AUTO_TEST_CASE(an_interrupt_reaches_what_runs_in_a_shard_that_is_given_away) {
  scene on(2);
  auto const id = on.one_of(1);
  on.all.done.clear();
  auto const far = on.at(id, 0);
  told outcome;
  boost::asio::cancellation_signal stop;
  on.beside(outcome.by([&] { return far.call<"Hold">("far"); }), stop.slot());
  on.fleet.advance(20ms);
  BOOST_REQUIRE(on.all.held.size() == 1U);
  bool is_stopped = false;
  boost::asio::co_spawn(on.fleet.executor(), on.fleet.app(1).core().entities()->stop(),
                        [&](std::exception_ptr) { is_stopped = true; });
  on.fleet.advance(500ms);
  BOOST_TEST(!is_stopped);
  stop.emit(boost::asio::cancellation_type::all);
  on.fleet.advance(500ms);
  BOOST_TEST(on.all.held[0]->has_fired()); // the handler was told
  BOOST_TEST(is_stopped);                  // and nothing has to be waited for any more
  BOOST_TEST(on.stored().waiting == 0U);
  BOOST_TEST(on.all.done == std::vector<std::string>{"begun far"}, boost::test_tools::per_element());
}

/// The same, where the runner has as many calls in its memory as it may have.
BOOST_AUTO_TEST_CASE(an_interrupt_reaches_a_runner_that_has_no_room) {
  scene on(2);
  std::vector<std::string> ids; // of runner 1
  for (int i = 0; ids.size() < 300; ++i)
    if (auto id = "l" + std::to_string(i); on.owner_of(id) == 1) ids.push_back(id);
  auto const held = on.at(ids[0], 0);
  told outcome;
  boost::asio::cancellation_signal stop;
  on.beside(outcome.by([&] { return held.call<"Hold">("far"); }), stop.slot());
  on.fleet.advance(20ms);
  BOOST_REQUIRE(on.all.held.size() == 1U);
  for (auto const& id : ids) // each instance takes five of them
    for (int i = 0; i < 5; ++i)
      boost::asio::co_spawn(
          on.fleet.executor(0),
          [&on, id]() -> pando::task<void> {
            auto const ledger = on.at(id, 0);
            co_await ledger.call<"Hold">("filler");
          },
          boost::asio::detached);
  on.fleet.advance(3s);
  BOOST_TEST(on.stored().waiting > 1'100U);
  auto const first = on.all.held[0];
  stop.emit(boost::asio::cancellation_type::all);
  on.fleet.advance(2s);
  BOOST_TEST(first->has_fired());
  for (int i = 0; i < 30 && on.stored().waiting != 0; ++i) { // and all the others end
    on.release();
    on.fleet.advance(1s);
  }
  BOOST_TEST(on.stored().waiting == 0U);
}

/// Shards go to a runner that joins; what runs in them is cut off there, and begun by the new one.
BOOST_AUTO_TEST_CASE(a_joining_runner_interrupts_nothing_for_good) {
  pando::cluster::runner_options options;
  options.drain = 500ms;
  scene on(1, options);
  constexpr std::size_t count = 12;
  std::deque<told> outcomes;
  for (std::size_t i = 0; i < count; ++i) {
    auto const ledger = on.at("l" + std::to_string(i), 0);
    on.beside(outcomes.emplace_back().by(
        [ledger, i] { return ledger.call<"Hold">(std::to_string(i)); }));
  }
  on.fleet.advance(20ms);
  BOOST_TEST(on.all.done.size() == count);
  on.fleet.add();
  on.fleet.advance(3s);
  auto const again = on.all.done.size() - count;
  BOOST_TEST(again != 0U); // those that went to the new runner
  BOOST_TEST(again != count);
  for (int i = 0; i < 4; ++i) {
    on.release();
    on.fleet.advance(100ms);
  }
  std::size_t moved = 0;
  for (auto const& one : outcomes) {
    bool const is_moved = one.text == "runner-1";
    BOOST_TEST((is_moved || one.text == "runner-0"), one.text);
    moved += is_moved;
  }
  BOOST_TEST(moved == again);
  BOOST_TEST(on.stored().waiting == 0U);
}

/// A call is held by two owners: by runner 1, which has no storage any more, and by its successor.
struct held_twice : scene {
  explicit held_twice(pando::cluster::runner_options options = {}) : scene(2, std::move(options)) {
    beside(outcome.by([this] { return ledger.call<"Hold">("x"); }));
    fleet.advance(20ms);
    BOOST_REQUIRE(all.held.size() == 1U);
    fleet.take_storage_away(1);
    fleet.advance(4s);
    BOOST_REQUIRE(all.held.size() == 2U);
  }

  pando::client<Ledger> const ledger = at(one_of(1), fleet.add_client());
  told outcome;
};

BOOST_AUTO_TEST_CASE(a_stalled_owner_records_nothing) {
  held_twice on;
  on.all.held[0]->fire(); // the old owner's handler ends first
  on.fleet.take_storage_away(1, false);
  on.fleet.advance(100ms);
  BOOST_TEST(on.outcome.text == "waits");
  on.all.held[1]->fire();
  on.fleet.advance(50ms);
  BOOST_TEST(on.outcome.text == "runner-0");
}

/// Also where it does not know that it is one: then the storage's fence alone stands in its way.
BOOST_AUTO_TEST_CASE(an_owner_that_is_wrong_about_its_lease_records_nothing) {
  pando::cluster::runner_options wrong;
  wrong.margin = -5s;
  held_twice on(wrong);
  on.all.held[0]->fire(); // its answer waits for the storage
  on.fleet.advance(10ms);
  on.fleet.take_storage_away(1, false);
  on.fleet.advance(500ms);
  BOOST_TEST(on.outcome.text == "waits");
  on.all.held[1]->fire();
  on.fleet.advance(50ms);
  BOOST_TEST(on.outcome.text == "runner-0");
}

/// Only who knows that nothing of a call has happened may say so.
BOOST_AUTO_TEST_CASE(a_call_that_was_begun_and_could_not_be_stored_may_have_happened) {
  scene on(1);
  auto const ledger = on.at("l0", 0);
  on.fleet.take_storage_away(0);
  told at_once;
  told suspended;
  told by_key;
  on.beside(at_once.by([&] { return ledger.call<"Append">("at once"); }));
  on.beside(by_key.by([&] { return ledger.call<"Once">("key", 1); })); // looked for first
  on.beside(suspended.by([&] { return ledger.call<"Hold">("suspended"); }));
  BOOST_TEST(on.all.done == (std::vector<std::string>{"at once", "begun suspended"}));
  on.fleet.advance(10s); // the lease is over
  BOOST_TEST(at_once.text == "waits");
  told late;
  on.beside(late.by([&] { return ledger.call<"Append">("late"); }));
  on.fleet.advance(2min); // and the callers' patience
  for (auto const* const one : {&at_once, &suspended})
    BOOST_TEST(one->text.find("the call was begun, and neither it nor its end") == 0U, one->text);
  for (auto const* const one : {&late, &by_key})
    BOOST_TEST(one->text.find("nothing of it has happened") != std::string::npos, one->text);
  on.fleet.take_storage_away(0, false);
  on.fleet.advance(10s);
  BOOST_TEST(on.stored().waiting == 0U);
  BOOST_TEST(on.all.done.size() == 2U);
  on.all.held[0]->fire(); // its handler ends, and nothing of that is stored any more
  on.fleet.advance(1s);
  BOOST_TEST(on.stored().waiting == 0U);
  BOOST_TEST(on.all.done.size() == 3U);
}

BOOST_AUTO_TEST_CASE(storage_that_fails_now_and_then_costs_time_alone) {
  scene on(2);
  for (std::size_t runner = 0; runner < 2; ++runner) {
    auto const random = std::make_shared<std::minstd_rand>(runner + 1);
    on.fleet.let_storage_fail(runner, [random](bool) { return (*random)() % 5 == 0; });
  }
  int answered = 0;
  for (int i = 0; i < 30; ++i) {
    auto const id = "s" + std::to_string(i % 5);
    auto const order = "o" + std::to_string(i);
    on.fleet.run([&]() -> pando::task<void> {
      auto const ledger = on.at(id, static_cast<std::size_t>(i % 2));
      Receipt const got = co_await ledger.call<"Charge">(order, 1);
      answered += got.order == order;
    });
  }
  BOOST_TEST(answered == 30);
}

BOOST_AUTO_TEST_CASE(a_full_mailbox_waits_in_the_storage) {
  scene on(2);
  auto const id = on.one_of(0);
  for (std::size_t const from : {0U, 1U}) {
    on.all.done.clear();
    auto const ledger = on.at(id, from);
    told blocker;
    on.beside(blocker.by([&] { return ledger.call<"Hold">("first"); }));
    on.fleet.advance(20ms);
    int answered = 0;
    for (int i = 0; i < 30; ++i)
      on.beside([&, i]() -> pando::task<void> {
        (void)co_await ledger.call<"Append">("n" + std::to_string(i));
        ++answered;
      });
    on.fleet.advance(200ms);
    BOOST_TEST(answered == 0);
    BOOST_TEST(on.stored().waiting == 31U);
    on.release();
    on.fleet.advance(2s);
    BOOST_TEST(answered == 30);
    std::set<std::string> const once(on.all.done.begin(), on.all.done.end());
    BOOST_TEST(once.size() == on.all.done.size());
    BOOST_TEST(on.stored().waiting == 0U);
  }
}

/// Counts the transactions that calls make.
class counting_storage final : public pando::testing::storage_decorator {
 public:
  counting_storage(std::unique_ptr<pando::store::storage> inner, std::size_t& applied)
      : storage_decorator(std::move(inner)), applied_(applied) {}
  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    ++applied_;
    co_await inner().apply(all);
  }

 private:
  std::size_t& applied_;
};

BOOST_AUTO_TEST_CASE(calls_of_many_instances_share_transactions) {
  std::size_t applied = 0;
  scene on(2, {}, [&](std::size_t, auto inner, auto const&) {
    return std::make_unique<counting_storage>(std::move(inner), applied);
  });
  constexpr std::size_t count = 200;
  std::size_t done = 0;
  applied = 0;
  for (std::size_t i = 0; i < count; ++i)
    boost::asio::co_spawn(
        on.fleet.executor(0),
        [&on, &done, i]() -> pando::task<void> {
          auto const ledger = on.at("l" + std::to_string(i), 0);
          co_await ledger.call<"Append">("x");
          ++done;
        },
        boost::asio::detached);
  on.fleet.advance(1s);
  BOOST_TEST(done == count);
  BOOST_TEST(on.all.done.size() == count);
  BOOST_TEST(applied < count / 10); // requests and answers of both runners
}

BOOST_AUTO_TEST_CASE(calls_of_one_sender_keep_their_order) {
  scene on(2);
  auto const id = on.one_of(0);
  for (std::size_t const from : {0U, 1U}) {
    on.all.done.clear();
    auto const ledger = on.at(id, from);
    std::vector<std::string> sent;
    for (int i = 0; i < 50; ++i) {
      sent.push_back("n" + std::to_string(i));
      on.beside([&, text = sent.back()]() -> pando::task<void> {
        (void)co_await ledger.call<"Append">(text);
      });
    }
    on.fleet.advance(1s);
    BOOST_TEST(on.all.done == sent, boost::test_tools::per_element());
  }
}

/// The shard becomes the sender's own while some of what it has sent is in the storage.
BOOST_AUTO_TEST_CASE(what_was_stored_is_not_overtaken_by_what_runs_here) {
  scene on(2);
  auto const id = on.one_of(1);
  on.all.done.clear();
  on.fleet.let_storage_take(0, [] { return 20ms; });
  on.fleet.pause(1);
  auto const sent = std::make_shared<std::vector<std::string>>();
  auto const ledger = on.at(id, 0);
  on.beside([&on, ledger, sent]() -> pando::task<void> {
    for (int i = 1; i <= 60; ++i) {
      sent->push_back("n" + std::to_string(i));
      co_await ledger.discard<"Append">(sent->back());
      co_await pando::lease::pause(on.fleet.runner(0).table().time(), 51ms);
    }
  });
  on.fleet.advance(12s);
  BOOST_TEST(sent->size() == 60U);
  BOOST_TEST(on.all.done == *sent, boost::test_tools::per_element());
}

/// Some of it is on its way back into the storage while more comes.
BOOST_AUTO_TEST_CASE(what_is_put_back_is_not_overtaken_by_what_comes_then) {
  scene on(2);
  auto const id = on.one_of(0);
  auto const ledger = on.at(id, 1);
  told blocker;
  on.beside(blocker.by([&] { return ledger.call<"Hold">("first"); }));
  on.fleet.advance(20ms);
  on.all.done.clear();
  auto const sent = std::make_shared<std::vector<std::string>>();
  on.beside([&on, ledger, sent]() -> pando::task<void> {
    for (int i = 1; i <= 40; ++i) {
      sent->push_back("n" + std::to_string(i));
      co_await ledger.discard<"Append">(sent->back());
      co_await pando::lease::pause(on.fleet.runner(0).table().time(), 7ms);
    }
  });
  on.fleet.advance(151ms); // the mailbox is full
  BOOST_TEST(on.all.done.empty());
  on.release();
  on.fleet.advance(2s);
  std::erase(on.all.done, "ended first");
  BOOST_TEST(sent->size() == 40U);
  BOOST_TEST(on.all.done == *sent, boost::test_tools::per_element());
}

/// Its owner's lease is over for itself and not for the storage, which gets the request late.
BOOST_AUTO_TEST_CASE(what_is_saved_after_it_was_given_back_is_taken_again) {
  bool is_slow = false;
  scene on(1, {}, [&is_slow](std::size_t, auto inner, auto const& time) {
    return std::make_unique<slow_storage>(std::move(inner), time, is_slow);
  });
  auto const ledger = on.at("l0", 0);
  told outcome;
  is_slow = true;
  on.beside(outcome.by([&] { return ledger.call<"Hold">("x"); }));
  auto const& table = on.fleet.runner(0).table();
  while (table.now() < table.until()) on.fleet.advance(10ms);
  BOOST_REQUIRE(on.all.held.size() == 1U);
  on.all.held[0]->fire();
  on.fleet.advance(20ms);
  is_slow = false;
  on.fleet.advance(2s);
  BOOST_REQUIRE(on.all.held.size() == 2U);
  on.all.held[1]->fire();
  on.fleet.advance(50ms);
  BOOST_TEST(outcome.text == "runner-0");
  BOOST_TEST(on.stored().waiting == 0U);
}

/// What its storage never tells of, it finds.
BOOST_AUTO_TEST_CASE(a_lost_wake_up_costs_a_second) {
  scene on(2);
  auto const id = on.one_of(1);
  on.fleet.let_wake_ups_come(0, [](auto) { return std::vector<std::chrono::milliseconds>(); });
  on.fleet.let_wake_ups_come(1, [](auto) { return std::vector<std::chrono::milliseconds>(); });
  told outcome;
  auto const ledger = on.at(id, 0);
  on.beside(outcome.by([&] { return ledger.call<"Once">(id, 1); }));
  on.fleet.advance(1'100ms);
  on.release();
  BOOST_TEST(outcome.text == "waits");
  on.fleet.advance(1'100ms);
  BOOST_TEST(outcome.text == "runner-1");
}

BOOST_AUTO_TEST_CASE(it_is_carried_out_when_it_is_due) {
  scene on(2);
  auto const now = on.fleet.runner(0).table().now();
  pando::store::storage_time const due{std::chrono::milliseconds(now + 700)};
  told outcome;
  auto const ledger = on.at("r", 1);
  Reminder const in{"wake up", due};
  on.beside(outcome.by([&] { return ledger.call<"Remind">(in); }));
  std::int64_t at = 0;
  while (outcome.text == "waits" && at < 3'000) {
    on.fleet.advance(1ms);
    at = on.fleet.runner(0).table().now() - now;
  }
  BOOST_TEST(outcome.text == "wake up");
  BOOST_TEST(at >= 700);
  BOOST_TEST(at <= 750);
}

BOOST_AUTO_TEST_CASE(a_defect_is_an_answer_after_its_retries) {
  scene on(1);
  auto const ledger = on.at("d", 0);
  told broken;
  on.beside(broken.by([&] { return ledger.call<"Break">("x"); }));
  BOOST_TEST(broken.text.find("id") != std::string::npos, broken.text);
  BOOST_TEST(on.all.breaks == 1);
  on.all.breaks = 0;
  told mended;
  on.beside(mended.by([&] { return ledger.call<"Retry">("x"); }));
  for (int i = 0; i < 300 && mended.text == "waits"; ++i) {
    std::this_thread::sleep_for(2ms); // a rest after defects is real time
    on.fleet.advance(2ms);
  }
  BOOST_TEST(on.all.breaks == 3);
  BOOST_TEST(mended.text == "1"); // by a state made anew
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_answered_and_kept_and_what_is_not_served_waits) {
  scene on(1);
  auto& storage = on.fleet.runner(0).storage();
  pando::cluster::message_ids ids;
  std::vector<pando::store::message_operation> all(2);
  std::uint64_t const first = ids.next(7);
  for (std::size_t i = 0; i < 2; ++i) {
    auto& what = all[i].what;
    what.id = i == 0 ? first : ids.next(7);
    what.group = "default";
    what.entity = "Ledger";
    what.instance = "m";
    what.shard = pando::cluster::shard_of("default", "m");
    what.rpc = i == 0 ? "Append" : "Gone";
    what.payload = R"({"text":17})";
  }
  on.fleet.run([&]() -> pando::task<void> { co_await storage.apply(all); });
  on.fleet.advance(2s);
  std::vector<pando::store::answer> found;
  std::vector<std::uint64_t> const asked{all[0].what.id, all[1].what.id};
  on.fleet.run([&]() -> pando::task<void> {
    auto const got = co_await storage.answers(asked);
    found = got;
  });
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].payload.find("cannot be read by this version") != std::string::npos,
             found[0].payload);
  on.fleet.advance(10min); // nobody came who serves the other: it waits
  on.fleet.run([&]() -> pando::task<void> {
    auto const got = co_await storage.answers(asked);
    found = got;
  });
  BOOST_TEST(found.size() == 1U);
  BOOST_TEST(on.stored().answered == 1U);
  BOOST_TEST(on.stored().waiting == 1U);
}

BOOST_AUTO_TEST_CASE(records_are_dropped_after_their_time) {
  pando::cluster::runner_options options;
  options.retention = 10s;
  scene on(1, options);
  on.fleet.call<Ledger, "Charge">("p", "k", 1);
  BOOST_TEST(on.stored().answered == 1U);
  on.fleet.advance(130s);
  BOOST_TEST(on.stored().answered == 0U);
  on.all.done.clear();
  on.fleet.call<Ledger, "Charge">("p", "k", 1);
  BOOST_TEST(on.all.done.size() == 1U);
}

BOOST_AUTO_TEST_CASE(ids_grow) {
  pando::cluster::message_ids ids;
  std::uint64_t last = 0;
  std::int64_t const now = 1'790'000'000'000;
  for (int i = 0; i < 10'000; ++i) { // the clock goes back, and many are made in a millisecond
    auto const id = ids.next(now - i / 100, 1023);
    BOOST_REQUIRE(id > last);
    BOOST_REQUIRE((id >> 12 & 1023) == 1023U);
    BOOST_REQUIRE(id >> 63 == 0U);
    last = id;
  }
  for (int i = 0; i < 10'000; ++i) { // whoever has a number now may have none later
    auto const id = i % 2 == 0 ? ids.next(now, 7, 99) : ids.next_of_nobody(now);
    BOOST_REQUIRE(id >> 22 >= last >> 22);
    last = id;
  }
}

/// Whoever had the number before may have had a clock that is ahead.
BOOST_AUTO_TEST_CASE(each_life_counts_from_elsewhere) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t life = 1; life <= 100; ++life) {
    pando::cluster::message_ids ids;
    firsts.insert(ids.next(1'790'000'000'000, 7, life));
  }
  BOOST_TEST(firsts.size() >= 95U);
}

/// As may happen to programs that have no number of their own.
BOOST_AUTO_TEST_CASE(a_number_that_another_s_message_has_is_left_to_it) {
  bool is_due = false;
  scene on(2, {}, [&is_due](std::size_t, auto inner, auto const&) {
    return std::make_unique<clashing_storage>(std::move(inner), is_due);
  });
  auto const id = on.one_of(0);
  for (std::size_t const from : {0U, 1U}) {
    on.all.held.clear();
    auto const ledger = on.at(id, from);
    told outcome;
    is_due = true;
    on.beside(outcome.by([&] { return ledger.call<"Hold">("x"); }));
    for (int i = 0; i < 5; ++i) {
      on.fleet.advance(100ms);
      on.release(); // of both, one after the other
    }
    BOOST_TEST(outcome.text == "runner-0");
    BOOST_TEST(on.stored().waiting == 0U);
    BOOST_TEST(std::count(on.all.done.begin(), on.all.done.end(), "ended other") == 1 + int(from));
  }
}

/// Or a seed of the simulator would not be one run.
BOOST_AUTO_TEST_CASE(runs_of_one_story_have_the_same_ids) {
  std::vector<std::uint64_t> ids[2];
  for (auto& to : ids) {
    scene on(2, {}, [&to](std::size_t, auto inner, auto const&) {
      return std::make_unique<noting_storage>(std::move(inner), to);
    });
    for (int i = 0; i < 20; ++i)
      on.fleet.call<Ledger, "Charge">("l" + std::to_string(i), "k" + std::to_string(i), 1);
  }
  BOOST_TEST(ids[0].size() >= 20U);
  BOOST_TEST(ids[0] == ids[1], boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
