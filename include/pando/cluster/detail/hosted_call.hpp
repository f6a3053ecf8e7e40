// A call of an instance that another runner sent: run here, if the instance is here.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/config.hpp>
#include <pando/handler/call.hpp>
#include <pando/handler/served.hpp>

namespace pando::cluster::detail {

/// What serves one rpc to other runners: what `self` of its route points to.
struct hosted_route {
  entity_engine* engine;
  hosted_kind* kind;
  served_route const* route;
};

/// The entry of such a route.
void run_hosted(void const* self, call& which);

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/hosted_call.ipp>
#endif
