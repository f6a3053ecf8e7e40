// A cluster in one process and under virtual time: several runners of an app, for its tests.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <pando/app/app.hpp>
#include <pando/app/entities.hpp>
#include <pando/handler/client.hpp>
#include <pando/testing/detail/fleet.hpp>

namespace pando::testing {

/// What becomes of each runner's handle on the storage; its class may derive from
/// `storage_decorator`. It is beneath the faults: it sees what happens, and not what a runner is
/// told of it.
using storage_wrapper = detail::storage_wrapper;

/// Runners of one app, each made by `make`, with one storage in memory; time passes when the test
/// says so, so that a lease of three seconds ends at once. Each runner goes on by itself, as a
/// process would: it can be paused, or killed, between any two of its steps, a step being what it
/// does between two moments of waiting.
/// `pando::testing::cluster fleet(3, [&] { return pando::app(counters).provide(store); });`
/// Runners are numbered from 0. *Thread*: one. The services that `make` gives outlive it.
template <class Make>
class cluster {
  using app_type = std::invoke_result_t<Make&>;

 public:
  explicit cluster(std::size_t runners, Make make, pando::cluster::runner_options options = {},
                   storage_wrapper wrap = {})
      : make_(std::move(make)), options_(std::move(options)), fleet_(std::move(wrap)) {
    for (std::size_t i = 0; i < runners; ++i) add();
    advance(std::chrono::milliseconds(100));
  }
  cluster(cluster const&) = delete;
  /// Ends every runner.
  ~cluster() {
    fleet_.after_step = {};
    fleet_.chooses = {};
    // Those that were killed too: what they were at ends before the apps do.
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (members_[i].member != nullptr && !members_[i].is_stopped) end(i);
  }

  /// Starts one more; gives its number.
  std::size_t add() { return add(options_); }
  /// One with options of its own, such as a weight; its address is chosen here.
  std::size_t add(pando::cluster::runner_options options) {
    options.address = "runner-" + std::to_string(members_.size());
    return start(std::move(options));
  }
  /// One that has no shards, and only calls.
  std::size_t add_client() {
    auto options = options_;
    options.address.clear();
    return start(std::move(options));
  }
  /// In order, as by SIGTERM: its calls are answered, its shards given away.
  void stop(std::size_t number) { end(number); }
  /// At once, as by `kill -9`: not one more of its steps happens. What it has sent to peers and to
  /// the storage is on its way.
  void kill(std::size_t number) { fleet_.kill(at(number)); }
  /// It does nothing while time goes on, as by SIGSTOP; then it goes on where it was, with what it
  /// knew, and with what has come meanwhile.
  void pause(std::size_t number, bool is_paused = true) { at(number).is_paused = is_paused; }
  /// Nothing between it and its peers goes through any more, or does again.
  void cut_off(std::size_t number, bool is_cut = true) { fleet_.cut_off(at(number), is_cut); }
  /// Its connections to and from peers are lost, with what they carry; others can be made.
  void lose_connections(std::size_t number) { fleet_.lose_connections(at(number)); }
  /// Its storage does not answer any more, or does again.
  void take_storage_away(std::size_t number, bool is_away = true) {
    at(number).is_storage_away = is_away;
  }

  /// Asked for every operation of its storage, before it and after it has happened, whether it
  /// fails.
  void let_storage_fail(std::size_t number, std::function<bool(bool has_happened)> fails) {
    at(number).fails = std::move(fails);
  }
  /// How long its storage takes: asked before each operation, and again before its answer.
  void let_storage_take(std::size_t number, std::function<std::chrono::milliseconds()> delay) {
    at(number).delay = std::move(delay);
  }
  /// How long what it sends to a peer takes: asked for each request, answer, item of a stream,
  /// credit and cancellation, and for the news that a connection is lost. One connection keeps the
  /// order of what it carries; the next one may be faster.
  void let_messages_take(std::size_t number, std::function<std::chrono::milliseconds()> delay) {
    at(number).message_delay = std::move(delay);
  }
  /// What becomes of a wake-up that its storage sends it: it is told after each of these times; of
  /// none, never.
  void let_wake_ups_come(
      std::size_t number,
      std::function<std::vector<std::chrono::milliseconds>(store::wake)> after) {
    at(number).wake_ups = std::move(after);
  }
  bool is_dead(std::size_t number) const { return members_.at(number).member->is_dead; }
  bool is_paused(std::size_t number) const { return members_.at(number).member->is_paused; }

