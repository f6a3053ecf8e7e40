// Matching words with commands and names with flags.
#pragma once

#include <utility>

#include <pando/cli/detail/commands.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli::detail {

PANDO_INLINE pando::detail::sequence<option_row> options_of(command_line const& commands,
                                                            command_entry const* entry) {
  pando::detail::sequence<option_row> rows;
  if (entry != nullptr && entry->request().has_value())
    rows.push_back({"input", 0, "<FILE|->", "read the request as JSON; flags beside it win"});
  if (entry == nullptr && commands.chooses_app)
    rows.push_back({"app", 0, "<NAME>", "the running app that is meant"});
  bool const calls = entry == nullptr ? !commands.app.routes.empty() : entry->route != nullptr;
  if (calls) {
    rows.push_back({"json", 0, "", "print the result as JSON, for scripts"});
    bool const gives_up = entry != nullptr && usual_timeout(*entry->route).count() != 0;
    rows.push_back({"timeout", 0, "<duration>",
                    gives_up ? "give up after so long, such as 5s; default 10s"
                             : "give up after so long, such as 5s"});
    rows.push_back({"socket", 0, "<PATH>", "the socket of the running app"});
  }
  if (calls && commands.in_process)
    rows.push_back({"in-process", 0, "", "run it here, without a running app"});
  if (entry != nullptr)
    rows.erase_if([&](option_row const& row) {
      flag_found field;
      return find_flag(commands.app, entry->request(), row.spelling, field);
    });
  rows.push_back({"help", 'h', "", "show this"});
  if (entry == nullptr) rows.push_back({"version", 0, "", "show the version"});
  return rows;
}

/// Whoever looks at a process wants to know whether it answers at all.
PANDO_INLINE std::chrono::milliseconds usual_timeout(described_route const& route) {
  return std::chrono::seconds(route.controller == "cluster" ? 10 : 0);
}

PANDO_INLINE std::string negation_of(std::string const& spelling) {
  return spelling.starts_with("no-") ? "--" + spelling + "=false" : "--no-" + spelling;
}

PANDO_INLINE std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    auto const space = text.find(' ');
    if (auto const word = text.substr(0, space); !word.empty()) words.emplace_back(word);
    text = space == text.npos ? std::string_view{} : text.substr(space + 1);
  }
  return words;
}

PANDO_INLINE std::string join_words(std::span<std::string const> words) {
  std::string text;
  for (auto const& word : words) (text += text.empty() ? "" : " ") += word;
  return text;
}

PANDO_INLINE pando::detail::sequence<command_entry> entries_of(command_line const& commands) {
  pando::detail::sequence<command_entry> entries;
  for (auto const& own : commands.builtins)
    entries.push_back({split_words(own.words), nullptr, nullptr, &own});
  for (auto const& route : commands.app.routes)
    for (auto const& command : route.commands) {
      auto words = split_words(command.words);
      for (auto& word : words) word = kebab(word);
      entries.push_back({std::move(words), &route, &command, nullptr});
    }
  return entries;
}

PANDO_INLINE bool begins_with(command_entry const& entry, std::span<std::string const> words) {
  if (entry.words.size() < words.size()) return false;
  for (std::size_t at = 0; at < words.size(); ++at)
    if (!answers_to(entry.words[at], words[at])) return false;
  return true;
}

PANDO_INLINE command_entry const* entry_at(pando::detail::sequence<command_entry> const& entries,
                                           std::span<std::string const> words) {
  for (auto const& entry : entries)
    if (entry.words.size() == words.size() && begins_with(entry, words)) return &entry;
  return nullptr;
}

PANDO_INLINE bool leads_on(pando::detail::sequence<command_entry> const& entries,
                           std::span<std::string const> words, std::string const& next) {
  for (auto const& entry : entries)
    if (entry.words.size() > words.size() && begins_with(entry, words) &&
        answers_to(entry.words[words.size()], next))
      return true;
  return false;
}

PANDO_INLINE bool find_flag(described_app const& app, std::optional<std::uint32_t> request,
                            std::string_view spelling, flag_found& found) {
  if (!request.has_value() || bare(app, *request).kind() != schema::kind::structure) return false;
  auto& place = found.place;
  auto const is_switch = [&] { return bare(app, place.type).kind() == schema::kind::boolean; };
  found.negated = !find_value(app, *request, spelling, place);
  if (found.negated) {
    auto const no = spelling.substr(0, 3);
    if ((no != "no-" && no != "no_") || !find_value(app, *request, spelling.substr(3), place))
      return false;
    bool const is_twice = kebab(spelling).starts_with("no-no-");
    if (is_twice && is_switch()) return false;
  }
  found.is_switch = found.negated || is_switch();
  return true;
}

PANDO_INLINE bool is_negative_value(std::string_view token) noexcept {
  if (token.size() < 2 || token.front() != '-') return false;
  auto const digit = [](char c) { return c >= '0' && c <= '9'; };
  if (token[1] == '.' || token[1] == 'P')
    return token.size() > 2 && (digit(token[2]) || token[2] == 'T');
  return digit(token[1]);
}

} // namespace pando::cli::detail
