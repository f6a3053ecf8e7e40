// Reads a regular expression at compile time into a Glushkov automaton: one bit for each character.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pando/contract/detail/regex_class.hpp>
#include <pando/contract/detail/regex_fault.hpp>
#include <pando/meta/utf8.hpp>

namespace pando::detail {

inline constexpr std::size_t regex_position_limit = 256;

/// A set of positions.
struct regex_set {
  static constexpr std::size_t words = regex_position_limit / 64;
  std::uint64_t word[words]{};

  constexpr void insert(std::size_t at) { word[at / 64] |= std::uint64_t{1} << (at % 64); }
  constexpr void erase(std::size_t at) { word[at / 64] &= ~(std::uint64_t{1} << (at % 64)); }
  constexpr bool has(std::size_t at) const { return (word[at / 64] >> (at % 64) & 1) != 0; }
  constexpr void add(regex_set const& other) {
    for (std::size_t at = 0; at < words; ++at) word[at] |= other.word[at];
  }
  constexpr void remove(regex_set const& other) {
    for (std::size_t at = 0; at < words; ++at) word[at] &= ~other.word[at];
  }
  constexpr bool is_empty() const { return (word[0] | word[1] | word[2] | word[3]) == 0; }
  constexpr bool meets(regex_set const& other) const {
    return ((word[0] & other.word[0]) | (word[1] & other.word[1]) | (word[2] & other.word[2]) |
            (word[3] & other.word[3])) != 0;
  }
  constexpr bool is_within(regex_set const& other) const {
    return ((word[0] & ~other.word[0]) | (word[1] & ~other.word[1]) | (word[2] & ~other.word[2]) |
            (word[3] & ~other.word[3])) == 0;
  }
};

/// Where a part of a pattern matches the empty text: `^` holds only at the text's begin, `$` only
/// at its end, so the answer depends on both.
enum regex_at : unsigned { in_middle = 1, at_begin = 2, at_end = 4, in_nothing = 8, anywhere = 15 };

/// A part of a pattern as Glushkov has it: which positions may come first and last. Sets differ at
/// the text's begin and end because of `^` and `$`.
struct regex_part {
  regex_set first_begin, first, last, last_end;
  unsigned empty = 0;
};

/// The automaton: `follow` says which positions may come after each.
struct regex_built {
  regex_fault fault = regex_fault::none;
  std::size_t positions = 0;
  regex_part whole;
  regex_set follow[regex_position_limit];
  regex_classes classes;
  regex_set class_positions[regex_classes::limit];
};

/// Recursive descent, one function for each level of the syntax. A repeat `{m,n}` reads its atom
/// again for each copy, so no tree is kept.
class regex_parser {
 public:
  constexpr regex_parser(std::string_view text, regex_built& built) : text_(text), built_(built) {}

  constexpr void run() {
    if (text_.size() > length_limit) {
      fail(regex_fault::too_long);
    } else {
      built_.whole = alternatives();
      if (!done()) fail(regex_fault::group_closed);
    }
  }

 private:
  static constexpr std::size_t length_limit = 512;
  static constexpr std::size_t depth_limit = 32;
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);
  struct bounds {
    std::size_t least = 1;
    std::size_t most = 1;
  };

  std::string_view text_;
  regex_built& built_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::uint8_t class_at_[length_limit + 1]{};   // number + 1 of the class read there
  std::uint16_t class_end_[length_limit + 1]{}; // where that class ends

  constexpr bool done() const { return at_ >= text_.size(); }
  constexpr bool next_is(char c) const { return !done() && text_[at_] == c; }
  constexpr bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  constexpr void fail(regex_fault fault) {
    if (built_.fault == regex_fault::none) built_.fault = fault;
    at_ = text_.size();
  }

  static constexpr regex_part empty_part(unsigned where) {
    regex_part part;
    part.empty = where;
    return part;
  }
  constexpr void link(regex_set const& from, regex_set const& to) {
    for (std::size_t word = 0; word < regex_set::words; ++word) {
      for (std::uint64_t rest = from.word[word]; rest != 0; rest &= rest - 1) {
        built_.follow[word * 64 + static_cast<std::size_t>(std::countr_zero(rest))].add(to);
      }
    }
  }
  constexpr void append(regex_part& left, regex_part const& right) {
    link(left.last, right.first);
    if ((left.empty & at_begin) != 0) left.first_begin.add(right.first_begin);
    if ((left.empty & in_middle) != 0) left.first.add(right.first);
    regex_set const last = left.last;
    regex_set const last_end = left.last_end;
    left.last = right.last;
    left.last_end = right.last_end;
    if ((right.empty & in_middle) != 0) left.last.add(last);
    if ((right.empty & at_end) != 0) left.last_end.add(last_end);
    left.empty &= right.empty;
  }
  static constexpr void join(regex_part& left, regex_part const& right) {
    left.first_begin.add(right.first_begin);
    left.first.add(right.first);
    left.last.add(right.last);
    left.last_end.add(right.last_end);
    left.empty |= right.empty;
  }

