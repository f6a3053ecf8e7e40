// A command's way: read, ask, call, print, and the exit code.
#pragma once

#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <pando/cli/completion.hpp>
#include <pando/cli/detail/columns.hpp>
#include <pando/cli/detail/interrupts.hpp>
#include <pando/cli/help.hpp>
#include <pando/cli/render.hpp>
#include <pando/cli/run.hpp>

namespace pando::cli {

namespace detail {

inline std::uint32_t add_type(described_app& app, described_type type) {
  app.types.push_back(std::move(type));
  return static_cast<std::uint32_t>(app.types.size() - 1);
}

/// What a command takes that has one field, of that type. Written out: tables of structures for
/// three commands are more to compile.
inline std::uint32_t add_request(described_app& app, std::string_view name, described_type type,
                                 char const* default_value = nullptr) {
  described_type request;
  request.kind = schema::kind::structure;
  auto& field = request.fields.emplace_back();
  field.name = name;
  field.type = add_type(app, std::move(type));
  field.required = default_value == nullptr;
  if (default_value != nullptr) field.default_value = default_value;
  return add_type(app, std::move(request));
}

inline std::uint32_t add_completion_request(described_app& app) {
  described_type shell;
  shell.kind = schema::kind::enumeration;
  shell.name = "shell";
  for (auto const* const known : {"bash", "zsh", "fish"}) shell.enumerators.emplace_back(known);
  return add_request(app, "shell", std::move(shell));
}

inline std::uint32_t add_help_request(described_app& app) {
  described_type word;
  word.kind = schema::kind::string;
  described_type words;
  words.kind = schema::kind::list;
  words.element = add_type(app, std::move(word));
  return add_request(app, "command", std::move(words));
}

inline std::uint32_t add_routes_request(described_app& app) {
  described_type truth;
  truth.kind = schema::kind::boolean;
  return add_request(app, "json", std::move(truth), "false");
}

PANDO_INLINE bool read_whole_file(std::string const& path, std::string& out, std::string& why) {
  constexpr std::size_t most = std::size_t{64} << 20U;
  bool const is_input = path == "-";
  int const from = is_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return why = std::strerror(errno), false;
  char room[1U << 16U];
  for (;;) {
    auto const count = ::read(from, room, sizeof(room));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      why = is_input ? "standard input cannot be read" : std::strerror(errno);
    else
      out.append(room, static_cast<std::size_t>(count));
    if (out.size() > most) why = "it is larger than 64 MiB";
    if (count <= 0 || !why.empty()) break;
  }
  if (!is_input) ::close(from);
  return why.empty();
}

/// What happens to one command line.
class runner {
 public:
  runner(command_line commands, backend& where, run_options const& options)
      : commands_(with_standard_commands(std::move(commands))), where_(where), options_(options) {}

  int run(std::vector<std::string> const& arguments) {
    if (!arguments.empty() && arguments.front() == "__complete") return complete_words(arguments);
    auto const& given = options_.files;
    file_reader const files = given ? given : file_reader(&read_whole_file);
    auto which = parse(commands_, arguments, files);
    auto streams = options_.streams;
    streams.json = streams.json || which.json;
    terminal shown(streams);
    int const code = act(which, shown);
    shown.finish();
    if (int const fault = shown.output_fault(); fault != 0 && fault != EPIPE) {
      shown.write_error(commands_.program +
                        ": standard output cannot be written: " + std::strerror(fault) + "\n");
      return exit_internal;
    }
    return code;
  }

 private:
  int act(parsed& which, terminal& shown) {
    using kind = parsed::kind;
    switch (which.what) {
    case kind::help:
      shown.write(help_text(commands_, which.words, shown.layout_of_output()));
      return exit_success;
    case kind::version: {
      auto const& version = commands_.app.version;
      shown.write(commands_.app.name + " " + (version.empty() ? "unversioned" : version) + "\n");
      return exit_success;
    }
    case kind::nothing:
      shown.write_error(help_text(commands_, which.words, shown.layout_of_errors()));
      return exit_usage;
    case kind::problems:
      return refuse(which, shown);
    default:
      break;
    }
    if (!which.missing.empty()) {
      if (!shown.can_ask()) return refuse(which, shown);
      if (!ask_missing(commands_, which, shown)) return refuse(which, shown);
    }
    return which.own != nullptr ? run_own(which, shown) : call(which, shown);
  }

  int refuse(parsed const& which, terminal& shown) {
    shown.write_error(plain_text(usage_text(commands_, which), true));
    return exit_usage;
  }

