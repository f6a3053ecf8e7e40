// A regular expression's automaton as flat tables, no larger than the pattern needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pando/contract/detail/regex_build.hpp>
#include <pando/meta/fixed_string.hpp>

namespace pando::detail {

/// What running a pattern needs to know of it. A state is a set of positions (the pattern's
/// characters, repeats written out), one bit each, in `words` words: 1, 2 or 4.
struct regex_tables {
  std::uint16_t words;
  std::uint16_t jumps;
  std::uint16_t intervals;
  std::uint16_t empty;              ///< where the empty text matches, bits of `regex_at`
  std::uint8_t const* ascii;        ///< the interval of each code point under 128
  char32_t const* starts;           ///< the first code point of each interval, ascending
  std::uint64_t const* accepts;     ///< per interval: the positions that take its code points
  std::uint64_t const* first_begin; ///< where a match may begin at the text's begin …
  std::uint64_t const* first;       ///< … and anywhere else
  std::uint64_t const* last;        ///< after which a match may end …
  std::uint64_t const* last_end;    ///< … and at the text's end
  std::uint64_t const* step;        ///< positions followed by the next one
  std::uint64_t const* stay;        ///< positions followed by themselves
  std::uint64_t const* jump_from;   ///< per jump: any of these positions …
  std::uint64_t const* jump_to;     ///< … is followed by all of these
};

/// The moves from position to position. Most are to the next position or stay, which takes a shift
/// for all of them at once; what is left is grouped by where it leads.
struct regex_moves {
  regex_set step, stay;
  regex_set from[regex_position_limit];
  regex_set to[regex_position_limit];
  std::size_t jumps = 0;

  constexpr void add(regex_set const& follow, std::size_t position) {
    regex_set rest = follow;
    if (follow.has(position)) stay.insert(position);
    rest.erase(position);
    if (position + 1 < regex_position_limit && follow.has(position + 1)) {
      step.insert(position);
      rest.erase(position + 1);
    }
    for (std::size_t jump = 0; jump < jumps && !rest.is_empty(); ++jump) {
      if (!rest.meets(to[jump]) || !to[jump].is_within(follow)) continue;
      from[jump].insert(position);
      rest.remove(to[jump]);
    }
    if (rest.is_empty()) return;
    from[jumps].insert(position);
    to[jumps++] = rest;
  }
};

/// The code points cut into intervals that no class of the pattern tells apart.
struct regex_intervals {
  static constexpr std::size_t limit = 2 * regex_classes::range_limit + 1;
  char32_t start[limit]{};
  regex_set accepts[limit];
  std::size_t count = 1;

  constexpr void cut(char32_t point) {
    std::size_t at = count;
    while (start[at - 1] > point) --at;
    if (start[at - 1] == point || point > last_code_point) return;
    for (std::size_t move = count; move > at; --move) start[move] = start[move - 1];
    start[at] = point;
    ++count;
  }
};

/// Everything about a pattern, before it is made small.
struct regex_whole {
  regex_built built;
  regex_moves moves;
  regex_intervals intervals;
  std::size_t words = 1;
};

constexpr regex_whole regex_compile(std::string_view pattern) {
  regex_whole whole;
  regex_parser(pattern, whole.built).run();
  regex_built const& built = whole.built;
  if (built.fault != regex_fault::none) return whole;
  whole.words = built.positions <= 64 ? 1 : built.positions <= 128 ? 2 : 4;
  // Backwards: what may follow a position holds, mostly, what may follow a later one.
  for (std::size_t at = built.positions; at-- > 0;) whole.moves.add(built.follow[at], at);
  regex_intervals& intervals = whole.intervals;
  for (std::size_t at = 0; at < built.classes.range_count; ++at) {
    intervals.cut(built.classes.ranges[at].from);
    intervals.cut(built.classes.ranges[at].upto + 1);
  }
  for (std::size_t at = 0; at < intervals.count; ++at) {
    for (std::size_t each = 0; each < built.classes.count; ++each) {
      if (built.classes.has(each, intervals.start[at])) {
        intervals.accepts[at].add(built.class_positions[each]);
      }
    }
  }
  return whole;
}

template <class Number, std::size_t Count>
struct regex_row {
  Number at[Count == 0 ? 1 : Count]{};
};

/// The first `Words` words of each set.
template <std::size_t Words, std::size_t Count>
constexpr regex_row<std::uint64_t, Words * Count> regex_pack(regex_set const* sets) {
  regex_row<std::uint64_t, Words * Count> row;
  for (std::size_t each = 0; each < Count; ++each) {
    for (std::size_t word = 0; word < Words; ++word)
      row.at[each * Words + word] = sets[each].word[word];
  }
  return row;
}

constexpr regex_row<std::uint8_t, 128> regex_ascii(regex_intervals const& intervals) {
  regex_row<std::uint8_t, 128> row;
  std::size_t interval = 0;
  for (char32_t point = 0; point < 128; ++point) {
    while (interval + 1 < intervals.count && intervals.start[interval + 1] <= point) ++interval;
    row.at[point] = static_cast<std::uint8_t>(interval);
  }
  return row;
}

template <std::size_t Count>
constexpr regex_row<char32_t, Count> regex_starts(regex_intervals const& intervals) {
  regex_row<char32_t, Count> row;
  for (std::size_t at = 0; at < Count; ++at) row.at[at] = intervals.start[at];
  return row;
}

/// Read at compile time only: no program holds it.
template <fixed_string Pattern>
inline constexpr regex_whole regex_compiled = regex_compile(Pattern.view());

/// A pattern's tables in static storage.
template <fixed_string Pattern>
struct regex_storage {
  static constexpr std::size_t words = regex_compiled<Pattern>.words;
  static constexpr std::size_t intervals = regex_compiled<Pattern>.intervals.count;
  static constexpr std::size_t jumps = regex_compiled<Pattern>.moves.jumps;

  static constexpr regex_set ends[] = {regex_compiled<Pattern>.built.whole.first_begin,
                                       regex_compiled<Pattern>.built.whole.first,
                                       regex_compiled<Pattern>.built.whole.last,
                                       regex_compiled<Pattern>.built.whole.last_end,
                                       regex_compiled<Pattern>.moves.step,
                                       regex_compiled<Pattern>.moves.stay};
  static constexpr auto sets = regex_pack<words, 6>(ends);
  static constexpr auto accepts =
      regex_pack<words, intervals>(regex_compiled<Pattern>.intervals.accepts);
  static constexpr auto from = regex_pack<words, jumps>(regex_compiled<Pattern>.moves.from);
  static constexpr auto to = regex_pack<words, jumps>(regex_compiled<Pattern>.moves.to);
  static constexpr auto ascii = regex_ascii(regex_compiled<Pattern>.intervals);
  static constexpr auto starts = regex_starts<intervals>(regex_compiled<Pattern>.intervals);

  static constexpr regex_tables tables = {
      static_cast<std::uint16_t>(words),
      static_cast<std::uint16_t>(jumps),
      static_cast<std::uint16_t>(intervals),
      static_cast<std::uint16_t>(regex_compiled<Pattern>.built.whole.empty),
      ascii.at,
      starts.at,
      accepts.at,
      sets.at,
      sets.at + words,
      sets.at + 2 * words,
      sets.at + 3 * words,
      sets.at + 4 * words,
      sets.at + 5 * words,
      from.at,
      to.at};
};

} // namespace pando::detail
