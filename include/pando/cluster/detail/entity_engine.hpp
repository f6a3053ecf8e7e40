// Instances, their mailboxes and their idle lists: what `entity_host` is made of.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>


#include <pando/cluster/detail/default_deadline.hpp>
#include <pando/cluster/detail/handler_writes.hpp>
#include <pando/cluster/detail/held_resource.hpp>
#include <pando/cluster/detail/resumed_context.hpp>
#include <pando/cluster/entity_host.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/handler/invoke.hpp>
#include <pando/lease/table.hpp>
#include <pando/runtime/operation_call.hpp>
#include <pando/runtime/recycled.hpp>
#include <pando/store/transaction.hpp>

namespace pando::cluster::detail {

class entity_call;
class persistence;
class instance_site;
class router;
struct stripe;
struct hosted_kind;

/// One live instance. Its state lies behind it. Guarded by its stripe's lock, but for the context
/// and the state, which are the running handlers'.
struct instance {
  instance(pando::detail::kind_place const& kind, std::string_view id) : about(kind, id) {}

  entity_context about;
  std::uint64_t hash = 0;
  std::uint64_t epoch = 0; ///< in which its shard was this runner's when it was made
  stripe* home = nullptr;
  entity_call* runs = nullptr;  ///< the last one that was admitted of those that have not ended
  entity_call* first = nullptr; ///< of those that wait
  entity_call* last = nullptr;
  instance* older = nullptr; ///< idle for longer
  instance* newer = nullptr;
  std::int64_t since = 0;       ///< idle, when it is
  std::int64_t rests_until = 0; ///< after defects
  std::uint32_t shard = 0;
  std::uint32_t waiting = 0;
  std::uint32_t running = 0; ///< handlers, and whoever makes or ends the state
  std::uint8_t defects = 0;  ///< one after the other
  bool is_made = false;      ///< running handlers look at it without the lock
  bool is_idle = false;      ///< in the idle list
  bool is_making : 1 = false; ///< or ending: calls wait
  bool is_spoilt : 1 = false; ///< by a defect: to be made anew
  bool is_orphan : 1 = false; ///< of an epoch that is over: in no table any more
};

/// Why a call that runs on an instance is not to go on.
enum class cut : std::uint8_t { none, broken, given_away };

/// An instance by its id, for lookup.
struct instance_key {
  std::uint64_t hash;
  std::string_view id;
};
struct instance_hash {
  using is_transparent = void;
  std::size_t operator()(instance const* one) const noexcept { return one->hash; }
  std::size_t operator()(instance_key const& key) const noexcept { return key.hash; }
};
struct instance_equal {
  using is_transparent = void;
  bool operator()(instance const* a, instance const* b) const noexcept { return a == b; }
  bool operator()(instance_key const& key, instance const* one) const noexcept {
    return key.hash == one->hash && key.id == one->about.id();
  }
  bool operator()(instance const* one, instance_key const& key) const noexcept {
    return (*this)(key, one);
  }
};

/// What was counted of a stripe's instances, under its lock.
struct alignas(64) stripe_counts {
  struct alignas(64) outcomes : std::array<std::uint64_t, call_outcome_names.size()> {};

  explicit stripe_counts(std::size_t rpcs) : ended(rpcs) {}
  void add(std::size_t rpc, call_outcome how) noexcept {
    ++ended[rpc][static_cast<std::size_t>(how)];
  }

  std::vector<outcomes> ended; ///< calls, by the place of their rpc
  aging_calls aging; ///< those with the default deadline
  std::uint32_t waiting = 0;
  std::uint32_t failing = 0;
  std::uint64_t activations = 0;
  std::uint64_t passivations = 0;
  std::uint64_t defects = 0;
};

/// A part of a kind's instances, under one lock. Two cache lines: what threads share they wait for.
struct alignas(64) stripe {
  stripe() = default;
  ~stripe() { delete counts.load(std::memory_order_relaxed); }
  /// Once it has had an instance. Under the lock.
  stripe_counts& counted() noexcept { return *counts.load(std::memory_order_relaxed); }
  /// Without the lock: whether there is anything to look for.
  bool was_used() const noexcept { return counts.load(std::memory_order_acquire) != nullptr; }

