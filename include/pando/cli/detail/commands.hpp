// The commands that can be typed, Pando's own options, and how far some words lead.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pando/cli/command_line.hpp>
#include <pando/cli/detail/assign.hpp>
#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli::detail {

/// One of Pando's own options.
struct option_row {
  std::string_view spelling; ///< without dashes
  char letter;
  std::string_view word; ///< what stands behind it in help; empty: it takes no value
  std::string_view summary;
};

/// A command: of a route, or of the program.
struct command_entry {
  std::vector<std::string> words;
  described_route const* route = nullptr;
  described_command const* command = nullptr;
  builtin const* own = nullptr;

  std::optional<std::uint32_t> request() const {
    return own != nullptr ? own->request : route->request;
  }
  std::vector<std::string> const& positionals() const {
    return own != nullptr ? own->positionals : command->positionals;
  }
  std::string_view summary() const { return own != nullptr ? own->summary : command->summary; }
  bool hidden() const { return own != nullptr && own->hidden; }
};

/// The options that stand behind a command, in the order help lists them, without those that a
/// field of its request hides; those before one for null.
pando::detail::sequence<option_row> options_of(command_line const& commands,
                                               command_entry const* entry);

/// All of them, the program's own first.
pando::detail::sequence<command_entry> entries_of(command_line const& commands);

/// Whether the words of the command begin with these.
bool begins_with(command_entry const& entry, std::span<std::string const> words);
/// The command these words are, or null.
command_entry const* entry_at(pando::detail::sequence<command_entry> const& entries,
                              std::span<std::string const> words);
/// Whether these words and this one lead on to some command.
bool leads_on(pando::detail::sequence<command_entry> const& entries,
              std::span<std::string const> words, std::string const& next);

/// After how long a command of that route gives up without `--timeout`; 0: never.
std::chrono::milliseconds usual_timeout(described_route const& route);

std::vector<std::string> split_words(std::string_view text);
std::string join_words(std::span<std::string const> words);

/// A switch, a value: what a flag of a command is.
struct flag_found {
  request_place place;
  bool negated = false; ///< `--no-flag`
  bool is_switch = false;
};
/// What the name between dashes and `=` is for the request. False: no flag of it.
bool find_flag(described_app const& app, std::optional<std::uint32_t> request,
               std::string_view spelling, flag_found& found);

/// How a switch is turned off: `--no-flag`; one that is called `no-…` by its value.
std::string negation_of(std::string const& spelling);

/// `-5`, `-.5`, `-PT5S`: what begins with a dash and still is a value.
bool is_negative_value(std::string_view token) noexcept;

} // namespace pando::cli::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/commands.ipp>
#endif
