// Helpers of the command line's tests: a line as a shell splits it, and what became of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pando/cli/parse.hpp>

#include "shop.hpp"

namespace shop {

inline std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  bool quoted = false;
  for (char const c : line) {
    if (c == ' ' && !quoted) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\'')
      quoted = !quoted;
    else
      words.back() += c;
  }
  return words;
}

inline pando::cli::command_line const& commands() {
  static pando::cli::command_line const all = [] {
    pando::cli::command_line made{described(), {}, "shop", true};
    made.builtins.push_back({"serve", "Serves."});
    return made;
  }();
  return all;
}

/// A request whose fields are called like Pando's own options.
struct namesakes {
  std::optional<bool> json;
  std::optional<std::string> input;
  std::optional<int> timeout;
  std::optional<std::string> socket;
  std::optional<bool> in_process;
  std::optional<std::string> version;
};
struct helped {
  std::optional<std::string> help;
};
/// One whose switches are called by what they turn off.
struct without {
  pando::defaulted<bool, false> no_light;
  bool no_sound;
  std::optional<std::string> no_show;
};
struct Twins : pando::controller<"twin", pando::route<"make", void(namesakes), pando::cli::command<>>,
                                 pando::route<"aid", void(helped), pando::cli::command<>>,
                                 pando::route<"look", void(), pando::cli::command<>>,
                                 pando::route<"mute", void(without), pando::cli::command<>>> {};

inline pando::cli::command_line const& twins() {
  static pando::cli::command_line const all = [] {
    pando::contract_row const* const contracts[]{&pando::contract_table<Twins>};
    pando::marker_reader const doors[]{&pando::cli::describe_marker};
    return pando::cli::command_line{pando::describe(contracts, "twins", "1", doors), {}, "twins",
                                    true};
  }();
  return all;
}

/// Files that `--input` and `@FILE` find, in place of real ones.
inline std::map<std::string, std::string>& files() {
  static std::map<std::string, std::string> all;
  return all;
}
inline bool read_file(std::string const& path, std::string& out, std::string& why) {
  auto const found = files().find(path);
  if (found == files().end()) return why = "No such file or directory", false;
  out = found->second;
  return true;
}

inline pando::cli::parsed typed(std::string_view line) {
  auto const words = split(line);
  return pando::cli::parse(commands(), words, &read_file);
}

inline std::string join(std::vector<std::string> const& words) {
  std::string text;
  for (auto const& word : words) (text += text.empty() ? "" : " ") += word;
  return text;
}

/// The route and its request, or everything that is wrong with the line.
inline std::string outcome(std::string_view line) {
  auto const what = typed(line);
  using kind = pando::cli::parsed::kind;
  if (what.what == kind::help) return "help of '" + join(what.words) + "'";
  if (what.what == kind::version) return "version";
  if (what.what == kind::nothing) return "nothing behind '" + join(what.words) + "'";
  if (what.what == kind::problems || !what.missing.empty())
    return pando::cli::usage_text(commands(), what);
  if (what.what == kind::own) return what.own->words + " " + what.request;
  return what.route->name + " " + what.request;
}

inline std::string usage_of_one(std::string const& words, std::string const& sentence) {
  return "shop " + words + ": " + sentence + "\nRun 'shop " + words +
         " --help' to see what it takes.\n";
}

} // namespace shop
