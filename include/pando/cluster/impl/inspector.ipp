// Rows about the fleet, out of what the host and the runner know, and the metrics of both.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/cluster/fleet_counts.hpp>
#include <pando/cluster/inspection.hpp>
#include <pando/cluster/inspector.hpp>
#include <pando/handler/call.hpp>
#include <pando/runtime/metrics.hpp>
#include <pando/schema/table.hpp>

namespace pando::cluster {

namespace detail {

/// One route of `inspection`, as its `self`.
struct inspected {
  enum class kind : std::uint8_t { status, runners, shards, entities, health };
  void* view = nullptr;
  route_row const* row = nullptr;
  kind what = kind::status;
};
struct inspection_request {
  shard_filter filter{};
  runner_mark mark{};
};

/// `up`, `down` or `silent`.
inline std::string_view state_of(store::runner_row const& one, runner_options const& options) {
  if (!one.is_healthy) return "down";
  return one.age < options.lease ? "up" : "silent";
}

inline store::runner_row const* find_runner(store::fleet_view const& fleet,
                                            std::uint64_t incarnation) {
  for (auto const& one : fleet.runners)
    if (one.incarnation == incarnation) return &one;
  return nullptr;
}

} // namespace detail

/// What it looks at. Calls that are under way keep it.
struct inspector::view : std::enable_shared_from_this<view> {
  explicit view(entity_host& of) : host(of) {}

  entity_host& host;
  std::array<detail::inspected, 5> routes{};
  mutable std::mutex mutex{}; ///< for `fleet`
  std::shared_ptr<runner> fleet{};
  std::atomic<std::int64_t> waiting{-1}; ///< stored calls, when they were last counted
  std::atomic<std::int64_t> counted_at{0}; ///< in milliseconds of the steady clock; 0: never

  std::shared_ptr<runner> fleet_now() const {
    std::lock_guard const lock(mutex);
    return fleet;
  }

