// Singletons and cron jobs of this program: begun where their shard is, ended where it is not.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <pando/cluster/detail/cron_job.hpp>
#include <pando/cluster/detail/sole_keeper.hpp>
#include <pando/cluster/detail/sole_run.hpp>
#include <pando/config.hpp>
#include <pando/handler/callback.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando::cluster::detail {

/// One of them. It runs when `epoch` is this runner's and nothing of an earlier epoch runs here.
struct sole_job {
  std::string name{};
  std::string title{}; ///< "singleton mailer"
  std::string group{}; ///< "singleton/mailer"
  std::optional<singleton_work> singleton{};
  std::optional<cron_work> cron{};
  cron_times times{};
  std::optional<std::chrono::sys_seconds> completed{}; ///< a run that could not be recorded

  std::size_t at = 0;      ///< its group, as the runner counts them
  std::uint64_t epoch = 0; ///< 0: it is another's
  std::uint64_t incarnation = 0;
  bool is_leaving = false;      ///< it is given away
  bool is_over = false;         ///< it has returned in this epoch
  unsigned failures = 0;        ///< in a row
  std::int64_t not_before = 0;  ///< by the cluster's clock: after a failure
  std::int64_t cancel_at = 0;   ///< then a cron job's run that goes on is cancelled
  std::int64_t began = 0;
  std::shared_ptr<sole_run> running{};
};