  /// Which of so many that have a step to do now does it: a number below what it is given. Without
  /// it they take turns in the order in which they were told to.
  void let_steps_be_chosen(std::function<std::size_t(std::size_t able)> chooses) {
    fleet_.chooses = std::move(chooses);
  }
  /// Told after each step of a runner, with its number: whatever happens to it then falls between
  /// two steps.
  void after_each_step(std::function<void(std::size_t number)> told) {
    fleet_.after_step = std::move(told);
  }

  /// The runners' clocks show that from now on, and go on from there. Leases see nothing of it.
  void set_clock(virtual_time::wall_time shown) { fleet_.time().set_wall(shown); }
  virtual_time::wall_time clock() { return fleet_.time().wall(); }

  void advance(std::chrono::milliseconds time) { fleet_.advance(time); }
  /// Runs a coroutine to its end, letting time pass as it needs it. *Throws* what it throws, and
  /// std::runtime_error when it has not ended after `limit` of the cluster's time.
  template <class Body>
  void run(Body body, std::chrono::milliseconds limit = std::chrono::minutes(1)) {
    fleet_.run(fleet_.home(), body(), limit);
  }

  /// An instance, as seen from a runner.
  template <class Contract>
  client<Contract> client_of(std::string_view id, std::size_t from = 0) {
    return members_.at(from).app->template client<Contract>(id);
  }
  /// A call to its end: `fleet.call<Counter, "Increment">("a", 1)`.
  template <class Contract, fixed_string Rpc, class... Given>
  auto call(std::string_view id, Given... given) {
    using result = typename pando::detail::reply_of<Contract, Rpc>::result;
    auto const api = client_of<Contract>(id);
    if constexpr (std::is_void_v<result>) {
      run([&]() -> task<void> { co_await api.template call<Rpc>(given...); });
    } else {
      std::optional<result> got;
      run([&]() -> task<void> {
        auto value = co_await api.template call<Rpc>(given...);
        got.emplace(std::move(value));
      });
      return std::move(*got);
    }
  }

  app_type& app(std::size_t number) { return *members_.at(number).app; }
  pando::cluster::runner& runner(std::size_t number) { return *at(number).runner; }
  std::size_t size() const noexcept { return members_.size(); }
  /// What the runners have logged of the cluster.
  std::vector<std::string> const& lines() const noexcept { return fleet_.lines(); }
  /// Where what belongs to no runner goes on, `run` too.
  boost::asio::any_io_executor executor() { return fleet_.home(); }
  /// Where a runner does its steps: what is spawned there is paused and ended with it.
  boost::asio::any_io_executor executor(std::size_t number) { return at(number).home; }

 private:
  struct one {
    std::unique_ptr<app_type> app;
    detail::fleet_member* member = nullptr;
    bool is_stopped = false;
  };

  detail::fleet_member& at(std::size_t number) { return *members_.at(number).member; }

  std::size_t start(pando::cluster::runner_options options) {
    auto& made = members_.emplace_back();
    made.app = std::make_unique<app_type>(make_());
    auto* const host = made.app->core().entities();
    if (host == nullptr)
      throw std::invalid_argument("pando: this app has no entities, singletons or cron jobs to "
                                  "spread over a cluster");
    made.member = &fleet_.add(*host, made.app->core().context(), std::move(options));
    fleet_.run(made.member->home, host->serve(), std::chrono::minutes(1));
    return members_.size() - 1;
  }
  void end(std::size_t number) {
    auto& which = members_.at(number);
    which.is_stopped = true;
    fleet_.thaw(*which.member);
    fleet_.run(which.member->home, which.member->host->stop(), std::chrono::minutes(1));
    fleet_.end(*which.member);
  }

  Make make_;
  pando::cluster::runner_options options_;
  std::deque<one> members_;
  detail::fleet fleet_; ///< ends before the apps do, and with it whatever runs in them
};

} // namespace pando::testing
