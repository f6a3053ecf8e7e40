// An app that serves until it is told to stop by SIGINT or SIGTERM.
#pragma once

#include <string>

#include <pando/app/core.hpp>
#include <pando/app/options.hpp>
#include <pando/config.hpp>

namespace pando::detail {

/// A line on standard error.
void complain(std::string sentence);

/// Serves on this thread until a signal, then stops in order; a second one ends the program at
/// once. Gives the exit code: 1, 2 for options that cannot be used, or that of the failure, when it
/// cannot serve, which standard error has a sentence of.
PANDO_LAZY int serve_until_signal(app_core& app, serve_options const& options);

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/app/impl/until_signal.ipp>
#endif
