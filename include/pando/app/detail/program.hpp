// The program of an app: its command line.
#pragma once

#include <pando/app/core.hpp>
#include <pando/config.hpp>

namespace pando::detail {

/// `serve`, the app's commands, and what is built in. Gives the exit code.
PANDO_LAZY int run_program(app_core& app, int argc, char** argv);

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/app/impl/program.ipp>
#endif
