// The Unix socket of an app: where it is, who may take its place, how it ends.
#pragma once

#include <pando/app/core.hpp>
#include <pando/app/detail/app_socket.hpp>
#include <pando/config.hpp>
#include <pando/meta/owner.hpp>

namespace pando::detail {

/// Opens nothing yet. *Throws* `listener_unavailable` for a path that cannot be one.
PANDO_LAZY owner<app_socket> make_unix_door(app_core& app, serve_options const& options);

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/app/impl/unix_door.ipp>
#endif