  cluster_status status(runner* at, std::optional<store::message_counts> const& counted) const;
  static bool can_count(runner const& at);
  void of_fleet(cluster_status& to, runner& at) const;
  static std::string advice(cluster_status const& of, runner* at);
  static std::vector<runner_info> runners(runner* at);
  std::vector<shard_info> shards(runner* at, shard_filter const& wanted) const;
  std::vector<entity_info> entities(runner* at) const;
  void write_entities(metrics_writer& to) const;
  void write_fleet(metrics_writer& to, runner& at) const;
  void write_persisted(metrics_writer& to, runner& at) const;
  PANDO_LAZY void count_soon(std::shared_ptr<runner> const& at);
  PANDO_LAZY static task<void> count(std::shared_ptr<view> self, std::shared_ptr<runner> at);
};

// Rows

PANDO_INLINE void inspector::view::of_fleet(cluster_status& to, runner& at) const {
  auto const seen = at.fleet();
  auto const now = at.stands();
  auto const& groups = at.table().groups();
  to.role = at.options().address.empty() ? "client" : "runner";
  to.address = at.options().address;
  to.store = at.storage().describe();
  to.enlisted = now.is_enlisted;
  to.lease_left = now.lease_left;
  to.runners = seen.runners.size();
  for (auto const& one : seen.runners)
    to.runners_up += detail::state_of(one, at.options()) == "up";
  for (auto const& group : groups) to.shards += group.shards;
  at.table().for_each_held([&](std::size_t, std::uint32_t, std::uint64_t) { ++to.shards_held; });
  for (auto const mine : at.assigned()) to.shards_assigned += mine;
  std::uint64_t owned = 0;
  for (auto const& one : seen.owners) owned += at.table().group_of(one.group) != groups.size();
  to.shards_unowned = to.shards - (std::min)(owned, to.shards);
  to.messages_unreadable = at.counts().unreadable.value();
  if (now.trouble.empty()) return;
  to.trouble = now.trouble;
  to.trouble_for = now.in_trouble;
}

PANDO_INLINE std::string inspector::view::advice(cluster_status const& of, runner* at) {
  if (at == nullptr) return "nothing; serve --store lets other processes share the entities";
  if (of.trouble)
    return "look after the storage: this process goes on by itself when it answers";
  if (auto const why = at->why_not_ready(); !why.empty())
    return why + "; this process tries again by itself";
  if (of.runners_up == 0)
    return "start a runner, or mark one up (cluster health ADDRESS up): nobody takes shards";
  if (of.messages_unreadable != 0)
    return "look into the log for stored requests that this version cannot read";
  if (of.shards_unowned != 0) return "wait: shards without an owner are taken within a lease";
  return "nothing";
}

PANDO_INLINE cluster_status
inspector::view::status(runner* at, std::optional<store::message_counts> const& counted) const {
  cluster_status made;
  made.role = "alone";
  if (at != nullptr) of_fleet(made, *at);
  auto const all = host.count();
  made.instances = all.instances;
  made.calls_waiting = all.waiting;
  if (at != nullptr) made.persisted_running = host.count_persisted({});
  if (counted) {
    made.messages_waiting = counted->waiting;
    made.messages_answered = counted->answered;
  }
  made.advice = advice(made, at);
  return made;
}

PANDO_INLINE std::vector<runner_info> inspector::view::runners(runner* at) {
  std::vector<runner_info> all;
  if (at == nullptr) return all;
  auto const seen = at->fleet();
  auto const age = at->fleet_age();
  for (auto const& one : seen.runners) {
    auto& made = all.emplace_back();
    made.address = one.address;
    made.here = one.incarnation == at->incarnation();
    made.state = detail::state_of(one, at->options());
    for (auto const& shard : seen.owners) made.shards += shard.incarnation == one.incarnation;
    made.weight = one.weight;
    made.machine = one.machine;
    made.last_sign = one.age + age;
    made.uptime = one.uptime + age;
  }
  std::sort(all.begin(), all.end(),
            [](auto const& a, auto const& b) { return a.address < b.address; });
  return all;
}

PANDO_INLINE std::vector<shard_info> inspector::view::shards(runner* at,
                                                             shard_filter const& wanted) const {
  std::vector<shard_info> all;
  if (at == nullptr) return all;
  auto const& table = at->table();
  auto const seen = at->fleet();
  auto const age = at->fleet_age();
  auto const mine = at->stands().lease_left;
  for (std::size_t group = 0; group < table.groups().size(); ++group)
    for (std::uint32_t shard = 0; shard < table.groups()[group].shards; ++shard) {
      shard_info made;
      made.group = table.groups()[group].name;
      made.shard = shard;
      made.state = "unowned";
      made.busy = table.busy(group, shard);
      if (auto const epoch = table.held(group, shard); epoch != 0) {
        made.state = table.is_leaving(group, shard) ? "leaving" : "here";
        made.owner = at->options().address;
        made.epoch = epoch;
        made.lease_left = mine;
      }
      all.push_back(std::move(made));
    }
  for (auto const& one : seen.owners) {
    auto const found = std::find_if(all.begin(), all.end(), [&](shard_info const& each) {
      return each.shard == one.shard && each.group == one.group;
    });
    if (found == all.end() || found->owner || one.left <= age) continue;
    auto const* const owner = detail::find_runner(seen, one.incarnation);
    if (one.incarnation == at->incarnation()) continue; // it has just been given away
    found->state = "elsewhere";
    if (owner != nullptr) found->owner = owner->address;
    found->epoch = one.epoch;
    found->lease_left = one.left - age;
  }
  std::erase_if(all, [&](shard_info const& each) {
    return (wanted.group && *wanted.group != each.group) ||
           (wanted.owner && wanted.owner != each.owner) ||
           (wanted.state && wanted.state->get() != each.state);
  });
  return all;
}

PANDO_INLINE std::vector<entity_info> inspector::view::entities(runner* at) const {
  std::vector<entity_info> all;
  for (auto const& one : host.count_kinds()) {
    auto& made = all.emplace_back();
    made.entity = one.entity;
    made.group = one.group;
    made.instances = one.instances;
    made.waiting = one.waiting;
    made.failing = one.failing;
    made.defects = one.defects;
    made.activations = one.activations;
    made.passivations = one.passivations;
    if (at != nullptr) made.persisted_running = host.count_persisted(one.entity);
  }
  return all;
}

// Routes

namespace detail {

/// Why a runner cannot be marked; empty: it was. *Thread*: the fleet's.
PANDO_LAZY inline task<std::string> mark_runner(runner& at, runner_mark const& what) {
  bool const is_up = what.state.get() == "up";
  auto const alive = at.options().lease;
  bool const is_done = co_await at.storage().mark(what.address, is_up, alive);
  if (is_done) {
    at.look_soon();
    co_return std::string();
  }
  auto const seen = co_await at.storage().look(at.options().forget);
  for (auto const& one : seen.runners)
    if (one.address == what.address)
      co_return "runner " + what.address +
          " is the last that is up, and keeps its shards; start another, or mark one up, first";
  co_return "there is no runner at " + what.address + "; `cluster runners` lists them";
}

template <class Row>
void answer_with(call& which, Row value) {
  which.answer(&pando::detail::type_table<Row>, &value);
}

} // namespace detail

/// Whether the storage answers, so that nobody waits for it in vain.
PANDO_INLINE bool inspector::view::can_count(runner const& at) {
  auto const now = at.stands();
  return now.trouble.empty() && now.silent < at.options().lease;
}

/// Runs one route of `inspection`: what the runner's loop knows is read there.
PANDO_LAZY_BODY task<void> inspector::inspect(detail::inspected const* at, call* which,
                                              detail::inspection_request in) {
  using kind = detail::inspected::kind;
  // Back on the call's executor, whatever happens meanwhile.
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  auto const self = static_cast<view*>(at->view)->shared_from_this();
  auto const fleet = self->fleet_now();
  auto const home = which->executor();
  std::optional<store::message_counts> counted;
  cluster_status status;
  std::string refusal;
  std::string trouble;
  if (fleet) co_await call::move_to(fleet->executor());
  bool const is_there = fleet && fleet == self->fleet_now(); // it may have ended meanwhile
  try {
    if (is_there && at->what == kind::status && view::can_count(*fleet))
      counted = co_await fleet->storage().count();
    if (is_there && at->what == kind::health)
      refusal = co_await detail::mark_runner(*fleet, in.mark);
  } catch (std::exception const& error) {
    trouble = error.what();
  }
  if (at->what == kind::status) status = self->status(is_there ? fleet.get() : nullptr, counted);
  if (fleet) co_await call::move_to(home);
  auto* const seen = is_there ? fleet.get() : nullptr;
  if (at->what == kind::status) detail::answer_with(*which, std::move(status));
  else if (at->what == kind::runners) detail::answer_with(*which, view::runners(seen));
  else if (at->what == kind::shards) detail::answer_with(*which, self->shards(seen, in.filter));
  else if (at->what == kind::entities) detail::answer_with(*which, self->entities(seen));
  else if (seen == nullptr)
    which->fail(invalid_request("this app has no fleet: it is served without --store"));
  else if (!trouble.empty())
    which->fail(internal_failure("the runner is not marked: " + trouble));
  else if (!refusal.empty()) which->fail(invalid_request(refusal));
  else which->answer(nullptr, nullptr);
}

PANDO_LAZY_BODY void inspector::run(void const* self, call& which) {
  auto const& at = *static_cast<detail::inspected const*>(self);
  detail::inspection_request in;
  try {
    void* request = &in.filter;
    if (at.what == detail::inspected::kind::health) request = &in.mark;
    if (at.row->request != nullptr && !which.decode(*at.row->request, request))
      return which.finished();
    which.run(inspect(&at, &which, std::move(in)));
  } catch (...) {
    fail_with_current_exception(which, *at.row);
    which.finished();
  }
}

PANDO_INLINE inspector::inspector(entity_host& host) : view_(std::make_shared<view>(host)) {}
PANDO_INLINE inspector::~inspector() = default;

PANDO_LAZY_BODY void inspector::add_to(served_routes& routes) {
  auto const& contract = contract_table<inspection>;
  routes.add(contract);
  for (std::size_t i = 0; i < view_->routes.size(); ++i) {
    auto& made = view_->routes[i];
    made = {view_.get(), &contract.routes[i], static_cast<detail::inspected::kind>(i)};
    route_entry const entry = &inspector::run;
    routes.add({made.row, entry, &made});
  }
}

PANDO_INLINE void inspector::looks_at(std::shared_ptr<runner> fleet) {
  std::lock_guard const lock(view_->mutex);
  view_->fleet = std::move(fleet);
}

PANDO_INLINE std::string inspector::why_not_ready() const {
  auto const fleet = view_->fleet_now();
  return fleet ? fleet->why_not_ready() : std::string();
}

// Metrics

PANDO_INLINE void inspector::view::write_entities(metrics_writer& to) const {
  using enum metric_kind;
  auto const all = host.count_kinds();
  auto const each = [&](std::string_view name, metric_kind kind, std::string_view help,
                        std::uint64_t kind_counts::*what) {
    to.family(name, kind, help);
    for (auto const& one : all) to.label("entity", one.entity).value(one.*what);
  };
  each("pando_entity_instances", gauge, "Live instances here.", &kind_counts::instances);
  each("pando_entity_calls_waiting", gauge, "Calls in mailboxes here.", &kind_counts::waiting);
  each("pando_entity_instances_failing", gauge, "Instances whose last call was a defect.",
       &kind_counts::failing);
  each("pando_entity_activations_total", counter, "States that were made.",
       &kind_counts::activations);
  each("pando_entity_passivations_total", counter, "States that were ended when idle or moved.",
       &kind_counts::passivations);
  each("pando_entity_defects_total", counter, "Calls that ended in what nobody declared.",
       &kind_counts::defects);
  to.family("pando_entity_calls_total", counter,
            "Calls of instances here that have ended, by how they ended.");
  for (auto const& one : all)
    for (auto const& rpc : one.rpcs)
      for (std::size_t how = 0; how < rpc.ended.size(); ++how)
        if (rpc.ended[how] != 0 || how == 0)
          to.label("entity", one.entity).label("rpc", rpc.name)
              .label("outcome", call_outcome_names[how]).value(rpc.ended[how]);
}

PANDO_INLINE void inspector::view::write_fleet(metrics_writer& to, runner& at) const {
  using enum metric_kind;
  auto const seen = at.fleet();
  auto const now = at.stands();
  auto const& counts = at.counts();
  to.family("pando_cluster_runners", gauge, "Runners of the fleet, by their state.");
  for (std::string_view const state : {"up", "down", "silent"}) {
    std::uint64_t count = 0;
    for (auto const& one : seen.runners) count += detail::state_of(one, at.options()) == state;
    to.label("state", state).value(count);
  }
  std::uint64_t held = 0;
  at.table().for_each_held([&](std::size_t, std::uint32_t, std::uint64_t) { ++held; });
  auto const one = [&](std::string_view name, metric_kind kind, std::string_view help,
                       std::uint64_t value) {
    to.family(name, kind, help);
    to.value(value);
  };
  one("pando_cluster_shards_held", gauge, "Shards that are owned here.", held);
  one("pando_cluster_shards_taken_total", counter, "Shards taken here.",
      counts.shards_taken.value());
  one("pando_cluster_shards_given_total", counter, "Shards given away in order.",
      counts.shards_given.value());
  one("pando_cluster_shards_lost_total", counter, "Shards whose leases ended unrenewed.",
      counts.shards_lost.value());
  one("pando_cluster_enlisted", gauge, "1: the storage knows this runner.",
      now.is_enlisted ? 1 : 0);
  to.family("pando_cluster_lease_left_seconds", gauge, "Until the leases held here end.");
  to.seconds(now.lease_left);
  to.family("pando_storage_silent_seconds", gauge, "Since the storage has last answered.");
  to.seconds(now.silent);
  to.family("pando_storage_seconds", histogram, "How long operations of the storage took that "
                                                "went well; `renew` is a lease renewal.");
  for (std::size_t i = 0; i < storage_operation_names.size(); ++i)
    to.label("operation", storage_operation_names[i]).value(counts.storage[i].took);
  to.family("pando_storage_failures_total", counter, "Operations of the storage that failed.");
  for (std::size_t i = 0; i < storage_operation_names.size(); ++i)
    to.label("operation", storage_operation_names[i]).value(counts.storage[i].failed.value());
}

PANDO_INLINE void inspector::view::write_persisted(metrics_writer& to, runner& at) const {
  using enum metric_kind;
  auto const& counts = at.counts();
  auto const one = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    to.family(name, counter, help);
    to.value(value);
  };
  one("pando_persisted_stored_total", "Persisted calls written by this process.",
      counts.stored.value());
  one("pando_persisted_taken_total", "Persisted calls taken out of the storage.",
      counts.taken.value());
  one("pando_persisted_answered_total", "Answers recorded by this process.",
      counts.answered.value());
  one("pando_persisted_conflicts_total", "Calls whose key was another request's.",
      counts.conflicts.value());
  one("pando_persisted_unreadable_total", "Stored requests that could not be read.",
      counts.unreadable.value());
  to.family("pando_persisted_running", gauge, "Persisted calls under way here.");
  to.value(std::uint64_t{host.count_persisted({})});
  auto const stored = waiting.load();
  if (stored < 0) return;
  to.family("pando_persisted_waiting", gauge,
            "Stored calls of the fleet without an answer, counted at most once a minute.");
  to.value(stored);
}

PANDO_LAZY_BODY task<void> inspector::view::count(std::shared_ptr<view> self,
                                                  std::shared_ptr<runner> at) {
  if (at != self->fleet_now() || !can_count(*at)) co_return;
  auto const all = co_await at->storage().count();
  self->waiting = static_cast<std::int64_t>(all.waiting);
}

/// Who scrapes has what was counted for the last who did: counting may take its time.
PANDO_LAZY_BODY void inspector::view::count_soon(std::shared_ptr<runner> const& at) {
  using namespace std::chrono;
  auto const now = duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
  auto before = counted_at.load();
  if (before != 0 && now - before < 60'000) return;
  if (!counted_at.compare_exchange_strong(before, now)) return;
  boost::asio::co_spawn(at->executor(), count(shared_from_this(), at), [](std::exception_ptr) {});
}

PANDO_LAZY_BODY void inspector::write(metrics_writer& to) {
  auto const fleet = view_->fleet_now();
  view_->write_entities(to);
  if (!fleet) return;
  view_->write_fleet(to, *fleet);
  if (!view_->host.has_persisted()) return;
  view_->write_persisted(to, *fleet);
  view_->count_soon(fleet);
}

} // namespace pando::cluster
