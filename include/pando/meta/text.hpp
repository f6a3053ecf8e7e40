// Looking at text at compile time.
#pragma once

#include <cstddef>
#include <string_view>

namespace pando::meta {

/// The place of `wanted` in `text` at or after `from`, or npos. Unlike string_view::find it may be
/// used on template arguments under -fsanitize=undefined, where g++ 12 refuses to compare their
/// addresses with null at compile time.
constexpr std::size_t find_character(std::string_view text, char wanted, std::size_t from = 0) {
  for (std::size_t at = from; at < text.size(); ++at)
    if (text[at] == wanted) return at;
  return std::string_view::npos;
}

} // namespace pando::meta
