// What the rules say of themselves, and the check of an e-mail address.
#pragma once

#include <cstdio>
#include <cstdlib>

#include <pando/contract/rules.hpp>

namespace pando::detail {

PANDO_INLINE std::string number_text(std::int64_t number) { return std::to_string(number); }
PANDO_INLINE std::string number_text(std::uint64_t number) { return std::to_string(number); }

/// The shortest decimal that is read back as the same number.
PANDO_INLINE std::string number_text(double number) {
  char text[40];
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, number);
    if (std::strtod(text, nullptr) == number) break;
  }
  std::string out;
  for (char const* at = text; *at != '\0'; ++at) {
    bool const numeral = (*at >= '0' && *at <= '9') || *at == '-' || *at == '+' || *at == 'e';
    if (numeral) {
      out += *at;
    } else if (out.empty() || out.back() != '.') {
      out += '.'; // whatever the locale has as its decimal point
    }
  }
  return out;
}

PANDO_INLINE std::string json_text(std::string_view text) {
  constexpr char const* digits = "0123456789abcdef";
  std::string out = "\"";
  for (char const c : text) {
    auto const code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (code < 0x20) {
      out += "\\u00";
      out += {digits[code >> 4], digits[code & 15]};
    } else {
      out += c;
    }
  }
  return out += '"';
}

PANDO_INLINE std::string length_text(std::string_view bound, std::size_t length,
                                     std::string_view unit) {
  std::string text(bound);
  text += std::to_string(length);
  text += ' ';
  if (length == 1) return text += unit;
  bool const ends_in_y = unit.ends_with('y');
  text += ends_in_y ? unit.substr(0, unit.size() - 1) : unit;
  return text += ends_in_y ? "ies" : "s";
}

inline bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Labels of letters, digits and inner hyphens, at most 63 each, between single dots.
inline bool is_host_name(std::string_view text) noexcept {
  std::size_t label = 0;
  char last = '.';
  for (char const c : text) {
    if (c == '.') {
      if (last == '.' || last == '-') return false;
      label = 0;
    } else {
      bool const good = is_letter_or_digit(c) || (c == '-' && last != '.');
      if (!good || ++label > 63) return false;
    }
    last = c;
  }
  return last != '.' && last != '-';
}

PANDO_INLINE bool is_email(std::string_view text) noexcept {
  if (text.size() > 254) return false;
  auto const sign = text.find('@');
  if (sign == text.npos || sign == 0 || sign > 64) return false;
  char last = '.';
  for (char const c : text.substr(0, sign)) {
    bool const good = c == '.' ? last != '.'
                               : is_letter_or_digit(c) ||
                                     std::string_view("!#$%&'*+/=?^_`{|}~-").find(c) != text.npos;
    if (!good) return false;
    last = c;
  }
  return last != '.' && is_host_name(text.substr(sign + 1));
}

} // namespace pando::detail
