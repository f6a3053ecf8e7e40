// One piece of text from the command line as the JSON value its type wants.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <pando/cli/detail/shape.hpp>
#include <pando/contract/pattern.hpp>
#include <pando/contract/rules.hpp>
#include <pando/meta/utf8.hpp>
#include <pando/schema/text.hpp>

namespace pando::cli::detail {

inline bool all_digits(std::string_view text) {
  for (char const c : text)
    if (c < '0' || c > '9') return false;
  return !text.empty();
}

/// `+007` as `7`; empty when it is no integer.
inline std::string plain_integer(std::string_view text) {
  bool const negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  if (!all_digits(text)) return {};
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  return negative && text != "0" ? "-" + std::string(text) : std::string(text);
}

/// Whether one plain integer is under another, however long they are.
inline bool under(std::string_view left, std::string_view right) {
  bool const left_negative = left.front() == '-';
  bool const right_negative = right.front() == '-';
  if (left_negative != right_negative) return left_negative;
  if (left.size() != right.size()) return (left.size() < right.size()) != left_negative;
  return left_negative ? right < left : left < right;
}

inline bool convert_integer(described_app const& app, bare_type const& type, std::string_view text,
                            json_value& out, std::string& why) {
  auto const plain = plain_integer(text);
  if (plain.empty()) return why = accepted(app, type), false;
  auto const& of = *type.type;
  if ((!of.least.empty() && under(plain, of.least)) || (!of.most.empty() && under(of.most, plain)))
    return why = accepted(app, type, true), false;
  out = json_number(plain);
  return true;
}

/// `+1`, `.5`, `5.` and `007` are numbers to people.
inline bool convert_number(described_app const& app, bare_type const& type, std::string_view text,
                           json_value& out, std::string& why) {
  std::string plain;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    if (text.front() == '-') plain += '-';
    text.remove_prefix(1);
  }
  while (text.size() > 1 && text.front() == '0' && text[1] >= '0' && text[1] <= '9')
    text.remove_prefix(1);
  if (!text.empty() && text.front() == '.') plain += '0';
  auto const dot = text.find('.');
  bool const bare_dot = dot != text.npos && dot != 0 &&
                        (dot + 1 == text.size() || text[dot + 1] == 'e' || text[dot + 1] == 'E');
  plain += bare_dot ? std::string(text.substr(0, dot)) + std::string(text.substr(dot + 1))
                    : std::string(text);
  if (!is_json_number(plain)) return why = accepted(app, type), false;
  out = json_number(plain);
  return true;
}

inline bool convert_boolean(std::string_view text, json_value& out, std::string& why) {
  for (std::string_view const yes : {"true", "yes", "on", "1"})
    if (text == yes) return out = json_boolean(true), true;
  for (std::string_view const no : {"false", "no", "off", "0"})
    if (text == no) return out = json_boolean(false), true;
  why = "true or false";
  return false;
}

inline bool convert_enumeration(described_app const& app, bare_type const& type,
                                std::string_view text, json_value& out, std::string& why) {
  for (auto const& name : type.type->enumerators)
    if (name == text) return out = json_string(name), true;
  for (auto const& name : type.type->enumerators)
    if (answers_to(name, text)) return out = json_string(name), true;
  why = accepted(app, type);
  return false;
}

inline bool convert_bytes(std::string_view text, file_reader const& files, json_value& out,
                          std::string& why) {
  if (!text.empty() && text.front() == '@') {
    std::string content;
    if (!files || !files(std::string(text.substr(1)), content, why)) {
      why = "a file that can be read: " + std::string(text.substr(1)) + ": " + why;
      return false;
    }
    out = json_string({});
    text::append_base64(out.text, reinterpret_cast<std::byte const*>(content.data()),
                        content.size());
    return true;
  }
  std::vector<std::byte> octets;
  std::string_view reason;
  if (!text::parse_base64(text, octets, reason))
    return why = "base64, or @FILE for a file's content", false;
  out = json_string(text);
  return true;
}

