// `pando --app NAME …`: the command line of a running app, made from its own description.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <pando/cli/command_line.hpp>
#include <pando/cli/completion.hpp>

namespace pando_tool {

/// What stands before the command, and the rest.
struct chosen_app {
  std::string app;    ///< its name or the path of its socket; empty: none was chosen
  std::string called; ///< as it was typed: "pando --app shop"
  std::vector<std::string> rest;
  bool is_open = false; ///< `--app` stands last: its value is still to come
};
chosen_app read_choice(std::span<std::string const> arguments);

/// Runs a command of that app. Gives the exit code.
int drive(chosen_app const& choice);

/// What may stand in place of the last of these words.
pando::cli::completions complete(std::span<std::string const> words);

/// The tool's own commands.
pando::cli::command_line own_commands();

} // namespace pando_tool
