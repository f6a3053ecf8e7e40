// Help put together from the description: nothing in it is written by hand for a command.
#pragma once

#include <algorithm>
#include <utility>

#include <pando/cli/detail/columns.hpp>
#include <pando/cli/detail/commands.hpp>
#include <pando/cli/help.hpp>
#include <pando/cli/parse.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli {

namespace detail {

inline std::string phrase(described_app const& app, std::uint32_t place, bool with_fields) {
  auto const type = bare(app, place);
  auto const& of = *type.type;
  auto const inner = [&] { return phrase(app, *of.element, false); };
  using enum schema::kind;
  switch (of.kind) {
  case boolean:
    return "true or false";
  case integer:
    return "integer";
  case floating:
    return "number";
  case string:
    return "text";
  case bytes:
    return "base64";
  case text:
    return of.format == "date-time" ? "time" : of.format == "uuid" ? "UUID" : of.format;
  case enumeration:
    return joined(of.enumerators, "|");
  case list:
  case fixed_list:
  case set:
    return "list of " + inner();
  case map:
    return "map of " + inner();
  case variant:
    return joined(alternative_names(app, of), " or ");
  default:
    break;
  }
  if (!with_fields || of.fields.empty()) return of.name;
  std::vector<std::string> names;
  for (auto const& field : of.fields) names.push_back(field.name);
  return of.name + " {" + joined(names, ", ") + "}";
}

inline std::string result_phrase(described_app const& app, described_route const& route,
                                 bool with_fields) {
  if (!route.result.has_value()) return "nothing";
  auto const item = phrase(app, *route.result, with_fields);
  return route.streams ? "a stream of " + item : item;
}

inline std::string heading(std::string_view text, layout const& how) {
  std::string const word(text);
  return how.colour ? "\x1b[1m" + word + "\x1b[0m\n" : word + "\n";
}

/// `<id>`, `<lines>...`
inline std::string positional_words(described_app const& app, command_entry const& entry) {
  std::string text;
  auto const request = entry.request();
  if (!request.has_value()) return text;
  auto const type = bare(app, *request);
  if (type.kind() != schema::kind::structure) return " <value>";
  for (auto const& name : entry.positionals())
    for (auto const& field : type.type->fields)
      if (field.name == name) {
        auto const word =
            "<" + kebab(name) + ">" + (repeats(bare(app, field.type).kind()) ? "..." : "");
        bool const must = field.required && (entry.own == nullptr || !entry.own->takes_parts);
        text += must ? " " + word : " [" + word + "]";
      }
  return text;
}

inline bool is_positional(command_entry const& entry, flag_row const& row) {
  auto const& names = entry.positionals();
  return place_of(row.path, names) != names.size();
}

/// `--email <text>`, `--active|--no-active`
inline std::string usage_word(described_app const& app, flag_row const& row) {
  auto const word = value_word(app, row.type);
  auto const spelled = "--" + row.spelling;
  return word.empty() ? spelled + "|" + negation_of(row.spelling) : spelled + " " + word;
}

/// Parts in a row, each whole, with `turn` where a line is full.
inline std::string wrapped(std::string const& start, std::vector<std::string> const& parts,
                           std::size_t width, std::string_view turn) {
  auto text = start;
  auto used = columns_of(start);
  for (auto const& part : parts) {
    if (width != 0 && used + columns_of(part) > width) {
      text += turn;
      used = 6;
    }
    text += part;
    used += columns_of(part);
  }
  return text + "\n";
}

inline std::string usage_line(command_line const& commands, command_entry const& entry,
                              pando::detail::sequence<flag_row> const& rows, std::size_t width) {
  auto const start = "Usage: " + commands.program + " " + join_words(entry.words);
  std::vector<std::string> parts{positional_words(commands.app, entry)};
  bool optional = !entry.request().has_value();
  for (auto const& row : rows) {
    if (is_positional(entry, row)) continue;
    if (row.required)
      parts.push_back(" " + usage_word(commands.app, row));
    else
      optional = true;
  }
  if (optional || !rows.empty()) parts.emplace_back(" [flags]");
  return wrapped(start, parts, width, "\n      ");
}

inline void add_remark(std::string& text, std::string const& remark) {
  (text += text.empty() || remark.empty() ? "" : "; ") += remark;
}

inline flag_note const* note_of(command_entry const& entry, flag_row const& row) {
  if (entry.own == nullptr) return nullptr;
  for (auto const& note : entry.own->notes)
    if (note.field == row.path) return &note;
  return nullptr;
}

/// What is said of a flag beside its name.
inline std::string flag_text(described_app const& app, flag_row const& row,
                             flag_note const* note) {
  auto const type = bare(app, row.type);
  using enum schema::kind;
  std::string said = expectation(app, row.type);
  bool const says_nothing = type.rules.empty() && (type.kind() == string || type.kind() == boolean);
  bool const names_all = (type.kind() == enumeration && type.rules.empty()) ||
                         (type.rules.size() == 1 && !allowed_texts(type).empty());
  bool const is_shown = names_all && value_word(app, row.type).find('|') != std::string::npos;
  if (says_nothing || is_shown) said.clear();
  if (note != nullptr) said = std::string(note->says) + (said.empty() ? "" : "; ") + said;
  bool const is_no = row.spelling.starts_with("no-"); // and off where it is not given
  if (type.kind() == boolean && !is_no) add_remark(said, negation_of(row.spelling) + " for no");
  if (type.kind() == fixed_list)
    add_remark(said, "exactly " + std::to_string(type.type->count) + " times");
  else if (repeats(type.kind()))
    add_remark(said, "once for each");
  if (type.kind() == list || type.kind() == fixed_list)
    if (auto const inner = bare(app, *type.type->element);
        inner.kind() == structure && !inner.type->fields.empty())
      add_remark(said, "or --" + row.spelling + ".0." + kebab(inner.type->fields.front().name) +
                           " and so on");
  if (row.is_key) add_remark(said, "with any key");
  if (holds_secret(app, row.type)) add_remark(said, "secret");
  if (row.default_value.has_value()) {
    json_value value;
    std::string why;
    bool const is_text = parse_json(*row.default_value, value, why) &&
                         value.is(json_value::kind::string) && !value.text.empty();
    add_remark(said, "default " + (type.secret ? std::string("hidden")
                                   : is_text   ? value.text
                                               : *row.default_value));
  }
  return said;
}

inline definition flag_definition(described_app const& app, flag_row const& row,
                                  flag_note const* note) {
  auto name = row.letter == 0 ? std::string("    ") : std::string{'-', row.letter, ',', ' '};
  name += "--" + row.spelling;
  if (auto const word = value_word(app, row.type); !word.empty()) name += " " + word;
  return {std::move(name), plain_text(flag_text(app, row, note))};
}

inline std::string options_text(pando::detail::sequence<option_row> const& options,
                                layout const& how) {
  pando::detail::sequence<definition> rows;
  for (auto const& option : options) {
    auto name =
        option.letter == 0 ? std::string("    ") : std::string{'-', option.letter, ',', ' '};
    (name += "--") += option.spelling;
    if (!option.word.empty()) (name += " ") += option.word;
    rows.push_back({std::move(name), std::string(option.summary)});
  }
  return heading("Options:", how) + definitions(rows, how.width);
}

/// How a flag of the example is typed: once, for a fixed list as often as it must be.
inline void add_example(described_app const& app, flag_row const& row,
                        std::vector<std::string>& parts, flag_note const* note = nullptr) {
  auto const type = bare(app, row.type);
  auto flag = " --" + row.spelling;
  if (row.is_key) flag.replace(flag.rfind("<key>"), 5, "key");
  if (type.kind() == schema::kind::boolean) return parts.push_back(flag);
  if (note != nullptr && !note->example.empty())
    return parts.push_back(flag + " " + shell_word(note->example));
  constexpr std::uint32_t most = 4;
  auto const times = type.kind() == schema::kind::fixed_list ? type.type->count : 1U;
  for (std::uint32_t i = 0; i < std::min(times, most); ++i)
    parts.push_back(flag + " " + shell_word(example_of(app, row.type)));
}

/// A line that would be accepted: what is required, or the first flag there is.
inline std::string example_line(command_line const& commands, command_entry const& entry,
                                pando::detail::sequence<flag_row> const& rows, std::size_t width) {
  auto const& app = commands.app;
  std::vector<std::string> parts;
  auto const request = entry.request();
  bool any_required = false;
  for (auto const& row : rows) any_required = any_required || row.required;
  if (request.has_value() && bare(app, *request).kind() != schema::kind::structure)
    parts.push_back(" " + shell_word(example_of(app, *request)));
  for (auto const& row : rows) {
    bool const is_alone = rows.front().path == row.path && parts.empty();
    if (!row.required && (!is_alone || any_required)) continue;
    if (is_positional(entry, row)) {
      parts.push_back(" " + shell_word(example_of(app, row.type)));
      continue;
    }
    add_example(app, row, parts, note_of(entry, row));
    auto const type = bare(app, row.type);
    if (type.kind() != schema::kind::variant) continue;
    auto const first = row.path + "." + alternative_names(app, *type.type).front() + ".";
    for (auto const& part : rows)
      if (part.path.compare(0, first.size(), first) == 0) add_example(app, part, parts);
  }
  auto const start = "  " + commands.program + " " + join_words(entry.words);
  return wrapped(start, parts, width == 0 ? 0 : width - 2, " \\\n     ");
}

inline std::string route_text(command_line const& commands, described_route const& route,
                              layout const& how) {
  auto text = heading("Gives:", how);
  auto const gives = plain_text(result_phrase(commands.app, route, true));
  for (auto const& line : broken(gives, how.width < 20 ? how.width : how.width - 2))
    text += "  " + line + "\n";
  if (route.errors.empty()) return text;
  text += "\n" + heading("Fails with:", how);
  pando::detail::sequence<definition> rows;
  for (auto const& error : route.errors)
    rows.push_back(
        {type_phrase(commands.app, error.type), "exit code " + std::to_string(error.exit_code)});
  return text + definitions(rows, how.width);
}

inline std::string command_help(command_line const& commands, command_entry const& entry,
                                layout const& how) {
  auto const rows = flags_of(commands.app, entry.request());
  auto text = usage_line(commands, entry, rows, how.width);
  if (!entry.summary().empty()) text += "\n" + plain_text(entry.summary()) + "\n";
  pando::detail::sequence<definition> required;
  pando::detail::sequence<definition> optional;
  for (auto const& row : rows)
    (row.required ? required : optional)
        .push_back(flag_definition(commands.app, row, note_of(entry, row)));
  auto const request = entry.request();
  if (request.has_value() && bare(commands.app, *request).kind() != schema::kind::structure)
    required.push_back({"<value>", expectation(commands.app, *request)});
  bool const partial = entry.own != nullptr && entry.own->takes_parts;
  if (!required.empty())
    text += "\n" +
            heading(partial ? "Required, here or where settings come from:"
                            : "Required, asked for on a terminal when left out:",
                    how) +
            definitions(required, how.width);
  if (!optional.empty())
    text += "\n" + heading("Optional:", how) + definitions(optional, how.width);
  text += "\n" + options_text(options_of(commands, &entry), how) + "\n";
  if (entry.route != nullptr) text += route_text(commands, *entry.route, how) + "\n";
  return text + heading("Example:", how) + example_line(commands, entry, rows, how.width);
}

inline std::string entry_summary(described_app const& app, command_entry const& entry) {
  if (!entry.summary().empty()) return plain_text(entry.summary());
  return entry.route == nullptr ? std::string{}
                                : "gives " + result_phrase(app, *entry.route, false);
}

/// The commands that begin with these words, in groups by their first one.
inline std::string group_help(command_line const& commands,
                              pando::detail::sequence<command_entry> const& entries,
                              std::span<std::string const> words, layout const& how) {
  auto const& app = commands.app;
  std::string text;
  if (words.empty()) text += app.name + (app.version.empty() ? "" : " " + app.version) + "\n\n";
  text += "Usage: " + commands.program + " " + (words.empty() ? "" : join_words(words) + " ") +
          "COMMAND [flags]\n";
  std::vector<std::string> groups;
  for (auto const& entry : entries)
    if (entry.route != nullptr && begins_with(entry, words) &&
        place_of(entry.words.front(), groups) == groups.size())
      groups.push_back(entry.words.front());
  groups.emplace_back();
  for (auto const& group : groups) {
    pando::detail::sequence<definition> rows;
    for (auto const& entry : entries)
      if (!entry.hidden() && begins_with(entry, words) &&
          group == (entry.route == nullptr ? std::string{} : entry.words.front()))
        rows.push_back(
            {join_words(entry.words) + positional_words(app, entry), entry_summary(app, entry)});
    if (rows.empty()) continue;
    auto const title =
        group.empty() ? "Of " + commands.program + " itself:" : "Commands of " + group + ":";
    text += "\n" + heading(title, how) + definitions(rows, how.width);
  }
  return text + "\n" + options_text(options_of(commands, nullptr), how) + "\n'" + commands.program +
         " COMMAND --help' says what a command takes.\n";
}

} // namespace detail

