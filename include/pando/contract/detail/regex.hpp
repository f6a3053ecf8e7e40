// A regular expression as a template argument: tables made at compile time, run in linear time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pando/config.hpp>
#include <pando/contract/detail/regex_build.hpp>
#include <pando/meta/fixed_string.hpp>

namespace pando::detail {

/// What the plain function below needs of a pattern. A state is a set of positions (the pattern's
/// characters, repeats written out), one bit each, in `words` words.
struct regex_tables {
  std::uint16_t words;
  std::uint16_t jumps;
  std::uint16_t intervals;
  std::uint8_t empty_matches;       ///< bits of regex_at: where the empty text matches
  std::uint8_t const* ascii;        ///< interval of each code point under 128
  char32_t const* starts;           ///< first code point of each interval, ascending
  std::uint64_t const* accepts;     ///< per interval: the positions that take its code points
  std::uint64_t const* first_begin; ///< where a match may begin at the text's begin …
  std::uint64_t const* first;       ///< … and anywhere else
  std::uint64_t const* last;        ///< a match may end after these …
  std::uint64_t const* last_end;    ///< … and at the text's end after these
  std::uint64_t const* step;        ///< positions followed by the next one
  std::uint64_t const* stay;        ///< positions followed by themselves
  std::uint64_t const* jump_from;   ///< per jump: any of these positions …
  std::uint64_t const* jump_to;     ///< … is followed by all of these
};

/// Whether the pattern is found in the text: every octet is seen once, at a cost bounded by the
/// pattern. No recursion, no allocation. What is not UTF-8 counts as U+FFFD, octet by octet.
bool regex_search(regex_tables const& pattern, std::string_view text) noexcept;

/// A pattern's tables in static storage. *Compiles only if* the pattern is one.
template <fixed_string Pattern>
struct regex {
  static constexpr regex_built const& built = regex_compiled<Pattern>;
  static constexpr regex_fault fault = built.fault;
#define PANDO_REGEX_REFUSES(reason, sentence)                                                      \
  static_assert(fault != regex_fault::reason, "pando: in pando::is::matches<\"...\">, " sentence)
  PANDO_REGEX_REFUSES(text, "the pattern is not UTF-8");
  PANDO_REGEX_REFUSES(group_open, "a ( has no )");
  PANDO_REGEX_REFUSES(group_closed, "a ) has no (; for the character write \\\\)");
  PANDO_REGEX_REFUSES(group_kind, "only ( ) and (?: ) are groups: no look-around, no names");
  PANDO_REGEX_REFUSES(group_depth, "groups stand more than 32 deep");
  PANDO_REGEX_REFUSES(class_open, "a [ has no ]");
  PANDO_REGEX_REFUSES(class_empty, "a class [] holds nothing");
  PANDO_REGEX_REFUSES(class_range, "a range of a class runs backwards or ends in \\\\d, \\\\w or \\\\s");
  PANDO_REGEX_REFUSES(lone_bracket, "a ], { or } stands alone; for the character write \\\\] \\\\{ \\\\}");
  PANDO_REGEX_REFUSES(escape, "a \\\\ makes no escape that is known: \\\\d \\\\D \\\\w \\\\W \\\\s \\\\S \\\\t \\\\n "
                              "\\\\r \\\\f \\\\v \\\\0 \\\\xHH \\\\uHHHH \\\\u{H} and punctuation are");
  PANDO_REGEX_REFUSES(boundary, "\\\\b, \\\\B, \\\\1 and \\\\p{} are not taken");
  PANDO_REGEX_REFUSES(repeat_nothing, "a * + ? or { has nothing before it to repeat");
  PANDO_REGEX_REFUSES(repeat_bounds, "a {m,n} is not {m}, {m,} or {m,n} with m <= n");
  PANDO_REGEX_REFUSES(too_long, "the pattern is over 256 characters with its repeats written out; "
                                "leave lengths to min_length and max_length");
  PANDO_REGEX_REFUSES(too_many_classes, "the pattern has too many classes or ranges");
#undef PANDO_REGEX_REFUSES
};

} // namespace pando::detail
