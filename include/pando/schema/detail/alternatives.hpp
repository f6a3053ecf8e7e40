// The names of a variant's alternatives on the wire, known before their tables are.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <pando/contract/rule.hpp>
#include <pando/contract/travels_as.hpp>
#include <pando/contract/uuid.hpp>
#include <pando/meta/type_name.hpp>

namespace pando::detail {

/// What is named by its kind, not by its type; of tables that hold themselves, only this much is
/// known while they are made.
template <class Type>
constexpr std::string_view alternative_name() {
  if constexpr (wraps_value<Type>) return alternative_name<typename Type::pando_wrapped>();
  else if constexpr (travels<Type>) return meta::type_name<Type>;
  else if constexpr (std::is_same_v<Type, bool>) return "boolean";
  else if constexpr (std::is_integral_v<Type>) return "integer";
  else if constexpr (std::is_floating_point_v<Type>) return "number";
  else if constexpr (requires { typename Type::mapped_type; }) return "map";
  else if constexpr (requires { typename Type::key_type; }) return "set";
  else if constexpr (requires(Type value) { value.has_value(); }) return "optional";
  else if constexpr (requires(Type value) { value.valueless_by_exception(); }) return "variant";
  else if constexpr (requires { typename Type::clock; }) return "date-time";
  else if constexpr (requires { typename Type::period; }) return "duration";
  else if constexpr (requires { typename Type::traits_type; }) return "string";
  else if constexpr (requires { typename Type::value_type; }) return "list";
  else return meta::type_name<Type>;
}

/// No two alternatives of a variant go by one name.
template <class... Alternatives>
constexpr bool names_differ() {
  std::array<std::string_view, sizeof...(Alternatives)> const names{
      alternative_name<Alternatives>()...};
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t k = i + 1; k < names.size(); ++k)
      if (names[i] == names[k]) return false;
  return true;
}

} // namespace pando::detail