PANDO_INLINE std::string type_phrase(described_app const& app, std::uint32_t place) {
  return detail::phrase(app, place, true);
}

PANDO_INLINE std::string shell_word(std::string_view text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_-+=.,:/@%^";
  if (!text.empty() && text.find_first_not_of(plain) == text.npos) return std::string(text);
  std::string quoted = "'";
  for (char const c : text) quoted += c == '\'' ? std::string("'\\''") : std::string{c};
  return quoted + "'";
}

PANDO_INLINE std::string help_text(command_line const& commands, std::span<std::string const> words,
                                   layout const& how) {
  auto const entries = detail::entries_of(commands);
  if (auto const* const entry = detail::entry_at(entries, words))
    return detail::command_help(commands, *entry, how);
  return detail::group_help(commands, entries, words, how);
}

PANDO_INLINE std::string routes_text(described_app const& app, layout const& how) {
  pando::detail::sequence<std::vector<std::string>> rows;
  rows.push_back({"ROUTE", "TAKES", "GIVES", "COMMAND", "ELSEWHERE"});
  for (auto const& route : app.routes) {
    std::vector<std::string> commands;
    for (auto const& command : route.commands) {
      auto words = detail::split_words(command.words);
      for (auto& word : words) word = detail::kebab(word);
      commands.push_back(detail::join_words(words));
    }
    std::vector<std::string> places;
    for (auto const& place : route.endpoints) places.push_back(place.method + " " + place.path);
    auto const takes = route.request ? detail::phrase(app, *route.request, false) : "";
    auto const gives = route.result ? detail::phrase(app, *route.result, false) : "";
    rows.push_back({route.name, takes, (route.streams ? "stream of " : "") + gives,
                    detail::joined(commands, ", "), detail::joined(places, ", ")});
  }
  pando::detail::sequence<std::size_t> widths(rows.front().size());
  for (auto const& row : rows)
    for (std::size_t at = 0; at < row.size(); ++at)
      widths[at] = std::max(widths[at], detail::columns_of(row[at]));
  std::string text;
  for (auto const& row : rows) {
    std::string line;
    for (std::size_t at = 0; at < row.size(); ++at)
      if (widths[at] != 0) line += detail::padded(detail::plain_text(row[at]), widths[at] + 2);
    line.erase(line.find_last_not_of(' ') + 1);
    bool const is_head = &row == &rows.front();
    text += is_head && how.colour ? "\x1b[1m" + line + "\x1b[0m\n" : line + "\n";
  }
  return text;
}

} // namespace pando::cli
