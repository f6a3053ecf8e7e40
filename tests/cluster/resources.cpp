// What instances hold outside: over several runners under virtual time, and on a SQLite file.
#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/pando.hpp>
#include <pando/sqlite.hpp>
#include <pando/testing.hpp>

#include "support/scratch.hpp"
#include "cluster/stored.hpp"

BOOST_AUTO_TEST_SUITE(resources)

using namespace std::chrono_literals;

namespace {

struct Workspace : pando::entity<"Workspace", pando::rpc<"Run", std::string()>,
                                 pando::rpc<"Hold", std::string()>, pando::rpc<"Close", void()>,
                                 pando::rpc<"Leave", void(), pando::persisted>,
                                 pando::rpc<"IsKept", bool()>, pando::rpc<"Break", void()>> {};

/// Outside of the programs.
struct world {
  std::map<std::string, int> pods; ///< those that there are, and how often they were made
  std::vector<std::string> done;
  std::vector<std::shared_ptr<pando::one_shot>> held;
  std::vector<std::string> lines; ///< logged
  int acquires_that_fail = 0;
  int releases_that_fail = 0;
  int states_that_fail = 0;

  std::ptrdiff_t count(std::string const& what) const {
    return std::count(done.begin(), done.end(), what);
  }
};
/// A runner.
struct here {
  std::string name;
  std::chrono::milliseconds max_idle;
};
struct Pod {
  explicit Pod(std::string is) : name(std::move(is)) {}
  Pod(Pod&&) = default;
  std::string name;
  std::unique_ptr<int> alone{};
};
struct WorkspaceState {
  pando::entity_resource<Pod> pod;
};

pando::task<Pod> find_or_make(world& all, here const& me, std::string id) {
  if (all.acquires_that_fail != 0) {
    --all.acquires_that_fail;
    all.done.push_back("failed " + id);
    throw std::runtime_error("no room");
  }
  all.pods.try_emplace(id, 1);
  all.done.push_back(id + " by " + me.name);
  co_return Pod(id);
}

WorkspaceState make_state(pando::entity_resources& outside, pando::entity_context& about,
                          world& all, here const& me) {
  if (all.states_that_fail != 0) {
    --all.states_that_fail;
    throw std::runtime_error("no state");
  }
  pando::resource_options options;
  options.max_idle = me.max_idle;
  auto acquire = [&all, &me, id = std::string(about.id())] { return find_or_make(all, me, id); };
  auto release = [&all](Pod& pod) {
    if (all.releases_that_fail != 0) {
      --all.releases_that_fail;
      throw std::runtime_error("stuck");
    }
    all.pods.erase(pod.name);
    all.done.push_back("released " + pod.name);
  };
  return {pando::entity_resource<Pod>(outside, acquire, release, options)};
}

inline auto const workspaces = pando::implement<Workspace>(
    pando::state<WorkspaceState> = &make_state,
    pando::on<"Run"> = [](WorkspaceState& s, here const& me) -> pando::task<std::string> {
      auto const pod = co_await s.pod.get();
      co_return pod->name + " at " + me.name;
    },
    pando::on<"Hold"> = [](WorkspaceState& s, world& all) -> pando::task<std::string> {
      auto const pod = co_await s.pod.get();
      auto const home = co_await boost::asio::this_coro::executor;
      auto const until = std::make_shared<pando::one_shot>(home);
      all.held.push_back(until);
      co_await s.pod.close(); // when it is not used any more
      co_await until->wait();
      co_return pod->name;
    },
    pando::on<"Close"> = [](WorkspaceState& s) -> pando::task<void> { co_await s.pod.close(); },
    pando::on<"Leave"> = [](WorkspaceState& s) -> pando::task<void> { co_await s.pod.close(); },
    pando::on<"IsKept"> = [](WorkspaceState& s) { return s.pod.is_kept(); },
    pando::on<"Break"> = [] { throw std::runtime_error("broken"); });

/// An entity with two of them.
struct Which {
  bool is_left = true;
};
struct Pair : pando::entity<"Pair", pando::rpc<"Take", void(Which)>,
                            pando::rpc<"Give", void(Which)>, pando::rpc<"AreKept", int()>> {};
struct PairState {
  pando::entity_resource<std::string> left;
  pando::entity_resource<std::string> right;
};
inline auto const pairs = pando::implement<Pair>(
    pando::state<PairState> =
        [](pando::entity_resources& outside, pando::entity_context& about, world& all,
           here const& me) {
          auto const one = [&](std::string const& name) {
            auto acquire = [&all, &me, name] {
              all.done.push_back(name + " by " + me.name);
              return name;
            };
            auto release = [&all](std::string const& it) { all.done.push_back("released " + it); };
            pando::resource_options options;
            if (about.id() != "twins") options.name = name;
            return pando::entity_resource<std::string>(outside, acquire, release, options);
          };
          return PairState{one("left"), one("right")};
        },
    pando::on<"Take"> = [](PairState& s, Which in) -> pando::task<void> {
      auto const& which = in.is_left ? s.left : s.right;
      (void)co_await which.get();
    },
    pando::on<"Give"> = [](PairState& s, Which in) -> pando::task<void> {
      auto const& which = in.is_left ? s.left : s.right;
      co_await which.close();
    },
    pando::on<"AreKept"> =
        [](PairState& s) { return (s.left.is_kept() ? 1 : 0) + (s.right.is_kept() ? 2 : 0); });

struct maker {
  world& all;
  std::deque<here>& names;
  std::chrono::milliseconds max_idle;
  auto operator()() const {
    auto& me = names.emplace_back(here{"runner-" + std::to_string(names.size()), max_idle});
    auto app = pando::app(workspaces, pairs).provide(all).provide(me).named("workspaces");
    app.core().log_to(pando::log([to = &all](pando::log_level, std::string_view line) {
      to->lines.push_back(std::string(line));
    }));
    return app;
  }
};

constexpr auto never = std::chrono::milliseconds::max();

/// Says of an answer that is recorded, once, that it is not.
class word_losing_storage final : public pando::testing::storage_decorator {
 public:
  word_losing_storage(std::unique_ptr<pando::store::storage> inner, bool& is_due)
      : storage_decorator(std::move(inner)), is_due_(is_due) {}

  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    bool const is_answer =
        all[0].what_to_do == pando::store::message_operation::action::answer;
    co_await inner().apply(all);
    if (is_answer && std::exchange(is_due_, false))
      throw pando::store::storage_error(pando::store::storage_fault::refused, "not now");
  }

