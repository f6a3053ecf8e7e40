// Help texts: of the program, of a group of commands, of one command; and the table of routes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <pando/cli/command_line.hpp>
#include <pando/cli/layout.hpp>
#include <pando/config.hpp>

namespace pando::cli {

/// What these words take: a command's flags with types, defaults, rules and an example; or the
/// commands that begin with them; all commands for none. Ends with a line feed.
std::string help_text(command_line const& commands, std::span<std::string const> words,
                      layout const& how);

/// Every route, with the commands and the other doors that lead to it.
std::string routes_text(described_app const& app, layout const& how);

/// A type in a few words: "User {id, email}", "list of integer".
std::string type_phrase(described_app const& app, std::uint32_t place);

/// A word as a shell takes it, quoted where it must be.
std::string shell_word(std::string_view text);

} // namespace pando::cli

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/help.ipp>
#endif
