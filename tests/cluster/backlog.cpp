// A backlog of stored calls for a runner that comes later: worked off in order, each once, and
// never more of it in memory than may be taken at a time.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cluster/detail/owned_table.hpp>
#include <pando/cluster/message_ids.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/pando.hpp>
#include <pando/testing.hpp>

#include "cluster/stored.hpp"
#include "support/sanitized.hpp"

BOOST_AUTO_TEST_SUITE(backlog)

using namespace std::chrono_literals;

namespace {

struct Line {
  std::int64_t number = 0;
};
struct Diary : pando::entity<"Diary", pando::rpc<"Append", void(Line), pando::persisted>,
                             pando::rpc<"Wait", void(Line), pando::persisted>> {};

/// What all runners have done: the numbers that each instance was given, in their order.
struct world {
  std::map<std::string, std::vector<std::int64_t>> done;
};

inline auto const diaries = pando::implement<Diary>(
    pando::on<"Append"> =
        [](Line in, pando::entity_context const& about, world& all) {
          all.done[std::string(about.id())].push_back(in.number);
        },
    pando::on<"Wait"> = [](Line in, pando::entity_context const& about,
                           world& all) -> pando::task<void> {
      co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                                 boost::asio::use_awaitable);
      all.done[std::string(about.id())].push_back(in.number);
    });

/// What runners have of the storage: taken, and not answered yet.
struct watched {
  std::set<std::uint64_t> here;
  std::size_t most = 0;
  std::size_t answers = 0;
};

class watching_storage final : public pando::testing::storage_decorator {
 public:
  watching_storage(std::unique_ptr<pando::store::storage> inner, watched& all)
      : storage_decorator(std::move(inner)), all_(all) {}

  pando::task<pando::store::taken_messages> take(std::uint64_t incarnation,
                                                 std::vector<pando::store::shard_lease> const& held,
                                                 std::size_t most) override {
    auto got = co_await inner().take(incarnation, held, most);
    for (auto const& one : got.all) all_.here.insert(one.what.id);
    all_.most = std::max(all_.most, all_.here.size());
    co_return got;
  }
  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    co_await inner().apply(all);
    using action = pando::store::message_operation::action;
    for (auto const& one : all) {
      if (one.what_to_do != action::answer) continue;
      if (one.outcome == pando::store::storage_outcome::stored) ++all_.answers;
      all_.here.erase(one.end.id);
    }
  }

 private:
  watched& all_;
};

struct maker {
  world& all;
  auto operator()() const { return pando::app(diaries).provide(all).named("diary"); }
};

struct scene {
  explicit scene(std::size_t clients)
      : fleet(0, maker{all}, {}, [this](std::size_t, auto inner, auto const&) {
          return std::make_unique<watching_storage>(std::move(inner), seen);
        }) {
    for (std::size_t i = 0; i < clients; ++i) fleet.add_client();
  }

  /// Stores calls of that rpc, `each` for each instance, one of each in turn.
  void fill(std::string const& rpc, std::vector<std::string> const& instances, std::int64_t each,
            std::size_t octets = 0) {
    fleet.run([&]() -> pando::task<void> {
      for (std::int64_t number = 1; number <= each; ++number) {
        std::vector<pando::store::message_operation> some;
        for (auto const& id : instances) {
          auto& one = some.emplace_back().what;
          one.id = ids.next(1);
          one.group = "default";
          one.entity = "Diary";
          one.instance = id;
          one.shard = pando::cluster::shard_of(one.group, id);
          one.rpc = rpc;
          one.payload = R"({"number":)" + std::to_string(number) + R"(,"more":")" +
                        std::string(octets, 'x') + "\"}";
        }
        co_await fleet.runner(0).storage().apply(some);
      }
    });
  }
  pando::store::message_counts stored() { return support::stored_in(fleet); }
  void until_it_is_worked_off() {
    for (int rounds = 0; rounds < 600 && stored().waiting != 0; ++rounds) fleet.advance(100ms);
    BOOST_TEST(stored().waiting == 0U);
  }
  /// Each instance was told 1 to `each`, in that order.
  void expect_in_order(std::vector<std::string> const& instances, std::int64_t each) {
    std::vector<std::int64_t> wanted;
    for (std::int64_t number = 1; number <= each; ++number) wanted.push_back(number);
    for (auto const& id : instances) BOOST_TEST(all.done[id] == wanted, "instance " << id);
  }

  world all;
  watched seen;
  pando::cluster::message_ids ids;
  pando::testing::cluster<maker> fleet;
};

std::vector<std::string> names(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back("d" + std::to_string(i));
  return all;
}

/// In MiB.
double resident() {
  std::ifstream in("/proc/self/statm");
  double pages = 0;
  in >> pages >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

constexpr auto most_taken = pando::cluster::detail::owned_table::most_taken;

} // namespace

BOOST_AUTO_TEST_CASE(of_many_instances_is_bounded_and_in_order) {
  scene on(1);
  auto const instances = names(200);
  on.fill("Append", instances, 100);
  BOOST_TEST(on.stored().waiting == 20'000U);
  BOOST_TEST(on.all.done.empty());
  on.fleet.add();
  on.until_it_is_worked_off();
  on.expect_in_order(instances, 100);
  BOOST_TEST(on.seen.answers == 20'000U);
  BOOST_TEST(on.seen.here.empty());
  BOOST_TEST(on.seen.most > 0U);
  BOOST_TEST(on.seen.most <= most_taken);
}

#ifndef PANDO_TEST_SANITIZED // whose memory is not given back at once
/// 117 MiB of requests are stored, of which a runner may have 6 MiB at a time.
BOOST_AUTO_TEST_CASE(of_large_requests_takes_little_memory) {
  scene on(1);
  auto const instances = names(200);
  on.fill("Append", instances, 100, 6'000);
  BOOST_TEST(on.stored().waiting == 20'000U);
  auto const before = resident();
  BOOST_TEST(before > 110);
  auto most = before;
  std::size_t steps = 0;
  on.fleet.after_each_step([&](std::size_t) {
    if (++steps % 64 == 0) most = std::max(most, resident());
  });
  on.fleet.add();
  on.until_it_is_worked_off();
  on.fleet.after_each_step({});
  BOOST_TEST(steps > 640U);
  on.expect_in_order(instances, 100);
  BOOST_TEST(most - before < 40);
  BOOST_TEST_MESSAGE("grew by " << most - before << " MiB in " << steps << " steps");
}
#endif

/// One queue that is longer than a mailbox, beside which others are not left waiting.
BOOST_AUTO_TEST_CASE(of_one_instance_is_bounded_and_holds_up_nobody) {
  scene on(1);
  auto const one = names(1);
  on.fill("Wait", one, 10'000);
  std::vector<std::string> const others{"other", "another", "third"};
  on.fill("Wait", others, 5);
  std::size_t done_before_others = 0;
  on.fleet.after_each_step([&](std::size_t) {
    bool are_done = true;
    for (auto const& id : others) are_done = are_done && on.all.done[id].size() == 5;
    if (!are_done) done_before_others = on.all.done["d0"].size();
  });
  on.fleet.add();
  on.until_it_is_worked_off();
  on.fleet.after_each_step({});
  on.expect_in_order(one, 10'000);
  on.expect_in_order(others, 5);
  BOOST_TEST(done_before_others < 2 * most_taken);
  BOOST_TEST(on.seen.answers == 10'015U);
  BOOST_TEST(on.seen.most <= most_taken);
}

BOOST_AUTO_TEST_SUITE_END()
