// One call of an instance: how it begins and ends, and how it is cut off.
#pragma once

#include <string>
#include <utility>

#include <boost/asio/post.hpp>

#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/handler/failure.hpp>

namespace pando::cluster::detail {

PANDO_INLINE void handler_writes::settle(end how, boost::asio::any_io_executor const& on) {
  if (std::exchange(is_settled_, true)) return;
  spoils_ = how != end::kept;
  if (at_ == nullptr) return;
  how_->spoils = how_->spoils || spoils_;
  how_->is_defect = how_->is_defect || how == end::refused;
  auto* const next = engine_->ended(*at_, *how_, on);
  if (next != nullptr) engine_->hand_over(*next, on);
}

PANDO_INLINE void entity_call::finished() {
  auto& engine = *engine_;
  auto const home = executor();
  auto* const done = release();
  bool const begins_again = begins_again_ && wakes == nullptr; // who sent that looks by itself
  entity_call* following = nullptr;
  if (at != nullptr) {
    bool const is_over = !begins_again && !comes_again_ && wakes == nullptr;
    call_ending how{place_of_rpc(), outcome(), is_defect_, is_over};
    if (ages) how.ages = this;
    bool const goes_on = !has_begun_ || writes == nullptr || writes->has_ended(engine, *at, how);
    if (goes_on)
      following = engine.ended(*at, how, home, this);
    else
      engine.hold_up(*this);
  }
  auto const granted = credit();
  auto const left = begins_again ? limits_left() : time_limits{};
  if (epoch != 0) engine.leases()->leave(kind->group, shard);
  delete this;
  if (done != nullptr && begins_again) engine.start_again(*done, granted, left);
  else if (done != nullptr) done->finish();
  if (following != nullptr) engine.hand_over(*following, home);
}

PANDO_INLINE void entity_call::leave() {
  if (!engine_->withdraw(*this)) return operation_call::leave();
  if (epoch != 0) engine_->leases()->leave(kind->group, shard);
  delete this;
}

PANDO_INLINE void entity_call::begin() {
  if (!is_wanted()) return finished();
  if (cut_ == cut::broken) return engine_->wait_again(*this);
  if (!is_cut_off() && (epoch == 0 || engine_->leases()->is_in(kind->group, shard, epoch))) {
    has_begun_ = true;
    if (wakes != nullptr) {
      auto const& outside = pando::detail::resources_of(at->about);
      wakes->is_known = outside && outside->wake(wakes->resource, executor());
      wakes->is_over = true;
      return finished();
    }
    if (marks != nullptr) marks->has_begun = true;
    return route_->entry_for("in-process")(route_->self, *this);
  }
  begin_again();
}

PANDO_INLINE void entity_call::begin_again() {
  begins_again_ = true;
  finished();
}

/// What says of a call that nothing of it has happened is never a handler's to say: the other side
/// would send it again.
PANDO_INLINE void entity_call::fail(failure const& why) {
  if (has_begun_ && is_cut_off()) {
    if (marks != nullptr && is_wanted()) marks->was_cut_off = true;
    return operation_call::fail(why_unknown());
  }
  bool const says_unbegun = why.code() == failure_code::runner_unavailable ||
                            why.code() == failure_code::not_running ||
                            why.code() == failure_code::no_such_route;
  if (!is_hosted || !has_begun_ || !says_unbegun) return operation_call::fail(why);
  operation_call::fail(outcome_unknown("the handler of " + std::string(route_->row->full_name) +
                                       " ended in: " + why.what()));
}

PANDO_INLINE void entity_call::got_no_thread() {
  has_begun_ = false;
  if (marks == nullptr || !is_wanted()) return;
  comes_again_ = true;
  marks->has_begun = false;
  marks->got_no_thread = true;
}

PANDO_INLINE void entity_call::defect(route_row const& route, std::exception_ptr error) {
  if (has_begun_ && cut_ == cut::broken) return fail(why_unknown()); // a defect of the other one's
  is_defect_ = true;
  operation_call::defect(route, std::move(error));
}

PANDO_INLINE bool entity_call::may_answer() {
  bool const may = !is_cut_off() &&
                   (epoch == 0 || engine_->leases()->is_in(kind->group, shard, epoch));
  if (!may && !std::exchange(is_refused_, true)) fail(why_unknown());
  return may;
}

PANDO_INLINE outcome_unknown entity_call::why_unknown() const {
  auto const entity = "entity " + std::string(at->about.kind()) + " " + std::string(at->about.id());
  auto const rpc = "the call of " + std::string(route_->row->name);
  std::string why;
  switch (cut_) {
  case cut::none:
    why = entity + " is another runner's since " + rpc + " began";
    break;
  case cut::broken:
    why = "another call of " + entity + " broke while " + rpc + " ran, and its state is made anew";
    break;
  case cut::given_away:
    why = entity + " is given away, and " + rpc + " took longer than its runner waits for that";
    break;
  }
  return outcome_unknown(why + "; whether it has had an effect is unknown");
}

// Cutting off

PANDO_INLINE void entity_call::cut_off(cut why) {
  if (is_cut_off()) return;
  cut_ = why;
  if (is_left) return;
  boost::asio::post(executor(), [this, alive = life()] {
    if (!alive.expired() && is_cut_off() && is_wanted()) end_early();
  });
}

/// One that has not begun is told of that when its turn comes; its caller need not wait for that
/// where it is to begin elsewhere.
PANDO_INLINE void entity_call::end_early() {
  if (!has_begun_) {
    if (cut_ == cut::given_away && wakes == nullptr) begin_elsewhere();
    return;
  }
  auto& caller_side = *release();
  caller_side.set_failure(why_unknown());
  if (marks != nullptr) marks->was_cut_off = true;
  ends_in(call_outcome::failed);
  operation_call::leave(); // this may be gone
  caller_side.finish();
}

PANDO_INLINE void entity_call::begin_elsewhere() {
  begins_again_ = true;
  auto const granted = credit();
  auto const left = limits_left();
  engine_->start_again(*release(), granted, left);
}

/// It goes on with the same deadline; while its instance was here it has not waited for a runner.
PANDO_INLINE time_limits entity_call::limits_left() const {
  auto left = limits;
  if (left.until != 0) left.until += engine_->time().now();
  if (ages) left.due = engine_->end_of_default(*this);
  return left;
}

} // namespace pando::cluster::detail
