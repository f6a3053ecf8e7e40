// Persisted calls of this program's callers: carried out here where the shard is, else stored, and
// waited for.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>

#include <pando/cluster/detail/owned_calls.hpp>
#include <pando/cluster/detail/persistence.hpp>
#include <pando/cluster/detail/received_streams.hpp>
#include <pando/cluster/detail/stored_text.hpp>
#include <pando/cluster/message_ids.hpp>
#include <pando/schema/unencodable.hpp>

namespace pando::cluster::detail {

/// How long a caller without a deadline waits for the answer of a stored call, from when it is due.
inline constexpr std::chrono::milliseconds longest_wait_for_answer{60'000};
/// No caller waits for longer until a call is due; clocks count nanoseconds of some 292 years.
inline constexpr std::chrono::hours longest_until_due{100 * 365 * 24};

/// A template so that its coroutines are made where it is used, see <pando/config.hpp>.
template <class Lazy>
class persisted_calls final : public persistence,
                              public std::enable_shared_from_this<persisted_calls<Lazy>> {
 public:
  persisted_calls(entity_engine& engine, runner& fleet,
                  std::vector<boost::asio::any_io_executor> own)
      : engine_(engine), fleet_(fleet), committer_(std::make_shared<committer<Lazy>>(fleet)),
        markers_(std::make_shared<resource_markers<Lazy>>(engine, fleet, committer_,
                                                          [this] { return new_id(); })),
        owned_(std::make_shared<owned_calls<Lazy>>(engine, fleet, committer_, std::move(own),
                                                   markers_)),
        streams_(std::make_shared<received_streams<Lazy>>(fleet, committer_)) {}
  ~persisted_calls() override { owned_->tell({}); }

  void begin(operation& call, hosted_kind& kind, served_route const& route,
             std::string const& instance, std::uint32_t shard) override {
    auto const one = std::make_shared<awaited_call>(call);
    one->kind = &kind;
    one->route = &route;
    one->discards = call.discards;
    if (route.row->streams) one->stream = std::make_shared<received_stream>();
    if (!is_started_) {
      call.set_failure(runner_unavailable("the app is not served yet, and calls of " +
                                          std::string(route.row->full_name) +
                                          " are persisted; nothing of the call has happened"));
      return call.finish();
    }
    try {
      describe(*one, call, instance, shard);
    } catch (unencodable const& error) {
      call.set_failure(
          invalid_request("the request cannot be stored: " + std::string(error.what())));
      return call.finish();
    }
    call.tag = reinterpret_cast<std::size_t>(one.get()) | persisted_tag;
    wait_until(one, call);
    // The storage tells when it is due.
    bool const waits = one->stream || one->what.deliver_at || has_stored(*one) ||
                       owned_->order().is_behind(place_of(*one));
    if (waits || !owned_->run(one, call.request)) keep(one);
  }

  void cancel(operation& call) override {
    auto const one = reinterpret_cast<awaited_call*>(call.tag & ~persisted_tag)->shared_from_this();
    (void)one->release();
    was_left(one);
    call.set_failure(cancelled("the call was cancelled"));
    call.finish();
  }
  void grant(stream_operation& call, std::size_t count) override {
    auto const one = reinterpret_cast<awaited_call*>(call.tag & ~persisted_tag)->shared_from_this();
    streams_->grant(one, count);
  }

  void woken(store::wake what) override {
    if (what == store::wake::messages) owned_->wake();
    if (what == store::wake::answers) look();
    if (what != store::wake::chunks) return;
    streams_->look();
    owned_->streams().look();
  }

  /// What was stored in an epoch that is over waits for the next one, which may be this runner's.
  void lost(std::vector<store::shard_lease> const& all) override {
    owned_->suspend_streams(all);
    for (auto const& one : all)
      owned_->order().was_stored(
          stored_order::place_of(fleet_.table().group_of(one.group), one.shard));
  }

  void leaving(std::vector<store::shard_lease> const& all) override {
    owned_->suspend_streams(all);
  }

  void start() override {
    auto const weak = this->weak_from_this();
    listen_to_streams();
    owned_listener here;
    here.answered = [weak](store::answer const& end) {
      if (auto const self = weak.lock()) self->answered(end);
    };
    here.not_here = [weak](std::shared_ptr<awaited_call> const& one) {
      if (auto const self = weak.lock()) self->keep(one);
    };
    here.unwanted = [weak](std::uint64_t id) {
      if (auto const self = weak.lock()) self->interrupt(id);
    };
    here.chunk = [streams = streams_](store::chunk const& part) { streams->arrived(part); };
    here.look = [weak] {
      auto const self = weak.lock();
      if (!self) return;
      self->look();
      self->streams_->look();
      self->owned_->streams().look_for_readers();
    };
    owned_->tell(std::move(here));
    owned_->start();
    is_started_ = true;
  }

  /// Streams have one reader each: those that are read here end.
  task<void> stop_reading() override {
    auto const left = streams_->take_all();
    auto const untold = std::make_shared<std::size_t>(0);
    for (auto const& [id, one] : left) {
      ++*untold;
      interrupt(id, [untold] { --*untold; });
      end_stopped(id, one);
    }
    while (*untold != 0) co_await lease::pause(fleet_.table().time(), std::chrono::milliseconds(2));
  }

  task<void> stop() override {
    auto const keep = this->shared_from_this();
    committer_->give_up();
    co_await owned_->stop();
    while (!committer_->is_idle() || is_looking_ || streams_->is_looking() ||
           owned_->streams().is_looking())
      co_await lease::pause(fleet_.table().time(), std::chrono::milliseconds(2));
    std::unordered_map<std::uint64_t, waiters> all;
    {
      std::lock_guard const lock(mutex_);
      all.swap(waiting_);
    }
    for (auto const& [id, one] : streams_->take_all()) all[id].all.push_back(one);
    for (auto const& [id, each] : all)
      for (auto const& one : each.all) end_stopped(id, one);
  }

  std::size_t owned(std::string_view entity) const override { return owned_->count(entity); }
  resource_records& resources() override { return *markers_; }

 private:
  struct waiters {
    std::vector<std::shared_ptr<awaited_call>> all{};
    bool is_discarded = false; ///< by this program, though it was stored for callers who wait
  };

  static void end_stopped(std::uint64_t id, std::shared_ptr<awaited_call> const& one) {
    awaited_call::end(one, [id, is_stream = bool(one->stream)](operation& call) {
      auto const text =
          "this program has stopped; the call is stored as number " + std::to_string(id) + ", and ";
      call.set_failure(outcome_unknown(
          text + (is_stream ? "ends, since nobody reads it" : "its fleet goes on")));
    });
  }

  void listen_to_streams() {
    auto const weak = this->weak_from_this();
    typename received_streams<Lazy>::listener here;
    here.acknowledged = [owned = owned_](std::uint64_t id, std::uint64_t before) {
      owned->acknowledged(id, before);
    };
    here.begun = [weak](std::shared_ptr<awaited_call> const& one) {
      if (auto const self = weak.lock()) self->forget(*one);
    };
    here.unreadable = [weak](std::shared_ptr<awaited_call> const& one) {
      if (auto const self = weak.lock()) self->was_left(one);
    };
    streams_->tell(std::move(here));
  }

  /// Its caller waits no longer, and knows nothing of it any more.
  void was_left(std::shared_ptr<awaited_call> const& one) {
    bool const ends = !one->route->row->rpc->is_uninterruptible && !one->discards;
    if (!ends) return;
    auto const id = id_of(*one);
    if (owned_->interrupt(id, one.get(), is_awaited_now(id))) return;
    std::lock_guard const lock(mutex_);
    one->is_interrupted = true;
    if (one->is_stored) interrupt_unless_awaited(one->what.id);
  }

  std::uint64_t id_of(awaited_call const& one) const {
    std::lock_guard const lock(mutex_);
    return one.what.id;
  }
  store::storage_time date() const { return fleet_.table().time().wall(); }
  std::uint64_t new_id() {
    auto const now = date().time_since_epoch().count();
    auto const life = fleet_.incarnation();
    return life != 0 ? ids_.next(now, fleet_.machine(), life) : ids_.next_of_nobody(now);
  }

  void describe(awaited_call& one, operation& call, std::string const& instance,
                std::uint32_t shard) {
    auto const& row = *one.route->row;
    auto& what = one.what;
    what.id = new_id();
    what.group = std::string(one.kind->row.options.group);
    what.shard = shard;
    what.entity = std::string(row.controller);
    what.instance = instance;
    what.rpc = std::string(row.name);
    what.payload = store_request(row, call.request);
    what.context =
        store_caller(call.behalf, call.discards, one.stream ? fleet_.incarnation() : 0);
    if (row.rpc->key != nullptr) {
      what.key = key_text(*row.rpc, call.request);
      what.payload_hash = hash64(what.payload);
    }
    if (row.rpc->due != nullptr) what.deliver_at = row.rpc->due(call.request);
  }

  /// Ends the wait at the call's deadline. The call goes on, unless it is a stream, which has a
  /// deadline only where its caller sets one.
  void wait_until(std::shared_ptr<awaited_call> const& one, operation& call) {
    auto left = longest_wait_for_answer;
    if (auto const due = one->what.deliver_at; due && *due > date())
      left += (std::min)(*due - date(), std::chrono::milliseconds(longest_until_due));
    bool const is_asked = call.deadline.has_value();
    if (is_asked) left = time_left(*call.deadline);
    one->until = fleet_.table().now() + left.count();
    if (one->stream && !is_asked) return;
    end_after(one, left, is_asked, !is_asked);
  }
  /// `waits_for_storing`: what cannot be stored says more of itself, soon after its time.
  void end_after(std::shared_ptr<awaited_call> const& one, std::chrono::milliseconds left,
                 bool is_asked, bool waits_for_storing) {
    one->forget_timer = fleet_.table().time().call_after(
        one->home, left, [self = this->shared_from_this(), one, is_asked, waits_for_storing] {
          if (!one->is_wanted()) return;
          if (waits_for_storing && !self->is_stored(*one))
            return self->end_after(one, std::chrono::seconds(5), is_asked, false);
          auto* const late = one->release();
          if (late == nullptr) return;
          if (one->stream) self->was_left(one);
          late->set_failure(deadline_exceeded(self->late_text(*one, is_asked)));
          late->finish();
        });
  }
  /// Also by this program as its owner.
  bool is_stored(awaited_call const& one) const {
    return one.is_stored || owned_->has_stored(id_of(one));
  }
  std::string late_text(awaited_call const& one, bool is_asked) const {
    if (one.stream) return "the stream has not ended within the deadline";
    std::string text = is_asked ? "no answer within the deadline"
                                : "no answer within 60 s, which is the deadline of a call that "
                                  "sets none (`within` sets another)";
    if (!is_stored(one)) return text;
    auto const at = fleet_.where(one.kind->group, one.what.shard);
    if (at.is_here || !at.address.empty()) return text + "; the call is stored, and goes on";
    return text + "; the call is stored, and waits: no runner serves group " + one.what.group +
           " now";
  }

  // Storing

  static std::uint64_t place_of(awaited_call const& one) noexcept {
    return std::uint64_t{one.kind->group} << 32 | one.what.shard;
  }
  /// What was stored by this program before comes first.
  bool has_stored(awaited_call const& one) const {
    std::lock_guard const lock(mutex_);
    return stored_.find(place_of(one)) != stored_.end();
  }
  /// With the lock.
  void uncount(awaited_call& one) {
    if (!std::exchange(one.is_counted, false)) return;
    auto const at = stored_.find(place_of(one));
    if (--at->second == 0) stored_.erase(at);
  }

  void keep(std::shared_ptr<awaited_call> const& one) {
    if (!one->what.deliver_at) {
      std::lock_guard const lock(mutex_);
      one->is_counted = true;
      ++stored_[place_of(*one)];
    }
    auto work = std::make_unique<commit>();
    work->operation.what_to_do = store::message_operation::action::save;
    work->operation.what = one->what;
    work->until = one->until;
    work->done = [self = this->shared_from_this(), one](commit& of) { self->was_kept(one, of); };
    committer_->submit(std::move(work));
  }

  void was_kept(std::shared_ptr<awaited_call> const& one, commit& of) {
    auto const& operation = of.operation;
    if (of.failure) {
      // It may be in the storage all the same, and then its caller's next call comes after it.
      if (of.may_have_happened && !one->what.deliver_at) owned_->order().was_stored(place_of(*one));
      forget(*one, of.may_have_happened);
      bool const has_begun = one->may_have_begun;
      bool const is_unknown = of.may_have_happened;
      std::string const text = of.failure->what();
      return awaited_call::end(one, [has_begun, is_unknown, text](pando::operation& call) {
        if (has_begun)
          call.set_failure(outcome_unknown("the call was begun, and neither it nor its end could "
                                           "be stored: " +
                                           text));
        else if (is_unknown)
          call.set_failure(outcome_unknown("whether the call is stored is unknown: " + text));
        else
          call.set_failure(runner_unavailable("the call could not be stored, and nothing of it has "
                                              "happened: " +
                                              text));
      });
    }
    bool const is_clash =
        operation.outcome == store::storage_outcome::conflict && operation.found_id == one->what.id;
    if (is_clash) { // another's message has this number
      {
        std::lock_guard const lock(mutex_);
        uncount(*one);
        one->what.id = new_id();
      }
      return keep(one);
    }
    if (operation.outcome == store::storage_outcome::conflict) {
      forget(*one);
      fleet_.counts().conflicts.add();
      return awaited_call::end(one, conflict_of(one->what));
    }
    bool const is_new = operation.outcome == store::storage_outcome::stored;
    if (is_new) fleet_.counts().stored.add();
    if (operation.found || one->discards) {
      if (!operation.found && !one->what.deliver_at) owned_->order().was_stored(place_of(*one));
      if (!operation.found && !is_new) discard(operation.found_id);
      forget(*one);
      store::answer const end = operation.found.value_or(store::answer{});
      if (one->stream) {
        streams_->add(one->what.id, one);
        (void)streams_->ended(end);
        return;
      }
      return end_with(one, std::make_shared<store::answer const>(end));
    }
    if (one->stream) streams_->add(one->what.id, one); // it has no key: none but itself was found
    {
      std::lock_guard const lock(mutex_);
      if (!is_new) one->what.id = operation.found_id;
      one->is_stored = true;
      waiting_[one->what.id].all.push_back(one);
      if (one->is_interrupted) interrupt_unless_awaited(one->what.id);
    }
    owned_->wake();
    if (!is_new) look(); // it may have been answered meanwhile
  }
  void forget(awaited_call& one, bool may_be_stored = false) {
    std::lock_guard const lock(mutex_);
    uncount(one);
    if (may_be_stored && one.is_interrupted) interrupt_unless_awaited(one.what.id);
  }

  /// With the lock. Whether callers of this program wait for it, or have discarded it.
  bool is_awaited(std::uint64_t id) const {
    auto const at = waiting_.find(id);
    if (at == waiting_.end()) return false;
    auto const& all = at->second.all;
    return at->second.is_discarded ||
           std::any_of(all.begin(), all.end(), [](auto const& one) { return one->is_wanted(); });
  }
  bool is_awaited_now(std::uint64_t id) const {
    std::lock_guard const lock(mutex_);
    return is_awaited(id);
  }
  /// With the lock.
  void interrupt_unless_awaited(std::uint64_t id) {
    if (!is_awaited(id)) interrupt(id);
  }
  /// A call that was stored for callers who wait: none of this program's ends it any more.
  void discard(std::uint64_t id) {
    std::lock_guard const lock(mutex_);
    waiting_[id].is_discarded = true;
  }
  void interrupt(
      std::uint64_t id, std::function<void()> then = [] {}) {
    auto work = std::make_unique<commit>();
    work->operation.what_to_do = store::message_operation::action::interrupt;
    work->operation.end.id = id;
    work->until = fleet_.table().now() + fleet_.options().lease.count();
    work->done = [owned = owned_, then = std::move(then)](commit&) {
      owned->wake();
      then();
    };
    committer_->submit(std::move(work));
  }

  // Answers

  void answered(store::answer const& end) {
    std::vector<std::shared_ptr<awaited_call>> all;
    {
      std::lock_guard const lock(mutex_);
      auto const at = waiting_.find(end.id);
      if (at == waiting_.end()) return;
      all.swap(at->second.all);
      waiting_.erase(at);
      for (auto const& one : all) uncount(*one);
    }
    if (streams_->ended(end)) return; // it has one caller
    auto const shared = std::make_shared<store::answer const>(end);
    for (auto const& one : all) end_with(one, shared);
  }

  void look() {
    is_due_ = true;
    if (is_looking_) return;
    {
      std::lock_guard const lock(mutex_);
      if (waiting_.empty()) return;
    }
    is_looking_ = true;
    boost::asio::co_spawn(fleet_.executor(), look_for_answers(this->shared_from_this()),
                          [self = this->shared_from_this()](std::exception_ptr const&) {
                            self->is_looking_ = false; // it is looked for again in a while
                          });
  }

  static task<void> look_for_answers(std::shared_ptr<persisted_calls> self) {
    while (std::exchange(self->is_due_, false)) {
      auto const ids = self->wanted();
      if (ids.empty()) co_return;
      timed asking(self->fleet_.counts(), storage_operation::answers);
      auto const found = co_await self->fleet_.storage().answers(ids);
      asking.gone_well();
      for (auto const& one : found) self->answered(one);
    }
  }

  /// Those whose callers have gone are forgotten.
  std::vector<std::uint64_t> wanted() {
    std::vector<std::uint64_t> ids;
    std::lock_guard const lock(mutex_);
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      std::erase_if(at->second.all, [this](auto const& one) {
        if (one->is_wanted()) return false;
        uncount(*one);
        return true;
      });
      if (at->second.all.empty() && !at->second.is_discarded) {
        at = waiting_.erase(at);
        continue;
      }
      ids.push_back(at->first);
      ++at;
    }
    return ids;
  }

  entity_engine& engine_;
  runner& fleet_;
  message_ids ids_;
  std::shared_ptr<committer<Lazy>> committer_;
  std::shared_ptr<resource_markers<Lazy>> markers_;
  std::shared_ptr<owned_calls<Lazy>> owned_;
  std::shared_ptr<received_streams<Lazy>> streams_;

  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, waiters> waiting_;
  std::unordered_map<std::uint64_t, std::size_t> stored_; ///< by shard, of this program's

  std::atomic<bool> is_started_{false};

  // The runner's thread.
  bool is_due_ = false;
  bool is_looking_ = false;
};

} // namespace pando::cluster::detail
