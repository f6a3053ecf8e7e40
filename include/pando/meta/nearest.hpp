// "Did you mean", at compile time: the candidate that a mistyped name was most likely meant to be.
// Apart from <pando/meta/closest.hpp>, whose function is compiled once.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace pando::meta {

/// How many single changes (a letter put in, left out or replaced) lead from one text to the other.
/// *Limit*: of a text over 63 octets it gives the larger size.
constexpr std::size_t changes_between(std::string_view from, std::string_view to) {
  std::array<std::size_t, 64> row{};
  if (from.size() >= row.size() || to.size() >= row.size())
    return from.size() < to.size() ? to.size() : from.size();
  for (std::size_t at = 0; at <= to.size(); ++at) row[at] = at;
  for (std::size_t a = 1; a <= from.size(); ++a) {
    std::size_t before = row[0]++;
    for (std::size_t b = 1; b <= to.size(); ++b) {
      auto const replaced = before + (from[a - 1] != to[b - 1] ? 1 : 0);
      auto const shorter = row[b] < row[b - 1] ? row[b] : row[b - 1];
      before = row[b];
      row[b] = replaced < shorter + 1 ? replaced : shorter + 1;
    }
  }
  return row[to.size()];
}

/// The place of the name nearest to `given`, or how many there are when none is near enough to be
/// meant: a third of the letters may be wrong, of a short name one.
template <std::size_t Count>
constexpr std::size_t nearest(std::string_view given,
                              std::array<std::string_view, Count> const& names) {
  std::size_t under = given.size() < 6 ? 2 : given.size() / 3 + 1;
  std::size_t found = Count;
  for (std::size_t at = 0; at < Count; ++at) {
    auto const distance = changes_between(given, names[at]);
    if (distance >= under) continue;
    under = distance;
    found = at;
  }
  return found;
}

} // namespace pando::meta
