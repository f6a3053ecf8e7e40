// The tool `pando`: lists the apps that run, and drives any of them from its own description.
#include <string>
#include <vector>

#include <pando/cli/run.hpp>

#include "apps.hpp"
#include "drive.hpp"

namespace {

/// Calls nothing: the tool's own commands have no routes.
class nowhere final : public pando::cli::backend {
 public:
  pando::cli::call_end invoke(pando::cli::invocation const&, pando::io_sink&,
                              std::function<bool(std::string_view)> const&) override {
    return pando::cli::call_end::failed(pando::not_running("no app was chosen"));
  }
  void cancel() noexcept override {}
};

/// A command of some app, but of which?
int ask_for_app(std::vector<std::string> const& arguments) {
  pando::cli::terminal shown;
  auto const names = pando_tool::names_of(pando::cli::running_apps());
  shown.write_error("pando: '" + arguments.front() +
                    "' is no command of pando itself; if it is one of an app, say of which: "
                    "pando --app NAME " +
                    arguments.front() + "\n" +
                    (names.empty() ? "No app is running.\n" : "Running: " + names + "\n"));
  return pando::cli::exit_usage;
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string> const arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == "__complete") {
    pando::cli::terminal shown;
    shown.write(
        pando::cli::answer_completion(std::span(arguments).subspan(1), &pando_tool::complete));
    return 0;
  }
  auto const choice = pando_tool::read_choice(arguments);
  if (!choice.app.empty()) return pando_tool::drive(choice);

  auto const commands = pando::cli::with_standard_commands(pando_tool::own_commands());
  bool is_own = arguments.empty() || arguments.front().substr(0, 1) == "-";
  for (auto const& one : commands.builtins) is_own = is_own || arguments.front() == one.words;
  if (!is_own) return ask_for_app(arguments);
  nowhere none;
  pando::cli::run_options options;
  options.own = [](pando::cli::parsed const& which, pando::cli::terminal& shown) {
    auto const* const json = which.document.find("json");
    return pando_tool::list_apps(json != nullptr && json->truth, shown);
  };
  return pando::cli::run(commands, none, argc, argv, options);
}
