// `pando apps`: the apps that run, as a table or as JSON.
#pragma once

#include <string>
#include <vector>

#include <pando/cli/socket_backend.hpp>
#include <pando/cli/terminal.hpp>

namespace pando_tool {

/// Lists the apps that run. Gives the exit code: 3 when there is none.
int list_apps(bool json, pando::cli::terminal& shown);

/// "shop, blog"; empty when none runs.
std::string names_of(std::vector<pando::cli::running_app> const& apps);

} // namespace pando_tool
