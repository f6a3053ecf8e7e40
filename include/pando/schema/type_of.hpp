// From a C++ type to its table: what codecs, doors and tools read.
#pragma once

#include <type_traits>

#include <pando/schema/detail/sentences.hpp>
#include <pando/schema/detail/tables.hpp>

namespace pando {

/// A type whose values can be sent: bool, integers, floating point, std::string, enum, optional,
/// vector, array, set, map with string keys, variant, chrono, uuid, bytes, a type of which
/// `travels_as` says how, and structs of these.
template <class Type>
concept payload_type = detail::is_sendable<std::remove_cvref_t<Type>>;

/// The table of `Type`, for codecs and tools; one object for each type.
/// *Compiles only if* `Type` can be sent.
template <payload_type Type>
constexpr schema::type const& type_of() {
  return detail::type_table<std::remove_cvref_t<Type>>;
}
template <class Type>
  requires(!payload_type<Type>)
detail::sentence<detail::payload_fault_of<std::remove_cvref_t<Type>>, schema::type> type_of();

} // namespace pando
