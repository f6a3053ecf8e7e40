// Persisted calls of this runner's shards: out of the storage or straight from a caller, carried
// out, and answered there as their owner.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>

#include <pando/cluster/detail/committer.hpp>
#include <pando/cluster/detail/owned_call.hpp>
#include <pando/cluster/detail/owned_streams.hpp>
#include <pando/cluster/detail/owned_table.hpp>
#include <pando/cluster/detail/stream_readers.hpp>
#include <pando/cluster/detail/taker.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/lease/table.hpp>

namespace pando::cluster::detail {

/// *Thread*: any, unless it says more. A template so that its coroutines are made where it is used,
/// see <pando/config.hpp>.
template <class Lazy>
class owned_calls final : public taker_user,
                          public stream_user,
                          public std::enable_shared_from_this<owned_calls<Lazy>> {
 public:
  owned_calls(entity_engine& engine, runner& fleet, std::shared_ptr<committer<Lazy>> to,
              std::vector<boost::asio::any_io_executor> own, markers_ptr<Lazy> held)
      : engine_(engine), fleet_(fleet), leases_(fleet.table()), committer_(std::move(to)),
        homes_(fleet, std::move(own)),
        taker_(std::make_shared<taker<Lazy>>(fleet, std::move(held))),
        streams_(std::make_shared<owned_streams<Lazy>>(fleet, committer_)) {}

  void tell(owned_listener others) { others_ = std::move(others); }

  // Callers of this program

  /// Carries it out here, if its shard is this runner's; the request is moved from. *Thread*: the
  /// caller's.
  bool run(std::shared_ptr<awaited_call> const& caller, void* request) {
    auto const epoch = leases_.enter(caller->kind->group, caller->what.shard);
    if (epoch == 0) return false;
    auto const made = call_from(caller, {fleet_.incarnation(), epoch}, homes_.near(caller->home));
    if (!enroll(made, caller)) {
      leases_.leave(made->group, made->what.shard);
      return true;
    }
    prepare<Lazy>(*made, take_request(*made->route->row, request), fleet_);
    if (made->what.key)
      find_first(made);
    else if (made->home == caller->home)
      launch(made);
    else
      go_home(made, &owned_calls::launch);
    return true;
  }

  /// A caller waits no longer: the call ends, unless others wait for it, or somebody has discarded
  /// it. See `owned_table::leave`. Gives whether the call is here.
  bool interrupt(std::uint64_t id, awaited_call const* by, bool is_awaited) {
    auto const found = running_.leave(id, by, is_awaited);
    if (found.is_over) go_home(found.call, &owned_calls::end_handler);
    return found.call != nullptr;
  }

  /// Whether it is here, and stored.
  bool has_stored(std::uint64_t id) const { return running_.has_stored(id); }
  /// With no name, of all kinds.
  std::size_t count(std::string_view entity) const { return running_.count(entity); }

  /// Told of what was stored by callers of this program; tells whether the next call has to be.
  stored_order& order() noexcept { return order_; }

  // Taking. *Thread*: the runner's.

  void start() {
    streams_->start(this->weak_from_this());
    taker_->start(this->weak_from_this());
  }
  void wake() { taker_->wake(); }
  task<void> stop() {
    auto const keep = this->shared_from_this();
    co_await taker_->stop();
  }

  // Streams

  owned_streams<Lazy>& streams() noexcept { return *streams_; }
  /// Somebody has read those before it. *Thread*: any.
  void acknowledged(std::uint64_t id, std::uint64_t before) {
    if (auto const found = running_.find_now(id)) streams_->acknowledged(found, before);
  }
  /// They go on elsewhere, and nobody has to wait for them.
  void suspend_streams(std::vector<store::shard_lease> const& all) {
    for (auto const& one : running_.streams_in(all)) streams_->suspend(one);
  }

 private:
  using step = void (owned_calls::*)(owned_ptr const&);

  void has_arrived(owned_call& one) {
    if (one.is_on_its_way.exchange(false)) order_.has_arrived(place_of(one));
  }
  void go_home(owned_ptr const& one, step then) {
    boost::asio::post(one->home,
                      [self = this->shared_from_this(), one, then] { (self.get()->*then)(one); });
  }
  /// False: one of its key runs already, which its caller waits for or is refused by.
  bool enroll(owned_ptr const& one, std::shared_ptr<awaited_call> const& caller) {
    auto const first = running_.enroll(one, caller);
    if (!first) return true;
    if (first->what.payload_hash == one->what.payload_hash) {
      bool const is_content = caller->discards && running_.is_stored(*first);
      if (is_content) awaited_call::end(caller, [](operation&) {});
      return false;
    }
    fleet_.counts().conflicts.add();
    awaited_call::end(caller, conflict_of(one->what));
    return false;
  }
  /// It is not known here any more. Gives those who wait for it, once.
  std::vector<std::shared_ptr<awaited_call>> dismiss(owned_ptr const& one) {
    std::vector<std::shared_ptr<awaited_call>> callers;
    {
      std::lock_guard const lock(mutex_);
      if (std::exchange(one->is_gone, true)) return {};
      callers.swap(one->callers);
      if (running_.forget(*one)) taker_->wake_from_anywhere();
    }
    if (one->streams()) streams_->forget(one->what.id);
    has_arrived(*one);
    if (one->rpc().has_transaction)
      go_home(one, &owned_calls::let_go);
    else
      leases_.leave(one->group, one->what.shard);
    return callers;
  }
  /// Its instance goes on: with a state made anew where what the handler did is not recorded.
  void let_go(owned_ptr const& one) {
    using enum handler_writes::end;
    if (one->now != nullptr) one->now->writes->settle(one->is_kept ? kept : lost, one->home);
    leases_.leave(one->group, one->what.shard);
  }

  // Carrying out

  /// Somebody may have called it by its key before.
  void find_first(owned_ptr const& one) {
    submit(one, store::message_operation::action::find, {}, [](auto& self, auto& it, commit& of) {
      switch (of.operation.outcome) {
      case store::storage_outcome::unknown:
        return self.go_home(it, &owned_calls::launch);
      case store::storage_outcome::conflict:
        return self.was_in_conflict(it, of.operation);
      default:
        break;
      }
      if (of.operation.found) return self.conclude(it, *of.operation.found);
      self.give_back(it); // it is stored, and waits to be taken
    });
  }

  void launch(owned_ptr const& one) {
    if (one->is_interrupted) return never_run(one);
    auto& what = one->what;
    if (one->was_taken && !one->is_again && taker_->is_putting_back(line_of(*one)))
      return give_back(one); // after the one before it
    auto const epoch = leases_.enter(one->group, what.shard);
    if (epoch != one->by.epoch) {
      if (epoch != 0) leases_.leave(one->group, what.shard);
      return give_back(one);
    }
    auto& now = *one->now;
    one->may_have_begun = true;
    engine_.start(call_of_run(*one, engine_), *one->kind, what.instance,
                  hash64(what.instance, one->kind->seed));
    has_arrived(*one);
    if (now.is_done()) return over(one);
    now.wait()([self = this->shared_from_this(), one] { self->over(one); });
    save(one);
  }

  void never_run(owned_ptr const& one) {
    store::answer end{one->what.id, store::answer_kind::interrupted, {}};
    if (running_.keeps_end(*one, end)) return;
    if (!running_.is_stored(*one)) return give_back(one); // somebody may have joined it since
    record(one, std::move(end));
  }

  void end_handler(owned_ptr const& one) override {
    one->is_interrupted = true;
    if (one->sent && one->sent->is_suspended) return;
    if (one->is_sending())
      return streams_->end(one, [self = this->shared_from_this(), one] {
        self->record(one, {one->what.id, store::answer_kind::interrupted, {}});
      });
    if (one->now == nullptr || one->now->is_done() || one->now->tag == 0) return;
    auto& now = *one->now;
    call_of(now).leave();
    now.tag = 0;
    now.set_failure(cancelled("the caller cancelled the call"));
    now.finish();
  }

  void over(owned_ptr const& one) {
    auto& now = *one->now;
    if (!now.marks.has_begun && !one->is_again) one->may_have_begun = false;
    if (one->sent && one->sent->is_suspended) return;
    if (!leases_.is_in(one->group, one->what.shard, one->by.epoch))
      return one->sent ? streams_->stop(one) : give_back(one);
    if (one->sent && one->sent->unencodable)
      now.set_failure(std::exchange(one->sent->unencodable, nullptr));
    switch (end_of_run(*one)) {
    case run_end::not_admitted:
      return give_back(one);
    case run_end::no_thread:
      return give_back(one, given_back::lacks_thread);
    case run_end::defect:
      ++one->defects;
      [[fallthrough]];
    case run_end::cut_off:
      return run_again(one);
    case run_end::answered:
      break;
    }
    auto end = end_of(*one);
    {
      std::lock_guard const lock(mutex_);
      if (one->saved == owned_call::saving::under_way) {
        if (!save_with(one, end)) one->end = std::make_unique<store::answer>(std::move(end));
        return;
      }
    }
    streams_->when_sent(one,
                        [self = this->shared_from_this(), one, end] { self->record(one, end); });
  }
  /// Nothing of this run is recorded but the items of a stream.
  void run_again(owned_ptr const& one) {
    one->is_again = true;
    if (one->now->writes) one->now->writes->settle(handler_writes::end::lost, one->home);
    streams_->when_sent(one, [self = this->shared_from_this(), one] { self->begin(one); });
  }
  void chunk_stored(store::chunk const& one) override { others_.chunk(one); }
  /// What the handler wrote cannot be written: nothing of the call is stored.
  void was_refused(owned_ptr const& one) {
    one->now->writes->settle(handler_writes::end::refused, one->home);
    one->with = {};
    if (one->defects++ < one->rpc().retries) return run_again(one);
    fail(one, "what the handler wrote cannot be stored: " + one->refused);
  }
  /// From outside the attempt that is over, if there was one.
  void begin(owned_ptr const& one) {
    if (one->streams() && !one->sent) return streams_->begin(one);
    boost::asio::post(one->home, [self = this->shared_from_this(), one] { self->run(one); });
  }
  void run(owned_ptr const& one) override {
    if (make_attempt(one)) launch(one);
  }
  /// False: its request cannot be read, which is its answer.
  bool make_attempt(owned_ptr const& one) {
    auto const& row = *one->route->row;
    erased_value asked(row.request);
    auto why = read_request(row, one->what.payload, asked.get());
    prepare<Lazy>(*one, std::move(asked), fleet_);
    if (why.empty() && one->sent) why = streams_->prepare(one);
    if (why.empty()) return true;
    fleet_.counts().unreadable.add();
    fail(one, "the stored request cannot be read by this version of the program: " + why,
         store::answer_kind::unreadable);
    return false;
  }
  void fail(owned_ptr const& one, std::string const& why,
            store::answer_kind how = store::answer_kind::failure) {
    engine_.context().events->error(std::string(one->route->row->full_name) + ", call " +
                                    std::to_string(one->what.id) + ": " + why);
    record(one, defect_of(*one, why, how));
  }

  // Storing

  using outcome_step = void (*)(owned_calls&, owned_ptr const&, commit&);
  void submit(owned_ptr const& one, store::message_operation::action what, store::answer end,
              outcome_step then) {
    auto work = std::make_unique<commit>();
    work->operation = operation_of(*one, what, std::move(end));
    work->until = leases_.now() + fleet_.options().lease.count();
    work->done = then_of(one, then);
    if (what == store::message_operation::action::save) {
      std::lock_guard const lock(mutex_);
      one->saving = work.get();
    }
    committer_->submit(std::move(work));
  }
  std::function<void(commit&)> then_of(owned_ptr const& one, outcome_step then) {
    return [self = this->shared_from_this(), one, then](commit& of) {
      if (!of.failure) return then(*self, one, of);
      self->give_back(one);
    };
  }
  /// The handler was done before the request was on its way: both are one operation. With the lock.
  bool save_with(owned_ptr const& one, store::answer const& end) {
    if (one->saving == nullptr) return false;
    auto then = then_of(one, &owned_calls::was_recorded);
    bool const is_in_time = committer_->revise(*one->saving, [&](commit& of) {
      of.operation.what_to_do = store::message_operation::action::save_answered;
      of.operation.end = end;
      of.operation.with = one->with;
      of.done.swap(then);
    });
    if (is_in_time) one->saving = nullptr;
    if (is_in_time) one->saved = owned_call::saving::no;
    return is_in_time;
  }

  /// Beside the handler, which goes on.
  void save(owned_ptr const& one) {
    {
      std::lock_guard const lock(mutex_);
      if (one->was_taken || one->saved != owned_call::saving::no || one->is_gone) return;
      one->saved = owned_call::saving::under_way;
      one->may_be_saved = true;
    }
    submit(one, store::message_operation::action::save, {}, &owned_calls::was_saved);
  }
  static void was_saved(owned_calls& self, owned_ptr const& one, commit& of) {
    auto const& operation = of.operation;
    using enum store::storage_outcome;
    if (operation.outcome == stored) self.fleet_.counts().stored.add();
    bool is_gone = false;
    {
      std::lock_guard const lock(self.mutex_);
      one->saving = nullptr;
      is_gone = one->is_gone;
    }
    if (is_gone) return self.give_back(one); // again: it was not there yet to be put back
    bool const is_ours = operation.outcome == stored ||
                         (operation.outcome == duplicate && operation.found_id == one->what.id);
    if (!is_ours) {
      if (operation.outcome == conflict) return self.was_in_conflict(one, operation);
      if (operation.outcome == duplicate && operation.found)
        return self.conclude(one, *operation.found);
      return self.give_back(one);
    }
    std::unique_ptr<store::answer> end;
    std::vector<std::shared_ptr<awaited_call>> content;
    {
      std::lock_guard const lock(self.mutex_);
      one->saved = owned_call::saving::yes;
      end = std::move(one->end);
      content = take_discarding(*one);
    }
    for (auto const& caller : content) awaited_call::end(caller, [](pando::operation&) {});
    if (end) self.record(one, std::move(*end));
  }

  void record(owned_ptr const& one, store::answer end) {
    using enum store::message_operation::action;
    if (one->sent) end.payload.insert(0, std::to_string(one->sent->chunks()) + '\n');
    submit(one, running_.is_stored(*one) ? answer : save_answered, std::move(end),
           &owned_calls::was_recorded);
  }
  static void was_recorded(owned_calls& self, owned_ptr const& one, commit& of) {
    auto& operation = of.operation;
    switch (operation.outcome) {
    case store::storage_outcome::stored:
      note_answer(*one, self.fleet_.counts());
      one->is_kept = operation.end.kind != store::answer_kind::interrupted;
      if (operation.what_to_do == store::message_operation::action::save_answered)
        self.fleet_.counts().stored.add();
      if (operation.found_id != 0 && operation.found_id != one->what.id) // stored before
        self.others_.answered({operation.found_id, operation.end.kind, operation.end.payload});
      return self.conclude(one, operation.end);
    case store::storage_outcome::answered:
    case store::storage_outcome::duplicate:
      if (operation.found) return self.conclude(one, *operation.found);
      return self.give_back(one);
    case store::storage_outcome::conflict:
      return self.was_in_conflict(one, operation);
    case store::storage_outcome::refused:
      one->refused = std::move(operation.why);
      return self.go_home(one, &owned_calls::was_refused);
    default:
      return self.give_back(one);
    }
  }
  /// Another request of its key was there before; or another's message has its number, and then its
  /// caller stores it under a new one.
  void was_in_conflict(owned_ptr const& one, store::message_operation const& operation) {
    if (one->what.key && operation.found_id != one->what.id) {
      fleet_.counts().conflicts.add();
      for (auto const& each : dismiss(one)) awaited_call::end(each, conflict_of(one->what));
      return;
    }
    give_back(one, given_back::is_of_another);
  }

  // Ends

  void conclude(owned_ptr const& one, store::answer end) {
    auto const callers = dismiss(one);
    end.id = one->what.id;
    auto const shared = std::make_shared<store::answer const>(std::move(end));
    for (auto const& caller : callers) end_with(caller, shared);
    others_.answered(*shared);
  }
  /// It goes on another way: whoever waits for it does so in the storage, where it is to be taken
  /// again, by whoever owns it then; or nothing of it is there, for its number is another's.
  void give_back(owned_ptr const& one) override { give_back(one, given_back::as_it_is); }
  void give_back(owned_ptr const& one, given_back how) {
    bool may_be_stored = false;
    {
      std::lock_guard const lock(mutex_);
      one->saving = nullptr;
      may_be_stored = how != given_back::is_of_another && (one->was_taken || one->may_be_saved);
    }
    if (may_be_stored) order_.was_stored(place_of(*one));
    auto const callers = dismiss(one);
    hand_back(*one, callers, may_be_stored, others_);
    if (!may_be_stored) return;
    taker_->put_back(one->what.id, line_of(*one), how == given_back::lacks_thread);
  }

  // Taking

  std::size_t room() const override { return running_.room(); }
  std::vector<std::uint64_t> running() const override { return running_.ids(); }
  std::uint64_t now_stored() const override { return order_.now_stored(); }
  void caught_up(std::vector<store::shard_lease> const& held, std::uint64_t stored) override {
    if (!order_.is_any_behind()) return;
    for (auto const& one : held)
      order_.caught_up(stored_order::place_of(leases_.group_of(one.group), one.shard), stored);
  }
  void look() override {
    for (auto const id : readers_.without(running_)) interrupt(id, nullptr, false);
    unserved_.tell(leases_.now(), fleet_.events());
    others_.look();
  }
  void accept(store::taken_message&& taken) override {
    auto const id = taken.what.id;
    bool const is_known = running_.has(id);
    if (!taken.is_taken_before) fleet_.counts().taken.add();
    if (is_known || taken.is_taken_before) {
      if (taken.is_interrupted) interrupt(id, nullptr, false);
      return;
    }
    auto const made = taken_call(std::move(taken.what), engine_, leases_);
    if (made->kind == nullptr) return unserved_.note(made->what);
    auto const line = line_of(*made);
    auto const epoch = leases_.enter(made->group, made->what.shard);
    if (epoch == 0 || taker_->is_putting_back(line)) { // for the next owner, or for this one again
      if (epoch != 0) leases_.leave(made->group, made->what.shard);
      order_.was_stored(place_of(*made));
      return taker_->put_back(id, line);
    }
    made->by = {fleet_.incarnation(), epoch};
    made->home = homes_.of(made->what.instance);
    made->is_on_its_way = true;
    order_.was_taken(place_of(*made));
    running_.enroll_taken(made);
    if (taken.is_interrupted && running_.can_be_interrupted(*made))
      return record(made, {id, store::answer_kind::interrupted, {}});
    begin(made);
  }

  entity_engine& engine_;
  runner& fleet_;
  lease::table& leases_;
  std::shared_ptr<committer<Lazy>> committer_;
  call_homes const homes_;
  std::shared_ptr<taker<Lazy>> taker_;
  std::shared_ptr<owned_streams<Lazy>> streams_;
  owned_listener others_{};

  owned_table running_;
  std::mutex& mutex_ = running_.mutex(); ///< also of what changes of a call that is known here
  stored_order order_;

  // The runner's thread.
  unserved_calls unserved_;
  stream_readers readers_{fleet_};
};

} // namespace pando::cluster::detail
