// Any command line: reading it, helping with it and completing it never fails, and what it becomes
// is a request: JSON that the words of the line account for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <pando/cli/completion.hpp>
#include <pando/cli/help.hpp>
#include <pando/cli/parse.hpp>
#include <pando/cli/render.hpp>

#include "../cli/shop.hpp"

namespace {

pando::cli::command_line const& commands() {
  static pando::cli::command_line const all = [] {
    pando::cli::command_line made{shop::described(), {}, "shop", true};
    made.builtins.push_back({"serve", "Serves."});
    return made;
  }();
  return all;
}

void demand(bool holds) {
  if (!holds) std::abort();
}

/// Words are apart by line feeds; the first line is what `--input` and `@FILE` read.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (char const c : text)
    if (c == '\n')
      words.emplace_back();
    else if (c != '\0')
      words.back() += c;
  return words;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  namespace cli = pando::cli;
  auto words = words_of({reinterpret_cast<char const*>(data), size});
  auto const file = words.front();
  words.erase(words.begin());
  auto const files = [&file](std::string const&, std::string& out, std::string&) {
    out = file;
    return true;
  };
  auto which = cli::parse(commands(), words, files);
  using kind = cli::parsed::kind;
  bool const is_call = which.what == kind::invoke || which.what == kind::own;
  demand(is_call == (which.route != nullptr || which.own != nullptr) || !which.problems.empty());
  demand((which.what == kind::problems) == !which.problems.empty() || which.what == kind::help);
  auto const wrong = cli::usage_text(commands(), which);
  demand(!wrong.empty() && wrong.back() == '\n');
  if (which.what == kind::help || which.what == kind::nothing)
    demand(!cli::help_text(commands(), which.words, {40, false}).empty());
  if (which.what == kind::invoke && which.route->request.has_value()) {
    cli::detail::json_value value;
    std::string why;
    demand(cli::detail::parse_json(which.request, value, why));
    demand(cli::detail::json_text_of(value) == which.request);
    // What was read can be shown, and read once more from a file.
    demand(!cli::render_result(commands().app, which.route->request, which.request, {30}).empty());
    cli::find_missing(commands(), which);
  }
  if (!words.empty()) cli::complete(commands(), words);
  cli::answer_completion(
      words, [](std::span<std::string const> some) { return cli::complete(commands(), some); });
  cli::render_json(file, {20, true});
  return 0;
}
