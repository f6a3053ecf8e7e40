// An app's entities as part of a fleet: storage, runner, and the place where other runners call.
#pragma once

#include <memory>
#include <string>

#include <pando/app/core.hpp>
#include <pando/cluster/entity_host.hpp>
#include <pando/cluster/inspector.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/config.hpp>
#include <pando/handler/task.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando::detail {

/// Whether this program has an engine whose storage is a file.
bool has_file_storage() noexcept;

/// Serves entities in this program alone, or with a store as one of a fleet. *Thread*: `serve`'s.
class entity_fleet {
 public:
  /// Both outlive it.
  entity_fleet(cluster::entity_host& host, door_context const& context);
  ~entity_fleet();
  entity_fleet(entity_fleet const&) = delete;

  /// It is to be served there; null: it is not after all. Opens nothing yet.
  /// *Throws* std::invalid_argument for options that do not go together.
  PANDO_LAZY void stand_by(entity_place const* place);
  /// After `stand_by`. *Throws* `store::storage_error`, and `listener_unavailable` for a place that
  /// cannot be had.
  PANDO_LAZY task<void> serve(entity_place place);
  /// Gives its shards away, then ends its links.
  PANDO_LAZY task<void> stop();
  /// Where its storage is, without a password; empty: it has none.
  std::string store() const;
  /// Lets an app be asked about its entities: commands, metrics, readiness.
  PANDO_LAZY void show_in(app_core& app);

 private:
  struct parts;
  PANDO_LAZY void get_ready(entity_place const& place);
  PANDO_LAZY task<void> join(entity_place const& place, cluster::runner_options const& keeping);
  PANDO_LAZY task<void> stay_alone(cluster::runner_options const& keeping);

  cluster::entity_host& host_;
  door_context const& context_;
  cluster::inspector inspector_;
  std::shared_ptr<parts> ready_; ///< of the fleet that it is to be one of
  std::shared_ptr<parts> parts_; ///< of the fleet that it is, or was, one of
  std::shared_ptr<parts> left_;  ///< of one that it has left: calls may still leave its shards
};

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/app/impl/entity_fleet.ipp>
#endif
