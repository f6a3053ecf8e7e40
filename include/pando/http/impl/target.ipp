// Percent-decoding (RFC 3986, 2.1) and the form encoding of queries.
#pragma once

#include <pando/http/detail/characters.hpp>
#include <pando/http/detail/target.hpp>

namespace pando::http::detail {

inline bool append_decoded(std::string& out, std::string_view text, bool plus_is_space) {
  auto const before = out.size();
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      int const high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
      int const low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
      if (high < 0 || low < 0 || (high == 0 && low == 0)) {
        out.resize(before);
        return false;
      }
      c = static_cast<char>(high * 16 + low);
      at += 2;
    }
    out += c;
  }
  return true;
}

PANDO_INLINE bool append_percent_decoded(std::string& out, std::string_view text) {
  return append_decoded(out, text, false);
}

PANDO_INLINE bool append_query_decoded(std::string& out, std::string_view text) {
  return append_decoded(out, text, true);
}

PANDO_INLINE bool query_reader::next() {
  while (!failed_ && !rest_.empty()) {
    auto const pair = rest_.substr(0, rest_.find('&'));
    rest_.remove_prefix(pair.size() == rest_.size() ? pair.size() : pair.size() + 1);
    if (pair.empty()) continue;
    auto const equals = pair.find('=');
    key_ = pair.substr(0, equals);
    value_ = equals == pair.npos ? std::string_view{} : pair.substr(equals + 1);
    failed_ = !decode(key_, key_memory_) || !decode(value_, value_memory_);
    return !failed_;
  }
  return false;
}

PANDO_INLINE bool query_reader::decode(std::string_view& part, std::string& memory) {
  if (part.find_first_of("%+") == part.npos) return true;
  memory.clear();
  if (!append_query_decoded(memory, part)) return false;
  part = memory;
  return true;
}

} // namespace pando::http::detail
