// Who runs next: admitting calls, and what follows their ends.
#pragma once

#include <algorithm>
#include <memory>
#include <new>
#include <string>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/handler/awaited.hpp>
#include <pando/handler/one_shot.hpp>

namespace pando::cluster::detail {

/// So many calls follow one another on a thread before others have their turn there.
inline constexpr int run_at_once = 64;
/// So many idle instances a call passivates in passing.
inline constexpr std::size_t passivated_in_passing = 2;
inline constexpr std::size_t passivated_at_once = 256;

/// How long an instance rests after so many defects one after the other.
inline std::int64_t rest_after(std::uint8_t defects) {
  if (defects < 2) return 0;
  return (std::min)(std::int64_t{50} << (std::min)(defects - 2, 10), std::int64_t{5'000});
}

/// What this thread runs, one after the other: a call that ends starts the next from here and not
/// from inside itself.
struct run_list {
  entity_call* first = nullptr;
  entity_call* last = nullptr;
  bool runs = false;
};
inline run_list& runs_of_thread() {
  thread_local run_list list;
  return list;
}

/// A call on its way to its executor. Where that ends without running it, the call ends too.
class posted_call {
 public:
  posted_call(entity_engine& engine, entity_call& call) : engine_(&engine), call_(&call) {}
  posted_call(posted_call&& other) noexcept
      : engine_(other.engine_), call_(std::exchange(other.call_, nullptr)) {}
  ~posted_call() {
    if (call_ != nullptr) call_->finished();
  }
  void operator()() {
    auto& call = *std::exchange(call_, nullptr);
    auto const home = call.executor();
    engine_->hand_over(call, home);
  }

 private:
  entity_engine* engine_;
  entity_call* call_;
};

PANDO_INLINE entity_engine::entity_engine(door_context const& context, millisecond_clock clock)
    : context_(&context), clock_(clock),
      seconds_(std::make_shared<second_hand>(
          [this](std::uint32_t now) { return end_late_calls(now); })) {}

PANDO_INLINE entity_engine::~entity_engine() {
  seconds_->end();
  for (auto& kind : kinds_)
    for (auto& one : kind.stripes)
      for (auto* const left : one.all) {
        if (left->is_made) kind.row.life.destroy(kind.state_of(*left));
        forget(*left);
      }
}

PANDO_INLINE hosted_kind& entity_engine::add(entity_kind&& kind) {
  auto& made = kinds_.emplace_back(std::move(kind));
  made.seed = hash64(made.row.contract->controller);
  for (auto const& route : made.row.handlers.all()) {
    bool const is_persisted = route.row->rpc != nullptr && route.row->rpc->is_persisted;
    made.routes.emplace_back(route.row, &route);
    made.times.push_back(is_persisted ? std::make_unique<persisted_times>() : nullptr);
  }
  return made;
}

PANDO_INLINE hosted_kind* entity_engine::find(contract_row const& contract) noexcept {
  for (auto& kind : kinds_)
    if (kind.row.contract == &contract) return &kind;
  return nullptr;
}

// Instances

/// Destroys the object alone; its state is gone, and it is in no list.
PANDO_INLINE void entity_engine::forget(instance& one) {
  auto const align = (std::max)(one.home->kind->row.life.align, alignof(instance));
  one.~instance();
  ::operator delete(static_cast<void*>(&one), std::align_val_t(align));
}

inline instance& make_instance(stripe& in, std::string_view id, std::uint64_t hash) {
  auto const& kind = *in.kind;
  auto const align = (std::max)(kind.row.life.align, alignof(instance));
  void* const room =
      ::operator new(kind.state_offset() + kind.row.life.size, std::align_val_t(align));
  auto* const made = ::new (room) instance(kind, id);
  made->hash = hash;
  made->home = &in;
  return *made;
}

/// Takes it out of the idle list, when it is in it.
inline void wake(instance& at) noexcept {
  if (!std::exchange(at.is_idle, false)) return;
  auto& in = *at.home;
  (at.older != nullptr ? at.older->newer : in.oldest) = at.newer;
  (at.newer != nullptr ? at.newer->older : in.newest) = at.older;
  at.older = at.newer = nullptr;
}

/// Nobody uses it: it is passivated when that lasts.
PANDO_INLINE void entity_engine::rest(instance& at, std::int64_t now) {
  auto& in = *at.home;
  auto const& outside = pando::detail::resources_of(at.about);
  if (at.about.is_kept_alive() || (outside && outside->keeps_any()) ||
      in.kind->row.options.max_idle.milliseconds == never.milliseconds)
    return;
  at.is_idle = true;
  at.since = now;
  at.older = in.newest;
  (in.newest != nullptr ? in.newest->newer : in.oldest) = &at;
  in.newest = &at;
}

// Calls

PANDO_INLINE void entity_engine::start(entity_call& call, hosted_kind& kind, std::string_view id,
                                       std::uint64_t hash) {
  auto& in = kind.stripe_of(hash);
  std::unique_lock lock(in.mutex);
  auto const found = in.all.find(instance_key{hash, id});
  auto* at = found == in.all.end() ? nullptr : *found;
  instance* old = nullptr;
  call.kind = &kind;
  call.within = &in;
  if (at != nullptr && at->epoch != call.epoch) { // its shard was another runner's since
    in.all.erase(found);
    old = std::exchange(at, nullptr);
  }
  if (at == nullptr) {
    if (!in.was_used()) in.counts = new stripe_counts(kind.routes.size());
    at = &make_instance(in, id, hash);
    at->epoch = call.epoch;
    at->shard = call.shard;
    in.all.insert(at);
  }
  if (old != nullptr) return inherit(call, *old, *at, std::move(lock));
  admit(call, *at, std::move(lock));
}

PANDO_INLINE bool entity_engine::is_in_epoch(instance const& one) const noexcept {
  return one.epoch == 0 || leases_->is_in(one.home->kind->group, one.shard, one.epoch);
}

/// Destroys an instance that is in no table, and that nobody uses.
PANDO_INLINE void entity_engine::destroy(instance& one) {
  if (one.is_made) one.home->kind->row.life.destroy(one.home->kind->state_of(one));
  forget(one);
}

/// Calls that waited for an instance of an epoch that is over wait for its heir, before this one.
PANDO_INLINE void entity_engine::inherit(entity_call& call, instance& old, instance& heir,
                                         std::unique_lock<std::mutex> lock) {
  wake(old);
  old.is_orphan = true;
  for (auto* each = old.first; each != nullptr; each = each->next) {
    each->at = &heir;
    each->epoch = heir.epoch;
  }
  heir.first = std::exchange(old.first, nullptr);
  heir.last = std::exchange(old.last, nullptr);
  heir.waiting = std::exchange(old.waiting, 0);
  if (old.defects != 0) --heir.home->counted().failing;
  bool const is_unused = old.running == 0 && !old.is_making;
  auto* const next = admit_next(heir);
  admit(call, heir, std::move(lock));
  if (is_unused) destroy(old);
  if (next == nullptr) return;
  auto const home = next->executor();
  boost::asio::post(home, posted_call(*this, *next));
}

inline bool has_room(instance const& at) noexcept {
  if (at.is_making || at.is_spoilt) return false;
  return at.is_made ? at.running < at.home->kind->row.options.concurrency : at.running == 0;
}

/// It is one of those that run, or are about to; the first of them makes the state before.
inline void begin_running(instance& at, entity_call& call) noexcept {
  ++at.running;
  call.after = at.runs;
  if (at.runs != nullptr) at.runs->before = &call;
  at.runs = &call;
  call.makes = !at.is_made && !at.is_making;
  if (call.makes) at.is_making = true;
}
/// The instance may be held up for longer: `running` stays.
inline void leave_running(instance& at, entity_call& call) noexcept {
  (call.before != nullptr ? call.before->after : at.runs) = call.after;
  if (call.after != nullptr) call.after->before = call.before;
  call.before = call.after = nullptr;
}

PANDO_INLINE void entity_engine::admit(entity_call& call, instance& at,
                                       std::unique_lock<std::mutex> lock) {
  if (at.first == nullptr && has_room(at)) {
    call.at = &at;
    wake(at);
    begin_running(at, call);
    if (call.ages) at.home->counted().aging.add(call, seconds_->now());
    auto const& aging = at.home->counted().aging;
    lock.unlock();
    run(call); // which may be over, and gone
    if (aging.is_any()) seconds_->wind();
    return;
  }
  if (at.waiting >= at.home->kind->row.options.mailbox && call.wakes == nullptr) {
    auto const waiting = at.waiting;
    at.home->counted().add(call.place_of_rpc(), call_outcome::failed);
    lock.unlock();
    call.fail(mailbox_full("entity " + std::string(at.about.kind()) + " " +
                           std::string(at.about.id()) + " has " + std::to_string(waiting) +
                           " calls waiting; try again later"));
    return call.finished();
  }
  call.at = &at;
  call.waits = true;
  (at.last != nullptr ? at.last->next : at.first) = &call;
  at.last = &call;
  ++at.waiting;
  ++at.home->counted().waiting;
  if (!call.ages) return;
  at.home->counted().aging.add(call, seconds_->now());
  lock.unlock();
  seconds_->wind();
}

/// Takes the first of those that wait; it is one of those that run from now on.
inline entity_call* take_first(instance& at) noexcept {
  auto* const next = at.first;
  at.first = std::exchange(next->next, nullptr);
  if (at.first == nullptr) at.last = nullptr;
  --at.waiting;
  --at.home->counted().waiting;
  next->waits = false;
  begin_running(at, *next);
  return next;
}

/// The first of those that wait, when it may run now.
PANDO_INLINE entity_call* entity_engine::admit_next(instance& at) {
  if (at.first == nullptr || !has_room(at)) return nullptr;
  return take_first(at);
}

PANDO_INLINE bool entity_engine::withdraw(entity_call& call) {
  if (call.within == nullptr) return false;
  std::lock_guard const lock(call.within->mutex);
  call.is_left = true;
  if (!call.waits) return false;
  auto& at = *call.at; // it lives as long as the call waits
  auto** link = &at.first;
  entity_call* before = nullptr;
  while (*link != &call) {
    before = *link;
    link = &before->next;
  }
  *link = call.next;
  if (at.last == &call) at.last = before;
  --at.waiting;
  --at.home->counted().waiting;
  at.home->counted().add(call.place_of_rpc(), call_outcome::abandoned);
  if (call.ages) at.home->counted().aging.remove(call);
  call.waits = false;
  return true;
}

PANDO_INLINE void entity_engine::run(entity_call& next) {
  auto& at = *next.at;
  if (at.is_made || next.is_cut_off()) return next.begin();
  if (!is_in_epoch(at)) return next.begin_again();
  auto const left = at.rests_until - now();
  if (left > 0) return rest_then_make(next, std::chrono::milliseconds(left));
  make_then_run(next);
}

PANDO_INLINE void entity_engine::hand_over(entity_call& next,
                                           boost::asio::any_io_executor const& on) {
  if (next.executor() != on) {
    auto const home = next.executor();
    return boost::asio::post(home, posted_call(*this, next));
  }
  auto& list = runs_of_thread();
  if (list.runs) {
    (list.last != nullptr ? list.last->next : list.first) = &next;
    list.last = &next;
    return;
  }
  list.runs = true;
  auto* now = &next;
  for (int count = 0; now != nullptr; ++count) {
    if (count < run_at_once) {
      run(*now);
    } else {
      auto const home = now->executor();
      boost::asio::post(home, posted_call(*this, *now));
    }
    now = list.first;
    if (now == nullptr) break;
    list.first = std::exchange(now->next, nullptr);
    if (list.first == nullptr) list.last = nullptr;
  }
  list.runs = false;
}

/// There is room, or less to wait for. Gives who was admitted to run next, or null.
PANDO_INLINE entity_call* entity_engine::go_on(instance& at, std::int64_t now,
                                               std::unique_lock<std::mutex>& lock) {
  if (at.is_spoilt && at.running == 0) drop_state(at, lock);
  auto* const next = admit_next(at);
  if (next == nullptr && at.running == 0 && at.first == nullptr) rest(at, now);
  return next;
}

PANDO_INLINE entity_call* entity_engine::ended(instance& at, call_ending const& how,
                                               boost::asio::any_io_executor const& on,
                                               entity_call* of) {
  auto& in = *at.home;
  auto const now = this->now();
  std::vector<instance*> old;
  std::unique_lock lock(in.mutex);
  if (of != nullptr) leave_running(at, *of);
  if (of != nullptr && of->makes && !at.is_made) at.is_making = false;
  --at.running;
  if (how.ages != nullptr) in.counted().aging.remove(*how.ages);
  if (how.is_counted) in.counted().add(how.rpc, how.how);
  if (how.is_defect) ++in.counted().defects;
  if (at.is_orphan) {
    bool const is_last = at.running == 0;
    lock.unlock();
    if (is_last) destroy(at);
    return nullptr;
  }
  if (how.is_defect) {
    if (at.defects == 0) ++in.counted().failing;
    at.defects = static_cast<std::uint8_t>((std::min)(at.defects + 1, 100));
    at.rests_until = now + rest_after(at.defects);
    at.is_spoilt = at.is_made;
    cut_off(at, cut::broken);
  } else if (!at.is_spoilt) {
    if (at.defects != 0) --in.counted().failing;
    at.defects = 0;
  }
  if (how.spoils && at.is_made) at.is_spoilt = true;
  auto* const next = go_on(at, now, lock);
  if (auto const* const oldest = in.oldest;
      oldest != nullptr && oldest->since + in.kind->row.options.max_idle.milliseconds <= now)
    take_idle(in, now - in.kind->row.options.max_idle.milliseconds, passivated_in_passing, old);
  lock.unlock();
  for (auto* const one : old) passivate(*one, on);
  return next;
}

PANDO_INLINE entity_host::counts entity_engine::count() {
  entity_host::counts all;
  for (auto& kind : kinds_)
    for (auto& one : kind.stripes) {
      if (!one.was_used()) continue;
      std::lock_guard const lock(one.mutex);
      all.instances += one.all.size();
      all.waiting += one.counted().waiting;
    }
  return all;
}

PANDO_INLINE std::vector<kind_counts> entity_engine::count_kinds() {
  std::vector<kind_counts> all;
  for (auto& kind : kinds_) {
    auto& made = all.emplace_back();
    made.entity = kind.row.contract->controller;
    made.group = kind.row.options.group;
    for (auto const& route : kind.row.handlers.all())
      made.rpcs.push_back({route.row->name, {}, kind.times_of(route)});
    for (auto& one : kind.stripes) {
      if (!one.was_used()) continue;
      std::lock_guard const lock(one.mutex);
      auto const& of = one.counted();
      made.instances += one.all.size();
      made.waiting += of.waiting;
      made.failing += of.failing;
      made.activations += of.activations;
      made.passivations += of.passivations;
      made.defects += of.defects;
      for (std::size_t rpc = 0; rpc < of.ended.size(); ++rpc)
        for (std::size_t how = 0; how < of.ended[rpc].size(); ++how)
          made.rpcs[rpc].ended[how] += of.ended[rpc][how];
    }
  }
  return all;
}

// Deadlines

PANDO_INLINE bool entity_engine::end_late_calls(std::uint32_t now) {
  bool is_any = false;
  {
    std::lock_guard const lock(sent_mutex_);
    is_any = sent_.tell_late(now);
  }
  for (auto& kind : kinds_)
    for (auto& in : kind.stripes) {
      if (!in.was_used()) continue;
      std::lock_guard const lock(in.mutex);
      is_any = in.counted().aging.tell_late(now) || is_any;
    }
  return is_any;
}

PANDO_INLINE void entity_engine::was_sent(aging_call& one) {
  {
    std::lock_guard const lock(sent_mutex_);
    sent_.add(one, seconds_->now());
  }
  seconds_->wind();
}

PANDO_INLINE std::int64_t entity_engine::end_of_default(aging_call const& one) const noexcept {
  std::chrono::seconds const age(seconds_->now() - one.since);
  std::chrono::milliseconds const left = longest_call + std::chrono::seconds(1) - age;
  return time().now() + left.count();
}

PANDO_INLINE void entity_engine::sent_call_is_over(aging_call& one) {
  std::lock_guard const lock(sent_mutex_);
  sent_.remove(one);
}

PANDO_INLINE void entity_call::is_late() {
  if (is_left) return; // where it runs may be gone, too
  boost::asio::post(executor(), [this, alive = life()] {
    if (!alive.expired()) expire(std::string(longest_call_text));
  });
}

PANDO_INLINE void entity_call::end_after(std::chrono::milliseconds left) {
  forget_timer_ = engine_->time().call_after(executor(), left, [this, alive = life()] {
    if (alive.expired()) return;
    bool const is_asked = caller().deadline.has_value();
    expire(is_asked ? "no answer within the deadline" : std::string(longest_call_text));
  });
}

} // namespace pando::cluster::detail
