// The metrics of entities and of the fleet.
#pragma once

#include <chrono>
#include <string_view>

#include <pando/runtime/metrics.hpp>

namespace pando::cluster {

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
  auto const all = host.count_kinds();
  auto const times = [&](std::string_view name, std::string_view help,
                         pando::histogram persisted_times::*what) {
    to.family(name, metric_kind::histogram, help);
    for (auto const& kind : all)
      for (auto const& rpc : kind.rpcs)
        if (rpc.times != nullptr)
          to.label("entity", kind.entity).label("rpc", rpc.name).value(rpc.times->*what);
  };
  times("pando_persisted_call_seconds",
        "From when a persisted call was made, or due, until its answer was recorded here.",
        &persisted_times::since_call);
  times("pando_persisted_run_seconds",
        "From when a persisted call was taken by this process until its answer was recorded.",
        &persisted_times::since_had);
  auto const stored = waiting.load();
  if (stored < 0) return;
  to.family("pando_persisted_waiting", gauge,
            "Stored calls of the fleet without an answer, counted at most once a minute.");
  to.value(stored);
}

PANDO_LAZY_BODY task<void> inspector::view::count(std::shared_ptr<view> self,
                                                  std::shared_ptr<runner> at) {
  if (at != self->fleet_now() || !can_count(*at)) co_return;
  auto const all = co_await at->storage().count(self->uncounted_rpc());
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
