// Calls in process: the same checks and the same answers as over a wire, and no bytes made.
#pragma once

#include <memory>

#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/handler/served.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando {

/// A channel to the routes of this program. Handlers run on the calling thread; their coroutines
/// on the caller's executor. *Thread*: any number at once.
std::shared_ptr<channel> make_local_channel(served_routes const& routes,
                                            door_context const& context);

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/local_channel.ipp>
#endif