/// The unit a table counts in is not described: whole seconds for long times, nanoseconds for
/// short.
inline bool is_duration(std::string_view text) {
  std::int64_t count = 0;
  std::string_view why;
  return text::parse_duration(text, 1, 1'000'000'000, count, why) ||
         text::parse_duration(text, 1, 1, count, why);
}
inline bool is_time(std::string_view text) {
  std::int64_t count = 0;
  std::string_view why;
  return text::parse_time(text, 1, 1'000'000'000, count, why) ||
         text::parse_time(text, 1, 1'000'000, count, why);
}

/// `1500` thousandths are `1.500`.
inline std::string shifted(std::string_view digits, std::size_t places) {
  std::string padded(digits.size() <= places ? places + 1 - digits.size() : 0, '0');
  padded += digits;
  return padded.insert(padded.size() - places, 1, '.');
}

/// One number with its unit, put where ISO 8601 has it; false when the unit is none.
inline bool add_part(std::string_view number, std::string_view unit, std::string& date,
                     std::string& time) {
  if (number.empty()) return false;
  auto const put = [number](std::string& where, char letter) {
    (where += number) += letter;
    return true;
  };
  if (unit == "w") return put(date, 'W');
  if (unit == "d") return put(date, 'D');
  if (unit == "h") return put(time, 'H');
  if (unit == "m" || unit == "min") return put(time, 'M');
  if (unit == "s") return put(time, 'S');
  std::size_t const places = unit == "ms" ? 3 : unit == "us" ? 6 : unit == "ns" ? 9 : 0;
  if (places == 0 || !all_digits(number)) return false;
  time += shifted(number, places) + "S";
  return true;
}

PANDO_INLINE std::string iso_duration(std::string_view text) {
  auto rest = text;
  std::string date;
  std::string time;
  bool const negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  while (!rest.empty()) {
    auto const number = rest.substr(0, rest.find_first_not_of("0123456789."));
    rest.remove_prefix(number.size());
    auto const unit = rest.substr(0, rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
    rest.remove_prefix(unit.size());
    if (!add_part(number, unit, date, time)) return std::string(text);
  }
  if (date.empty() && time.empty()) return std::string(text);
  return (negative ? "-P" : "P") + date + (time.empty() ? "" : "T" + time);
}

inline bool convert_text(described_app const& app, bare_type const& type, std::string_view text,
                         json_value& out, std::string& why) {
  auto const& format = type.type->format;
  std::string_view reason;
  uuid id;
  bool fine = true;
  std::string written(text);
  if (format == "duration")
    fine = is_duration(written = iso_duration(text));
  else if (format == "date-time")
    fine = is_time(text);
  else if (format == "uuid")
    fine = text::parse_uuid(text, id, reason);
  else
    fine = meta::valid_utf8(text);
  if (!fine) return why = accepted(app, type), false;
  out = json_string(written);
  return true;
}

/// Numbers compared as they are written where both are whole, else as floating point.
inline bool number_under(std::string const& left, std::string const& right) {
  auto const whole = plain_integer(left);
  auto const bound = plain_integer(right);
  if (!whole.empty() && !bound.empty()) return under(whole, bound);
  return std::strtod(left.c_str(), nullptr) < std::strtod(right.c_str(), nullptr);
}

/// Formats and patterns. What this program does not know is left to the app to judge.
inline bool keeps_text_rules(bare_type const& type, std::string_view text) {
  for (auto const* const rule : type.rules) {
    json_value value;
    std::string why;
    bool const is_format = rule->keyword == "format";
    if (!is_format && rule->keyword != "pattern") continue;
    if (!parse_json(rule->value, value, why)) continue;
    if (is_format && value.text == "email" && !is::email::check(text)) return false;
    if (!is_format && !pattern(value.text).matches(text)) return false;
  }
  return true;
}

/// Rules whose keywords anybody can check.
inline bool keeps_rules(bare_type const& type, json_value const& value) {
  auto const bound = [&](std::string_view keyword) { return rule_value(type, keyword); };
  auto const length = meta::code_points(value.text);
  auto const count = [](std::string const& text) {
    return std::strtoull(text.c_str(), nullptr, 10);
  };
  if (value.is(json_value::kind::string)) {
    if (auto const* const least = bound("minLength"); least && length < count(*least)) return false;
    if (auto const* const most = bound("maxLength"); most && length > count(*most)) return false;
    if (!keeps_text_rules(type, value.text)) return false;
  }
  if (value.is(json_value::kind::number)) {
    if (auto const* const least = bound("minimum"); least && number_under(value.text, *least))
      return false;
    if (auto const* const most = bound("maximum"); most && number_under(*most, value.text))
      return false;
  }
  auto const allowed = allowed_texts(type);
  for (auto const& one : allowed)
    if (one == value.text) return true;
  return allowed.empty();
}

inline bool convert_plainly(described_app const& app, bare_type const& type, std::string_view typed,
                            file_reader const& files, json_value& out, std::string& why) {
  using enum schema::kind;
  switch (type.kind()) {
  case boolean:
    return convert_boolean(typed, out, why);
  case integer:
    return convert_integer(app, type, typed, out, why);
  case floating:
    return convert_number(app, type, typed, out, why);
  case enumeration:
    return convert_enumeration(app, type, typed, out, why);
  case text:
    return convert_text(app, type, typed, out, why);
  case bytes:
    return convert_bytes(typed, files, out, why);
  default:
    break;
  }
  if (!meta::valid_utf8(typed)) return why = "text in UTF-8", false;
  out = json_string(typed);
  return true;
}

PANDO_INLINE bool convert(described_app const& app, bare_type const& type, std::string_view typed,
                          file_reader const& files, json_value& out, std::string& why) {
  if (!convert_plainly(app, type, typed, files, out, why)) return false;
  if (type.rules.empty() || type.kind() == schema::kind::bytes || keeps_rules(type, out))
    return true;
  why = expected(app, type);
  return false;
}

} // namespace pando::cli::detail
