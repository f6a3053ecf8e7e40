// A string literal as a template argument: the names of routes, flags, rules and patterns.
#pragma once

#include <cstddef>
#include <string_view>

namespace pando {

/// A literal of `N` characters, its closing NUL counted, usable as a template argument. Two of
/// the same text are the same argument. `size()` and `view()` leave the NUL out.
template <std::size_t N>
struct fixed_string {
  char text[N]{}; ///< public because a template argument's type must be structural

  constexpr fixed_string(char const (&literal)[N]) noexcept {
    for (std::size_t at = 0; at < N; ++at) text[at] = literal[at];
  }

  static constexpr std::size_t size() noexcept { return N - 1; }
  constexpr std::string_view view() const noexcept { return {text, N - 1}; }
  constexpr operator std::string_view() const noexcept { return view(); }

  // constexpr, not consteval: GCC 12.2 refuses a consteval comparison in a pack expansion.
  template <std::size_t M>
  constexpr bool operator==(fixed_string<M> const& other) const noexcept {
    return view() == other.view();
  }
};

} // namespace pando
