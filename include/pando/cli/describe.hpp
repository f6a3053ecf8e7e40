// What the command line's markers add to the description of a route.
#pragma once

#include <string>
#include <string_view>

#include <pando/cli/markers.hpp>
#include <pando/schema/description.hpp>

namespace pando::cli {

/// For `pando::describe`: reads `cli::command<…>`, passes over the rest.
inline void describe_marker(marker_row const& marker, std::string_view route_name,
                            described_route& route) {
  if (marker.door != "cli" || marker.kind != "command") return;
  auto const& row = *static_cast<command_row const*>(marker.data);
  auto& command = route.commands.emplace_back();
  command.words = route.controller;
  for (char& c : command.words)
    if (c == '.' || c == '/') c = ' ';
  if (!command.words.empty()) command.words += ' ';
  command.words += row.name.empty() ? route_name : row.name;
  for (auto const field : row.positionals) command.positionals.emplace_back(field);
  command.summary = row.summary;
}

} // namespace pando::cli
