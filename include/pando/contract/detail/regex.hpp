// A regular expression as a template argument: read at compile time, run in linear time.
#pragma once

#include <string_view>

#include <pando/config.hpp>
#include <pando/contract/detail/regex_tables.hpp>

namespace pando::detail {

/// Whether the pattern is found in the text. Each octet is seen once, at a cost that the pattern
/// alone bounds. No recursion, no allocation. What is not UTF-8 counts as U+FFFD, each octet.
bool regex_search(regex_tables const& pattern, std::string_view text) noexcept;

template <fixed_string Pattern>
inline constexpr bool pattern_has_no_fault =
    regex_compiled<Pattern>.built.fault == regex_fault::none;
template <fixed_string Pattern, regex_fault Fault>
inline constexpr bool pattern_has_no = regex_compiled<Pattern>.built.fault != Fault;

/// *Compiles only if* the pattern is one; the sentence says what is wrong with it. By itself, since
/// Clang takes a class with a failed assertion for unusable and would say more than this.
template <fixed_string Pattern>
struct pattern_faults {
  using fault = regex_fault;
  static_assert(pattern_has_no<Pattern, fault::text>,
                "pando: the pattern of is::matches is not UTF-8");
  static_assert(pattern_has_no<Pattern, fault::group_open>,
                "pando: the pattern of is::matches has a ( without its )");
  static_assert(pattern_has_no<Pattern, fault::group_closed>,
                "pando: the pattern of is::matches has a ) without its (; a backslash before it "
                "makes it a character");
  static_assert(pattern_has_no<Pattern, fault::group_kind>,
                "pando: the pattern of is::matches has a group that is neither ( ) nor (?: ); "
                "look-around and names are not taken, since they do not run in linear time");
  static_assert(pattern_has_no<Pattern, fault::group_depth>,
                "pando: the pattern of is::matches has groups more than 32 deep");
  static_assert(pattern_has_no<Pattern, fault::class_open>,
                "pando: the pattern of is::matches has a [ without its ]");
  static_assert(pattern_has_no<Pattern, fault::class_empty>,
                "pando: the pattern of is::matches has an empty class []");
  static_assert(pattern_has_no<Pattern, fault::class_range>,
                "pando: the pattern of is::matches has a range like [z-a], whose first character "
                "does not come before its last");
  static_assert(pattern_has_no<Pattern, fault::lone_bracket>,
                "pando: the pattern of is::matches has a ] or { or } that closes or repeats "
                "nothing; a backslash before it makes it a character");
  static_assert(pattern_has_no<Pattern, fault::escape>,
                "pando: the pattern of is::matches has a backslash before something it cannot "
                "stand before; see pando::is::matches for the escapes there are");
  static_assert(
      pattern_has_no<Pattern, fault::boundary>,
      "pando: the pattern of is::matches has a word boundary, a back reference, a control "
      "letter or a Unicode property, which are not taken");
  static_assert(pattern_has_no<Pattern, fault::repeat_nothing>,
                "pando: the pattern of is::matches has a * or + or ? or { with nothing before it "
                "to repeat");
  static_assert(pattern_has_no<Pattern, fault::repeat_bounds>,
                "pando: the pattern of is::matches has a repeat in braces that is not {m}, {m,} or "
                "{m,n} with m not over n");
  static_assert(pattern_has_no<Pattern, fault::too_long>,
                "pando: the pattern of is::matches is over 256 characters with its repeats written "
                "out; leave lengths to is::min_length and is::max_length");
  static_assert(pattern_has_no<Pattern, fault::too_many_classes>,
                "pando: the pattern of is::matches has too many different characters and classes");
};

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/contract/impl/regex.ipp>
#endif
