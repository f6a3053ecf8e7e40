// What a table's function does with a value, as text: a structure has it in one function with more.
#pragma once

#include <new>
#include <type_traits>

#include <pando/schema/type.hpp>

namespace pando::detail {

/// Moves one value onto another. Where it can, by ending that one and making it anew: then the
/// compiler need not make the type's assignment.
#define PANDO_LIVE(TYPE, WHAT, VALUE, OTHER)                                                       \
  auto* const pando_value = static_cast<TYPE*>(VALUE);                                             \
  if (WHAT == ::pando::schema::deed::construct) {                                                  \
    ::new (VALUE) TYPE{};                                                                          \
  } else if (WHAT == ::pando::schema::deed::destroy) {                                             \
    pando_value->~TYPE();                                                                          \
  } else if constexpr (std::is_nothrow_move_constructible_v<TYPE>) {                               \
    pando_value->~TYPE();                                                                          \
    ::new (VALUE) TYPE(static_cast<TYPE&&>(*static_cast<TYPE*>(OTHER)));                           \
  } else {                                                                                         \
    *pando_value = static_cast<TYPE&&>(*static_cast<TYPE*>(OTHER));                                \
  }

} // namespace pando::detail
