// The grammar of JSON, looked at and stepped over.
#pragma once

#include <pando/socket/json_text.hpp>

namespace pando::socket::detail {

inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
inline bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

PANDO_INLINE char json_text::peek() noexcept {
  auto const at = rest_.find_first_not_of(" \t\r\n");
  rest_.remove_prefix(at == rest_.npos ? rest_.size() : at);
  return rest_.empty() ? '\0' : rest_.front();
}

PANDO_INLINE bool json_text::is_at_end() noexcept {
  peek();
  return rest_.empty();
}

PANDO_INLINE bool json_text::take(char c) noexcept {
  if (peek() != c || rest_.empty()) return false;
  rest_.remove_prefix(1);
  return true;
}

PANDO_INLINE bool json_text::enter(char bracket) noexcept {
  is_first_ = true;
  return take(bracket);
}

PANDO_INLINE bool json_text::key(std::string_view& found) {
  if (take('}')) return false;
  if (!is_first_ && !take(',')) return broken();
  is_first_ = false;
  if (peek() != '"') return broken();
  auto const* const begin = rest_.data() + 1;
  if (!skip_string()) return broken();
  found = {begin, static_cast<std::size_t>(rest_.data() - begin) - 1};
  return take(':') || broken();
}

PANDO_INLINE bool json_text::element() noexcept {
  if (take(']')) return false;
  if (!is_first_ && !take(',')) return broken();
  is_first_ = false;
  return true;
}

PANDO_INLINE bool json_text::value(std::string_view& found, unsigned depth) {
  peek();
  auto const* const begin = rest_.data();
  if (!skip(depth)) return broken();
  found = {begin, static_cast<std::size_t>(rest_.data() - begin)};
  return true;
}

PANDO_INLINE bool json_text::skip(unsigned depth) {
  constexpr unsigned deepest = 128;
  if (depth > deepest) return false;
  switch (peek()) {
  case '"': return skip_string();
  case '{': return skip_container('}', depth);
  case '[': return skip_container(']', depth);
  case 't': return skip_word("true");
  case 'f': return skip_word("false");
  case 'n': return skip_word("null");
  default: return skip_number();
  }
}

PANDO_INLINE bool json_text::skip_word(std::string_view word) noexcept {
  if (rest_.substr(0, word.size()) != word) return false;
  rest_.remove_prefix(word.size());
  return true;
}

PANDO_INLINE bool json_text::skip_string() noexcept {
  std::size_t at = 1;
  while (at < rest_.size() && rest_[at] != '"') {
    if (static_cast<unsigned char>(rest_[at]) < 0x20) return false;
    if (rest_[at++] != '\\') continue;
    if (at == rest_.size()) return false;
    char const escaped = rest_[at++];
    if (escaped == 'u') {
      for (int digit = 0; digit < 4; ++digit, ++at)
        if (at >= rest_.size() || !is_hex(rest_[at])) return false;
    } else if (std::string_view("\"\\/bfnrt").find(escaped) == std::string_view::npos) {
      return false;
    }
  }
  if (at >= rest_.size()) return false;
  rest_.remove_prefix(at + 1);
  return true;
}

PANDO_INLINE bool json_text::skip_number() noexcept {
  std::size_t at = 0;
  auto const digits = [&] {
    auto const from = at;
    while (at < rest_.size() && is_digit(rest_[at])) ++at;
    return at != from;
  };
  auto const is = [&](char c) { return at < rest_.size() && rest_[at] == c; };
  if (is('-')) ++at;
  bool const zero = is('0');
  auto const from = at;
  if (!digits() || (zero && at - from > 1)) return false;
  if (is('.') && (++at, !digits())) return false;
  if (is('e') || is('E')) {
    ++at;
    if (is('+') || is('-')) ++at;
    if (!digits()) return false;
  }
  rest_.remove_prefix(at);
  return true;
}

PANDO_INLINE bool json_text::skip_container(char close, unsigned depth) {
  rest_.remove_prefix(1);
  if (take(close)) return true;
  do {
    if (close == '}' && (peek() != '"' || !skip_string() || !take(':'))) return false;
    if (!skip(depth + 1)) return false;
  } while (take(','));
  return take(close);
}

PANDO_INLINE std::string_view member_of(std::string_view object, std::string_view name) {
  json_text text(object);
  std::string_view key;
  std::string_view value;
  if (!text.enter('{')) return {};
  while (text.key(key)) {
    if (!text.value(value)) return {};
    if (key == name) return value;
  }
  return {};
}

} // namespace pando::socket::detail
