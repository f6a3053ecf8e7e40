// A call's way: begun here, sent to the runner that has its instance, or kept until one has.
#pragma once

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <boost/asio/post.hpp>

#include <pando/cluster/detail/entity_channel.hpp>
#include <pando/cluster/detail/persistence.hpp>
#include <pando/cluster/shards.hpp>

namespace pando::cluster::detail {

PANDO_INLINE entity_channel::entity_channel(entity_engine& engine, hosted_kind& kind,
                                            std::string_view id)
    : engine_(&engine), kind_(&kind), id_(id), hash_(hash64(id, kind.seed)),
      shard_(shard_of(kind.row.options.group, id, kind.shards)) {}

PANDO_INLINE served_route const* entity_channel::find(operation const& call) const noexcept {
  for (auto const& [row, route] : kind_->routes)
    if (row == call.route) return route;
  return nullptr;
}

PANDO_INLINE void entity_channel::start(operation& call) { begin(call, 0); }
PANDO_INLINE void entity_channel::start_stream(stream_operation& call) { begin(call, 0); }

PANDO_INLINE void entity_channel::begin(operation& call, std::size_t credit, time_limits limits,
                                        refusal last) {
  call.carrier = this;
  call.tag = 0;
  auto const* const route = find(call);
  if (route == nullptr) {
    call.set_failure(
        no_such_route("this app does not serve " + std::string(call.route->full_name)));
    return call.finish();
  }
  if (engine_->has_left()) {
    call.set_failure(runner_unavailable(
        engine_->is_early()
            ? "this program is not part of its fleet yet: hooks of on_start run before it is; "
              "nothing of the call has happened"
            : "this program has stopped, and its fleet goes on without it; nothing of the call has "
              "happened"));
    return call.finish();
  }
  if (route->row->rpc != nullptr && route->row->rpc->is_persisted)
    return begin_persisted(call, *route);
  if (call.discards) return detach(call);
  if (call.deadline && limits.due == 0)
    limits.due = engine_->time().now() + time_left(*call.deadline).count();
  if (begin_here(call, *route, credit, limits)) return;
  auto const place = engine_->way()->fleet().where(kind_->group, shard_);
  if (last.epoch != place.epoch) last = {place.epoch};
  if (!place.address.empty()) return send(call, place.address, credit, limits, last);
  wait(call, credit, limits);
}

inline void log_discarded(log const& events, operation& ended) {
  auto const answer = store_answer(ended);
  if (answer.kind == store::answer_kind::result) return;
  // Of a declared error its name alone: it may hold what is secret.
  auto const said = answer.kind == store::answer_kind::declared_error
                        ? answer.payload.substr(0, answer.payload.find('\n'))
                        : answer.payload;
  events.warning("a discarded call of " + std::string(ended.route->full_name) + " ended in " +
                 said);
}

PANDO_INLINE void entity_channel::detach(operation& call) {
  auto* const made = new detached_call(call, shared_from_this());
  begin(*made, 0);
  auto const over = [made, events = engine_->context().events] {
    std::unique_ptr<detached_call> const keep(made);
    log_discarded(*events, *made);
  };
  if (made->is_done()) over();
  else made->wait()(over);
  call.finish();
}

PANDO_INLINE void entity_channel::begin_persisted(operation& call, served_route const& route) {
  if (auto* const keeper = engine_->persisted(); keeper != nullptr)
    return keeper->begin(call, *kind_, route, id_, shard_);
  call.set_failure(runner_unavailable(
      "calls of " + std::string(route.row->full_name) +
      " are persisted, and this app has no storage: serve it, with --store where they shall "
      "outlive it; nothing of the call has happened"));
  call.finish();
}

/// Gives whether the instance is here, and then the call is begun.
PANDO_INLINE bool entity_channel::begin_here(operation& call, served_route const& route,
                                             std::size_t credit, time_limits limits) {
  std::uint64_t epoch = 0;
  if (engine_->way() != nullptr) {
    epoch = engine_->leases()->enter(kind_->group, shard_);
    if (epoch == 0) return false;
  }
  auto* const made = new entity_call(call, *engine_, route);
  made->epoch = epoch;
  made->shard = shard_;
  made->ages = limits.due == 0 && !call.route->streams;
  made->limits = limits;
  if (limits.until != 0) // not 0, which says nothing
    made->limits.until = (std::max)(limits.until - now(), std::int64_t{1});
  if (limits.due != 0)
    made->end_after(std::chrono::milliseconds(limits.due - engine_->time().now()));
  if (credit != 0) made->grant(credit); // before it begins: nothing is pulled yet
  engine_->start(*made, *kind_, id_, hash_);
  return true;
}

// Waiting

/// When a call that waits is given up.
inline std::int64_t end_of(time_limits const& limits) noexcept {
  return limits.due != 0 ? (std::min)(limits.until, limits.due) : limits.until;
}

PANDO_INLINE void entity_channel::wait(operation& call, std::size_t credit, time_limits limits,
                                       std::string ignorant, refusal last) {
  auto const one = std::make_shared<waiting_call>(call, *this);
  one->credit = credit;
  one->try_again = [](std::shared_ptr<waiting_call> const& self) { self->via->try_again(self); };
  one->ignorant = std::move(ignorant);
  one->refused = last;
  auto const rest = last.times == 0 ? pause_before_asking_again : last.rest();
  one->not_before = now() + rest.count();
  set_stage(call, stage::waiting, one.get());
  if (limits.until == 0) limits.until = now() + longest_wait.count();
  if (limits.due == 0 && !call.route->streams)
    limits.due = now() + std::chrono::milliseconds(longest_call).count();
  one->limits = limits;
  auto const left = std::chrono::milliseconds((std::max)(end_of(limits) - now(), std::int64_t{0}));
  one->forget_timer = engine_->time().call_after(one->home, left, [one] {
    if (one->call != nullptr) one->via->give_up(*one);
  });
  engine_->way()->wait(one);
  if (engine_->has_left()) // meanwhile: nobody tells those that wait any more
    boost::asio::post(call.home, [one] {
      if (one->call != nullptr) one->try_again(one);
    });
}

PANDO_INLINE void entity_channel::give_up(waiting_call& one) {
  auto& call = one.release();
  call.tag = 0;
  auto const of = std::string(kind_->row.contract->controller) + " " + id_ + " (shard " +
                  std::to_string(shard_) + " of group " + std::string(kind_->row.options.group) +
                  ")";
  auto const ignorant = one.ignorant.empty()
                            ? std::string()
                            : "runner " + one.ignorant + ", which has entity " + of +
                                  ", does not know " + std::string(call.route->full_name);
  bool const is_late = one.limits.due != 0 && one.limits.due <= now();
  if (is_late && !call.deadline)
    call.set_failure(deadline_exceeded(std::string(longest_call_text)));
  else if (is_late)
    call.set_failure(deadline_exceeded(
        ignorant.empty() ? "no runner had the instance within the deadline"
                         : ignorant + ", and no other took it within the deadline"));
  else if (!ignorant.empty())
    call.set_failure(no_such_route(
        ignorant + ", and no other took it in time; nothing of the call has happened"));
  else
    call.set_failure(runner_unavailable("no runner has entity " + of +
                                        ", and none took it in time; nothing of the call has "
                                        "happened"));
  engine_->way()->forget(one); // which may be the last that knows it
  call.finish();
}

PANDO_INLINE void entity_channel::try_again(std::shared_ptr<waiting_call> const& one) {
  if (one->call == nullptr) return;
  if (end_of(one->limits) <= now()) return give_up(*one); // this process stood still meanwhile
  if (!engine_->has_left()) {
    auto const place = engine_->way()->fleet().where(kind_->group, shard_);
    bool const is_known = place.is_here || !place.address.empty();
    bool const was_asked = !place.is_here && (place.address == one->ignorant ||
                                              place.epoch == one->refused.epoch);
    if (!is_known || (was_asked && now() < one->not_before)) return; // it waits on
  }
  auto& call = one->release();
  engine_->way()->forget(*one);
  begin(call, one->credit, one->limits, one->refused);
}

// Elsewhere

PANDO_INLINE void entity_channel::send(operation& call, std::string const& address,
                                       std::size_t credit, time_limits limits, refusal last) {
  auto* const made = new forwarded(call, *this, *engine_);
  made->limits = limits;
  made->refused = last;
  made->sent = now();
  made->address = address;
  if (call.deadline)
    made->deadline =
        pando::detail::deadline_clock::now() + std::chrono::milliseconds(limits.due - now());
  made->instance = id_;
  made->credit = credit;
  set_stage(call, stage::elsewhere, made);
  try {
    made->to = engine_->way()->channel_to(address, call.home);
  } catch (...) {
    made->set_failure(std::current_exception());
    return sent_call_ended(*made);
  }
  made->carrier = made->to.get();
  if (call.route->streams)
    made->to->start_stream(*made);
  else
    made->to->start(*made);
  if (made->is_done()) return sent_call_ended(*made);
  if (credit != 0) made->to->grant(*made, credit);
  if (!call.deadline && !call.route->streams) made->age();
  made->wait()([this, made] { sent_call_ended(*made); });
}

/// What was provably not begun goes another way; anything else is the caller's.
PANDO_INLINE void entity_channel::sent_call_ended(forwarded& one) {
  std::unique_ptr<forwarded> const done(&one);
  auto* const call = one.original;
  if (call == nullptr) return;
  call->tag = 0;
  bool is_unbegun = false;
  bool is_unknown = false;
  if (one.failed && !one.has_items) {
    try {
      std::rethrow_exception(one.failed);
    } catch (runner_unavailable const&) {
      is_unbegun = true;
      // While it was over there, in a mailbox perhaps, it has not waited for a runner.
      if (one.limits.until != 0) one.limits.until += now() - one.sent;
    } catch (not_running const&) {
      is_unbegun = true;
    } catch (no_such_route const&) { // of an older or a newer build
      is_unknown = true;
    } catch (...) { // it is the caller's
    }
  }
  bool const is_again = (is_unbegun || is_unknown) && !engine_->has_left();
  if (is_again) one.limits.due = one.due();
  if (is_again && is_unbegun) {
    engine_->way()->look_again();
    ++one.refused.times;
    return wait(*call, one.credit, one.limits, {}, one.refused);
  }
  if (is_again)
    return wait(*call, one.credit, one.limits, std::move(one.address));
  call->failed = std::move(one.failed);
  call->error_index = one.error_index;
  call->error = std::exchange(one.error, nullptr);
  call->finish();
}

PANDO_INLINE void forwarded::end_then() {
  std::chrono::milliseconds const left(limits.due - engine_->time().now());
  forget_timer_ = engine_->time().call_after(home, left, [this, alive = life()] {
    if (!alive.expired() && original != nullptr) via->end_late(*this);
  });
}

PANDO_INLINE void forwarded::is_late() {
  boost::asio::post(home, [this, alive = life()] {
    if (!alive.expired() && original != nullptr) via->end_late(*this);
  });
}

PANDO_INLINE void entity_channel::end_late(forwarded& one) {
  auto& call = *std::exchange(one.original, nullptr);
  delete &one; // which cancels it there
  call.tag = 0;
  call.set_failure(deadline_exceeded(std::string(longest_call_text)));
  call.finish();
}

// What the caller does meanwhile

PANDO_INLINE void entity_channel::cancel(operation& call) {
  switch (stage_of(call)) {
  case stage::here:
    if (call.tag != 0) call_of(call).leave();
    break;
  case stage::waiting: {
    auto& one = part_of<waiting_call>(call);
    (void)one.release();
    engine_->way()->forget(one); // which may be the last that knows it
    break;
  }
  case stage::elsewhere: {
    auto& one = part_of<forwarded>(call);
    one.original = nullptr;
    delete &one; // which cancels it there
    break;
  }
  case stage::persisted: return engine_->persisted()->cancel(call);
  }
  call.set_failure(cancelled("the call was cancelled"));
  call.finish();
}

PANDO_INLINE void entity_channel::grant(stream_operation& call, std::size_t count) {
  if (call.is_done() || call.tag == 0) return;
  switch (stage_of(call)) {
  case stage::here:
    return call_of(call).grant(count);
  case stage::waiting:
    part_of<waiting_call>(call).credit += count;
    return;
  case stage::elsewhere: {
    auto& one = part_of<forwarded>(call);
    one.credit += count;
    one.to->grant(one, count);
    return;
  }
  case stage::persisted: return engine_->persisted()->grant(call, count);
  }
}

} // namespace pando::cluster::detail
