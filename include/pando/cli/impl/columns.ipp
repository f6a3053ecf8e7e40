// Columns of text: widths by table, cutting between characters, breaking at blanks.
#pragma once

#include <algorithm>
#include <iterator>

#include <pando/cli/detail/columns.hpp>
#include <pando/cli/detail/width_table.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/meta/utf8.hpp>

namespace pando::cli::detail {

inline bool stands_in(code_range const* from, code_range const* to, std::uint32_t point) noexcept {
  while (from != to) {
    auto const* const middle = from + (to - from) / 2;
    if (point < middle->first) to = middle;
    else if (point > middle->last) from = middle + 1;
    else return true;
  }
  return false;
}

inline std::size_t columns_of_point(char32_t point) noexcept {
  auto const number = static_cast<std::uint32_t>(point);
  if (number < 0x300) return 1;
  if (stands_in(std::begin(zero_width), std::end(zero_width), number)) return 0;
  return stands_in(std::begin(double_width), std::end(double_width), number) ? 2 : 1;
}

PANDO_INLINE std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  while (!text.empty()) {
    auto const [point, octets] = meta::decode(text);
    columns += octets == 0 ? 1 : columns_of_point(point);
    text.remove_prefix(std::max<std::size_t>(octets, 1));
  }
  return columns;
}

inline void append_escape(unsigned octet, std::string& out) {
  constexpr std::string_view hex = "0123456789abcdef";
  (out += "\\x") += hex[octet >> 4U & 15U];
  out += hex[octet & 15U];
}

PANDO_INLINE std::string plain_text(std::string_view text, bool keep_lines) {
  std::string out;
  while (!text.empty()) {
    auto const [point, octets] = meta::decode(text);
    auto const one = text.substr(0, std::max<std::size_t>(octets, 1));
    text.remove_prefix(one.size());
    bool const line = point == U'\n' || point == U'\t';
    bool const control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    // What turns the direction of writing could make a line say something else than it does.
    bool const turns = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
    if (octets == 0)
      append_escape(static_cast<unsigned char>(one.front()), out);
    else if (line && keep_lines)
      out += one;
    else if (line)
      out += point == U'\n' ? "\\n" : "\\t";
    else if (control)
      append_escape(static_cast<unsigned>(point), out);
    else if (!turns)
      out += one;
  }
  return out;
}

PANDO_INLINE std::string cut_to(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    auto const [point, octets] = meta::decode(text.substr(at));
    auto const wide = octets == 0 ? 1 : columns_of_point(point);
    if (used + wide > columns - 1) break;
    used += wide;
    at += std::max<std::size_t>(octets, 1);
  }
  return std::string(text.substr(0, at)) + "\xe2\x80\xa6";
}

PANDO_INLINE std::string padded(std::string_view text, std::size_t columns, bool before) {
  auto const used = columns_of(text);
  std::string const blanks(used < columns ? columns - used : 0, ' ');
  return before ? blanks + std::string(text) : std::string(text) + blanks;
}

PANDO_INLINE std::vector<std::string> broken(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    auto const space = text.find(' ');
    auto const word = text.substr(0, space);
    text = space == text.npos ? std::string_view{} : text.substr(space + 1);
    auto& last = lines.back();
    if (!last.empty() && columns != 0 && columns_of(last) + 1 + columns_of(word) > columns)
      lines.emplace_back(word);
    else if (!word.empty())
      (last += last.empty() ? "" : " ") += word;
  }
  return lines;
}

PANDO_INLINE std::string definitions(pando::detail::sequence<definition> const& rows,
                                     std::size_t width) {
  constexpr std::size_t widest = 30;
  constexpr std::size_t least = 24;
  std::size_t column = 0;
  for (auto const& row : rows)
    if (auto const wide = columns_of(row.name); wide <= widest) column = std::max(column, wide);
  auto const indent = column + 4;
  auto const room = width == 0 ? 0 : std::max(least, width > indent ? width - indent : 0);
  std::string text;
  for (auto const& row : rows) {
    text += "  ";
    bool const fits = columns_of(row.name) <= column;
    text += row.text.empty() ? row.name : padded(row.name, column);
    if (!row.text.empty()) {
      bool first = fits;
      if (!fits) text += "\n";
      for (auto const& line : broken(row.text, room)) {
        text += first ? "  " : std::string(indent, ' ');
        text += line + "\n";
        first = false;
      }
    } else {
      text += "\n";
    }
  }
  return text;
}

} // namespace pando::cli::detail
