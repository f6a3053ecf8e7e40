// Reads one character, escape or class of a regular expression into ranges of code points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pando/meta/utf8.hpp>

namespace pando::detail {

enum class regex_class_fault : std::uint8_t {
  none,
  text,
  open,
  empty,
  range,
  lone_bracket,
  escape,
  boundary,
  too_many,
};

inline constexpr char32_t last_code_point = 0x10ffff;

struct code_range {
  char32_t from;
  char32_t upto; ///< inclusive
};

// ECMAScript's sets: \d and \w are ASCII, \s is every Unicode blank and line end.
inline constexpr code_range digit_ranges[] = {{'0', '9'}};
inline constexpr code_range word_ranges[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
inline constexpr code_range space_ranges[] = {
    {0x09, 0x0d},     {0x20, 0x20},     {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
    {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
inline constexpr code_range line_end_ranges[] = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};

/// The classes of a pattern: runs of one pool of ranges.
struct regex_classes {
  static constexpr std::size_t limit = 96;
  static constexpr std::size_t range_limit = 192;
  struct entry {
    std::uint16_t from;
    std::uint16_t upto;
    bool negated;
  };
  code_range ranges[range_limit]{};
  entry classes[limit]{};
  std::size_t range_count = 0;
  std::size_t count = 0;

  /// The class added last, or the one before it that holds the same and makes it superfluous.
  constexpr std::size_t settle() {
    entry const& last = classes[count - 1];
    for (std::size_t number = 0; number + 1 < count; ++number) {
      if (same(classes[number], last)) {
        range_count = last.from;
        --count;
        return number;
      }
    }
    return count - 1;
  }
  constexpr bool same(entry const& a, entry const& b) const {
    if (a.negated != b.negated || a.upto - a.from != b.upto - b.from) return false;
    for (std::size_t at = a.from, other = b.from; at < a.upto; ++at, ++other) {
      if (ranges[at].from != ranges[other].from || ranges[at].upto != ranges[other].upto) {
        return false;
      }
    }
    return true;
  }
  constexpr bool has(std::size_t number, char32_t point) const {
    entry const& one = classes[number];
    for (std::size_t at = one.from; at < one.upto; ++at) {
      if (ranges[at].from <= point && point <= ranges[at].upto) return !one.negated;
    }
    return one.negated;
  }
};

/// Reads what matches one code point, from `at`, into the class `number` of `classes`.
struct regex_class_reader {
  std::string_view text;
  regex_classes& classes;
  std::size_t at;
  std::size_t number = 0;
  regex_class_fault fault = regex_class_fault::none;

  constexpr regex_class_fault read() {
    if (classes.count == regex_classes::limit) return regex_class_fault::too_many;
    auto const from = static_cast<std::uint16_t>(classes.range_count);
    bool negated = false;
    if (take('.')) {
      add_set(line_end_ranges, 3, false);
      negated = true;
    } else if (take('[')) {
      negated = take('^');
      members();
    } else if (next_is(']') || next_is('{') || next_is('}')) {
      return regex_class_fault::lone_bracket;
    } else {
      member const one = next_member(false);
      if (!one.is_set) add(one.point, one.point);
    }
    auto const upto = static_cast<std::uint16_t>(classes.range_count);
    classes.classes[classes.count++] = {from, upto, negated};
    number = classes.settle();
    return fault;
  }

 private:
  struct member {
    char32_t point = 0;
    bool is_set = false; // \d and the like, whose ranges are already added
  };

  constexpr bool done() const { return at >= text.size(); }
  constexpr bool next_is(char c) const { return !done() && text[at] == c; }
  constexpr bool take(char c) {
    if (!next_is(c)) return false;
    ++at;
    return true;
  }
  constexpr void fail(regex_class_fault why) {
    if (fault == regex_class_fault::none) fault = why;
    at = text.size();
  }
  constexpr void add(char32_t from, char32_t upto) {
    if (classes.range_count == regex_classes::range_limit) return fail(regex_class_fault::too_many);
    classes.ranges[classes.range_count++] = {from, upto};
  }
  constexpr void add_set(code_range const* ranges, std::size_t count, bool negated) {
    char32_t gap = 0;
    for (std::size_t each = 0; each < count; ++each) {
      if (!negated) {
        add(ranges[each].from, ranges[each].upto);
      } else if (ranges[each].from > gap) {
        add(gap, ranges[each].from - 1);
      }
      gap = ranges[each].upto + 1;
    }
    if (negated) add(gap, last_code_point);
  }

  constexpr void members() {
    if (next_is(']')) return fail(regex_class_fault::empty);
    while (!done() && !next_is(']')) {
      member const low = next_member(true);
      bool const dash = next_is('-') && at + 1 < text.size() && text[at + 1] != ']';
      if (!dash) {
        if (!low.is_set) add(low.point, low.point);
        continue;
      }
      ++at;
      member const high = next_member(true);
      if (low.is_set || high.is_set || low.point > high.point) {
        return fail(regex_class_fault::range);
      }
      add(low.point, high.point);
    }
    if (!take(']')) fail(regex_class_fault::open);
  }

  constexpr member next_member(bool in_class) {
    if (take('\\')) return escape(in_class);
    auto const [point, octets] = meta::decode(text.substr(at));
    if (octets == 0) {
      fail(regex_class_fault::text);
      return {};
    }
    at += octets;
    return {point, false};
  }

  constexpr member escape(bool in_class) {
    char const c = done() ? '\0' : text[at++];
    switch (c) {
    case 'd':
    case 'D':
      add_set(digit_ranges, 1, c == 'D');
      return {0, true};
    case 'w':
    case 'W':
      add_set(word_ranges, 4, c == 'W');
      return {0, true};
    case 's':
    case 'S':
      add_set(space_ranges, 10, c == 'S');
      return {0, true};
    case 't':
      return {'\t', false};
    case 'n':
      return {'\n', false};
    case 'v':
      return {'\v', false};
    case 'f':
      return {'\f', false};
    case 'r':
      return {'\r', false};
    case '0':
      if (!done() && text[at] >= '0' && text[at] <= '9') fail(regex_class_fault::escape);
      return {0, false};
    case 'x':
      return {hex(2), false};
    case 'u':
      return {unicode(), false};
    case 'b':
    case 'B':
    case 'k':
    case 'p':
    case 'P':
    case 'c':
      fail(regex_class_fault::boundary);
      return {};
    default:
      break;
    }
    if (c >= '1' && c <= '9') {
      fail(regex_class_fault::boundary);
    } else if (c == '\0' ||
               (std::string_view("^$\\.*+?()[]{}|/").find(c) == std::string_view::npos &&
                !(in_class && c == '-'))) {
      fail(regex_class_fault::escape);
    }
    return {static_cast<char32_t>(static_cast<unsigned char>(c)), false};
  }

  static constexpr int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }
  constexpr char32_t hex(std::size_t digits) {
    char32_t value = 0;
    for (std::size_t each = 0; each < digits; ++each) {
      int const next = done() ? -1 : digit(text[at]);
      if (next < 0) {
        fail(regex_class_fault::escape);
        return 0;
      }
      ++at;
      value = value * 16 + static_cast<char32_t>(next);
    }
    return value;
  }
  constexpr char32_t unicode() {
    char32_t point = 0;
    if (take('{')) {
      while (!done() && digit(text[at]) >= 0 && point <= last_code_point)
        point = point * 16 + hex(1);
      if (text[at - 1] == '{' || !take('}')) fail(regex_class_fault::escape);
    } else {
      point = hex(4);
      if (point >= 0xd800 && point < 0xdc00 && take('\\') && take('u')) {
        char32_t const low = hex(4);
        if (low < 0xdc00 || low > 0xdfff) fail(regex_class_fault::escape);
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
      }
    }
    bool const surrogate = point >= 0xd800 && point < 0xe000;
    if (surrogate || point > last_code_point) fail(regex_class_fault::escape);
    return point;
  }
};

} // namespace pando::detail
