// How a type of one's own is sent: as another type that Pando knows.
#pragma once

#include <string>

namespace pando {

/// Specialise to send `Type` as another: `using type = Wire;`, `static Type from(Wire const&)`,
/// which may throw `pando::refused{"a sentence"}`, and `static Wire to(Type const&)`.
/// *Compiles only if* `Type` can be default constructed.
template <class Type>
struct travels_as;

/// Thrown by `travels_as<T>::from` when the value is no `T`; the sentence reaches the sender.
struct refused {
  std::string why;
};

namespace detail {
template <class Type>
concept travels = requires { sizeof(travels_as<Type>); };
} // namespace detail

} // namespace pando
