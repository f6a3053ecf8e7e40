// Persisted calls whose handlers block, where the machine gives no thread: they wait for one in the
// storage, under virtual time.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/pando.hpp>
#include <pando/testing.hpp>

#include "cluster/no_more_threads.hpp"
#include "cluster/stored.hpp"

BOOST_AUTO_TEST_SUITE(calls_without_a_thread)

using namespace std::chrono_literals;
using support::no_more_threads;

namespace {

struct Page {
  std::string key;
  std::string text;
};
struct Press
    : pando::entity<
          "Press", pando::rpc<"Where", std::string()>, pando::rpc<"Proof", std::string()>,
          pando::rpc<"Print", std::string(Page), pando::persisted, pando::primary_key<&Page::key>>,
          pando::rpc<"Bind", void(Page), pando::persisted, pando::with_transaction>,
          pando::rpc<"Jam", std::string(), pando::persisted, pando::retries<1>>> {};

struct here {
  std::string name;
};
/// What all runners of a test share, and threads of their pools.
struct world {
  mutable std::mutex mutex;
  std::vector<std::string> printed; ///< under the lock
  std::atomic<int> made{0};         ///< states
  std::atomic<int> jams{0};

  void print(std::string text) {
    std::lock_guard const lock(mutex);
    printed.push_back(std::move(text));
  }
  std::vector<std::string> all() const {
    std::lock_guard const lock(mutex);
    return printed;
  }
};
struct PressState {};

inline auto const presses = pando::implement<Press>(
    pando::state<PressState> = [](world& all) {
      ++all.made;
      return PressState();
    },
    pando::on<"Where"> = [](here const& me) { return me.name; },
    pando::on<"Proof", pando::blocking> = [] { return std::string("proof"); },
    pando::on<"Print", pando::blocking> =
        [](Page const& page, world& all) {
          all.print(page.text);
          return "printed " + page.text;
        },
    pando::on<"Bind", pando::blocking> = [](Page const& page, world& all) { all.print(page.text); },
    pando::on<"Jam", pando::blocking> = [](world& all) {
      if (all.jams++ == 0) throw std::runtime_error("jammed");
      return std::string("cleared");
    });

struct maker {
  world& all;
  std::deque<here>& names;
  auto operator()() const {
    auto& name = names.emplace_back(here{"runner-" + std::to_string(names.size())});
    auto app = pando::app(presses).provide(all).provide(name).named("press");
    app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
    return app;
  }
};

struct scene {
  explicit scene(std::size_t runners) : fleet(runners, maker{all, names}) {}

  std::string one_of(std::size_t runner) {
    for (int i = 0;; ++i)
      if (auto id = "p" + std::to_string(i);
          fleet.call<Press, "Where">(id) == "runner-" + std::to_string(runner))
        return id;
  }
  /// How a call ends: empty while it has not.
  template <pando::fixed_string Rpc, class... Given>
  std::shared_ptr<std::string> call(std::string const& id, std::size_t from, Given... given) {
    return call_until<Rpc>({}, id, from, given...);
  }
  template <pando::fixed_string Rpc, class... Given>
  std::shared_ptr<std::string> call_until(boost::asio::cancellation_slot until,
                                          std::string const& id, std::size_t from,
                                          Given... given) {
    auto const end = std::make_shared<std::string>();
    auto const api = fleet.client_of<Press>(id, from);
    auto body = [api, end, given...]() -> pando::task<void> {
      try {
        if constexpr (std::is_void_v<typename pando::detail::reply_of<Press, Rpc>::result>) {
          co_await api.template call<Rpc>(given...);
          *end = "done";
        } else {
          auto const got = co_await api.template call<Rpc>(given...);
          *end = got;
        }
      } catch (pando::failure const& why) {
        *end = std::string(pando::row_of_failure(why.code()).name) + ": " + why.what();
      } catch (std::exception const& why) {
        *end = why.what();
      }
    };
    boost::asio::co_spawn(fleet.executor(from), std::move(body),
                          boost::asio::bind_cancellation_slot(until, boost::asio::detached));
    return end;
  }
  /// Their handlers take real time, which is no more of the cluster's than that.
  void until_ended(std::vector<std::shared_ptr<std::string>> const& ends) {
    auto const late = std::chrono::steady_clock::now() + 60s;
    auto const is_open = [](auto const& one) { return one->empty(); };
    fleet.advance(1s); // the rest of those that wait
    while (std::any_of(ends.begin(), ends.end(), is_open) &&
           std::chrono::steady_clock::now() < late) {
      fleet.advance(1ms);
      std::this_thread::yield();
    }
    for (auto const& one : ends) BOOST_REQUIRE(!one->empty());
  }
  std::ptrdiff_t lines_with(std::string_view text) const {
    auto const& all_lines = fleet.lines();
    return std::count_if(all_lines.begin(), all_lines.end(), [&](std::string const& line) {
      return line.find(text) != line.npos;
    });
  }

