// Flags of a request from its described types, and the words help uses for values.
#pragma once

#include <algorithm>
#include <utility>

#include <pando/cli/detail/shape.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli::detail {

PANDO_INLINE bare_type bare(described_app const& app, std::uint32_t place) {
  bare_type found;
  for (;;) {
    auto const& type = app.types[place];
    found.secret = found.secret || type.secret;
    for (auto const& rule : type.rules) found.rules.push_back(&rule);
    using enum schema::kind;
    if (type.kind == converted && found.name.empty() && type.name != "list") found.name = type.name;
    if (type.kind == optional) found.optional = true;
    if (type.kind != optional && type.kind != converted) {
      found.type = &type;
      found.place = place;
      if (found.name.empty() && (type.kind == enumeration || type.kind == structure))
        found.name = type.name;
      return found;
    }
    place = *type.element;
  }
}

PANDO_INLINE bool holds_secret(described_app const& app, std::uint32_t place) {
  pando::detail::sequence<bool> known(app.types.size());
  pando::detail::sequence<std::uint32_t> open{place};
  while (!open.empty()) {
    auto const at = open.back();
    open.pop_back();
    if (known[at]) continue;
    known[at] = true;
    auto const& type = app.types[at];
    if (type.secret) return true;
    if (type.element.has_value()) open.push_back(*type.element);
    open.append(type.alternatives.begin(), type.alternatives.end());
    for (auto const& field : type.fields) open.push_back(field.type);
  }
  return false;
}

PANDO_INLINE bool is_scalar(schema::kind kind) noexcept {
  using enum schema::kind;
  return kind == boolean || kind == integer || kind == floating || kind == string ||
         kind == enumeration || kind == text || kind == bytes;
}

PANDO_INLINE bool repeats(schema::kind kind) noexcept {
  using enum schema::kind;
  return kind == list || kind == fixed_list || kind == set;
}

