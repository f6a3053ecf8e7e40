// One command from its arguments to its exit code.
#pragma once

#include <functional>
#include <string>

#include <pando/cli/backend.hpp>
#include <pando/cli/command_line.hpp>
#include <pando/cli/parse.hpp>
#include <pando/cli/terminal.hpp>
#include <pando/config.hpp>

namespace pando::cli {

/// Exit codes beside those of declared errors (`exit_code` of the error's type, 1 unless it says)
/// and of failures (`failure_rows`).
inline constexpr int exit_success = 0;
inline constexpr int exit_usage = 2;
inline constexpr int exit_not_running = 3;
inline constexpr int exit_internal = 70;
inline constexpr int exit_interrupted = 130;

/// What a program adds to its command line.
struct run_options {
  terminal_options streams{};
  /// Runs the program's own commands; `which.own` says which, `which.request` has their flags.
  /// Gives the exit code. `completion`, `routes`, `help` and `__complete` are run here.
  std::function<int(parsed const& which, terminal& shown)> own{};
  /// What to do when no app runs, behind the sentence that says so: "start it with 'shop serve'".
  std::string start_hint{};
  /// Reads files for `--input` and `@FILE`; null: real ones. *Limit*: 64 MiB.
  detail::file_reader files{};
};

/// Adds the commands that every program has: `help`, `routes`, `completion`.
command_line with_standard_commands(command_line commands);

/// Runs what was typed, with the standard commands added: prints the result to standard output (a
/// table, a short form, a bare value; with `--json` one line of JSON, an item of a stream a line)
/// and errors to standard error (with `--json` as an object). Asks for missing values on a
/// terminal. Secrets in results are masked for people; `--json` has them as they are when no
/// terminal shows it. Ctrl-C cancels the call, and once more ends the program. Gives the exit code.
/// *Thread*: the main one, as it minds SIGINT while a call runs.
int run(command_line commands, backend& where, int argc, char const* const* argv,
        run_options const& options = {});

/// Asks for what is missing, secrets twice and unseen. False: the person did not answer.
bool ask_missing(command_line const& commands, parsed& which, terminal& shown);

/// How a failed call is told, for standard error; ends with a line feed.
std::string failure_text(command_line const& commands, parsed const& which, call_end const& end,
                         layout const& how);

namespace detail {
/// The declared error of that name of the route that was called, or null.
described_error const* error_called(parsed const& which, std::string_view name);
/// Reads a file, or standard input for "-".
bool read_whole_file(std::string const& path, std::string& out, std::string& why);
} // namespace detail

} // namespace pando::cli

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/ask_missing.ipp>
#include <pando/cli/impl/failure_text.ipp>
#include <pando/cli/impl/run.ipp>
#endif
