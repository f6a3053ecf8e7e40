// The classes of octets that HTTP's grammar knows (RFC 9110, 5.6).
#pragma once

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

/// What the names of methods and headers are made of.
constexpr bool is_token(char c) noexcept {
  return is_digit(c) || is_letter(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

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
constexpr bool is_host_text(char c) noexcept {
  return is_digit(c) || is_letter(c) ||
         (c != '\0' && std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos);
}

} // namespace pando::http::detail
