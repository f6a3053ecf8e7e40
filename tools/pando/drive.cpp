// Driving an app that this program knows nothing of when it is compiled.
#include "drive.hpp"

#include <chrono>
#include <cstdint>

#include <pando/cli/help.hpp>
#include <pando/cli/run.hpp>
#include <pando/cli/socket_backend.hpp>
#include <pando/schema/json.hpp>

#include "apps.hpp"

namespace pando_tool {

/// The flags of `pando apps`.
struct apps_request {
  pando::defaulted<bool, false> json;
};

namespace {

pando::cli::command_line commands_of(pando::described_app app, std::string called) {
  pando::cli::command_line commands{std::move(app), {}, std::move(called)};
  commands.builtins.push_back({"describe", "Prints what the app says of itself, as JSON."});
  return commands;
}

std::string as_path(std::string const& socket) {
  return socket.find('/') == std::string::npos ? "./" + socket : socket;
}

} // namespace

chosen_app read_choice(std::span<std::string const> arguments) {
  chosen_app choice;
  std::size_t at = 0;
  for (; at < arguments.size(); ++at) {
    auto const& one = arguments[at];
    auto const equals = one.find('=');
    auto const name = one.substr(0, equals);
    if (name != "--app" && name != "--socket") break;
    choice.is_open = equals == std::string::npos && at + 1 == arguments.size();
    if (choice.is_open) break;
    auto const value = equals != std::string::npos ? one.substr(equals + 1) : arguments[++at];
    choice.app = name == "--app" ? value : as_path(value);
    choice.called = "pando " + name + " " + pando::cli::shell_word(value);
  }
  choice.rest.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
  return choice;
}

int drive(chosen_app const& choice) {
  pando::cli::socket_backend where(choice.app);
  pando::described_app app;
  try {
    app = where.describe();
  } catch (pando::failure const& why) {
    pando::cli::terminal shown;
    std::string text = why.what();
    if (why.code() == pando::failure_code::not_running) {
      auto const names = names_of(pando::cli::running_apps());
      text += names.empty() ? "; no app is running" : "; running: " + names;
    }
    shown.write_error("pando: " + text + "\n");
    return pando::row_of_failure(why.code()).exit_code;
  }
  auto const commands = commands_of(app, choice.called);
  pando::cli::run_options options;
  options.own = [&app](pando::cli::parsed const&, pando::cli::terminal& shown) {
    pando::buffer text;
    pando::json::encode(app, text);
    shown.write(std::string(text.view()) + "\n");
    return pando::cli::exit_success;
  };
  std::vector<char const*> arguments{"pando"};
  for (auto const& one : choice.rest) arguments.push_back(one.c_str());
  return pando::cli::run(commands, where, static_cast<int>(arguments.size()), arguments.data(),
                         options);
}

pando::cli::completions complete(std::span<std::string const> words) {
  constexpr auto patience = std::chrono::milliseconds(500);
  auto const last = words.back();
  auto const choice = read_choice(words.first(words.size() - 1));
  pando::cli::completions found;
  bool const behind_equals = choice.rest.empty() && last.compare(0, 6, "--app=") == 0;
  if (choice.is_open && choice.rest.size() == 1 && choice.rest[0] == "--socket") {
    found.files = true;
    return found;
  }
  if (choice.is_open || behind_equals) {
    for (auto const& app : pando::cli::running_apps(patience)) {
      auto text = (behind_equals ? "--app=" : "") + app.name;
      if (text.compare(0, last.size(), last) == 0)
        found.list.push_back({std::move(text), "pid " + std::to_string(app.process)});
    }
    return found;
  }
  auto rest = choice.rest;
  rest.push_back(last);
  if (choice.app.empty())
    return pando::cli::complete(pando::cli::with_standard_commands(own_commands()), rest);
  try {
    auto app = pando::cli::socket_backend(choice.app).describe({}, patience);
    auto const commands = commands_of(std::move(app), choice.called);
    return pando::cli::complete(pando::cli::with_standard_commands(commands), rest);
  } catch (pando::failure const&) {
    return found; // nobody there to ask
  }
}

pando::cli::command_line own_commands() {
  pando::describer types("pando", PANDO_VERSION_STRING);
  auto const apps = types.add(pando::type_of<apps_request>());
  pando::cli::command_line commands{types.take(), {}, "pando"};
  commands.chooses_app = true;
  commands.builtins.push_back({"apps", "Lists the apps that run.", apps});
  return commands;
}

} // namespace pando_tool
