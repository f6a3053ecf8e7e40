// The simulator of fleets: runners that come, stop, die, are cut off from each other and from a
// storage that fails before and after what it does, under virtual time, by a seed. At every step no
// two runners have one shard, and no epoch of a shard has two owners; when the faults end, every
// instance answers. `PANDO_SEEDS=FIRST-LAST test_simulation` runs other seeds than CI's share.
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cluster/shards.hpp>
#include <pando/pando.hpp>

#include "simulation/faulty_fleet.hpp"

using namespace std::chrono_literals;

namespace {

struct Mark {
  std::int64_t number;
};
struct Page : pando::entity<"Page", pando::rpc<"Write", std::int64_t(Mark)>,
                            pando::rpc<"Count", std::int64_t()>> {};
struct PageState {
  std::int64_t count = 0;
};
inline auto const pages = pando::implement<Page>(
    pando::state<PageState>, pando::on<"Write"> = [](PageState& s, Mark) { return ++s.count; },
    pando::on<"Count"> = [](PageState& s) { return s.count; });

struct make_app {
  auto operator()() const { return pando::app(pages).named("pages"); }
};

/// One run, by its seed. Gives what went wrong, or nothing.
class lease_run {
 public:
  lease_run(std::uint64_t seed, pando::cluster::runner_options options)
      : on_(seed, make_app{}, std::move(options)), fleet_(on_.fleet) {}

  std::string run(int steps) {
    for (int step = 0; step < steps && wrong_.empty(); ++step) {
      do_something();
      fleet_.advance(std::chrono::milliseconds(on_.pick(400)));
      look();
    }
    if (wrong_.empty()) settle();
    return wrong_;
  }

 private:
  void do_something() {
    auto const who = on_.somebody();
    if (on_.break_something(who)) return open_.resize(fleet_.size());
    if (on_.chance(10)) on_.let_storage_be_faulty(on_.chance(50));
    call(who);
  }
  void call(std::size_t from) {
    open_.resize(fleet_.size());
    ++open_[from];
    auto body = [this, from]() -> pando::task<void> {
      auto const page = fleet_.client_of<Page>("p" + std::to_string(on_.pick(20)), from);
      try {
        co_await page.call<"Write">(1);
      } catch (pando::failure const&) { // which it may: what matters is that it ends
      }
      --open_[from];
    };
    boost::asio::co_spawn(fleet_.executor(), std::move(body), [](std::exception_ptr) {});
  }

  /// What must hold at every moment.
  void look() {
    auto const shards = pando::cluster::default_shards;
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      std::size_t owners = 0;
      for (std::size_t i = 0; i < fleet_.size(); ++i) {
        if (fleet_.is_dead(i)) continue;
        auto const& table = fleet_.runner(i).table();
        auto const epoch = table.held(0, shard);
        if (epoch == 0 || !table.is_in(0, shard, epoch)) continue;
        ++owners;
        auto const [known, is_new] = owner_of_.try_emplace({shard, epoch}, i);
        if (!is_new && known->second != i)
          wrong_ = "epoch " + std::to_string(epoch) + " of shard " + std::to_string(shard) +
                   " had two owners";
      }
      if (owners > 1)
        wrong_ = "shard " + std::to_string(shard) + " has " + std::to_string(owners) + " owners";
    }
  }

  /// The faults end: everything is well again.
  void settle() {
    on_.mend();
    open_.resize(fleet_.size());
    fleet_.advance(12s);
    look();
    for (int i = 0; i < 20 && wrong_.empty(); ++i) {
      auto const id = "p" + std::to_string(i);
      for (std::size_t from = 0; from < fleet_.size() && wrong_.empty(); ++from) {
        if (fleet_.is_dead(from)) continue;
        try {
          fleet_.run(
              [&]() -> pando::task<void> {
                auto const page = fleet_.client_of<Page>(id, from);
                co_await page.call<"Count">();
              },
              2s);
        } catch (std::exception const& error) {
          wrong_ = id + " does not answer after the faults have ended: " + error.what();
        }
      }
    }
    // A call ends in an answer or a failure; none of those that live is forgotten.
    for (std::size_t i = 0; i < fleet_.size() && wrong_.empty(); ++i)
      if (!fleet_.is_dead(i) && open_[i] != 0)
        wrong_ =
            std::to_string(open_[i]) + " calls of runner " + std::to_string(i) + " have not ended";
  }

  std::vector<int> open_; ///< calls that have not ended, by who made them
  std::string wrong_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::size_t> owner_of_;
  simulation::faulty_fleet<make_app> on_;
  pando::testing::cluster<make_app>& fleet_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(fleets_under_faults)

BOOST_AUTO_TEST_CASE(no_shard_has_two_owners) {
  auto const [first, last] = simulation::seeds(60);
  for (auto seed = first; seed <= last; ++seed) {
    lease_run one(seed, {});
    auto const wrong = one.run(40);
    BOOST_TEST(wrong == "", "seed " << seed << ": " << wrong << "; again: PANDO_SEEDS=" << seed
                                    << " test_simulation --run_test=fleets_under_faults");
  }
}

/// The simulator itself: owners that act past the end of their leases are found.
BOOST_AUTO_TEST_CASE(a_broken_guard_is_found) {
  pando::cluster::runner_options broken;
  broken.margin = -2'500ms; // an owner that thinks its lease ends later than it does
  bool is_found = false;
  for (std::uint64_t seed = 1; seed <= 60 && !is_found; ++seed)
    is_found = lease_run(seed, broken).run(40).find("owners") != std::string::npos;
  BOOST_TEST(is_found);
}

BOOST_AUTO_TEST_SUITE_END()
