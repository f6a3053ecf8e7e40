// How states are made and dropped: by the first call, by defects, by idleness.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/cluster/detail/instance_site.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/lease/clock.hpp>

namespace pando::cluster::detail {

PANDO_INLINE void entity_engine::make_then_run(entity_call& call) {
  auto& at = *call.at;
  auto const& kind = at.home->kind->row;
  void* const room = at.home->kind->state_of(at);
  if (kind.life.has_resources) {
    auto& outside = pando::detail::resources_of(at.about);
    if (!outside)
      outside = std::make_unique<entity_resources>(std::make_shared<instance_site>(*this, at));
    outside->begin_state();
  }
  if (kind.life.load != nullptr)
    return kind.life.load(
        call.executor(), kind.implementation, kind.services, at.about, room,
        [this, &call](std::exception_ptr error) { made(call, std::move(error)); });
  std::exception_ptr error;
  try {
    kind.life.make(kind.implementation, kind.services, at.about, room);
  } catch (...) {
    error = std::current_exception();
  }
  made(call, std::move(error));
}

PANDO_INLINE void entity_engine::made(entity_call& call, std::exception_ptr error) {
  auto& at = *call.at;
  if (error) {
    call.could_not_begin(std::move(error));
    return call.finished();
  }
  std::vector<entity_call*> others;
  {
    std::lock_guard const lock(at.home->mutex);
    at.is_making = false;
    at.is_made = true;
    ++at.home->counted().activations;
    while (auto* const next = admit_next(at)) others.push_back(next);
  }
  auto const home = call.executor();
  call.begin();
  for (auto* const next : others) hand_over(*next, home);
}

PANDO_INLINE void entity_engine::rest_then_make(entity_call& call, std::chrono::milliseconds rest) {
  auto const home = call.executor();
  auto const next = std::make_shared<posted_call>(*this, call);
  time().call_after(home, rest, [next] { (*next)(); });
}

/// What handlers that are cut off have to end in, so that their states can be passivated.
inline constexpr std::chrono::milliseconds time_to_end{100};

/// Destroys a state that a defect spoilt. Calls wait meanwhile.
PANDO_INLINE void entity_engine::drop_state(instance& at, std::unique_lock<std::mutex>& lock) {
  at.is_making = true;
  lock.unlock();
  at.home->kind->row.life.destroy(at.home->kind->state_of(at));
  lock.lock();
  at.is_making = at.is_spoilt = at.is_made = false;
}

// Cutting off

PANDO_INLINE void entity_engine::hold_up(entity_call& by) {
  std::lock_guard const lock(by.at->home->mutex);
  leave_running(*by.at, by);
}

/// What runs there ends where it stands, each on its own thread. With the lock. What is persisted
/// and given away ends by itself: who owns its shard then carries it out.
PANDO_INLINE void entity_engine::cut_off(instance& at, cut why) {
  for (auto* each = at.runs; each != nullptr; each = each->after)
    if (why != cut::given_away || each->marks == nullptr) each->cut_off(why);
}

PANDO_INLINE void entity_engine::wait_again(entity_call& call) {
  auto& at = *call.at;
  auto const home = call.executor();
  std::unique_lock lock(at.home->mutex);
  call.cut_ = cut::none;
  if (at.is_orphan) { // its shard is another's by now
    lock.unlock();
    return call.begin();
  }
  leave_running(at, call);
  --at.running;
  call.waits = true;
  call.next = std::exchange(at.first, &call);
  if (at.last == nullptr) at.last = &call;
  ++at.waiting;
  ++at.home->counted().waiting;
  auto* const next = go_on(at, now(), lock);
  lock.unlock();
  if (next != nullptr) hand_over(*next, home);
}

/// Calls that wait there begin elsewhere. With the lock.
PANDO_INLINE void entity_engine::turn_away(instance& at) {
  while (at.first != nullptr) {
    auto& call = *take_first(at);
    call.cut_ = cut::given_away;
    boost::asio::post(call.executor(), posted_call(*this, call));
  }
}

// Passivation

/// They are taken out of use: calls wait until it is known what becomes of them.
PANDO_INLINE void entity_engine::take_idle(stripe& from, std::int64_t idle_since, std::size_t most,
                                           std::vector<instance*>& taken) {
  while (from.oldest != nullptr && from.oldest->since <= idle_since && taken.size() < most)
    take(*from.oldest, taken);
}

/// Out of use; its shard is not given away before its end.
PANDO_INLINE void entity_engine::take(instance& one, std::vector<instance*>& taken) {
  wake(one);
  one.is_making = true;
  if (one.epoch != 0) leases_->hold(one.home->kind->group, one.shard);
  taken.push_back(&one);
}

inline bool is_used(instance const& one) noexcept {
  return one.running != 0 || one.is_making || one.first != nullptr;
}

PANDO_INLINE void entity_engine::take_unused(stripe& from, std::vector<instance*>& taken) {
  for (auto* const one : from.all) {
    if (!is_used(*one)) take(*one, taken);
  }
}

/// The state is gone: the instance too, unless calls wait for it.
PANDO_INLINE void entity_engine::end_state(instance& one) {
  auto& in = *one.home;
  if (one.is_made) in.kind->row.life.destroy(in.kind->state_of(one));
  if (one.epoch != 0) leases_->leave(in.kind->group, one.shard); // held since `take`
  std::unique_lock lock(in.mutex);
  if (one.is_made) ++in.counted().passivations;
  one.is_making = one.is_made = false;
  if (auto* const next = admit_next(one)) {
    lock.unlock();
    auto const home = next->executor();
    return boost::asio::post(home, posted_call(*this, *next));
  }
  if (!one.is_orphan) {
    in.all.erase(&one);
    if (one.defects != 0) --in.counted().failing;
  }
  lock.unlock();
  forget(one);
}

inline void log_ending(log const& events, entity_context const& about,
                       std::exception_ptr const& error) {
  events.error("on_passivate of entity " + std::string(about.kind()) + " " +
               std::string(about.id()) + " failed: " + describe_exception(error));
}

/// Tells the user's function, on that executor when it is a coroutine, and then drops the state.
PANDO_INLINE void entity_engine::passivate(instance& one, boost::asio::any_io_executor const& on,
                                           std::function<void()> then) {
  auto const& kind = one.home->kind->row;
  void* const state = one.home->kind->state_of(one);
  if (!is_in_epoch(one)) { // it may do nothing any more
    end_state(one);
    if (then) then();
    return;
  }
  if (one.is_made && kind.life.save != nullptr)
    return kind.life.save(
        on, kind.implementation, kind.services, one.about, state,
        [this, &one, then = std::move(then)](std::exception_ptr const& error) {
          if (error) log_ending(*context_->events, one.about, error);
          end_state(one);
          if (then) then();
        });
  try {
    if (one.is_made && kind.life.end != nullptr)
      kind.life.end(kind.implementation, kind.services, one.about, state);
  } catch (...) {
    log_ending(*context_->events, one.about, std::current_exception());
  }
  end_state(one);
  if (then) then();
}

PANDO_LAZY_BODY task<void> entity_engine::passivate_all(std::vector<instance*> const& taken) {
  auto const home = co_await boost::asio::this_coro::executor;
  for (auto* const idle : taken) {
    one_shot over(home);
    passivate(*idle, home, [&over] { over.fire(); });
    if (!over.has_fired()) co_await over.wait();
  }
}

/// Gives whether others are in use, which were told to end.
PANDO_INLINE bool entity_engine::take_leaving(hosted_kind& kind,
                                              std::vector<store::shard_lease> const& all,
                                              std::vector<instance*>& taken) {
  bool is_any_used = false;
  std::vector<std::uint64_t> leaving(kind.shards, 0); // epochs
  for (auto const& one : all)
    if (one.group == kind.row.options.group && one.shard < kind.shards)
      leaving[one.shard] = one.epoch;
  for (auto& in : kind.stripes) {
    if (!in.was_used()) continue;
    std::lock_guard const lock(in.mutex);
    for (auto* const one : in.all) {
      if (one->epoch == 0 || leaving[one->shard] != one->epoch) continue;
      if (!is_used(*one)) {
        take(*one, taken);
        continue;
      }
      is_any_used = true;
      if (one->running == 0) continue; // its state is being ended
      cut_off(*one, cut::given_away);
      turn_away(*one);
    }
  }
  return is_any_used;
}

PANDO_LAZY_BODY task<void> entity_engine::leave(std::vector<store::shard_lease> const& all) {
  auto const until = leases_->now() + time_to_end.count();
  for (bool is_any_used = true; is_any_used;) {
    std::vector<instance*> taken;
    is_any_used = false;
    for (auto& kind : kinds_)
      if (take_leaving(kind, all, taken)) is_any_used = true;
    co_await passivate_all(taken);
    if (leases_->now() >= until) co_return;
    if (is_any_used) co_await lease::pause(leases_->time(), std::chrono::milliseconds(2));
  }
}

PANDO_LAZY_BODY task<void> entity_engine::sweep(bool all) {
  std::vector<instance*> taken;
  auto const home = co_await boost::asio::this_coro::executor;
  if (!all) look_at_resources(home);
  for (auto& kind : kinds_)
    for (auto& one : kind.stripes) {
      if (!one.was_used()) continue;
      do {
        taken.clear();
        {
          std::lock_guard const lock(one.mutex);
          auto const idle_since = now() - kind.row.options.max_idle.milliseconds;
          if (all) take_unused(one, taken);
          else take_idle(one, idle_since, passivated_at_once, taken);
        }
        co_await passivate_all(taken);
      } while (!all && taken.size() == passivated_at_once);
    }
}

// What instances hold outside

PANDO_INLINE void entity_engine::watch(std::weak_ptr<held_resource> one) {
  std::lock_guard const lock(resources_mutex_);
  resources_.push_back(std::move(one));
}

PANDO_INLINE void entity_engine::look_at_resources(boost::asio::any_io_executor const& on) {
  std::vector<std::weak_ptr<held_resource>> all;
  {
    std::lock_guard const lock(resources_mutex_);
    all.swap(resources_);
  }
  std::erase_if(all, [&](auto const& each) {
    auto const one = each.lock();
    return !one || !one->look(on);
  });
  std::lock_guard const lock(resources_mutex_);
  resources_.insert(resources_.end(), all.begin(), all.end());
}

PANDO_INLINE void entity_engine::let_rest(hosted_kind& kind, std::string_view id,
                                          std::uint64_t hash) {
  auto& in = kind.stripe_of(hash);
  std::lock_guard const lock(in.mutex);
  auto const found = in.all.find(instance_key{hash, id});
  if (found != in.all.end() && !is_used(**found) && !(*found)->is_idle) rest(**found, now());
}

} // namespace pando::cluster::detail
