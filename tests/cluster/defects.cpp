// What the defect of one call does to the others of its instance: with `concurrency`, in one
// program, and over several runners and under virtual time.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
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
#include <pando/lease/clock.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

#include "cluster/held.hpp"

BOOST_AUTO_TEST_SUITE(defects_beside_others)

using namespace std::chrono_literals;

namespace {

/// What became of a call made beside the test, which may end after that has looked.
struct told {
  std::shared_ptr<std::string> kept = std::make_shared<std::string>("waits");
  std::string& text = *kept;

  template <class Ask>
  auto by(Ask ask) {
    return [to = kept, ask]() -> pando::task<void> {
      try {
        auto const got = co_await ask();
        *to = std::to_string(got);
      } catch (pando::failure const& error) {
        *to = std::string(pando::row_of_failure(error.code()).name) + ": " + error.what();
      }
    };
  }
};

std::string cut_off(std::string const& entity, std::string const& rpc) {
  return "outcome_unknown: another call of entity " + entity + " broke while the call of " + rpc +
         " ran, and its state is made anew; whether it has had an effect is unknown";
}

/// Volatile, in one program.
struct Crowd : pando::entity<"Crowd", pando::concurrency<pando::unbounded>,
                             pando::rpc<"Wait", int()>, pando::rpc<"Break", int()>,
                             pando::rpc<"Most", int()>, pando::rpc<"Block", int()>,
                             pando::rpc<"Ticks", pando::stream<int>()>> {};
/// Two at a time.
struct Pair : pando::entity<"Pair", pando::concurrency<2>, pando::rpc<"Wait", int()>,
                            pando::rpc<"Break", int()>, pando::rpc<"Made", int()>,
                            pando::rpc<"Held", int()>> {};

struct records {
  int made = 0;
  int alive = 0;
  int left = 0; ///< handlers that are gone
  int inside = 0;
  std::atomic<bool> is_blocking{false};
  std::atomic<bool> may_go{false};
};
struct CrowdState {
  explicit CrowdState(records& all) : to(&all), number(++all.made) { ++to->alive; }
  CrowdState(CrowdState&& other) noexcept : to(other.to), number(other.number) { ++to->alive; }
  ~CrowdState() { --to->alive; }
  records* to;
  int number;
  int running = 0;
  int most = 0;
};
struct leaving {
  records& all;
  ~leaving() { ++all.left; }
};

pando::task<void> pause(std::chrono::milliseconds length) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, length);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

pando::stream<int> ticks(CrowdState& state) {
  leaving const gone{*state.to};
  for (int i = 0;; ++i) {
    co_yield i;
    co_await pause(1ms);
  }
}
pando::task<int> wait_long(CrowdState& state) {
  leaving const gone{*state.to};
  state.most = std::max(state.most, ++state.running);
  co_await pause(60s);
  co_return state.number;
}
int break_now(CrowdState&) { throw std::runtime_error("broken"); }

inline auto const crowds = pando::implement<Crowd>(
    pando::state<CrowdState> = [](records& all) { return CrowdState(all); },
    pando::on<"Wait"> = wait_long, pando::on<"Break"> = break_now,
    pando::on<"Most"> = [](CrowdState& s) { return s.most; },
    pando::on<"Block", pando::blocking> =
        [](CrowdState& s) {
          s.to->is_blocking = true;
          while (!s.to->may_go) std::this_thread::sleep_for(1ms);
          return s.number;
        },
    pando::on<"Ticks"> = ticks);
inline auto const pairs = pando::implement<Pair>(
    pando::state<CrowdState> = [](records& all) { return CrowdState(all); },
    pando::on<"Wait"> = wait_long, pando::on<"Break"> = break_now,
    pando::on<"Made"> = [](CrowdState& s) -> pando::task<int> {
      co_await pause(1ms);
      co_return s.number;
    },
    pando::on<"Held"> = [](CrowdState& s) -> pando::task<int> {
      while (!s.to->may_go) co_await pause(1ms);
      co_return s.number;
    });

struct program {
  records all{};
  boost::asio::io_context io{1};