  world all;
  std::deque<here> names;
  pando::testing::cluster<maker> fleet;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_persisted_one_waits_for_a_thread_and_a_volatile_one_is_told) {
  scene on(2);
  auto const id = on.one_of(0);
  Page const first{"1", "first"};
  Page const second{"2", "second"};
  std::vector<std::shared_ptr<std::string>> ends;
  {
    no_more_threads const none;
    ends.push_back(on.call<"Print">(id, 0, first));
    on.fleet.advance(100ms);
    ends.push_back(on.call<"Print">(id, 1, second)); // from another program
    auto const refused = on.call<"Proof">(id, 0);
    on.fleet.advance(10s);
    BOOST_TEST(refused->starts_with("overloaded: this app has no thread for handlers that block"),
               *refused);
    BOOST_TEST(*ends[0] == "");
    BOOST_TEST(*ends[1] == "");
    BOOST_TEST(on.all.all().empty());
    BOOST_TEST(support::stored_in(on.fleet).waiting == 2U);
    BOOST_TEST(on.lines_with("wait for a thread") + on.lines_with("waits for a thread") == 1);
    BOOST_TEST(on.lines_with("1 persisted call waits for a thread, since this app has none for "
                             "handlers that block: let it have more (ulimit -u)") == 1);
    on.fleet.advance(30s);
    BOOST_TEST(on.lines_with("2 persisted calls wait for a thread, since ") == 1);
  }
  on.until_ended(ends);
  BOOST_TEST(*ends[0] == "printed first");
  BOOST_TEST(*ends[1] == "printed second");
  BOOST_TEST(on.all.all() == (std::vector<std::string>{"first", "second"}));
  // Their keys have their answers, and what was turned away was no answer.
  auto const again = on.call<"Print">(id, 1, first);
  on.until_ended({again});
  BOOST_TEST(*again == "printed first");
  BOOST_TEST(on.all.all().size() == 2U);
  BOOST_TEST(support::stored_in(on.fleet).waiting == 0U);
}

BOOST_AUTO_TEST_CASE(to_wait_for_a_thread_is_no_run_of_a_handler) {
  scene on(1);
  std::shared_ptr<std::string> end;
  {
    no_more_threads const none;
    end = on.call<"Jam">("a", 0);
    on.fleet.advance(5s);
    BOOST_TEST(*end == "");
    BOOST_TEST(on.all.jams == 0);
  }
  on.until_ended({end});
  BOOST_TEST(*end == "cleared"); // after the one defect that it may have
  BOOST_TEST(on.all.jams == 2);
}

BOOST_AUTO_TEST_CASE(they_keep_their_order_and_their_instance) {
  scene on(1);
  std::vector<std::shared_ptr<std::string>> ends;
  std::vector<std::string> expected;
  auto const add = [&] {
    auto const text = std::to_string(ends.size());
    expected.push_back(text);
    Page const page{text, text};
    ends.push_back(on.call<"Bind">("a", 0, page));
  };
  {
    no_more_threads const none;
    for (int i = 0; i < 5; ++i) add();
    on.fleet.advance(700ms);
    for (int i = 0; i < 5; ++i) add();
    on.fleet.advance(4s);
  }
  for (int i = 0; i < 5; ++i) add();
  on.until_ended(ends);
  for (auto const& one : ends) BOOST_TEST(*one == "done");
  BOOST_TEST(on.all.all() == expected);
  BOOST_TEST(on.all.made == 1);
}

BOOST_AUTO_TEST_CASE(one_that_is_cancelled_meanwhile_never_runs) {
  scene on(1);
  boost::asio::cancellation_signal leave;
  Page const page{"1", "unwanted"};
  Page const next{"2", "wanted"};
  std::shared_ptr<std::string> end;
  {
    no_more_threads const none;
    auto const left = on.call_until<"Print">(leave.slot(), "a", 0, page);
    on.fleet.advance(2s);
    leave.emit(boost::asio::cancellation_type::terminal);
    on.fleet.advance(2s);
    BOOST_TEST(*left != "");
    BOOST_TEST(support::stored_in(on.fleet).waiting == 0U);
    end = on.call<"Print">("a", 0, next);
  }
  on.until_ended({end});
  BOOST_TEST(on.all.all() == std::vector<std::string>{"wanted"});
}

/// No call is lost, and its next owner has threads.
BOOST_AUTO_TEST_CASE(they_move_with_their_shard) {
  scene on(2);
  auto const id = on.one_of(0);
  Page const page{"1", "moved"};
  std::shared_ptr<std::string> end;
  {
    no_more_threads const none;
    end = on.call<"Print">(id, 1, page);
    on.fleet.advance(2s);
    on.fleet.stop(0);
    on.fleet.advance(2s);
    BOOST_TEST(*end == "");
  }
  on.until_ended({end});
  BOOST_TEST(*end == "printed moved");
  BOOST_TEST(on.all.all().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
