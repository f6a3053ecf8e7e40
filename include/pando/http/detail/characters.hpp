// The classes of octets that HTTP's grammar knows (RFC 9110, 5.6).
#pragma once

#include <array>
#include <string_view>

namespace pando::http::detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The value of a hexadecimal digit; -1 when it is none.
constexpr int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// For each octet whether it is a digit, a letter or one of these.
constexpr std::array<bool, 256> letters_digits_and(std::string_view others) noexcept {
  std::array<bool, 256> all{};
  for (char c = '0'; c <= '9'; ++c) all[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) all[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) all[static_cast<unsigned char>(c)] = true;
  for (char const c : others) all[static_cast<unsigned char>(c)] = true;
  return all;
}
inline constexpr auto token_octets = letters_digits_and("!#$%&'*+-.^_`|~");
inline constexpr auto host_octets = letters_digits_and("-._~%!$&'()*+,;=:[]");

/// What the names of methods and headers are made of.
constexpr bool is_token(char c) noexcept { return token_octets[static_cast<unsigned char>(c)]; }

constexpr bool is_token(std::string_view text) noexcept {
  for (char const c : text) {
    if (!is_token(c)) return false;
  }
  return !text.empty();
}

/// What a header's value may hold: no control character but the tab.
constexpr bool is_field_text(char c) noexcept {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != '\x7f');
}

/// What a host and its port may hold (RFC 3986, 3.2.2): no user, no path, no space.
constexpr bool is_host_text(char c) noexcept { return host_octets[static_cast<unsigned char>(c)]; }

} // namespace pando::http::detail
