// What a test's cluster is made of: members that can be held back, links that can be lost, storage
// that can be away.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <pando/cluster/entity_host.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/handler/deadline_clock.hpp>
#include <pando/runtime/log.hpp>
#include <pando/store/memory_storage.hpp>
#include <pando/testing/detail/step_queue.hpp>
#include <pando/testing/virtual_time.hpp>

namespace pando::testing::detail {

class fleet_connection;

using storage_wrapper = std::function<std::unique_ptr<store::storage>(
    std::size_t number, std::unique_ptr<store::storage> inner, lease::time_source const& time)>;

/// One runner of a test's cluster: a process of its own, but for its memory.
struct fleet_member {
  fleet_member(boost::asio::io_context& timers, std::atomic<std::uint64_t>& count)
      : steps(timers, count), home(steps.get_executor()) {}

  std::size_t number = 0;
  std::string address{}; ///< empty: it only calls
  pando::cluster::entity_host* host = nullptr;
  door_context const* context = nullptr;
  step_queue steps;
  boost::asio::any_io_executor home;
  std::unique_ptr<store::storage> storage{};
  std::unique_ptr<pando::cluster::runner> runner{};
  bool is_dead = false;
  bool is_frozen = false; ///< dead, and nothing of it runs
  bool is_paused = false;
  bool is_cut_off = false;      ///< from its peers
  bool is_storage_away = false; ///< for it alone
  /// Whether an operation of its storage fails; asked before it, and after it has happened.
  std::function<bool(bool has_happened)> fails{};
  /// How long an operation of its storage takes: before it happens, and then until its answer.
  std::function<std::chrono::milliseconds()> delay{};
  /// How long a message to a peer takes, or the news that a connection is lost.
  std::function<std::chrono::milliseconds()> message_delay{};
  /// After which times a wake-up of its storage is told; none: it is lost.
  std::function<std::vector<std::chrono::milliseconds>(store::wake)> wake_ups{};
};

/// That time as deadlines of calls go by it: where its steps run.
class fleet_deadlines final : public pando::detail::deadline_clock::test_time {
 public:
  using time_point = pando::detail::deadline_clock::time_point;

  explicit fleet_deadlines(virtual_time const& by) noexcept : by_(by) {}
  time_point now() const noexcept override {
    return born_at_ + std::chrono::milliseconds(by_.now() - born_);
  }
  std::function<void()> call_at(time_point when, boost::asio::any_io_executor const& where,
                                std::function<void()> then) const override {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(when - now());
    return by_.call_after(where, (std::max)(left, std::chrono::milliseconds(0)), std::move(then));
  }

 private:
  virtual_time const& by_;
  std::int64_t const born_ = by_.now();
  time_point const born_at_ = std::chrono::steady_clock::now();
};

/// Members under one virtual time, with one storage in memory; each goes on step by step, a step
/// being what runs between two moments of waiting. *Thread*: one.
class fleet {
 public:
  explicit fleet(storage_wrapper wrap = {});
  fleet(fleet const&) = delete;
  ~fleet();

  /// A member for that host, whose `serve` lets it begin.
  PANDO_LAZY fleet_member& add(pando::cluster::entity_host& host, door_context const& context,
                               pando::cluster::runner_options options);
  /// It ends at once, as by `kill -9`: not one more of its steps happens. What it has sent comes.
  void kill(fleet_member& one);
  /// So that it can be ended: what it had to do it does now, without storage and peers.
  void thaw(fleet_member& one);
  /// Its host has stopped.
  void end(fleet_member& one);
  void cut_off(fleet_member& one, bool is_cut);
  void lose_connections(fleet_member& one);

  /// Runs everything that can run now.
  void settle();
  /// Lets that time pass, with everything that falls due in it.
  void advance(std::chrono::milliseconds time);
  /// Runs that there to its end, letting time pass as it is needed. *Throws* what it throws, and
  /// std::runtime_error when it has not ended after `limit`.
  PANDO_LAZY void run(boost::asio::any_io_executor const& on, task<void> body,
                      std::chrono::milliseconds limit);

  /// Which of so many that have a step to do does it; without it, whoever had it first.
  std::function<std::size_t(std::size_t)> chooses{};
  /// Told after each step of a member.
  std::function<void(std::size_t)> after_step{};

  /// Where what belongs to no member runs.
  boost::asio::any_io_executor const& home() const noexcept { return home_; }
  virtual_time& time() noexcept { return time_; }
  std::vector<std::string> const& lines() const noexcept { return lines_; }
  bool is_over() const noexcept { return is_over_; }

  // For links.

  std::shared_ptr<fleet_connection> connect(fleet_member& from, std::string const& address);
  /// Runs it as a step of that member, then or as soon as it may go on.
  void later(fleet_member& whose, std::int64_t when, std::function<void()> what);

 private:
  bool step();
  void run_step_of(step_queue& steps);
  void poll_timers();
  void drop_all();
  PANDO_LAZY static task<void> pass_gate(fleet* self, fleet_member* who, bool has_happened);
  PANDO_LAZY static task<void> wait_outside(fleet* self, std::chrono::milliseconds time);
  template <class Each>
  void for_each_connection(fleet_member const& of, Each const& each);

  boost::asio::io_context loop_{1}; ///< for the timers of real time
  std::atomic<std::uint64_t> steps_{0};
  step_queue outside_{loop_, steps_};
  boost::asio::any_io_executor home_{outside_.get_executor()};
  virtual_time time_;
  fleet_deadlines deadlines_{time_};
  storage_wrapper wrap_;
  std::shared_ptr<store::memory_store> store_;
  std::vector<std::string> lines_;
  log log_;
  std::vector<std::unique_ptr<fleet_member>> members_;
  std::vector<std::weak_ptr<fleet_connection>> connections_;
  std::vector<fleet_member*> able_; ///< who can do a step, reused; null: what is outside
  bool is_over_ = false;
};

} // namespace pando::testing::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/testing/impl/fleet.ipp>
#endif
