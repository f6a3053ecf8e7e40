// The in-process channel: one call object for an operation, kept for the next one of its thread.
#pragma once

#include <memory>
#include <string>

#include <pando/runtime/operation_call.hpp>
#include <pando/runtime/local_channel.hpp>
#include <pando/runtime/recycled.hpp>

namespace pando::detail {

/// One call object for an operation, kept for the next one of its thread.
class local_call final : public operation_call, public recycled<local_call> {
 public:
  local_call(operation& caller_side, door_context const& context, route_counts* counts)
      : operation_call(caller_side, context) {
    counted_as(counts, call_way::in_process);
  }

 private:
  ~local_call() override = default;
};

class local_channel final : public operation_channel {
 public:
  local_channel(served_routes const& routes, door_context const& context)
      : routes_(&routes), context_(&context) {}

  void start(operation& call) override {
    auto const* const route = routes_->find(call.route->full_name);
    if (route == nullptr || route->row != call.route) {
      call.set_failure(no_such_route("this app does not serve " +
                                     std::string(call.route->full_name) +
                                     "; give its implementation to pando::app"));
      return call.finish();
    }
    route->entry_for("in-process")(route->self, 
                                        *new local_call(call, *context_, route->counts));
  }

 private:
  served_routes const* routes_;
  door_context const* context_;
};

} // namespace pando::detail

namespace pando {

PANDO_INLINE std::shared_ptr<channel> make_local_channel(served_routes const& routes,
                                                         door_context const& context) {
  return std::make_shared<detail::local_channel>(routes, context);
}

} // namespace pando
