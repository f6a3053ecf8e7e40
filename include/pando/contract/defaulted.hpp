// `defaulted<T, value>`: a field that may be left out, and then has this value.
#pragma once

#include <compare>
#include <utility>

#include <pando/contract/detail/literal.hpp>
#include <pando/contract/detail/wrapper.hpp>

namespace pando {

namespace detail {

template <class T, literal Value>
constexpr T make_default() {
  if constexpr (!is_text_literal<std::remove_const_t<decltype(Value.value)>>) {
    return T(static_cast<typename unwrapped<T>::type>(Value.value));
  } else if constexpr (std::is_constructible<T, std::string_view>::value) {
    return T(Value.value.view());
  } else {
    return T(Value.value.text); // a wrapper of a string takes what a string takes
  }
}

template <class T, class Value>
inline constexpr bool can_be_default = std::is_constructible<T, Value>::value;
template <class T, std::size_t N>
inline constexpr bool can_be_default<T, fixed_string<N>> =
    std::is_constructible<T, std::string_view>::value ||
    std::is_constructible<T, char const (&)[N]>::value;

template <class T, literal Value>
inline constexpr bool default_fits_its_type =
    can_be_default<T, std::remove_const_t<decltype(Value.value)>> &&
    holds_exactly<typename unwrapped<T>::type>(Value.value);

} // namespace detail

/// A `T` that is `Value` until something else is put in. `Value` is a number, a bool, an enum, or a
/// literal for strings. Converts from whatever converts to `T`, and to `T const&`. Same size and
/// layout as `T`; `value_` is public for the codec only.
/// *Compiles only if* `Value` is a value of `T`: 300 is none of `std::uint8_t`.
template <class T, detail::literal Value>
struct defaulted {
  static_assert(detail::default_fits_its_type<T, Value>,
                "pando: the default of this pando::defaulted<T, value> is no value of its T");
  using pando_wrapped = T;

  T value_ = fallback();

  /// What it is when left out.
  static constexpr T fallback() {
    if constexpr (detail::default_fits_its_type<T, Value>) {
      return detail::make_default<T, Value>();
    } else {
      return T{};
    }
  }

  constexpr defaulted() = default;
  template <class U = T>
    requires detail::initialises<U, T, defaulted>
  constexpr defaulted(U&& value) : value_(std::forward<U>(value)) {}

  constexpr operator T const&() const noexcept { return value_; }
  constexpr T const& get() const& noexcept { return value_; }
  constexpr T& get() & noexcept { return value_; }
  constexpr T&& get() && noexcept { return std::move(value_); }
  constexpr T const& operator*() const& noexcept { return value_; }
  constexpr T& operator*() & noexcept { return value_; }
  constexpr T const* operator->() const noexcept { return &value_; }
  constexpr T* operator->() noexcept { return &value_; }
};

template <class T, detail::literal Value>
constexpr bool operator==(defaulted<T, Value> const& left, defaulted<T, Value> const& right)
  requires requires { left.value_ == right.value_; }
{
  return left.value_ == right.value_;
}
template <class T, detail::literal Value, class U>
constexpr bool operator==(defaulted<T, Value> const& left, U const& right)
  requires requires { left.value_ == right; }
{
  return left.value_ == right;
}
template <class T, detail::literal Value>
constexpr auto operator<=>(defaulted<T, Value> const& left, defaulted<T, Value> const& right)
  requires requires { left.value_ <=> right.value_; }
{
  return left.value_ <=> right.value_;
}
template <class T, detail::literal Value, class U>
constexpr auto operator<=>(defaulted<T, Value> const& left, U const& right)
  requires requires { left.value_ <=> right; }
{
  return left.value_ <=> right;
}
/// Prints the value, where the value itself can be printed.
template <class Stream, class T, detail::literal Value>
auto operator<<(Stream& out, defaulted<T, Value> const& value) -> decltype(out << value.value_) {
  return out << value.value_;
}

} // namespace pando
