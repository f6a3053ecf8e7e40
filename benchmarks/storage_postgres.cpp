// The storage in PostgreSQL beside bare libpq on the same server: batches of inserts, of inserts
// and then updates, and one commit at a time. A private server; interleaved rounds, medians.
// `storage_postgres [rounds]`.
// needs: libpq
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/postgres.hpp>
#include <support/postgres_server.hpp>

#include "by_hand/postgres.hpp"

namespace {

using namespace pando::store;
using boost::asio::awaitable;
using clock_type = std::chrono::steady_clock;
using action = message_operation::action;

constexpr int callers = 256;
constexpr int shards = 300;
using by_hand::row_ending;
using by_hand::row_payload;

double seconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double>(clock_type::now() - begin).count();
}
double median(std::vector<double> of) {
  std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2), of.end());
  return of[of.size() / 2];
}

/// What waits goes into one transaction; the next begins when that is committed.
class committer {
 public:
  committer(boost::asio::any_io_executor home, storage& to) : home_(std::move(home)), to_(to) {}

  awaitable<void> commit(message_operation& which) {
    waiter mine{&which, pando::one_shot(home_)};
    waiting_.push_back(&mine);
    if (!std::exchange(is_busy_, true))
      boost::asio::co_spawn(home_, work(), [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
      });
    co_await mine.done.wait()(boost::asio::use_awaitable);
  }
  std::size_t batches() const noexcept { return batches_; }

 private:
  struct waiter {
    message_operation* what;
    pando::one_shot done;
  };
  awaitable<void> work() {
    while (!waiting_.empty()) {
      co_await boost::asio::post(home_, boost::asio::use_awaitable); // others come too
      auto const now = std::exchange(waiting_, {});
      std::vector<message_operation> all;
      for (auto const* const one : now) all.push_back(std::move(*one->what));
      co_await to_.apply(all);
      ++batches_;
      for (std::size_t at = 0; at < now.size(); ++at) {
        *now[at]->what = std::move(all[at]);
        now[at]->done.fire();
      }
    }
    is_busy_ = false;
  }

  boost::asio::any_io_executor home_;
  storage& to_;
  std::vector<waiter*> waiting_;
  std::size_t batches_ = 0;
  bool is_busy_ = false;
};

enum class way { save_answered, save_answered_by_key, save_then_answer };

/// A runner that owns every shard.
class fleet {
 public:
  explicit fleet(std::string const& connection) {
    postgres_storage_options chosen;
    chosen.connection = connection;
    chosen.connections = 2;
    to_ = make_postgres_storage(chosen);
    run(start());
  }
  ~fleet() { run(to_->close()); }

  /// Messages a second of so many callers.
  double rate(way how, int who, int messages) {
    committer through(loop_.get_executor(), *to_);
    auto const begin = clock_type::now();
    int left = who;
    for (int i = 0; i < who; ++i)
      boost::asio::co_spawn(loop_, call(through, how, messages / who, left), rethrow);
    while (left != 0) loop_.run_one();
    return messages / who * who / seconds_since(begin);
  }

 private:
  static void rethrow(std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  }
  void run(awaitable<void> work) {
    bool is_over = false;
    boost::asio::co_spawn(loop_, std::move(work), [&is_over](std::exception_ptr error) {
      is_over = true;
      rethrow(error);
    });
    while (!is_over) loop_.run_one();
  }
  awaitable<void> start() {
    co_await to_->open();
    runner_entry const who{"bench:1", 1};
    auto const life = co_await to_->enlist(who);
    std::vector<shard_key> wanted;
    for (std::uint32_t n = 0; n < shards; ++n) wanted.push_back({"default", n});
    auto const held = co_await to_->acquire(life.incarnation, wanted, std::chrono::hours(1));
    if (held.size() != shards) throw std::runtime_error("not every shard was acquired");
    by_ = {life.incarnation, held.front().epoch};
  }
  message_operation operation(way how) {
    message_operation one;
    one.what.id = ++last_;
    one.what.group = "default";
    one.what.shard = static_cast<std::uint32_t>(last_ * 7919 % shards);
    one.what.entity = "Counter";
    one.what.instance = "counter-" + std::to_string(last_ * 7919 % 1000);
    one.what.rpc = "Increment";
    one.what.payload = row_payload;
    one.what.context = "caller";
    one.by = by_;
    one.what_to_do = how == way::save_then_answer ? action::save : action::save_answered;
    if (how == way::save_answered_by_key) one.what.key = "order-" + std::to_string(last_);
    one.end = {one.what.id, answer_kind::result, row_ending};
    return one;
  }
  static void expect_stored(message_operation const& one) {
    if (one.outcome != storage_outcome::stored) throw std::runtime_error("it was not stored");
  }
  awaitable<void> call(committer& through, way how, int times, int& left) {
    for (int i = 0; i < times; ++i) {
      auto one = operation(how);
      co_await through.commit(one);
      expect_stored(one);
      if (how != way::save_then_answer) continue;
      one.what_to_do = action::answer;
      co_await through.commit(one);
      expect_stored(one);
    }
    --left;
  }

  boost::asio::io_context loop_{1};
  std::unique_ptr<storage> to_;
  fence by_{};
  std::uint64_t last_ = 0;
};

void row(char const* what, double ours, double theirs, char const* target) {
  std::printf("| %-44s | %9.0f | %9.0f | %5.2f | %-16s |\n", what, ours, theirs, ours / theirs,
              target);
}

} // namespace

int main(int count, char** arguments) {
  int const rounds = count > 1 ? std::max(1, std::atoi(arguments[1])) : 5;
  if (support::postgres_programs().empty()) {
    std::puts("no PostgreSQL (Debian: apt-get install postgresql)");
    return 0;
  }
  support::postgres_server const server("shared_buffers = 128MB\nmax_wal_size = 1GB\n");
  by_hand::postgres plain(server.connection());
  fleet ours(server.connection());
  constexpr int many = 20'480;
  constexpr int few = 400;
  struct {
    std::vector<double> insert, update, one, answered, keyed, saved, alone;
  } all;
  auto const round = [&] {
    all.insert.push_back(by_hand::rate_of(plain, callers, many, false));
    all.answered.push_back(ours.rate(way::save_answered, callers, many));
    all.keyed.push_back(ours.rate(way::save_answered_by_key, callers, many));
    all.update.push_back(by_hand::rate_of(plain, callers, many, true));
    all.saved.push_back(ours.rate(way::save_then_answer, callers, many));
    all.one.push_back(by_hand::rate_of(plain, 1, few, false));
    all.alone.push_back(ours.rate(way::save_answered, 1, few));
  };
  round(); // what is not prepared yet
  all = {};
  for (int i = 0; i < rounds; ++i) round();
  auto const insert = median(all.insert);
  auto const update = median(all.update);
  std::printf("| %-44s | %9s | %9s | %5s | %-16s |\n", "messages a second", "ours", "bare", "ratio",
              "target");
  row("256 at once, save_answered", median(all.answered), insert, ">= 0.5, 10000/s");
  row("256 at once, save_answered by key", median(all.keyed), insert, "");
  row("256 at once, save then answer", median(all.saved), update, ">= 0.5, 10000/s");
  row("one at a time, save_answered", median(all.alone), median(all.one), ">= 0.67");
  return 0;
}
