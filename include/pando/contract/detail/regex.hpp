// A regular expression as a template argument: read at compile time, run in linear time.
#pragma once

#include <string_view>

#include <pando/config.hpp>
#include <pando/contract/detail/regex_tables.hpp>

namespace pando::detail {

/// Whether the pattern is found in the text. Each octet is seen once, at a cost that the pattern
/// alone bounds. No recursion, no allocation. What is not UTF-8 counts as U+FFFD, each octet.
bool regex_search(regex_tables const& pattern, std::string_view text) noexcept;

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/contract/impl/regex.ipp>
#endif
