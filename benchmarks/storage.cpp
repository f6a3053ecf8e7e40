// The storage in a SQLite file beside SQLite by hand: persisted calls with 256 in flight and one at
// a time. Interleaved rounds; medians. `storage [rounds] [folder]`: a folder on the disk that is
// meant, not in memory.
// needs: sqlite3
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <pando/sqlite.hpp>

#if PANDO_HAS_SQLITE
#include "by_hand/sqlite.hpp"

namespace {

namespace store = pando::store;
using pando::task;
using clock_type = std::chrono::steady_clock;
using operation = store::message_operation;

constexpr std::size_t in_flight = 256;
constexpr std::size_t rounds_each = 40; ///< calls of each coroutine
constexpr std::size_t single = 400;

double seconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double>(clock_type::now() - begin).count();
}
double median(std::vector<double> of) {
  std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2), of.end());
  return of[of.size() / 2];
}
void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

using by_hand::payload;
using by_hand::reply;

/// The engine, with one runner that owns 300 shards, and calls of one of them.
class engine {
 public:
  explicit engine(std::string const& path) : in_(store::make_sqlite_storage(path)) {
    start([this]() -> task<void> {
      co_await in_->open();
      store::runner_entry const who{"bench:1", 1};
      auto const life = co_await in_->enlist(who);
      std::vector<store::shard_key> wanted;
      for (std::uint32_t i = 0; i < 300; ++i) wanted.push_back({"main", i});
      auto const got = co_await in_->acquire(life.incarnation, wanted, std::chrono::hours(10));
      by_ = {life.incarnation, got.at(0).epoch};
      incarnation_ = life.incarnation;
      held_ = got;
    });
  }
  ~engine() {
    start([this]() -> task<void> { co_await in_->close(); });
  }

  double run(std::size_t callers, std::size_t calls, bool both) {
    auto const begin = clock_type::now();
    io_.restart();
    for (std::size_t i = 0; i < callers; ++i)
      boost::asio::co_spawn(io_, caller(calls, both), &rethrow);
    while (done_ < callers) io_.run_one();
    done_ = 0;
    return static_cast<double>(callers * calls) / seconds_since(begin);
  }
  /// Requests a second that are saved by a client and taken by 256 at a time by their owner.
  double take(std::size_t count) {
    double seconds = 0;
    start([&]() -> task<void> {
      std::vector<operation> all(count);
      for (auto& one : all) one = request();
      co_await in_->apply(all);
      auto const begin = clock_type::now();
      for (std::size_t got = 0; got < count;) {
        auto const some = co_await in_->take(incarnation_, held_, in_flight);
        got += some.all.size();
      }
      seconds = seconds_since(begin);
    });
    return static_cast<double>(count) / seconds;
  }
  /// Microseconds of a look for requests where there are none.
  double take_none() {
    constexpr int times = 200;
    double seconds = 0;
    start([&]() -> task<void> {
      auto const begin = clock_type::now();
      for (int i = 0; i < times; ++i) co_await in_->take(incarnation_, held_, in_flight);
      seconds = seconds_since(begin);
    });
    return seconds / times * 1e6;
  }

 private:
  template <class Body>
  void start(Body body) {
    bool ended = false;
    boost::asio::co_spawn(io_, std::move(body), [&](std::exception_ptr error) {
      ended = true;
      rethrow(error);
    });
    io_.restart();
    while (!ended) io_.run_one();
  }
  operation request() {
    operation one;
    one.what.id = ++last_;
    one.what.group = "main";
    one.what.shard = 7;
    one.what.entity = "Counter";
    one.what.instance = "counter-" + std::to_string(last_ % 1000);
    one.what.rpc = "Charge";
    one.what.key = std::to_string(last_);
    one.what.payload = payload;
    return one;
  }
  task<void> caller(std::size_t calls, bool both) {
    for (std::size_t i = 0; i < calls; ++i) {
      auto one = request();
      one.what_to_do = both ? operation::action::save_answered : operation::action::save;
      one.by = by_;
      one.end.payload = reply;
      co_await in_->apply(std::span(&one, 1));
      if (both) continue;
      one.what_to_do = operation::action::answer;
      one.end.id = one.what.id;
      co_await in_->apply(std::span(&one, 1));
      if (one.outcome != store::storage_outcome::stored) std::abort();
    }
    ++done_;
  }

  boost::asio::io_context io_{1};
  std::unique_ptr<store::storage> in_;
  std::uint64_t last_ = 0;
  std::uint64_t incarnation_ = 0;
  store::fence by_{};
  std::vector<store::shard_lease> held_{};
  std::size_t done_ = 0;
};

struct pair_of {
  std::vector<double> ours{};
  std::vector<double> floor{};
  std::vector<double> ratio{};
  void add(double mine, double bare_one) {
    ours.push_back(mine);
    floor.push_back(bare_one);
    ratio.push_back(mine / bare_one);
  }
  void print(char const* what) const {
    std::printf("%-44s %10.0f /s %10.0f /s %6.2f x\n", what, median(ours), median(floor),
                median(ratio));
  }
};

} // namespace

int main(int argc, char** argv) {
  int const rounds = argc > 1 ? std::atoi(argv[1]) : 7;
  std::string folder = (argc > 2 ? argv[2] : ".") + std::string("/pando-storage-XXXXXX");
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  {
    engine ours(folder + "/ours.db");
    by_hand::sqlite floor(folder + "/bare.db");
    pair_of both, apart, alone;
    std::vector<double> taken, none;
    for (int i = 0; i < rounds; ++i) {
      both.add(ours.run(in_flight, rounds_each, true), floor.run(in_flight, rounds_each, true));
      apart.add(ours.run(in_flight, rounds_each, false), floor.run(in_flight, rounds_each, false));
      alone.add(ours.run(1, single, true), floor.run(1, single, true));
      taken.push_back(ours.take(10'000));
      none.push_back(ours.take_none());
    }
    std::printf("%-44s %13s %13s %8s\n", "", "engine", "by hand", "ratio");
    both.print("256 in flight, saved with the answer");
    apart.print("256 in flight, saved and then answered");
    alone.print("one at a time, saved with the answer");
    std::printf("%-44s %10.0f /s\n", "taken by their owner, 256 at a time", median(taken));
    std::printf("%-44s %10.0f us\n", "a look for none in 300 shards", median(none));
  }
  std::filesystem::remove_all(folder);
}

#else
int main() { return 2; }
#endif
