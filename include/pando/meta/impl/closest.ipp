// Edit distance over three rows on the stack.
#pragma once

#include <utility>

#include <pando/meta/closest.hpp>

namespace pando::meta {

namespace detail {
constexpr char folded(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '_' ? '-' : c;
}
} // namespace detail

PANDO_INLINE std::size_t edit_distance(std::string_view from, std::string_view to,
                                       std::size_t most) noexcept {
  constexpr std::size_t limit = 64;
  constexpr std::size_t npos = std::string_view::npos;
  if (from.size() > limit || to.size() > limit) return npos;
  std::size_t rows[3][limit + 1];
  std::size_t* before = rows[0]; // two letters of `from` ago
  std::size_t* last = rows[1];
  std::size_t* now = rows[2];
  for (std::size_t b = 0; b <= to.size(); ++b) last[b] = b;
  for (std::size_t a = 1; a <= from.size(); ++a) {
    now[0] = a;
    std::size_t least = a;
    for (std::size_t b = 1; b <= to.size(); ++b) {
      char const x = detail::folded(from[a - 1]);
      char const y = detail::folded(to[b - 1]);
      std::size_t best = last[b - 1] + (x != y);
      if (last[b] + 1 < best) best = last[b] + 1;
      if (now[b - 1] + 1 < best) best = now[b - 1] + 1;
      if (a > 1 && b > 1 && x == detail::folded(to[b - 2]) && y == detail::folded(from[a - 2]) &&
          before[b - 2] + 1 < best) {
        best = before[b - 2] + 1;
      }
      now[b] = best;
      if (best < least) least = best;
    }
    if (least > most) return npos; // no later row has less
    std::size_t* const oldest = std::exchange(before, last);
    last = std::exchange(now, oldest);
  }
  return last[to.size()] <= most ? last[to.size()] : npos;
}

// A third of the letters may be wrong, of a short name one; of a single letter none.
PANDO_INLINE closest_name::closest_name(std::string_view given) noexcept
    : given_(given), under_(given.size() < 2   ? 1
                            : given.size() < 6 ? 2
                                               : given.size() / 3 + 1) {}

PANDO_INLINE void closest_name::consider(std::string_view candidate) noexcept {
  if (under_ == 0) return;
  std::size_t const distance = edit_distance(given_, candidate, under_ - 1);
  if (distance == std::string_view::npos) return;
  found_ = candidate;
  under_ = distance;
}

} // namespace pando::meta
