// The written name of a type, for tables and logs. Never used to build a compile-time message.
#pragma once

#include <cstddef>
#include <string_view>

namespace pando::meta {

namespace detail {
/// Pointers and numbers only: each call of a string_view's member costs the compiler.
template <class Type>
constexpr auto text_with_type() {
  return +__PRETTY_FUNCTION__;
}
/// The compiler's own function: a loop over the text of each type would cost it more.
constexpr std::size_t length_of(char const* text) { return __builtin_strlen(text); }
/// Where the type stands in the text, from the text of one that is known.
inline constexpr std::size_t before_type = [] {
  char const* const text = text_with_type<void>();
  std::size_t at = 0;
  while (!(text[at] == '=' && text[at + 2] == 'v' && text[at + 3] == 'o')) ++at;
  return at + 2;
}();
inline constexpr std::size_t around_type = length_of(text_with_type<void>()) - 4;

constexpr std::string_view without_namespaces(std::string_view name) {
  auto const* const text = name.data();
  std::size_t from = 0;
  for (std::size_t at = 0; at + 1 < name.size() && text[at] != '<'; ++at)
    if (text[at] == ':' && text[at + 1] == ':') from = at + 2;
  return {text + from, name.size() - from};
}
} // namespace detail

/// The type's name as the compiler writes it, with its namespaces.
template <class Type>
inline constexpr std::string_view full_type_name{
    detail::text_with_type<Type>() + detail::before_type,
    detail::length_of(detail::text_with_type<Type>()) - detail::around_type};

/// The type's name without its namespaces: `CreateUser` for `shop::CreateUser`.
template <class Type>
inline constexpr std::string_view type_name = detail::without_namespaces(full_type_name<Type>);

} // namespace pando::meta