  constexpr regex_part alternatives() {
    regex_part all = sequence();
    while (take('|')) join(all, sequence());
    return all;
  }
  constexpr regex_part sequence() {
    regex_part all = empty_part(anywhere);
    while (!done() && !next_is('|') && !next_is(')')) append(all, term());
    return all;
  }
  constexpr regex_part term() {
    if (take('^')) return assertion(at_begin | in_nothing);
    if (take('$')) return assertion(at_end | in_nothing);
    std::size_t const from = at_;
    std::size_t const position = built_.positions;
    regex_part const once = atom();
    bounds const times = repeat();
    if (times.most == 0) {
      forget(position);
      return empty_part(anywhere);
    }
    std::size_t const after = at_;
    regex_part const all =
        built_.positions == position ? fixed_times(once, times) : repeated(from, once, times);
    if (built_.fault == regex_fault::none) at_ = after;
    return all;
  }
  constexpr regex_part assertion(unsigned where) {
    if (next_is('*') || next_is('+') || next_is('?') || next_is('{')) {
      fail(regex_fault::repeat_nothing);
    }
    return empty_part(where);
  }
  /// Without characters of its own, a part repeated is the part or nothing.
  static constexpr regex_part fixed_times(regex_part const& once, bounds times) {
    return times.least == 0 ? empty_part(anywhere) : once;
  }
  constexpr void forget(std::size_t position) {
    for (std::size_t at = position; at < built_.positions; ++at) {
      built_.follow[at] = regex_set{};
      for (std::size_t each = 0; each < built_.classes.count; ++each) {
        built_.class_positions[each].erase(at);
      }
    }
    built_.positions = position;
  }

  constexpr regex_part again(std::size_t from) {
    at_ = from;
    return atom();
  }
  /// X{2,4} is XX(X(X)?)?, X{2,} is XX+: each copy is followed by the next alone.
  constexpr regex_part repeated(std::size_t from, regex_part const& once, bounds times) {
    regex_part copy = once;
    bool used = false;
    auto const fresh = [&] {
      if (used) copy = again(from);
      used = true;
    };
    regex_part all = empty_part(anywhere);
    for (std::size_t count = 0; count < times.least && !failed(); ++count) {
      fresh();
      if (count + 1 == times.least && times.most == unlimited) link(copy.last, copy.first);
      append(all, copy);
    }
    if (times.most == unlimited) {
      if (times.least != 0) return all;
      link(copy.last, copy.first);
      copy.empty = anywhere;
      return copy;
    }
    regex_part optional = empty_part(anywhere);
    regex_set last;
    for (std::size_t count = times.least; count < times.most && !failed(); ++count) {
      fresh();
      link(last, copy.first);
      last = copy.last;
      if (count == times.least) optional = copy;
      join(optional, tail_of(copy));
    }
    optional.empty = anywhere;
    append(all, optional);
    return all;
  }
  static constexpr regex_part tail_of(regex_part const& part) {
    regex_part tail;
    tail.last = part.last;
    tail.last_end = part.last_end;
    return tail;
  }
  constexpr bool failed() const { return built_.fault != regex_fault::none; }

  constexpr bounds repeat() {
    bounds times;
    if (take('*')) {
      times = {0, unlimited};
    } else if (take('+')) {
      times = {1, unlimited};
    } else if (take('?')) {
      times = {0, 1};
    } else if (take('{')) {
      times = counted();
    } else {
      return times;
    }
    take('?'); // what a lazy repeat finds is found by a greedy one too
    return times;
  }
  constexpr bounds counted() {
    bounds times;
    bool good = number(times.least);
    times.most = times.least;
    if (good && take(',')) {
      times.most = unlimited;
      if (!next_is('}')) good = number(times.most);
    }
    if (!good || !take('}') || times.least > times.most) fail(regex_fault::repeat_bounds);
    return times;
  }
  constexpr bool number(std::size_t& value) {
    std::size_t const from = at_;
    value = 0;
    for (; !done() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (value < 100000) value = value * 10 + static_cast<std::size_t>(text_[at_] - '0');
    }
    return at_ != from;
  }

  constexpr regex_part atom() {
    if (take('(')) return group();
    if (next_is('*') || next_is('+') || next_is('?')) {
      fail(regex_fault::repeat_nothing);
      return {};
    }
    return character();
  }
  constexpr regex_part group() {
    if (take('?') && !take(':')) fail(regex_fault::group_kind);
    if (++depth_ > depth_limit) fail(regex_fault::group_depth);
    regex_part const inside = alternatives();
    --depth_;
    if (!take(')')) fail(regex_fault::group_open);
    return inside;
  }
  /// One position. A class is read once; copies that a repeat makes find it by its place.
  constexpr regex_part character() {
    std::size_t const from = at_;
    if (class_at_[from] == 0) {
      regex_class_reader reader{text_, built_.classes, at_};
      regex_class_fault const fault = reader.read();
      if (fault != regex_class_fault::none) {
        fail(fault_of(fault));
        return {};
      }
      class_at_[from] = static_cast<std::uint8_t>(reader.number + 1);
      class_end_[from] = static_cast<std::uint16_t>(reader.at);
    }
    at_ = class_end_[from];
    std::size_t const position = built_.positions;
    if (position == regex_position_limit) {
      fail(regex_fault::too_long);
      return {};
    }
    ++built_.positions;
    built_.class_positions[class_at_[from] - 1U].insert(position);
    regex_part part;
    part.first.insert(position);
    part.first_begin = part.last = part.last_end = part.first;
    return part;
  }
  static constexpr regex_fault fault_of(regex_class_fault fault) {
    switch (fault) {
    case regex_class_fault::text:
      return regex_fault::text;
    case regex_class_fault::open:
      return regex_fault::class_open;
    case regex_class_fault::empty:
      return regex_fault::class_empty;
    case regex_class_fault::range:
      return regex_fault::class_range;
    case regex_class_fault::lone_bracket:
      return regex_fault::lone_bracket;
    case regex_class_fault::boundary:
      return regex_fault::boundary;
    case regex_class_fault::too_many:
      return regex_fault::too_many_classes;
    default:
      return regex_fault::escape;
    }
  }
};

} // namespace pando::detail