  int run_own(parsed const& which, terminal& shown) {
    json_value request;
    std::string why;
    parse_json(which.request, request, why);
    if (which.own->words == "completion") {
      auto const program = commands_.program.substr(0, commands_.program.find(' '));
      shown.write(completion_script(request.text_of("shell"), program));
      return exit_success;
    }
    if (which.own->words == "routes") {
      auto const* const json = request.find("json");
      shown.write(json != nullptr && json->truth
                      ? routes_json()
                      : routes_text(commands_.app, shown.layout_of_output()));
      return exit_success;
    }
    if (which.own->words == "help") {
      std::vector<std::string> words;
      if (auto const* const command = request.find("command"))
        for (auto const& word : command->items) words.push_back(word.text);
      words.emplace_back("--help");
      auto help = parse(commands_, words, {});
      return act(help, shown);
    }
    return options_.own ? options_.own(which, shown) : exit_internal;
  }

  /// Names, commands and places of the routes, for scripts.
  std::string routes_json() const {
    auto list = json_array();
    for (auto const& route : commands_.app.routes) {
      auto& one = list.items.emplace_back(json_object());
      one.member("route") = json_string(route.name);
      one.member("streams") = json_boolean(route.streams);
      auto& commands = one.member("commands") = json_array();
      for (auto const& command : route.commands)
        commands.items.push_back(json_string(command.words));
      auto& places = one.member("endpoints") = json_array();
      for (auto const& place : route.endpoints) {
        auto& at = places.items.emplace_back(json_object());
        at.member("door") = json_string(place.door);
        at.member("method") = json_string(place.method);
        at.member("path") = json_string(place.path);
      }
    }
    return json_text_of(list) + "\n";
  }

  int call(parsed const& which, terminal& shown) {
    auto const result = which.route->result;
    auto const how = shown.layout_of_output();
    stream_renderer rows(commands_.app, result, how);
    // A terminal shows no secrets; what a script reads is not shown.
    bool const masks = shown.output_is_terminal();
    auto const raw = [&](std::string_view json) {
      return (masks ? mask_secrets(commands_.app, result, json) : std::string(json)) + "\n";
    };
    auto const item = [&](std::string_view json) {
      shown.write(which.json ? raw(json) : rows.item(json));
      return shown.output_fault() == 0;
    };
    auto const timeout =
        which.timeout.count() != 0 ? which.timeout : usual_timeout(*which.route);
    call_end end;
    {
      interrupts const minded([&] {
        shown.interrupt();
        where_.cancel();
      });
      end = where_.invoke(
          {which.route->name, which.request, which.socket, which.in_process, timeout}, shown,
          item);
    }
    shown.finish();
    if (end.what == call_end::kind::result) {
      bool const is_nothing = which.route->streams || !result.has_value() || end.json.empty();
      if (!is_nothing)
        shown.write(which.json ? raw(end.json)
                               : render_result(commands_.app, result, end.json, how));
      return exit_success;
    }
    if (shown.output_fault() == EPIPE) return exit_success; // the reader has what it wanted
    if (end.code == failure_code::not_running && !options_.start_hint.empty())
      end.message += "; " + options_.start_hint;
    shown.write_error(failure_text(commands_, which, end, shown.layout_of_errors()));
    if (end.what == call_end::kind::failed) return row_of_failure(end.code).exit_code;
    auto const* const error = error_called(which, end.name);
    return error == nullptr ? 1 : error->exit_code;
  }

  int complete_words(std::vector<std::string> const& arguments) {
    terminal shown(options_.streams);
    shown.write(answer_completion(
        std::span(arguments).subspan(1),
        [this](std::span<std::string const> words) { return complete(commands_, words); }));
    return exit_success;
  }

  command_line commands_;
  backend& where_;
  run_options const& options_;
};

} // namespace detail

PANDO_INLINE command_line with_standard_commands(command_line commands) {
  for (auto const& own : commands.builtins)
    if (own.words == "completion") return commands; // they are there already
  auto const shell = detail::add_completion_request(commands.app);
  auto const command = detail::add_help_request(commands.app);
  auto const json = detail::add_routes_request(commands.app);
  bool const calls = !commands.app.routes.empty();
  auto& all = commands.builtins;
  if (calls) all.push_back({"routes", "Lists the routes and the doors they answer at.", json});
  all.push_back(
      {"completion", "Prints a script that completes commands in a shell.", shell, {"shell"}});
  builtin help{"help", "Says what a command takes.", command, {"command"}};
  help.takes_parts = true;
  all.push_back(std::move(help));
  return commands;
}

PANDO_INLINE int run(command_line commands, backend& where, int argc, char const* const* argv,
                     run_options const& options) {
  std::vector<std::string> arguments;
  for (int at = 1; at < argc; ++at) arguments.emplace_back(argv[at]);
  return detail::runner(std::move(commands), where, options).run(arguments);
}

} // namespace pando::cli
