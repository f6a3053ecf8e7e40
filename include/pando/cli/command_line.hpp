// Everything that can be typed, as data: an app's commands and the program's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pando/schema/description.hpp>

namespace pando::cli {

/// What help says of one flag of a program's own command, before what the flag takes.
struct flag_note {
  std::string field;     ///< "runner_listen"
  std::string says;      ///< "where to serve HTTP: PORT or HOST:PORT"
  std::string example{}; ///< a value, as it is typed
};

/// A command of the program itself.
struct builtin {
  std::string words; ///< "serve"
  std::string summary{};
  std::optional<std::uint32_t> request{}; ///< of the description's types: its flags
  std::vector<std::string> positionals{};
  bool takes_parts = false; ///< what is missing is its own affair: settings come from elsewhere too
  bool hidden = false;
  std::vector<flag_note> notes{};
};

/// Everything that can be typed.
struct command_line {
  described_app app;
  std::vector<builtin> builtins{};
  std::string program;      ///< as the person calls it: "shop", "pando --app shop"
  bool in_process = false;  ///< the commands can also run here: `--in-process`
  bool chooses_app = false; ///< `--app NAME` before the command
};

} // namespace pando::cli