PANDO_INLINE std::string kebab(std::string_view name) {
  std::string made;
  for (std::size_t at = 0; at < name.size(); ++at) {
    char const c = name[at];
    bool const upper = c >= 'A' && c <= 'Z';
    if (upper && at != 0) {
      char const before = name[at - 1];
      bool const lower_next = at + 1 < name.size() && name[at + 1] >= 'a' && name[at + 1] <= 'z';
      bool const word_ends = (before >= 'a' && before <= 'z') || (before >= '0' && before <= '9');
      if (word_ends || (before >= 'A' && before <= 'Z' && lower_next)) made += '-';
    }
    if (c == '_')
      made += made.empty() || made.back() == '-' ? '_' : '-';
    else
      made += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return made;
}

PANDO_INLINE bool answers_to(std::string_view name, std::string_view typed) {
  return name == typed || kebab(name) == typed || kebab(name) == kebab(typed);
}

/// Walks a request's fields; what leads back to itself, or deeper than people type, is left as
/// JSON.
class flag_lister {
 public:
  flag_lister(described_app const& app, pando::detail::sequence<flag_row>& rows)
      : app_(app), rows_(rows) {}

  void fields(std::uint32_t place, std::string const& path, std::string const& spelling,
              bool required) {
    on_the_way_.push_back(place);
    for (auto const& field : app_.types[place].fields) {
      flag_row row;
      row.path = path.empty() ? field.name : path + "." + field.name;
      row.spelling = spelling.empty() ? kebab(field.name) : spelling + "." + kebab(field.name);
      row.type = field.type;
      row.required = required && field.required;
      row.default_value = field.default_value;
      one(std::move(row));
    }
    on_the_way_.pop_back();
  }

 private:
  static constexpr std::size_t deepest = 5;

  bool may_enter(std::uint32_t place) const {
    return on_the_way_.size() < deepest &&
           std::find(on_the_way_.begin(), on_the_way_.end(), place) == on_the_way_.end();
  }

  void one(flag_row row) {
    auto const type = bare(app_, row.type);
    using enum schema::kind;
    if (type.kind() == structure && may_enter(type.place) && !type.type->fields.empty())
      return fields(type.place, row.path, row.spelling, row.required);
    if (type.kind() == map && is_scalar(bare(app_, *type.type->element).kind())) {
      row.is_key = true;
      row.type = *type.type->element;
      row.path += ".<key>";
      row.spelling += ".<key>";
    }
    rows_.push_back(row);
    if (type.kind() == map && !row.is_key) parts(*type.type->element, row, "<key>");
    if (type.kind() == variant)
      for (auto const alternative : type.type->alternatives)
        parts(alternative, row, app_.types[alternative].name);
  }

  /// The fields of what stands in a map or variant: none of them is required by itself.
  void parts(std::uint32_t place, flag_row const& row, std::string const& step) {
    auto const inner = bare(app_, place);
    if (inner.kind() != schema::kind::structure || !may_enter(inner.place)) return;
    auto const spelled = step.front() == '<' ? step : kebab(step);
    fields(inner.place, row.path + "." + step, row.spelling + "." + spelled, false);
  }

  described_app const& app_;
  pando::detail::sequence<flag_row>& rows_;
  pando::detail::sequence<std::uint32_t> on_the_way_;
};

/// A field called by one letter has it; the other letters go to the first field that begins so.
inline void give_letters(pando::detail::sequence<flag_row>& rows) {
  std::string taken = "h";
  for (auto& row : rows)
    if (row.spelling.size() == 1 && taken.find(row.spelling[0]) == taken.npos)
      taken += row.letter = row.spelling[0];
  for (auto& row : rows) {
    char const initial = row.spelling.empty() ? '\0' : row.spelling[0];
    bool const letter = (initial >= 'a' && initial <= 'z') || (initial >= 'A' && initial <= 'Z');
    bool const nested = row.spelling.find('.') != std::string::npos;
    if (row.letter == 0 && letter && !nested && taken.find(initial) == taken.npos)
      taken += row.letter = initial;
  }
}

PANDO_INLINE pando::detail::sequence<flag_row> flags_of(described_app const& app,
                                                        std::optional<std::uint32_t> request) {
  pando::detail::sequence<flag_row> rows;
  if (!request.has_value()) return rows;
  auto const type = bare(app, *request);
  if (type.kind() == schema::kind::structure)
    flag_lister(app, rows).fields(type.place, {}, {}, true);
  give_letters(rows);
  return rows;
}

PANDO_INLINE std::size_t place_of(std::string_view word,
                                  std::span<std::string const> words) noexcept {
  std::size_t at = 0;
  while (at < words.size() && words[at] != word) ++at;
  return at;
}

PANDO_INLINE std::string joined(std::vector<std::string> const& words, std::string_view between) {
  std::string made;
  for (auto const& word : words) (made += made.empty() ? std::string_view{} : between) += word;
  return made;
}

PANDO_INLINE std::vector<std::string> alternative_names(described_app const& app,
                                                        described_type const& type) {
  std::vector<std::string> names;
  for (auto const place : type.alternatives) names.push_back(app.types[place].name);
  return names;
}

PANDO_INLINE std::string value_word(described_app const& app, std::uint32_t place) {
  constexpr std::size_t widest = 36;
  auto const type = bare(app, place);
  using enum schema::kind;
  switch (type.kind()) {
  case boolean:
    return {};
  case integer:
    return "<integer>";
  case floating:
    return "<number>";
  case string: {
    auto const all = "<" + joined(allowed_texts(type), "|") + ">";
    return all.size() > 2 && all.size() <= widest ? all : "<text>";
  }
  case bytes:
    return "<base64>";
  case text:
    if (type.type->format == "date-time") return "<time>";
    return "<" + (type.type->format.empty() ? std::string("text") : type.type->format) + ">";
  case enumeration: {
    auto const all = "<" + joined(type.type->enumerators, "|") + ">";
    return all.size() <= widest ? all : "<" + kebab(type.name) + ">";
  }
  case list:
  case fixed_list:
  case set: {
    auto const inner = bare(app, *type.type->element);
    if (inner.kind() == boolean) return "<true|false>";
    return is_scalar(inner.kind()) ? value_word(app, inner.place) : "<json>";
  }
  case variant: {
    auto const all = "<" + joined(alternative_names(app, *type.type), "|") + ">";
    return all.size() <= widest ? all : "<json>";
  }
  default:
    return "<json>";
  }
}

inline std::string object_words(described_type const& type) {
  std::vector<std::string> names;
  for (auto const& field : type.fields) names.push_back(field.name);
  return names.empty() ? "a JSON object" : "a JSON object {" + joined(names, ", ") + "}";
}

PANDO_INLINE std::string accepted(described_app const& app, bare_type const& type,
                                  bool with_range) {
  using enum schema::kind;
  auto const& of = *type.type;
  switch (of.kind) {
  case boolean:
    return "true or false";
  case integer:
    if (of.least.empty() || (!with_range && of.most.size() > 5))
      return of.least == "0" ? "an integer from 0 up" : "an integer";
    return "an integer from " + of.least + " to " + of.most;
  case floating:
    return "a number";
  case string:
    return "text";
  case bytes:
    return "base64, or @FILE for a file's content";
  case enumeration:
    return "one of " + joined(of.enumerators, ", ");
  case text:
    if (of.format == "duration") return "a duration, such as 1h30m or PT1H30M";
    if (of.format == "date-time") return "a time, such as " + of.example;
    if (of.format == "uuid") return "a UUID, such as " + of.example;
    return of.example.empty() ? "text" : "text such as " + of.example;
  case list:
  case fixed_list:
  case set: {
    auto const inner = bare(app, *of.element);
    if (is_scalar(inner.kind())) return expected(app, inner);
    return inner.kind() == variant ? accepted(app, inner) : object_words(*inner.type);
  }
  case map:
    return "KEY=VALUE, or a JSON object";
  case variant:
    return "one of " + joined(alternative_names(app, of), ", ") + ", or JSON";
  default:
    return object_words(of);
  }
}

PANDO_INLINE std::string const* rule_value(bare_type const& type, std::string_view keyword) {
  for (auto const* const rule : type.rules)
    if (rule->keyword == keyword) return &rule->value;
  return nullptr;
}

PANDO_INLINE std::vector<std::string> allowed_texts(bare_type const& type) {
  std::vector<std::string> texts;
  json_value allowed;
  std::string why;
  if (auto const* const list = rule_value(type, "enum"); list && parse_json(*list, allowed, why))
    for (auto const& one : allowed.items) texts.push_back(one.text);
  return texts;
}

PANDO_INLINE std::string expected(described_app const& app, bare_type const& type) {
  std::string text;
  bool const rules_say_all = type.kind() == schema::kind::string && !type.rules.empty();
  if (!rules_say_all) text = accepted(app, type);
  for (auto const* const rule : type.rules) {
    bool const is_first = text.empty();
    bool const needs_noun = is_first && rule->keyword != "format" && rule->keyword != "enum" &&
                            rule->sentence.substr(0, 4) != "text";
    (text += is_first ? (needs_noun ? "text, " : "") : ", ") += rule->sentence;
  }
  return text;
}

inline std::string text_example(bare_type const& type) {
  if (auto const* const format = rule_value(type, "format"); format && *format == "\"email\"")
    return "a@b.c";
  if (auto const allowed = allowed_texts(type); !allowed.empty()) return allowed.front();
  if (rule_value(type, "pattern") != nullptr) return "...";
  std::string made = type.secret ? "secret123" : "text";
  auto const* const least = rule_value(type, "minLength");
  auto const length = least == nullptr || least->size() > 2 ? 0 : std::stoul("0" + *least);
  while (made.size() < length) made += made;
  return made;
}

PANDO_INLINE std::string example_of(described_app const& app, std::uint32_t place) {
  auto const type = bare(app, place);
  using enum schema::kind;
  switch (type.kind()) {
  case boolean:
    return "true";
  case integer:
  case floating:
    if (auto const* const least = rule_value(type, "minimum")) return *least;
    if (auto const* const most = rule_value(type, "maximum");
        most != nullptr && !most->empty() && most->front() == '-')
      return *most;
    return type.kind() == integer ? "1" : "1.5";
  case string:
    return text_example(type);
  case bytes:
    return "aGVsbG8=";
  case text:
    return type.type->format == "duration" ? "1h30m"
           : type.type->example.empty()    ? "text"
                                           : type.type->example;
  case enumeration:
    return type.type->enumerators.empty() ? "" : type.type->enumerators.front();
  case list:
  case fixed_list:
  case set:
    return example_of(app, *type.type->element);
  case variant: {
    auto const inner = bare(app, type.type->alternatives.front());
    return inner.kind() == structure ? kebab(app.types[type.type->alternatives.front()].name)
                                     : example_of(app, inner.place);
  }
  default:
    return "{...}";
  }
}

} // namespace pando::cli::detail
