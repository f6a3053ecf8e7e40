// Everything that can be typed, as data: an app's commands and the program's own.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pando/meta/sequence.hpp>
#include <pando/schema/description.hpp>

namespace pando::cli {

/// What help says of one flag of a program's own command, before what the flag takes. Written in
/// the source: the texts are only referred to.
struct flag_note {
  std::string_view field;     ///< "runner_listen"
  std::string_view says;      ///< "where to serve HTTP: PORT or HOST:PORT"
  std::string_view example{}; ///< a value, as it is typed
};

/// A command of the program itself.
struct builtin {
  std::string words; ///< "serve"
  std::string summary{};
  std::optional<std::uint32_t> request{}; ///< of the description's types: its flags
  std::vector<std::string> positionals{};
  bool takes_parts = false; ///< what is missing is its own affair: settings come from elsewhere too
  bool hidden = false;
  std::span<flag_note const> notes{};
};

/// Everything that can be typed.
struct command_line {
  described_app app;
  pando::detail::sequence<builtin> builtins{};
  std::string program;      ///< as the person calls it: "shop", "pando --app shop"
  bool in_process = false;  ///< the commands can also run here: `--in-process`
  bool chooses_app = false; ///< `--app NAME` before the command
};

} // namespace pando::cli