  std::mutex mutex;
  hosted_kind* kind = nullptr;
  std::unordered_set<instance*, instance_hash, instance_equal> all;
  instance* oldest = nullptr;
  instance* newest = nullptr;
  std::atomic<stripe_counts*> counts{nullptr}; ///< made with the first instance
};

struct hosted_kind : pando::detail::kind_place {
  explicit hosted_kind(entity_kind&& of) : row(std::move(of)) {
    name = row.contract->controller;
    group_name = row.options.group;
    for (auto& one : stripes) one.kind = this;
  }
  /// So many that threads with entities of their own seldom meet: half a megabyte. (On two threads
  /// with 500 entities each 64 gave 0.8 times the calls of one, 1024 1.2 times, these 1.5 times.)
  static constexpr int stripe_bits = 12;

  entity_kind row;
  std::uint64_t seed = 0;
  std::size_t group = 0; ///< of the leases' groups
  /// The rows that clients call by, which are no copies, and what they lead to.
  std::vector<std::pair<route_row const*, served_route const*>> routes;
  std::vector<std::unique_ptr<persisted_times>> times; ///< of each route; null: not persisted
  std::array<stripe, std::size_t{1} << stripe_bits> stripes;

  persisted_times* times_of(served_route const& route) const noexcept {
    for (std::size_t at = 0; at < routes.size(); ++at)
      if (routes[at].second == &route) return times[at].get();
    return nullptr;
  }
  stripe& stripe_of(std::uint64_t hash) noexcept { return stripes[hash >> (64 - stripe_bits)]; }
  /// Where the state of an instance lies, behind it.
  std::size_t state_offset() const noexcept {
    auto const align = row.life.align;
    return (sizeof(instance) + align - 1) / align * align;
  }
  void* state_of(instance& one) const noexcept {
    return reinterpret_cast<char*>(&one) + state_offset();
  }
};

class entity_engine {
 public:
  entity_engine(door_context const& context, millisecond_clock clock);
  ~entity_engine();

  hosted_kind& add(entity_kind&& kind);
  hosted_kind* find(contract_row const& contract) noexcept;
  std::deque<hosted_kind>& kinds() noexcept { return kinds_; }
  door_context const& context() const noexcept { return *context_; }

  /// From now on instances belong to shards, and calls say in which epoch they entered theirs.
  using beginner = std::function<void(operation&, std::size_t credit, time_limits)>;
  void use(router& way, lease::table& leases, beginner again) {
    way_ = &way;
    leases_ = &leases;
    again_ = std::move(again);
    is_early_ = has_left_ = false;
  }
  /// Its fleet goes on without it: nothing is called any more.
  void leave_fleet() noexcept { has_left_ = true; }
  /// It is to be part of a fleet: nothing is called before it is.
  void stand_by(bool is) noexcept {
    if (is || is_early_) has_left_ = is || way_ != nullptr; // of a fleet before
    is_early_ = is;
  }
  bool is_early() const noexcept { return is_early_; }
  bool has_left() const noexcept { return has_left_; }
  /// Everything is here again. Calls that entered shards still leave them in the old table.
  void be_alone() noexcept {
    way_ = nullptr;
    persisted_ = nullptr;
    is_early_ = has_left_ = false;
  }
  /// Null: everything is here.
  router* way() const noexcept { return way_; }
  lease::table* leases() const noexcept { return leases_; }
  /// Null: there is no storage for calls.
  persistence* persisted() const noexcept { return persisted_; }
  void persist_by(persistence* keeper) noexcept { persisted_ = keeper; }
  /// Passivates whatever is in these shards. What is in use has had its time: calls that wait go
  /// elsewhere, volatile handlers are cut off and have a moment to end in.
  PANDO_LAZY task<void> leave(std::vector<store::shard_lease> const& all);
  /// A call that has not begun, whose shard was lost meanwhile, finds its way anew.
  void start_again(operation& call, std::size_t credit, time_limits left) const {
    again_(call, credit, left);
  }

  /// Runs the call, or lets it wait, or ends it in `mailbox_full`.
  void start(entity_call& call, hosted_kind& kind, std::string_view id, std::uint64_t hash);
  /// A handler has ended, on that executor. Gives who was admitted to run next, or null.
  entity_call* ended(instance& at, call_ending const& how, boost::asio::any_io_executor const& on,
                     entity_call* of = nullptr);
  /// Its handler has ended, and the instance does not go on yet.
  void hold_up(entity_call& by);
  /// Takes a call that waits out of its mailbox; false: it has been admitted.
  bool withdraw(entity_call& call);
  /// A call that was admitted and has not begun waits for a state that is made anew.
  void wait_again(entity_call& call);
  /// Runs a call that was admitted: from here when `on` is its executor too, else posted there.
  void hand_over(entity_call& next, boost::asio::any_io_executor const& on);