 private:
  bool& is_due_;
};

/// A cluster with its world.
struct scene {
  explicit scene(std::size_t runners, std::chrono::milliseconds max_idle = never,
                 pando::testing::storage_wrapper wrap = {})
      : fleet(runners, maker{all, names, max_idle}, {}, std::move(wrap)) {}

  std::string run(std::string const& id, std::size_t from = 0) {
    std::string got;
    fleet.run([&]() -> pando::task<void> {
      auto const api = fleet.client_of<Workspace>(id, from);
      got = co_await api.call<"Run">();
    });
    return got;
  }
  void close(std::string const& id, std::size_t from = 0) {
    fleet.run([&]() -> pando::task<void> {
      auto const api = fleet.client_of<Workspace>(id, from);
      co_await api.call<"Close">();
    });
  }
  /// The id of an instance of that runner, which holds its pod.
  std::string one_of(std::size_t runner) {
    for (int i = 0;; ++i) {
      auto id = "w" + std::to_string(i);
      if (run(id).back() - '0' == static_cast<int>(runner)) return id;
      close(id);
      all.done.clear();
    }
  }
  std::uint64_t stored(std::size_t from = 0) {
    return support::stored_in(fleet, from).waiting;
  }
  bool has_logged(std::string const& text) const {
    return std::any_of(all.lines.begin(), all.lines.end(),
                       [&](auto const& line) { return line.find(text) != std::string::npos; });
  }
  /// Runs that to its end, again where it fails: calls wait by real time, which is short where the
  /// machine is busy.
  template <class Body>
  bool goes_well(Body const& body) {
    for (int tries = 0; tries < 20; ++tries) {
      try {
        fleet.run(body);
        return true;
      } catch (pando::failure const&) { // of a runner that is gone, or a storage that fails
      }
    }
    return false;
  }
  /// Runs that beside the test.
  template <class Body>
  void beside(Body body) {
    boost::asio::co_spawn(fleet.executor(), std::move(body), boost::asio::detached);
    fleet.advance(1ms);
  }

  world all;
  std::deque<here> names;
  pando::testing::cluster<maker> fleet;
};

