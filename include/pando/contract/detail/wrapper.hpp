// What the wrappers `checked`, `defaulted` and `secret` share: from which types they convert.
#pragma once

#include <initializer_list>
#include <string_view>
#include <type_traits>

namespace pando::detail {

/// Nothing converts to this but a probe that converts to everything.
struct nobody {};

/// `From` may initialise a wrapper of `To` without a word. The probe that counts the fields of a
/// struct converts to everything; it must reach the wrapper whole, never its inside.
template <class From, class To, class Wrapper>
concept initialises = !std::is_same_v<std::remove_cvref_t<From>, Wrapper> &&
                      std::is_convertible<From, To>::value &&
                      !std::is_convertible<From, nobody>::value;

template <class Type>
struct element {
  struct type {};
};
template <class Type>
  requires(!std::is_convertible<Type const&, std::string_view>::value &&
           std::is_constructible<Type, std::initializer_list<typename Type::value_type>>::value)
struct element<Type> {
  using type = typename Type::value_type;
};
/// What stands between the braces of a container: `{"a", "b"}`; not for strings.
template <class Type>
using element_of = typename element<Type>::type;

/// A wrapper by its one public member `value_`, as the codec sees it.
template <class Type>
concept wraps_value = requires { typename Type::pando_wrapped; };

/// What is within wrappers, however many.
template <class Type>
struct unwrapped {
  using type = Type;
};
template <wraps_value Type>
struct unwrapped<Type> : unwrapped<typename Type::pando_wrapped> {};

} // namespace pando::detail