  /// What deadlines of its calls go by: the fleet's time, or real time.
  lease::time_source const& time() const noexcept {
    if (time_ != nullptr) return *time_;
    return way_ != nullptr ? leases_->time() : lease::boot_time();
  }
  /// For calls that set no deadline.
  second_hand& seconds() noexcept { return *seconds_; }
  /// A call with the default deadline is at another runner, or has been.
  void was_sent(aging_call& one);
  /// When such a call is late, by the fleet's time.
  std::int64_t end_of_default(aging_call const& one) const noexcept;
  void sent_call_is_over(aging_call& one);

  /// What its instances hold outside is looked at by each sweep.
  void watch(std::weak_ptr<held_resource> one);
  void look_at_resources(boost::asio::any_io_executor const& on);
  /// Nothing is held any more by an instance that may have been kept for that alone.
  void let_rest(hosted_kind& kind, std::string_view id, std::uint64_t hash);
  /// From now on its instances rest, and are idle, by that time.
  void go_by(lease::time_source const& time) noexcept { time_ = &time; }
  std::int64_t now() const { return time_ != nullptr ? time_->now() : clock_(); }

  /// Passivates what is idle for too long; with `all`, whatever nobody uses now.
  PANDO_LAZY task<void> sweep(bool all);
  entity_host::counts count();
  std::vector<kind_counts> count_kinds();

 private:
  bool end_late_calls(std::uint32_t now);
  void admit(entity_call& call, instance& at, std::unique_lock<std::mutex> lock);
  entity_call* admit_next(instance& at);
  entity_call* go_on(instance& at, std::int64_t now, std::unique_lock<std::mutex>& lock);
  void cut_off(instance& at, cut why);
  void turn_away(instance& at);
  void run(entity_call& next);
  void make_then_run(entity_call& call);
  void made(entity_call& call, std::exception_ptr error);
  void rest_then_make(entity_call& call, std::chrono::milliseconds rest);
  void drop_state(instance& at, std::unique_lock<std::mutex>& lock);
  void rest(instance& at, std::int64_t now);
  void take_idle(stripe& from, std::int64_t idle_since, std::size_t most,
                 std::vector<instance*>& taken);
  void take_unused(stripe& from, std::vector<instance*>& taken);
  void take(instance& one, std::vector<instance*>& taken);
  bool take_leaving(hosted_kind& kind, std::vector<store::shard_lease> const& all,
                    std::vector<instance*>& taken);
  void passivate(instance& one, boost::asio::any_io_executor const& on,
                 std::function<void()> then = {});
  void end_state(instance& one);
  void forget(instance& one);
  void inherit(entity_call& call, instance& old, instance& heir, std::unique_lock<std::mutex> lock);
  void destroy(instance& one);
  bool is_in_epoch(instance const& one) const noexcept;
  PANDO_LAZY task<void> passivate_all(std::vector<instance*> const& taken);