  auto make() {
    auto app = pando::app(crowds, pairs).provide(all).named("crowd");
    app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
    return app;
  }
  template <class Body>
  void beside(Body body) {
    boost::asio::co_spawn(io, std::move(body), boost::asio::detached);
  }
  template <class Until>
  void run_until(Until is_over) {
    auto const late = std::chrono::steady_clock::now() + 20s;
    io.restart();
    while (!is_over() && std::chrono::steady_clock::now() < late) io.run_one_for(5ms);
    BOOST_REQUIRE(is_over());
  }
  void run_for(std::chrono::milliseconds time) {
    io.restart();
    io.run_for(time);
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(many_handlers_run_at_once_and_one_that_breaks_ends_them_all) {
  program it;
  auto app = it.make();
  auto const crowd = app.client<Crowd>("c");
  constexpr int many = 500;
  std::vector<told> waiting(many);
  for (auto& one : waiting) it.beside(one.by([&] { return crowd.call<"Wait">(); }));
  std::string stream = "runs";
  int seen = 0;
  it.beside([&]() -> pando::task<void> {
    try {
      auto items = crowd.stream<"Ticks">();
      while (std::optional<int> const item = co_await items.next()) seen = *item;
      stream = "ended";
    } catch (pando::outcome_unknown const& error) {
      stream = std::string("outcome_unknown: ") + error.what();
    }
  });
  it.run_until([&] { return seen > 2; });
  told most;
  it.beside(most.by([&] { return crowd.call<"Most">(); }));
  it.run_until([&] { return most.text != "waits"; });
  BOOST_TEST(most.text == std::to_string(many));
  BOOST_TEST(it.all.left == 0);

  told broken;
  it.beside(broken.by([&] { return crowd.call<"Break">(); }));
  it.run_until([&] { return it.all.left == many + 1; });
  it.run_for(5ms);
  BOOST_TEST(broken.text.find("internal: ") == 0U, broken.text);
  for (auto const& one : waiting) BOOST_TEST(one.text == cut_off("Crowd c", "Wait"));
  BOOST_TEST(stream == cut_off("Crowd c", "Ticks"));
  BOOST_TEST(it.all.alive == 0);
  told next;
  it.beside(next.by([&] { return crowd.call<"Most">(); }));
  it.run_until([&] { return next.text != "waits"; });
  BOOST_TEST(next.text == "0"); // a state made anew
  BOOST_TEST(it.all.made == 2);
}

BOOST_AUTO_TEST_CASE(what_waits_for_its_turn_runs_on_the_state_made_anew) {
  program it;
  auto app = it.make();
  auto const pair = app.client<Pair>("p");
  told held;
  told broken;
  it.beside(held.by([&] { return pair.call<"Wait">(); }));
  it.run_for(5ms);
  told first;
  it.beside(first.by([&] { return pair.call<"Made">(); })); // while that runs, others wait
  it.beside(broken.by([&] { return pair.call<"Break">(); }));
  std::vector<told> waiting(3);
  for (auto& one : waiting) it.beside(one.by([&] { return pair.call<"Made">(); }));
  it.run_until([&] { return waiting[2].text != "waits"; });
  BOOST_TEST(held.text == cut_off("Pair p", "Wait"));
  BOOST_TEST(first.text == "1");
  for (auto const& one : waiting) BOOST_TEST(one.text == "2");
}

/// It was given its turn by another call's end, on another thread's executor, and has not begun.
BOOST_AUTO_TEST_CASE(what_was_admitted_and_has_not_begun_waits_for_the_state_made_anew) {
  program it;
  auto app = it.make();
  auto const pair = app.client<Pair>("p");
  boost::asio::io_context other(1);
  told first;
  told second;
  told broken;
  told late;
  it.beside(first.by([&] { return pair.call<"Held">(); }));
  it.io.restart();
  while (first.text == "waits" && it.all.made == 0) it.io.run_one();
  it.beside(second.by([&] { return pair.call<"Held">(); }));
  it.io.poll();
  boost::asio::co_spawn(other, late.by([&] { return pair.call<"Made">(); }),
                        boost::asio::detached);
  other.poll(); // both places are taken: it waits
  it.all.may_go = true;
  it.run_until([&] { return first.text != "waits" && second.text != "waits"; });
  it.beside(broken.by([&] { return pair.call<"Break">(); })); // the other place is free
  it.run_until([&] { return broken.text != "waits"; });
  BOOST_TEST(late.text == "waits");
  other.restart();
  while (late.text == "waits" && other.run_one_for(5s) != 0) {
  }
  BOOST_TEST(late.text == "2");
}

BOOST_AUTO_TEST_CASE(a_handler_on_the_pool_holds_up_the_new_state_and_not_its_caller) {
  program it;
  auto app = it.make();
  bool is_served = false;
  pando::serve_options quiet;
  quiet.no_socket = true;
  it.beside([&]() -> pando::task<void> {
    co_await app.serve(quiet);
    is_served = true;
  });
  it.run_until([&] { return is_served; });
  auto const crowd = app.client<Crowd>("c");
  told blocked;
  told broken;
  told next;
  it.beside(blocked.by([&] { return crowd.call<"Block">(); }));
  it.run_until([&] { return it.all.is_blocking.load(); });
  it.beside(broken.by([&] { return crowd.call<"Break">(); }));
  it.run_until([&] { return blocked.text != "waits"; });
  BOOST_TEST(blocked.text == cut_off("Crowd c", "Block"));
  it.beside(next.by([&] { return crowd.call<"Most">(); }));
  it.run_for(20ms);
  BOOST_TEST(next.text == "waits");
  BOOST_TEST(it.all.made == 1);
  it.all.may_go = true;
  it.run_until([&] { return next.text != "waits"; });
  BOOST_TEST(it.all.made == 2);
  BOOST_TEST(blocked.text == cut_off("Crowd c", "Block")); // what it gave later is ignored
  bool is_stopped = false;
  it.beside([&]() -> pando::task<void> {
    co_await app.stop();
    is_stopped = true;
  });
  it.run_until([&] { return is_stopped; });
}

BOOST_AUTO_TEST_CASE(on_many_threads_every_call_ends) {
  program it;
  auto app = it.make();
  constexpr int each = 600;
  std::atomic<int> ok{0};
  std::atomic<int> broken{0};
  std::atomic<int> cut{0};
  std::atomic<int> others{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      boost::asio::io_context io(1);
      auto const pair = app.client<Pair>("p");
      auto const body = [&](int from) -> pando::task<void> {
        for (int i = from; i < each; i += 3) {
          bool const breaks = (i + t) % 40 == 0;
          try {
            if (breaks)
              co_await pair.call<"Break">();
            else
              co_await pair.call<"Made">();
            ++ok;
          } catch (pando::internal_failure const&) {
            ++broken;
          } catch (pando::outcome_unknown const&) {
            ++cut;
          } catch (...) {
            ++others;
          }
        }
      };
      for (int i = 0; i < 3; ++i) boost::asio::co_spawn(io, body(i), boost::asio::detached);
      io.run();
    });
  for (auto& one : threads) one.join();
  BOOST_TEST(ok + broken + cut == 4 * each);
  BOOST_TEST(others == 0);
  BOOST_TEST(broken > 0);
  BOOST_TEST(broken <= 4 * each / 40); // one of two that break together is cut off
  BOOST_TEST(cut <= broken); // one beside each
  BOOST_TEST(it.all.made <= broken + 1);
  BOOST_TEST(it.all.alive <= 1);
}

namespace {

struct Step {
  std::string name;
};
struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Persisted calls beside volatile ones.
struct Board
    : pando::entity<"Board", pando::concurrency<pando::unbounded>, pando::rpc<"Where", int()>,
                    pando::rpc<"Hold", int(Step), pando::persisted>,
                    pando::rpc<"Write", int(Step), pando::persisted, pando::with_transaction>,
                    pando::rpc<"Read", int(), pando::persisted, pando::with_transaction>,
                    pando::rpc<"Fail", int(), pando::persisted, pando::with_transaction>,
                    pando::rpc<"Numbers", pando::stream<std::int64_t>(Range), pando::persisted>,
                    pando::rpc<"Sit", int()>, pando::rpc<"Break", int()>,
                    pando::rpc<"Made", int()>> {};

struct here {
  int number;
};
/// What all runners of a test share.
struct world {
  int made = 0;
  std::vector<std::string> begun;
  std::vector<std::shared_ptr<pando::one_shot>> held;
  std::vector<std::string> streams; ///< where their runs began
  pando::lease::time_source const* time = nullptr;
  int handlers = 0; ///< those that are there
};
struct BoardState {
  int number = 0;
};
struct being {
  explicit being(world& of) : all(of) { ++all.handlers; }
  ~being() { --all.handlers; }
  world& all;
};

/// Ends when the test says so; a cancellation it hears, and minds only if it is told to.
pando::task<void> hold(world& all, bool minds) {
  auto const until = support::make_held(co_await boost::asio::this_coro::executor);
  if (!minds) until->on_cancel = nullptr;
  all.held.push_back(until);
  co_await until->wait();
  until->rethrow();
}

std::string text_of(BoardState& state, std::string const& name) {
  return name + " on " + std::to_string(state.number);
}

pando::stream<std::int64_t> numbers(BoardState& state, Range in, pando::entity_context& about,
                                    world& all) {
  being const one(all);
  auto const last = about.last_sent_chunk<std::int64_t>();
  all.streams.push_back(text_of(state, last ? std::to_string(*last) : "nothing"));
  for (auto at = last ? *last + 1 : in.first; at <= in.last; ++at) {
    co_await pando::lease::pause(*all.time, 10ms);
    co_yield at;
  }
}

inline auto const boards = pando::implement<Board>(
    pando::state<BoardState> = [](world& all) { return BoardState{++all.made}; },
    pando::on<"Where"> = [](here const& me) { return me.number; },
    pando::on<"Hold"> = [](BoardState& s, Step in, world& all) -> pando::task<int> {
      being const one(all);
      all.begun.push_back(text_of(s, in.name));
      co_await hold(all, in.name != "deaf");
      co_return s.number;
    },
    pando::on<"Write"> = [](BoardState& s, Step in, world& all,
                            pando::store::transaction& writes) -> pando::task<int> {
      being const one(all);
      all.begun.push_back(text_of(s, in.name));
      writes.put("board", std::to_string(s.number));
      co_await hold(all, true);
      co_return s.number;
    },
    pando::on<"Read"> = [](pando::store::transaction& writes) -> pando::task<int> {
      auto const found = co_await writes.get("board");
      co_return std::stoi(found.value_or("0"));
    },
    pando::on<"Fail"> = [](BoardState& s, pando::store::transaction& writes) -> int {
      writes.put("board", "-1");
      throw std::runtime_error("broken on " + std::to_string(s.number));
    },
    pando::on<"Numbers"> = numbers,
    pando::on<"Sit"> = [](BoardState& s, world& all) -> pando::task<int> {
      being const one(all);
      co_await hold(all, true);
      co_return s.number;
    },
    pando::on<"Break"> = [](BoardState&) -> int { throw std::runtime_error("broken"); },
    pando::on<"Made"> = [](BoardState& s) { return s.number; });

struct maker {
  world& all;
  std::deque<here>& runners;
  auto operator()() const {
    auto& me = runners.emplace_back(here{static_cast<int>(runners.size())});
    return pando::app(boards).provide(all).provide(me).named("board");
  }
};

struct scene {
  scene() : fleet(2, maker{all, runners}) { all.time = &fleet.runner(0).table().time(); }
  /// One of runner 0.
  std::string find_instance() {
    for (std::string found = "b";; found += "x")
      if (fleet.call<Board, "Where">(found) == 0) return found;
  }
  template <class Body>
  void beside(Body body) {
    boost::asio::co_spawn(fleet.executor(), std::move(body), boost::asio::detached);
    fleet.advance(5ms);
  }
  void release() {
    for (auto const& one : std::exchange(all.held, {}))
      if (!one->has_fired()) one->fire();
    fleet.advance(50ms);
  }

