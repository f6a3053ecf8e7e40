// Answers for the fleet: the routes of `inspection`, the metrics of entities, and readiness.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <pando/cluster/entity_host.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/config.hpp>
#include <pando/handler/served.hpp>
#include <pando/handler/task.hpp>

namespace pando {
class metrics_writer;
}

namespace pando::cluster {

namespace detail {
struct inspected;
struct inspection_request;
}

/// Looks at an app's entities and at the fleet they are part of. *Thread*: any.
class inspector {
 public:
  /// The host outlives it.
  explicit inspector(entity_host& host);
  ~inspector();
  inspector(inspector const&) = delete;

  /// Adds the routes of `inspection`, which it outlives. Before the first call.
  PANDO_LAZY void add_to(served_routes& routes);
  /// From now on the host is part of that fleet; null: of none.
  void looks_at(std::shared_ptr<runner> fleet);
  /// The metrics of entities and of the fleet.
  PANDO_LAZY void write(metrics_writer& to);
  /// Why no work should be sent here; empty: it should.
  std::string why_not_ready() const;

 private:
  struct view;
  PANDO_LAZY static void run(void const* self, call& which);
  PANDO_LAZY static task<void> inspect(detail::inspected const* at, call* which,
                                       detail::inspection_request in);

  std::shared_ptr<view> view_;
};

} // namespace pando::cluster

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/inspector.ipp>
#endif