  door_context const* context_;
  router* way_ = nullptr;
  persistence* persisted_ = nullptr;
  std::atomic<bool> has_left_{false};
  std::atomic<bool> is_early_{false}; ///< then it has left, too
  lease::table* leases_ = nullptr; ///< of the last fleet that it was part of
  beginner again_{};
  millisecond_clock clock_;
  lease::time_source const* time_ = nullptr; ///< instead of the clock
  std::mutex resources_mutex_;
  std::vector<std::weak_ptr<held_resource>> resources_{}; ///< those that are kept
  std::deque<hosted_kind> kinds_;
  std::mutex sent_mutex_;
  aging_calls sent_{}; ///< at other runners
  std::shared_ptr<second_hand> seconds_;
};

/// A call that does nothing but to activate its instance, and to have it acquire a resource that it
/// held elsewhere. Its request and its result are nothing.
struct waking final : operation {
  waking(route_row const& any, std::string name)
      : operation(any, nullptr, nullptr), resource(std::move(name)) {}
  ~waking() { end(); }
  std::string resource;
  bool is_over = false;  ///< the instance was there
  bool is_known = false; ///< its state has such a resource
};

/// What becomes of a call, for whoever carries it out.
struct run_marks {
  bool has_begun = false;   ///< something of the handler may have happened
  bool was_cut_off = false; ///< another call of its instance broke meanwhile: it is to run again
  bool got_no_thread = false; ///< it blocks, and has not begun: it is to run once there is one
};

/// One call of an instance, made by an operation of this program.
class entity_call final : public operation_call,
                          public aging_call,
                          public recycled<entity_call> {
 public:
  entity_call(operation& caller_side, entity_engine& engine, served_route const& route)
      : operation_call(caller_side, engine.context(), false), engine_(&engine), route_(&route) {}

  void* extra(void const* what) override {
    if (what == &pando::detail::state_of_call) return kind->state_of(*at);
    if (what == &pando::detail::context_of_call)
      return resumed == nullptr ? &at->about : &resumed->about(at->about);
    if (what == &store::detail::transaction_of_call) return &writes->all;
    return nullptr;
  }
  PANDO_INLINE void defect(route_row const& route, std::exception_ptr error) override;
  PANDO_INLINE void finished() override;
  PANDO_INLINE void leave() override;
  PANDO_INLINE void fail(failure const& why) override;
  PANDO_INLINE void is_late() override;
  PANDO_INLINE void got_no_thread() override;

  /// It ends after that time. Before it starts.
  PANDO_INLINE void end_after(std::chrono::milliseconds left);
  /// Runs the handler; it may be over, and this gone, when this returns.
  PANDO_INLINE void begin();
  /// Its shard was lost before anything of it has happened: it finds its way anew.
  PANDO_INLINE void begin_again();
  /// It is not to go on: its caller knows at once, and what its handler still says is ignored.
  /// *Thread*: any, under the lock of its instance.
  PANDO_INLINE void cut_off(cut why);
  bool is_cut_off() const noexcept { return cut_ != cut::none; }
  /// There is no state: answered with why.
  void could_not_begin(std::exception_ptr why) {
    is_defect_ = true;
    pando::detail::explain(*this, *route_->row, std::move(why));
  }

  std::uint64_t epoch = 0; ///< in which it entered its shard; 0: there are no shards
  std::uint32_t shard = 0;
  instance* at = nullptr;
  hosted_kind* kind = nullptr;
  stripe* within = nullptr;    ///< its instance is, or would be; null: it was not looked for yet
  entity_call* next = nullptr; ///< in a mailbox, or in a thread's list of what is to run
  entity_call* before = nullptr; ///< of those that run on its instance
  entity_call* after = nullptr;
  bool waits = false;          ///< in a mailbox
  bool makes = false;          ///< its instance's state, before its handler runs
  bool is_left = false;        ///< nobody is to be told of it, and its executor may be no more
  bool is_hosted = false;      ///< another runner sent it
  bool ages = false;           ///< it has the default deadline, from now on
  time_limits limits{};        ///< `until`: how much was left when it came here
  std::shared_ptr<handler_writes> writes{};   ///< of a call with a transaction
  std::shared_ptr<resumed_context> resumed{}; ///< of a persisted stream
  waking* wakes = nullptr;       ///< it runs no handler
  run_marks* marks = nullptr;    ///< of a persisted call, until that has its answer

 private:
  ~entity_call() override {
    if (forget_timer_) forget_timer_();
  }
  PANDO_INLINE bool may_answer() override;
  PANDO_INLINE void begin_elsewhere();
  PANDO_INLINE void end_early();
  PANDO_INLINE outcome_unknown why_unknown() const;
  PANDO_INLINE time_limits limits_left() const;
  std::size_t place_of_rpc() const noexcept {
    return static_cast<std::size_t>(route_ - kind->row.handlers.all().data());
  }
  friend class entity_engine;

  entity_engine* engine_;
  served_route const* route_;
  std::function<void()> forget_timer_{}; ///< of a deadline that its caller has set
  bool is_defect_ = false;
  bool has_begun_ = false;
  bool begins_again_ = false; ///< its shard was lost before it began
  bool is_refused_ = false;   ///< it may not answer, and has said so
  bool comes_again_ = false;  ///< it got no thread, and waits for one
  std::atomic<cut> cut_{cut::none};
};

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/entity_call.ipp>
#include <pando/cluster/impl/entity_engine.ipp>
#include <pando/cluster/impl/entity_states.ipp>
#endif