  world all;
  std::deque<here> runners;
  pando::testing::cluster<maker> fleet;
  std::string const id = find_instance();
  pando::client<Board> const near = fleet.client_of<Board>(id, 0);
  pando::client<Board> const far = fleet.client_of<Board>(id, 1);
  int const first = fleet.call<Board, "Made">(id); ///< state
};

} // namespace

BOOST_AUTO_TEST_CASE(persisted_calls_run_again_and_volatile_ones_fail) {
  scene on;
  told here;
  told there;
  told sitting;
  told far_away;
  told broken;
  on.beside(here.by([&] { return on.near.call<"Hold">("here"); }));
  on.beside(there.by([&] { return on.far.call<"Hold">("there"); }));
  on.beside(sitting.by([&] { return on.near.call<"Sit">(); }));
  on.beside(far_away.by([&] { return on.far.call<"Sit">(); }));
  on.fleet.advance(50ms);
  BOOST_REQUIRE(on.all.held.size() == 4U);
  on.all.begun.clear();
  on.beside(broken.by([&] { return on.far.call<"Break">(); }));
  on.fleet.advance(50ms);
  BOOST_TEST(broken.text.find("internal: ") == 0U, broken.text);
  BOOST_TEST(sitting.text == cut_off("Board " + on.id, "Sit"));
  BOOST_TEST(far_away.text == cut_off("Board " + on.id, "Sit"));
  BOOST_TEST(here.text == "waits");
  BOOST_TEST(there.text == "waits");
  auto const now = std::to_string(on.first + 1);
  BOOST_REQUIRE(on.all.begun.size() == 2U); // they have no retries, and it was no defect of theirs
  std::sort(on.all.begun.begin(), on.all.begun.end());
  BOOST_TEST(on.all.begun[0] == "here on " + now);
  BOOST_TEST(on.all.begun[1] == "there on " + now);
  on.release();
  BOOST_TEST(here.text == now);
  BOOST_TEST(there.text == now);
  BOOST_TEST(on.all.handlers == 0);
}

BOOST_AUTO_TEST_CASE(the_new_state_waits_for_handlers_that_do_not_end) {
  scene on;
  told deaf;
  told broken;
  told next;
  on.beside(deaf.by([&] { return on.near.call<"Hold">("deaf"); }));
  auto const old = on.all.held.at(0);
  on.beside(broken.by([&] { return on.near.call<"Break">(); }));
  on.beside(next.by([&] { return on.near.call<"Made">(); }));
  on.fleet.advance(1s);
  BOOST_TEST(deaf.text == "waits");
  BOOST_TEST(next.text == "waits");
  BOOST_TEST(on.all.begun.size() == 1U);
  old->fire(); // what it gives now is not taken
  on.fleet.advance(50ms);
  BOOST_TEST(deaf.text == "waits");
  BOOST_TEST(next.text == std::to_string(on.first + 1));
  BOOST_REQUIRE(on.all.begun.size() == 2U);
  on.release();
  BOOST_TEST(deaf.text == std::to_string(on.first + 1));
}

BOOST_AUTO_TEST_CASE(what_a_cut_off_handler_wrote_is_not_stored) {
  scene on;
  told writing;
  told broken;
  on.beside(writing.by([&] { return on.near.call<"Write">("w"); }));
  on.fleet.let_storage_take(0, [] { return 40ms; });
  on.beside(broken.by([&] { return on.near.call<"Fail">(); }));
  BOOST_TEST(broken.text == "waits"); // that it broke is not recorded, and known all the same
  BOOST_TEST(on.all.begun.size() == 2U);
  on.fleet.advance(200ms);
  on.fleet.let_storage_take(0, {});
  BOOST_TEST(broken.text.find("internal: ") == 0U, broken.text);
  auto const now = std::to_string(on.first + 1);
  BOOST_REQUIRE(on.all.begun.size() == 2U);
  BOOST_TEST(on.all.begun[1] == "w on " + now);
  int stored = on.fleet.call<Board, "Read">(on.id);
  BOOST_TEST(stored == 0);
  on.release();
  BOOST_TEST(writing.text == now);
  stored = on.fleet.call<Board, "Read">(on.id);
  BOOST_TEST(stored == on.first + 1);
}

BOOST_AUTO_TEST_CASE(the_rest_between_defects_grows_though_others_are_cut_off) {
  scene on;
  told kept;
  on.beside(kept.by([&] { return on.near.call<"Hold">("kept"); }));
  auto const began = on.fleet.clock();
  for (int i = 0; i < 4; ++i) {
    told broken;
    on.beside(broken.by([&] { return on.near.call<"Break">(); }));
    while (broken.text == "waits") on.fleet.advance(5ms);
  }
  while (on.all.begun.size() != 5) on.fleet.advance(5ms);
  auto const took = on.fleet.clock() - began;
  BOOST_TEST((took >= 350ms)); // 0 + 50 + 100 + 200
  BOOST_TEST((took < 400ms));
  BOOST_TEST(kept.text == "waits");
  on.release();
  BOOST_TEST(kept.text == std::to_string(on.first + 4));
}

/// A persisted stream leaves its instance to others, and goes on behind what is stored.
BOOST_AUTO_TEST_CASE(a_persisted_stream_runs_beside_others_and_goes_on_after_a_defect) {
  scene on;
  for (bool const is_far : {false, true}) {
    on.all.streams.clear();
    std::vector<std::int64_t> got;
    std::string end = "runs";
    on.beside([&on, &got, &end, is_far]() -> pando::task<void> {
      auto items = (is_far ? on.far : on.near).stream<"Numbers">(1, 40);
      while (std::optional<std::int64_t> const item = co_await items.next()) got.push_back(*item);
      end = "ended";
    });
    while (got.size() < 5) on.fleet.advance(5ms);
    told held;
    on.beside(held.by([&] { return on.near.call<"Hold">("beside"); }));
    auto const before = on.fleet.call<Board, "Made">(on.id); // beside the stream
    BOOST_TEST(end == "runs");
    told broken;
    on.beside(broken.by([&] { return on.near.call<"Break">(); }));
    on.fleet.advance(3s);
    BOOST_TEST(end == "ended");
    BOOST_REQUIRE(on.all.streams.size() == 2U);
    BOOST_TEST(on.all.streams[0] == "nothing on " + std::to_string(before));
    BOOST_TEST(on.all.streams[1].find("nothing") == std::string::npos, on.all.streams[1]);
    std::vector<std::int64_t> all(40);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i) + 1;
    BOOST_TEST(got == all, boost::test_tools::per_element());
    on.release();
    BOOST_TEST(held.text == std::to_string(before + 1));
  }
}

BOOST_AUTO_TEST_SUITE_END()
