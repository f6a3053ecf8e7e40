// Members of a test's cluster: their steps, their ends, and time.
#pragma once

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <pando/handler/awaited.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/testing/detail/faulty_storage.hpp>
#include <pando/testing/detail/fleet.hpp>
#include <pando/testing/detail/fleet_link.hpp>

namespace pando::testing::detail {

PANDO_INLINE fleet::fleet(storage_wrapper wrap)
    : wrap_(std::move(wrap)),
      store_(std::make_shared<store::memory_store>(
          [this] { return std::chrono::milliseconds(time_.now()); })),
      log_([this](log_level level, std::string_view text) {
        lines_.push_back(std::string(log_level_name(level)) + " " + std::string(text));
      }) {}

/// What is still asked for ends, since nobody is to hold on to what waits for it.
PANDO_INLINE fleet::~fleet() {
  is_over_ = true;
  for (auto const& one : connections_)
    if (auto const kept = one.lock()) kept->end_all();
  drop_all();
}

/// What ends may put more there.
PANDO_INLINE void fleet::drop_all() {
  for (bool is_any = true; is_any;) {
    time_.forget_all();
    is_any = outside_.drop_all();
    for (auto const& one : members_) is_any = one->steps.drop_all() || is_any;
  }
}

// The storage as one member has it

/// Goes on outside of every member: what was sent to a storage happens, whatever has become of who
/// sent it.
PANDO_LAZY_BODY task<void> fleet::wait_outside(fleet* self, std::chrono::milliseconds time) {
  auto const over = std::make_shared<one_shot>(self->home_);
  auto fire = firing(over);
  self->time_.call_after(self->home_, time, std::move(fire));
  auto token = boost::asio::bind_executor(self->home_, PANDO_AWAITED);
  auto waiting = over->wait();
  co_await waiting(std::move(token));
}

inline bool fails_now(fleet_member const& who, bool has_happened) {
  return who.is_dead || who.is_storage_away || (who.fails && who.fails(has_happened));
}

PANDO_LAZY_BODY task<void> fleet::pass_gate(fleet* self, fleet_member* who, bool has_happened) {
  auto const time = who->delay ? who->delay() : std::chrono::milliseconds(0);
  if (!has_happened) {
    if (fails_now(*who, false))
      throw store::storage_error(store::storage_fault::unavailable, "the storage is away");
    if (time.count() > 0) co_await wait_outside(self, time);
    co_return;
  }
  bool const is_lost = fails_now(*who, true);
  if (time.count() > 0) co_await wait_outside(self, time);
  auto token = boost::asio::bind_executor(who->home, PANDO_AWAITED);
  co_await boost::asio::post(std::move(token)); // its answer is a step of its own
  if (is_lost || who->is_dead || who->is_storage_away)
    throw store::storage_error(store::storage_fault::outcome_unknown, "the storage is away");
}

PANDO_LAZY_BODY fleet_member& fleet::add(pando::cluster::entity_host& host,
                                         door_context const& context,
                                         pando::cluster::runner_options options) {
  auto& made = *members_.emplace_back(std::make_unique<fleet_member>(loop_, steps_));
  made.number = members_.size() - 1;
  made.address = options.address;
  made.host = &host;
  made.context = &context;
  host.spread_over(options.shards);
  host.go_by(time_);
  auto inner = store::make_memory_storage(store_);
  if (wrap_) inner = wrap_(made.number, std::move(inner), time_);
  faults_of_storage faults;
  faults.gate = [this, &made](bool has_happened) { return pass_gate(this, &made, has_happened); };
  faults.wake_up = [this, &made](wake_listener const& told, store::wake what) {
    if (!made.wake_ups) return (*told)(what);
    for (auto const after : made.wake_ups(what))
      later(made, time_.now() + after.count(), [told, what] { (*told)(what); });
  };
  made.storage = std::make_unique<faulty_storage<void>>(std::move(inner), std::move(faults));
  made.runner = std::make_unique<pando::cluster::runner>(made.home, *made.storage, host.groups(),
                                                  std::move(options), log_, time_);
  host.join(
      *made.runner,
      [this, &made](std::string const& address, boost::asio::any_io_executor const&) {
        return std::make_shared<fleet_link>(*this, made, address);
      },
      {made.home});
  return made;
}

// Links

PANDO_INLINE std::shared_ptr<fleet_connection> fleet::connect(fleet_member& from,
                                                              std::string const& address) {
  fleet_member* to = nullptr;
  for (auto const& one : members_) {
    bool const is_there = one->address == address && !one->is_dead && !one->is_cut_off;
    if (is_there && !from.is_cut_off && !from.is_dead) to = one.get();
  }
  auto made = std::make_shared<fleet_connection>(*this, from, to, address);
  std::erase_if(connections_, [](auto const& one) { return one.expired(); });
  connections_.push_back(made);
  if (to == nullptr) made->lose();
  return made;
}

PANDO_INLINE void fleet::later(fleet_member& whose, std::int64_t when, std::function<void()> what) {
  auto const left = std::chrono::milliseconds(when - time_.now());
  if (left.count() <= 0) return boost::asio::post(whose.home, std::move(what));
  time_.call_after(whose.home, left, std::move(what));
}

template <class Each>
void fleet::for_each_connection(fleet_member const& of, Each const& each) {
  auto const all = connections_;
  for (auto const& one : all)
    if (auto const alive = one.lock(); alive && alive->joins(of)) each(*alive);
}

PANDO_INLINE void fleet::lose_connections(fleet_member& one) {
  for_each_connection(one, [](fleet_connection& each) { each.lose(); });
}
PANDO_INLINE void fleet::cut_off(fleet_member& one, bool is_cut) {
  one.is_cut_off = is_cut;
  if (is_cut) lose_connections(one);
}

// Ends

PANDO_INLINE void fleet::kill(fleet_member& one) {
  if (std::exchange(one.is_dead, true)) return;
  one.is_frozen = true;
  for_each_connection(one, [&](fleet_connection& each) { each.died(one); });
}
PANDO_INLINE void fleet::thaw(fleet_member& one) {
  one.is_paused = false;
  if (!std::exchange(one.is_frozen, false)) return;
  for_each_connection(one, [&](fleet_connection& each) { each.bury(one); });
}
PANDO_INLINE void fleet::end(fleet_member& one) {
  if (std::exchange(one.is_dead, true)) return;
  for_each_connection(one, [&](fleet_connection& each) {
    each.died(one);
    each.bury(one);
  });
}

// Time

/// Deadlines go by the fleet's time in it.
PANDO_INLINE void fleet::run_step_of(step_queue& steps) {
  using clock = pando::detail::deadline_clock;
  struct guard {
    clock::test_time const* before;
    ~guard() { clock::shown = before; }
  } const over{std::exchange(clock::shown, &deadlines_)};
  steps.run_one();
}

/// One step of one of those that have any. Gives whether there was one.
PANDO_INLINE bool fleet::step() {
  able_.clear();
  std::size_t first = 0;
  auto earliest = outside_.next();
  if (earliest != 0) able_.push_back(nullptr);
  for (auto const& one : members_) {
    if (one->is_frozen || one->is_paused) continue;
    auto const next = one->steps.next();
    if (next == 0) continue;
    if (earliest == 0 || next < earliest) {
      earliest = next;
      first = able_.size();
    }
    able_.push_back(one.get());
  }
  if (able_.empty()) return false;
  auto* const who = able_[chooses && able_.size() > 1 ? chooses(able_.size()) : first];
  if (who == nullptr) {
    run_step_of(outside_);
    return true;
  }
  run_step_of(who->steps);
  if (after_step) after_step(who->number);
  return true;
}

PANDO_INLINE void fleet::poll_timers() {
  loop_.restart();
  loop_.poll();
}

PANDO_INLINE void fleet::settle() {
  while (step()) {
  }
}

PANDO_INLINE void fleet::advance(std::chrono::milliseconds time) {
  auto const until = time_.now() + time.count();
  poll_timers();
  settle();
  while (time_.step(until)) settle();
}

PANDO_LAZY_BODY void fleet::run(boost::asio::any_io_executor const& on, task<void> body,
                                std::chrono::milliseconds limit) {
  struct ending {
    bool is_over = false;
    std::exception_ptr failed{};
  };
  auto const end = std::make_shared<ending>();
  boost::asio::co_spawn(on, std::move(body), [end](std::exception_ptr error) {
    end->is_over = true;
    end->failed = std::move(error);
  });
  auto const until = time_.now() + limit.count();
  poll_timers();
  settle();
  while (!end->is_over && time_.now() < until) advance(std::chrono::milliseconds(1));
  if (end->failed) std::rethrow_exception(end->failed);
  if (!end->is_over)
    throw std::runtime_error("pando: it has not ended within " + std::to_string(limit.count()) +
                             " ms of the cluster's time");
}

} // namespace pando::testing::detail