/// Serves an app, has that run, and stops it.
template <class App, class Body>
void serve_for(App& app, pando::serve_options options, Body body) {
  boost::asio::io_context loop(1);
  std::exception_ptr failed;
  options.no_socket = true;
  auto const whole = [&]() -> pando::task<void> {
    co_await app.serve(options);
    co_await body();
    co_await app.stop();
  };
  boost::asio::co_spawn(loop, whole, [&](std::exception_ptr error) { failed = error; });
  loop.run();
  if (failed) std::rethrow_exception(failed);
}

/// Waits until that is so, or for ten seconds.
template <class Condition>
pando::task<void> wait_until(Condition is_so) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  for (int i = 0; i < 1000 && !is_so(); ++i) {
    timer.expires_after(10ms);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(an_owner_whose_lease_ended_while_it_was_recorded_acquires_nothing) {
  scene s(2);
  auto const id = s.one_of(1);
  s.close(id);
  s.all.done.clear();
  // The record is there in time, and the word of it comes when the lease has ended.
  s.fleet.let_storage_take(1, [] { return 1500ms; });
  s.beside([&]() -> pando::task<void> {
    auto const api = s.fleet.client_of<Workspace>(id, 1);
    try {
      (void)co_await api.call<"Run">();
    } catch (pando::failure const&) {
    }
  });
  s.fleet.advance(3500ms);
  BOOST_TEST(s.all.count(id + " by runner-1") == 0);
  s.fleet.let_storage_take(1, [] { return 0ms; });
  s.fleet.advance(20s); // it is recorded: who owns it acquires it
  BOOST_TEST(s.stored() == 1U); // that record
  BOOST_TEST(s.all.pods.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_record_that_may_have_gone_is_made_anew_before_the_next_use) {
  bool is_lost = false;
  scene s(2, never, [&](std::size_t, auto inner, auto const&) {
    return std::make_unique<word_losing_storage>(std::move(inner), is_lost);
  });
  auto const id = s.one_of(1);
  is_lost = true;
  BOOST_CHECK_THROW(s.close(id, 1), pando::failure);
  BOOST_TEST(!is_lost);
  BOOST_TEST(s.run(id, 1) == id + " at runner-1");
  s.all.done.clear();
  s.fleet.kill(1);
  s.fleet.advance(10s);
  BOOST_TEST(s.all.count(id + " by runner-0") == 1); // by itself: it was known to be held
}

BOOST_AUTO_TEST_CASE(is_acquired_by_its_first_use_and_released_when_closed) {
  scene on(1);
  BOOST_TEST((!on.fleet.call<Workspace, "IsKept">("a")));
  BOOST_TEST(on.run("a") == "a at runner-0");
  BOOST_TEST(on.run("a") == "a at runner-0");
  BOOST_TEST((on.fleet.call<Workspace, "IsKept">("a")));
  BOOST_TEST(on.all.done == std::vector<std::string>{"a by runner-0"});
  BOOST_TEST(on.stored() == 1U);
  on.fleet.advance(1h);
  BOOST_TEST(on.all.pods.size() == 1U);
  on.close("a");
  BOOST_TEST(on.all.pods.empty());
  BOOST_TEST(on.stored() == 0U);
  on.close("a"); // again: nothing
  BOOST_TEST(on.all.done.size() == 2U);
  BOOST_TEST(on.run("a") == "a at runner-0"); // and again
  BOOST_TEST(on.all.pods.size() == 1U);
  BOOST_TEST(on.stored() == 1U);
}

BOOST_AUTO_TEST_CASE(is_acquired_elsewhere_by_itself_when_its_owner_is_killed) {
  scene on(2);
  auto const id = on.one_of(0);
  on.fleet.kill(0);
  on.fleet.advance(6s);
  BOOST_TEST(on.all.done.back() == id + " by runner-1");
  BOOST_TEST(on.all.count("released " + id) == 0);
  BOOST_TEST(on.all.pods.size() == 1U);
  BOOST_TEST(on.run(id, 1) == id + " at runner-1");
  BOOST_TEST(on.all.count(id + " by runner-1") == 1);
  on.close(id, 1);
  BOOST_TEST(on.all.pods.empty());
  BOOST_TEST(on.stored(1) == 0U);
  on.fleet.advance(1min);
  BOOST_TEST(on.all.pods.empty());
}

BOOST_AUTO_TEST_CASE(is_handed_over_and_not_released) {
  scene on(2);
  auto const id = on.one_of(0);
  on.fleet.stop(0);
  on.fleet.advance(1s);
  BOOST_TEST(on.all.done.back() == id + " by runner-1");
  BOOST_TEST(on.all.count("released " + id) == 0);
  on.fleet.add();
  on.fleet.add();
  on.fleet.stop(1); // whoever has it next
  on.fleet.advance(2s);
  BOOST_TEST(on.all.count("released " + id) == 0);
  BOOST_TEST(on.stored(2) == 1U);
  std::string const at = on.run(id, 2);
  BOOST_TEST((at == id + " at runner-2" || at == id + " at runner-3"), at);
  BOOST_TEST(on.all.count(id + " by " + at.substr(at.find("runner"))) == 1);
}

BOOST_AUTO_TEST_CASE(is_released_once_when_its_idle_time_is_over) {
  scene on(2, 10s);
  auto const id = on.one_of(0);
  on.fleet.advance(8s);
  BOOST_TEST(on.all.pods.size() == 1U);
  (void)on.run(id); // used again
  on.fleet.advance(8s);
  BOOST_TEST(on.all.pods.size() == 1U);
  on.fleet.advance(4s);
  BOOST_TEST(on.all.pods.empty());
  BOOST_TEST(on.all.count("released " + id) == 1);
  BOOST_TEST(on.stored() == 0U);
  on.fleet.advance(1min);
  BOOST_TEST(on.all.count("released " + id) == 1);
  BOOST_TEST(on.all.count(id + " by runner-0") == 1);
}

BOOST_AUTO_TEST_CASE(its_idle_time_is_kept_by_the_next_owner_too) {
  scene on(2, 10s);
  auto const id = on.one_of(0);
  on.fleet.kill(0);
  on.fleet.advance(6s);
  BOOST_TEST(on.all.done.back() == id + " by runner-1");
  on.fleet.advance(12s);
  BOOST_TEST(on.all.done.back() == "released " + id);
  BOOST_TEST(on.stored(1) == 0U);
}

BOOST_AUTO_TEST_CASE(an_owner_that_stalled_does_not_release_what_another_has) {
  scene on(2, 10s);
  auto const id = on.one_of(0);
  on.fleet.advance(7s);
  on.fleet.pause(0);
  on.fleet.advance(6s); // its idle time is over there
  BOOST_TEST(on.all.done.back() == id + " by runner-1");
  on.fleet.pause(0, false);
  on.fleet.advance(3s);
  BOOST_TEST(on.all.count("released " + id) == 0);
  BOOST_TEST(on.all.pods.size() == 1U);
  on.fleet.advance(8s);
  BOOST_TEST(on.all.count("released " + id) == 1);
}

BOOST_AUTO_TEST_CASE(a_call_that_comes_with_the_new_owner_leaves_one_record) {
  scene on(2);
  auto const caller = on.fleet.add_client();
  auto const id = on.one_of(0);
  on.fleet.kill(0);
  std::string got;
  on.beside([&]() -> pando::task<void> {
    auto const api = on.fleet.client_of<Workspace>(id, caller);
    got = co_await api.call<"Run">();
  });
  on.fleet.advance(6s);
  BOOST_TEST(got == id + " at runner-1");
  BOOST_TEST(on.all.count(id + " by runner-1") == 1);
  BOOST_TEST(on.stored(1) == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_closed_while_its_owner_changes_stays_closed) {
  enum class way { used_first, at_once, persisted };
  for (auto const how : {way::used_first, way::at_once, way::persisted}) {
    scene on(2);
    auto const caller = on.fleet.add_client();
    auto const id = on.one_of(0);
    on.fleet.kill(0);
    bool is_closed = false;
    on.beside([&]() -> pando::task<void> {
      auto const api = on.fleet.client_of<Workspace>(id, caller);
      if (how == way::used_first) (void)co_await api.call<"Run">();
      if (how == way::persisted)
        co_await api.call<"Leave">();
      else
        co_await api.call<"Close">();
      is_closed = true;
    });
    on.fleet.advance(6s);
    BOOST_TEST(is_closed);
    on.fleet.advance(1min);
    BOOST_TEST(on.all.pods.empty());
    BOOST_TEST(on.stored(1) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_use_that_fails_does_not_forget_what_an_owner_before_held) {
  scene on(2);
  auto const caller = on.fleet.add_client();
  auto const id = on.one_of(0);
  on.fleet.let_storage_take(1, [] { return 50ms; }); // the call comes before the record of it
  on.all.acquires_that_fail = 1;
  on.fleet.kill(0);
  on.beside([&]() -> pando::task<void> {
    auto const api = on.fleet.client_of<Workspace>(id, caller);
    try {
      (void)co_await api.call<"Run">();
    } catch (pando::failure const&) {
    }
  });
  on.fleet.advance(30s);
  BOOST_TEST(on.all.acquires_that_fail == 0);
  BOOST_TEST(on.all.count(id + " by runner-1") == 1);
  BOOST_TEST(on.stored(1) == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_closed_before_its_record_has_come_stays_closed) {
  scene on(2);
  auto const caller = on.fleet.add_client();
  auto const id = on.one_of(0);
  on.fleet.let_storage_take(1, [] { return 50ms; });
  on.fleet.kill(0);
  bool is_closed = false;
  on.beside([&]() -> pando::task<void> {
    auto const api = on.fleet.client_of<Workspace>(id, caller);
    co_await api.call<"Close">();
    is_closed = true;
  });
  for (int i = 0; i < 1000 && !is_closed; ++i) on.fleet.advance(10ms);
  BOOST_TEST(is_closed);
  BOOST_TEST(on.all.pods.empty()); // and not in a while: its owner may die before that
  BOOST_TEST(on.stored(1) == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_in_use_is_released_after_that) {
  scene on(1, 5s);
  std::string got;
  on.beside([&]() -> pando::task<void> {
    auto const api = on.fleet.client_of<Workspace>("a");
    got = co_await api.call<"Hold">();
  });
  on.fleet.advance(20s);
  BOOST_TEST(on.all.pods.size() == 1U);
  BOOST_REQUIRE(on.all.held.size() == 1U);
  on.all.held.front()->fire();
  on.fleet.advance(10ms);
  BOOST_TEST(got == "a");
  on.fleet.advance(2s);
  BOOST_TEST(on.all.pods.empty());
  BOOST_TEST(on.stored() == 0U);
}

BOOST_AUTO_TEST_CASE(an_instance_may_have_several_of_different_names) {
  scene on(2);
  for (int i = 0; i < 8; ++i) {
    auto const id = "p" + std::to_string(i);
    on.fleet.call<Pair, "Take">(id, true);
    if (i % 2 == 0) on.fleet.call<Pair, "Take">(id, false);
    if (i % 4 == 0) on.fleet.call<Pair, "Give">(id, true);
  }
  BOOST_TEST(on.all.count("released left") == 2);
  auto const lefts = on.all.count("left by runner-1");
  auto const rights = on.all.count("right by runner-1");
  on.fleet.kill(0);
  on.fleet.advance(6s);
  BOOST_TEST(on.stored(1) == 10U);
  for (int i = 0; i < 8; ++i) {
    std::int64_t kept = 0;
    on.fleet.run([&]() -> pando::task<void> {
      auto const api = on.fleet.client_of<Pair>("p" + std::to_string(i), 1);
      kept = co_await api.call<"AreKept">();
    });
    BOOST_TEST(kept == (i % 4 == 0 ? 2 : i % 2 == 0 ? 3 : 1), i);
  }
  BOOST_TEST(on.all.count("left by runner-1") > lefts);
  BOOST_TEST(on.all.count("right by runner-1") > rights);
  BOOST_TEST(on.all.count("released right") == 0);
}

BOOST_AUTO_TEST_CASE(two_of_one_name_are_refused) {
  scene on(1);
  BOOST_CHECK_THROW((on.fleet.call<Pair, "AreKept">("twins")), pando::internal_failure);
  BOOST_TEST(on.has_logged("two resources of the name"));
}

BOOST_AUTO_TEST_CASE(outlives_its_program) {
  world all;
  std::deque<here> names;
  {
    pando::testing::cluster fleet(2, maker{all, names, never});
    (void)fleet.call<Workspace, "Run">("a");
  }
  BOOST_TEST(all.pods.size() == 1U);
  BOOST_TEST(all.count("released a") == 0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_acquired_is_not_held) {
  scene on(2);
  on.all.acquires_that_fail = 1;
  BOOST_CHECK_THROW(on.run("a"), pando::internal_failure);
  on.fleet.advance(3s);
  BOOST_TEST((!on.fleet.call<Workspace, "IsKept">("a")));
  BOOST_TEST(on.stored() == 0U);
  BOOST_TEST(on.all.done == std::vector<std::string>{"failed a"});
  // What is closed is not recorded any more, and not in a while: its owner may die before that.
  on.all.acquires_that_fail = 1;
  BOOST_CHECK_THROW(on.run("a"), pando::internal_failure);
  on.close("a");
  BOOST_TEST(on.stored() == 0U);
  (void)on.run("a");
  BOOST_TEST(on.all.pods.size() == 1U);
  BOOST_TEST(on.stored() == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_held_is_acquired_until_that_works) {
  scene on(2);
  auto const id = on.one_of(0);
  on.all.acquires_that_fail = 3;
  on.fleet.kill(0);
  on.fleet.advance(6s);
  BOOST_TEST(on.all.count("failed " + id) >= 1);
  BOOST_TEST(on.has_logged("the resource of entity Workspace " + id +
                           " cannot be acquired: std::runtime_error: no room; tried again in 1 s"));
  on.fleet.advance(12s);
  BOOST_TEST(on.has_logged("tried again in 4 s"));
  BOOST_TEST(on.all.done.back() == id + " by runner-1");
  BOOST_TEST(on.all.acquires_that_fail == 0);
}

BOOST_AUTO_TEST_CASE(an_instance_that_cannot_be_activated_is_activated_later) {
  scene on(2);
  auto const id = on.one_of(0);
  on.all.states_that_fail = 1;
  on.fleet.kill(0);
  on.fleet.advance(12s);
  BOOST_TEST(
      on.has_logged("entity Workspace " + id + " holds a resource, and cannot be activated"));
  BOOST_TEST(on.all.done.back() == id + " by runner-1");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_released_is_released_later) {
  scene on(1, 5s);
  (void)on.run("a");
  on.all.releases_that_fail = 2;
  on.fleet.advance(6s);
  BOOST_TEST(on.all.pods.size() == 1U);
  BOOST_TEST(on.has_logged("cannot be released: std::runtime_error: stuck; tried again in 1 s"));
  BOOST_TEST(on.stored() == 1U);
  on.fleet.advance(6s);
  BOOST_TEST(on.all.pods.empty());
  BOOST_TEST(on.all.count("released a") == 1);
  BOOST_TEST(on.stored() == 0U);
  // What is closed tells who closes it, and goes on.
  (void)on.run("b");
  on.all.releases_that_fail = 1;
  BOOST_CHECK_THROW(on.close("b"), pando::internal_failure);
  BOOST_TEST(on.all.pods.size() == 1U);
  on.fleet.advance(3s);
  BOOST_TEST(on.all.pods.empty());
}

BOOST_AUTO_TEST_CASE(outlives_a_state_that_a_defect_has_spoilt) {
  scene on(1);
  (void)on.run("a");
  BOOST_CHECK_THROW((on.fleet.call<Workspace, "Break">("a")), pando::internal_failure);
  BOOST_TEST((on.fleet.call<Workspace, "IsKept">("a")));
  BOOST_TEST(on.run("a") == "a at runner-0");
  BOOST_TEST(on.all.done == std::vector<std::string>{"a by runner-0"});
  on.close("a");
  BOOST_TEST(on.all.pods.empty());
}

BOOST_AUTO_TEST_CASE(in_one_program_it_is_released_by_idleness_and_not_by_its_end) {
  world all;
  std::deque<here> names;
  auto app = maker{all, names, 200ms}();
  serve_for(app, {}, [&]() -> pando::task<void> {
    auto const api = app.client<Workspace>("a");
    std::string const got = co_await api.call<"Run">();
    BOOST_TEST(got == "a at runner-0");
    co_await wait_until([&] { return all.pods.empty(); });
    BOOST_TEST(all.count("released a") == 1);
    (void)co_await api.call<"Run">();
  });
  BOOST_TEST(all.pods.size() == 1U);
  BOOST_TEST(all.count("released a") == 1);
}

BOOST_AUTO_TEST_CASE(without_being_served_it_is_held_too) {
  world all;
  std::deque<here> names;
  auto app = maker{all, names, never}();
  boost::asio::io_context loop(1);
  boost::asio::co_spawn(
      loop,
      [&]() -> pando::task<void> {
        auto const api = app.client<Workspace>("a");
        (void)co_await api.call<"Run">();
        (void)co_await api.call<"Run">();
        BOOST_TEST(all.count("a by runner-0") == 1);
        co_await api.call<"Close">();
        BOOST_TEST(all.pods.empty());
      },
      [](std::exception_ptr error) { BOOST_TEST(!error); });
  loop.run();
  BOOST_TEST(all.done.size() == 2U);
}

#if PANDO_HAS_SQLITE
BOOST_AUTO_TEST_CASE(on_a_file_the_next_program_acquires_it_by_itself) {
  support::scratch_folder folder;
  world all;
  std::deque<here> names;
  pando::serve_options options;
  auto const store = folder.path() + "/workspaces.db";
  options.store = store;
  options.runner = "127.0.0.1:0";
  for (int i = 0; i < 3; ++i) {
    auto app = maker{all, names, i == 2 ? 500ms : never}();
    auto const by = "a by runner-" + std::to_string(i);
    serve_for(app, options, [&]() -> pando::task<void> {
      auto const api = app.client<Workspace>("a");
      if (i == 0) (void)co_await api.call<"Run">();
      co_await wait_until([&] { return all.count(by) == 1; });
      if (i == 2) co_await wait_until([&] { return all.pods.empty(); });
    });
    BOOST_TEST(all.count(by) == 1);
    BOOST_TEST(all.count("released a") == (i == 2 ? 1 : 0));
  }
  auto last = maker{all, names, never}();
  serve_for(last, options, [&]() -> pando::task<void> {
    auto const api = last.client<Workspace>("a");
    bool const is_kept = co_await api.call<"IsKept">();
    BOOST_TEST(!is_kept);
  });
  BOOST_TEST(all.pods.empty());
}
#endif

BOOST_AUTO_TEST_CASE(is_held_by_one_of_the_living_whatever_dies) {
  std::uint64_t handed_over = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    scene on(3);
    std::mt19937 random(seed);
    auto const chance = [&](unsigned one_in) { return random() % one_in == 0; };
    for (std::size_t i = 0; i < 3; ++i)
      on.fleet.let_storage_fail(i, [&](bool) { return chance(6); });
    int const ids = 6;
    std::vector<bool> is_held(ids, false);
    auto const caller = on.fleet.add_client();
    for (int step = 0; step < 12; ++step) {
      if (step == 5 && chance(2)) on.fleet.kill(0);
      if (step == 8) on.fleet.stop(1);
      if (step == 9) on.fleet.add();
      auto const which = static_cast<std::size_t>(random() % ids);
      auto const id = "w" + std::to_string(which);
      bool const holds = !chance(3);
      bool const is_done = on.goes_well([&]() -> pando::task<void> {
        auto const api = on.fleet.client_of<Workspace>(id, caller);
        if (holds)
          (void)co_await api.call<"Run">();
        else
          co_await api.call<"Close">();
      });
      BOOST_REQUIRE(is_done);
      is_held[which] = holds;
      on.fleet.advance(std::chrono::milliseconds(random() % 2000));
    }
    for (std::size_t i = 0; i < 3; ++i) on.fleet.let_storage_fail(i, {});
    on.fleet.advance(40s);
    for (std::size_t i = 0; i < ids; ++i) {
      auto const id = "w" + std::to_string(i);
      BOOST_TEST((on.all.pods.count(id) == 1) == is_held[i], "seed " << seed << ", " << id);
      bool is_kept = false;
      bool const is_answered = on.goes_well([&]() -> pando::task<void> {
        auto const api = on.fleet.client_of<Workspace>(id, caller);
        is_kept = co_await api.call<"IsKept">();
      });
      BOOST_REQUIRE(is_answered);
      BOOST_TEST(is_kept == is_held[i], "seed " << seed << ", " << id);
      handed_over += static_cast<std::uint64_t>(on.all.count(id + " by runner-4"));
    }
    BOOST_TEST(on.stored(2) ==
               static_cast<std::uint64_t>(std::count(is_held.begin(), is_held.end(), true)));
  }
  BOOST_TEST(handed_over != 0U);
}

BOOST_AUTO_TEST_SUITE_END()