/// How long after a failure it is begun again: twice as long each time.
inline constexpr std::chrono::milliseconds first_rest{500};
inline constexpr std::chrono::milliseconds longest_rest_of_failures{30'000};
/// Who ran for so long has recovered.
inline constexpr std::chrono::milliseconds sound_run{60'000};

/// A state machine: told of shards, of ends and of time, it looks at each job. A template so that
/// what it spawns is made where one is made, see <pando/config.hpp>.
template <class Lazy>
class sole_jobs final : public sole_keeper,
                        public std::enable_shared_from_this<sole_jobs<Lazy>> {
  using leases = std::vector<store::shard_lease>;
  using milliseconds = std::chrono::milliseconds;

 public:
  explicit sole_jobs(door_context const& context) : context_(context), events_(context.events) {
    place_->time = &lease::boot_time();
    place_->values = std::make_shared<std::map<std::string, std::string>>();
  }
  ~sole_jobs() override { place_->is_over = true; }

  void add(singleton_work work) override {
    name(jobs_.emplace_back(), "singleton", work.name).singleton = std::move(work);
  }
  void add(cron_work work) override {
    auto& made = name(jobs_.emplace_back(), "cron", work.name);
    made.times.schedule = work.schedule;
    made.times.skip = work.skip;
    made.times.text = std::string(work.expression) + ' ' +
                      (work.zone.empty() ? std::string("UTC") : std::string(work.zone));
    made.cron = std::move(work);
  }
  void add_groups(std::vector<lease::shard_group>& to) const override {
    for (auto const& one : jobs_) to.push_back({one.group, 1});
  }
  void join(runner& fleet) override {
    auto const before = std::move(place_); // runs that have not ended keep theirs
    place_ = std::make_shared<sole_place>();
    place_->values = before->values;
    place_->time = &fleet.table().time();
    place_->fleet = &fleet;
    place_->home = fleet.executor();
    place_->address = fleet.options().address;
    events_ = &fleet.events();
    drain_ = fleet.options().drain;
    for (auto& one : jobs_) {
      one.at = fleet.table().group_of(one.group);
      forget(one);
    }
  }

  void check() override {
    for (auto& one : jobs_) {
      if (!one.cron || one.cron->zone.empty() || one.cron->zone == "UTC") continue;
      try {
        one.times.zone = zone_rules::named(one.cron->zone);
      } catch (std::invalid_argument const& error) {
        throw std::invalid_argument("pando: " + one.title + ": " + error.what());
      }
    }
  }
  task<void> start() override {
    auto const home = co_await boost::asio::this_coro::executor;
    if (!is_in_fleet()) stay_alone(home);
    place_->pool = context_.pool;
    is_serving_ = true;
    look();
  }
  task<void> stop(milliseconds drain) override {
    auto const keep = this->shared_from_this();
    is_serving_ = false;
    if (!is_in_fleet()) drain_ = drain;
    // In a fleet all was given away, or lost.
    auto const limit = is_in_fleet() ? now() : now() + drain_.count();
    for (auto& one : jobs_) one.cancel_at = is_in_fleet() ? 0 : cancels_at();
    look();
    while (is_any_running() && now() < limit)
      co_await lease::pause(*place_->time, milliseconds(2));
    for (auto& one : jobs_)
      if (one.running) tell_late(one);
    place_->is_over = true;
    place_->fleet = nullptr;
    set_timer(0);
  }

  void gained(leases const& all) override {
    for_each_of(all, [this](sole_job& one, std::uint64_t epoch) {
      if (one.epoch == epoch) return;
      forget(one);
      one.epoch = epoch;
      one.incarnation = place_->fleet.load()->incarnation();
    });
  }
  void lost(leases const& all) override {
    for_each_of(all, [](sole_job& one, std::uint64_t) { forget(one); });
  }
  void leaving(leases const& all) override {
    for_each_of(all, [this](sole_job& one, std::uint64_t) {
      one.is_leaving = true;
      one.cancel_at = cancels_at();
    });
  }
  void left(leases const& all) override {
    for_each_of(all, [this](sole_job& one, std::uint64_t) {
      if (one.running) tell_late(one);
      forget(one);
    });
  }

 private:
  void stay_alone(boost::asio::any_io_executor const& home) {
    auto const before = std::move(place_); // runs that have not ended keep theirs
    place_ = std::make_shared<sole_place>();
    place_->home = home;
    place_->time = &lease::boot_time();
    place_->values = before->values;
    for (auto& one : jobs_) forget(one);
  }
  static sole_job& name(sole_job& one, char const* kind, std::string_view name) {
    one.name = std::string(name);
    one.title = std::string(kind) + ' ' + one.name;
    one.group = std::string(kind) + '/' + one.name;
    return one;
  }
  /// It is nobody's that is known of.
  static void forget(sole_job& one) {
    one.epoch = 0;
    one.is_leaving = one.is_over = false;
    one.failures = 0;
    one.not_before = one.cancel_at = 0;
  }
  template <class Each>
  void for_each_of(leases const& all, Each const& each) {
    bool is_any = false;
    for (auto const& lease : all)
      for (auto& one : jobs_)
        if (one.group == lease.group) {
          each(one, lease.epoch);
          is_any = true;
        }
    if (is_any) look();
  }

  bool is_in_fleet() const noexcept { return place_->fleet.load() != nullptr; }
  std::int64_t now() const noexcept { return place_->time->now(); }
  bool is_any_running() const {
    return std::any_of(jobs_.begin(), jobs_.end(), [](auto const& one) { return one.running; });
  }
  /// A little before the hand-over, so that what is cancelled can end.
  std::int64_t cancels_at() const noexcept {
    return now() + drain_.count() - (std::min)(drain_.count() / 4, std::int64_t{500});
  }
  /// Whether it may begin here, and go on.
  bool is_here(sole_job const& one) const {
    if (!is_serving_) return false;
    auto* const fleet = place_->fleet.load();
    if (fleet == nullptr) return true;
    return one.epoch != 0 && fleet->table().epoch_of(one.at, 0) == one.epoch;
  }

  void look() {
    for (auto& one : jobs_) {
      if (one.running)
        end_what_must(one);
      else if (!one.is_over && is_here(one) && now() >= one.not_before)
        begin(one);
    }
    set_timer(is_serving_ || is_any_running() ? next_look() : 0);
  }
  void end_what_must(sole_job& one) {
    auto const kept = one.running;
    auto& run = *kept;
    if (run.is_stopping || (is_here(one) && run.epoch == one.epoch)) return;
    bool const is_handed_over = run.is_owner();
    if (is_handed_over && one.cron && now() < one.cancel_at) return run.ask_to_end();
    if (!is_handed_over)
      events_->error(run.title + ": its lease has ended or is another's, so it is cancelled on " +
                     place_->address + "; another runner may begin it");
    else if (one.singleton)
      events_->info(run.title + " is cancelled on " + place_->address + ", " +
                    (is_serving_ ? "which hands it over" : "which stops"));
    run.cancel();
  }
  void begin(sole_job& one) {
    auto run = std::make_shared<sole_run>();
    run->place = place_;
    run->name = one.name;
    run->title = one.title;
    run->key = {one.group, 0};
    run->group = one.at;
    run->epoch = one.epoch;
    run->incarnation = one.incarnation;
    one.running = run;
    one.began = now();
    if (auto* const fleet = place_->fleet.load()) fleet->table().hold(one.at, 0);
    if (one.singleton) {
      events_->info(one.title + " begins on " + place_->address +
                    (one.epoch != 0 ? " (epoch " + std::to_string(one.epoch) + ")" : ""));
      run->signal = std::make_shared<boost::asio::cancellation_signal>();
      auto const* const pool = one.singleton->is_on_pool ? place_->pool : nullptr;
      spawn(one, call_user<singleton_context>(one.singleton->body,
                                              std::make_shared<singleton_context>(run), pool));
    } else {
      spawn(one, keep_cron(run, *one.cron, one.times, one.completed, *events_));
    }
  }
  void spawn(sole_job& one, task<void> work) {
    auto const slot =
        one.running->signal ? one.running->signal->slot() : boost::asio::cancellation_slot();
    auto ended = [self = this->shared_from_this(), which = &one,
                  run = one.running](std::exception_ptr error) { self->ended(*which, run, error); };
    pando::detail::spawn(place_->home, std::move(work),
                         pando::detail::callback(std::move(ended), slot));
  }

  void ended(sole_job& one, std::shared_ptr<sole_run> const& run, std::exception_ptr const& error) {
    if (auto* const fleet = run->place->fleet.load()) fleet->table().leave(run->group, 0);
    one.running = nullptr;
    if (run->is_asked) {
      tell_ended(*run, error);
    } else if (error) {
      fail(one, error);
    } else if (one.singleton) {
      one.is_over = true;
      events_->info(one.title + " has returned on " + place_->address +
                    "; it begins again when it has another owner");
    } else { // the storage says that it is another's, and this runner will learn it
      one.not_before = now() + first_rest.count();
    }
    if (is_serving_) look();
  }
  void fail(sole_job& one, std::exception_ptr const& error) {
    if (now() - one.began >= sound_run.count()) one.failures = 0;
    auto const doubled = first_rest * (std::int64_t{1} << (std::min)(one.failures++, 20U));
    auto const rest = (std::min)(longest_rest_of_failures, doubled);
    one.not_before = now() + rest.count();
    events_->error(one.title + " failed on " + place_->address + ": " + describe_exception(error) +
                   "; it begins again in " + std::to_string(rest.count()) + " ms (failure " +
                   std::to_string(one.failures) + ")");
  }
  void tell_ended(sole_run const& run, std::exception_ptr const& error) const {
    if (run.signal == nullptr) return; // a cron job tells of its runs
    std::string how;
    try {
      if (error) std::rethrow_exception(error);
    } catch (boost::system::system_error const& thrown) {
      if (thrown.code() != boost::asio::error::operation_aborted) how = describe_exception(error);
    } catch (...) {
      how = describe_exception(error);
    }
    if (how.empty())
      events_->info(run.title + " has ended on " + run.place->address);
    else
      events_->warning(run.title + " has ended on " + run.place->address + " with " + how);
  }
  void tell_late(sole_job const& one) const {
    events_->error(one.title + " has not ended on " + place_->address +
                   " within the drain time, though it was cancelled; another runner may begin it "
                   "while it goes on here. Let it end when its context says is_stopping()");
  }

  /// When time alone can change something; 0: never.
  std::int64_t next_look() const {
    auto next = (std::numeric_limits<std::int64_t>::max)();
    auto const at = now();
    auto* const fleet = place_->fleet.load();
    for (auto const& one : jobs_) {
      if (one.running && one.running->is_asked && !one.running->is_stopping)
        next = (std::min)(next, one.cancel_at);
      bool const waits = is_serving_ && !one.running && !one.is_over;
      if (waits && one.not_before > at) next = (std::min)(next, one.not_before);
      bool const has_lease = fleet != nullptr && one.epoch != 0;
      if (!has_lease || !(one.running ? !one.running->is_stopping : waits && !one.is_leaving))
        continue;
      // A lease that was not renewed in time may be renewed yet.
      auto const until = fleet->table().until();
      next = (std::min)(next, until > at ? until : at + 50);
    }
    return next == (std::numeric_limits<std::int64_t>::max)() ? 0 : (std::max)(next, at + 1);
  }
  void set_timer(std::int64_t when) {
    if (auto const cancel = std::exchange(forget_timer_, nullptr)) cancel();
    if (when == 0) return;
    std::function<void()> again = [weak = this->weak_from_this()] {
      if (auto const self = weak.lock()) self->look();
    };
    forget_timer_ =
        place_->time->call_after(place_->home, milliseconds(when - now()), std::move(again));
  }

  door_context const& context_;
  log const* events_;
  std::deque<sole_job> jobs_;
  std::shared_ptr<sole_place> place_ = std::make_shared<sole_place>();
  bool is_serving_ = false;
  milliseconds drain_{10'000};
  std::function<void()> forget_timer_{};
};

} // namespace pando::cluster::detail
