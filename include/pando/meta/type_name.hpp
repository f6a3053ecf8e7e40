// The written name of a type, for tables and logs. Never used to build a compile-time message.
#pragma once

#include <string_view>

namespace pando::meta {

namespace detail {
template <class Type>
constexpr std::string_view raw_type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  auto const from = text.find("Type = ") + 7;
  auto const semicolon = text.find(';', from);
  auto const upto = semicolon == text.npos ? text.rfind(']') : semicolon;
  return text.substr(from, upto - from);
}
} // namespace detail

/// The type's name as the compiler writes it, with its namespaces.
template <class Type>
inline constexpr std::string_view full_type_name = detail::raw_type_name<Type>();

/// The type's name without its namespaces: `CreateUser` for `shop::CreateUser`.
template <class Type>
inline constexpr std::string_view type_name = [] {
  std::string_view text = full_type_name<Type>;
  auto const arguments = text.find('<');
  auto const colon = text.substr(0, arguments).rfind("::");
  return colon == text.npos ? text : text.substr(colon + 2);
}();

} // namespace pando::meta
