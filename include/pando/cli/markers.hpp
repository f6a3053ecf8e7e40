// What a contract says of the command line: types only, and the row each becomes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include <pando/contract/parts.hpp>
#include <pando/meta/fixed_string.hpp>

namespace pando::cli {

/// The fields that are taken bare, in this order, as well as by flag.
template <fixed_string... Fields>
struct positional {
  static constexpr std::array<std::string_view, sizeof...(Fields)> fields{Fields.view()...};
};

/// The command of a route: below the controller's name, `name` or the route's own.
struct command_row {
  std::string_view name; ///< empty: the route's name
  std::span<std::string_view const> positionals;
  std::string_view summary; ///< one line for the help, or empty
};

/// One line for the help of a command.
template <fixed_string Text>
struct summary {
  static constexpr std::string_view summary_text = Text.view();
};

namespace detail {
template <class Part>
concept command_part = requires { Part::fields; } || requires { Part::summary_text; };
template <class Part>
constexpr void read_part(command_row& row) {
  if constexpr (requires { Part::fields; }) row.positionals = Part::fields;
  else if constexpr (command_part<Part>) row.summary = Part::summary_text;
}
} // namespace detail

/// The route is a command: `command<>` by its own name, `command<"rm">` by another,
/// `command<"show", positional<"id">>` takes `id` bare.
template <fixed_string Name = "", class... Parts>
struct command {
  /// Whoever uses the contract is told, in a sentence, when a part is none that it takes.
  static constexpr bool takes_its_parts = (detail::command_part<Parts> && ...);
  static constexpr command_row data = [] {
    command_row row{Name.view(), {}, {}};
    (detail::read_part<Parts>(row), ...);
    return row;
  }();
  static constexpr marker_row pando_marker(std::string_view controller, std::string_view route) {
    auto hash = pando::detail::hash_text(controller);
    hash = pando::detail::hash_text(" ", hash);
    hash = pando::detail::hash_text(Name.size() == 0 ? route : Name.view(), hash);
    return {"cli", "command", &data, hash == 0 ? 1 : hash};
  }
};

} // namespace pando::cli
