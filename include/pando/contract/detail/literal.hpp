// One value as a template argument: a number, a bool, an enum or a string literal.
#pragma once

#include <type_traits>

#include <pando/meta/fixed_string.hpp>

namespace pando::detail {

/// Deduced from what stands in the angle brackets. A class, because Clang 14 takes a floating-point
/// argument only as a member of one.
template <class Value>
struct literal {
  Value value;
  constexpr literal(Value given) noexcept : value(given) {}
};

template <std::size_t N>
struct literal<fixed_string<N>> {
  fixed_string<N> value;
  constexpr literal(char const (&text)[N]) noexcept : value(text) {}
  constexpr literal(fixed_string<N> text) noexcept : value(text) {}
};

template <std::size_t N>
literal(char const (&)[N]) -> literal<fixed_string<N>>;

template <class Value>
inline constexpr bool is_text_literal = false;
template <std::size_t N>
inline constexpr bool is_text_literal<fixed_string<N>> = true;

/// Whether `given` is a value of `To`, exactly: no wrap, no lost fraction, no changed sign.
template <class To, class Given>
constexpr bool holds_exactly(Given given) noexcept {
  if constexpr (!std::is_arithmetic_v<To> || !std::is_arithmetic_v<Given>) {
    return true;
  } else if constexpr (std::is_floating_point_v<To>) {
    return true; // 0.1 is no float either, yet everyone means the nearest
  } else if constexpr (std::is_floating_point_v<Given>) {
    return false;
  } else {
    return static_cast<Given>(static_cast<To>(given)) == given &&
           (static_cast<To>(given) < To{}) == (given < Given{});
  }
}

} // namespace pando::detail
