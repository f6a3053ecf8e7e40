// The fields of a plain aggregate, found by themselves: their number, their places, their names.
// Source: structured bindings over an undefined static object, whose members' addresses, as
// template arguments wrapped in a struct (clang 14 wants the wrapping), name themselves.
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace pando::detail {

struct any_value {
  template <class Type>
  operator Type() const noexcept; // never defined
};

template <class Owner>
struct any_base_of {
  template <class Type>
    requires(std::is_base_of_v<Type, Owner> && !std::is_same_v<Type, Owner>)
  operator Type() const noexcept; // never defined
};

template <std::size_t>
using any_at = any_value;

template <class Type, class Indices>
inline constexpr bool takes_values = false;
template <class Type, std::size_t... I>
inline constexpr bool takes_values<Type, std::index_sequence<I...>> =
    requires { Type{any_at<I>{}...}; };

template <class Type>
inline constexpr bool has_base_class = requires { Type{any_base_of<Type>{}}; };

inline constexpr std::size_t automatic_limit = 32;

/// How many initializers the aggregate takes; automatic_limit + 1 stands for too many.
template <class Type>
constexpr std::size_t count_fields() {
  return []<std::size_t... N>(std::index_sequence<N...>) {
    std::size_t most = 0;
    // Upwards, ending at the first that no longer fits; members without default constructor make
    // the small ones fail, so failures before the first success do not end the search.
    (void)((takes_values<Type, std::make_index_sequence<N>> ? (most = N, false) : (most != 0)) ||
           ...);
    return most;
  }(std::make_index_sequence<automatic_limit + 2>{});
}

template <class Type>
inline constexpr std::size_t field_count = count_fields<Type>();

/// Whether the aggregate takes one `{}` for each of `Count` fields. A C array takes several values
/// but one `{}`, so it shows here; so does a member without default constructor.
template <class Type, std::size_t Count = field_count<Type>>
inline constexpr bool takes_braces = true;
#define PANDO_BRACES(COUNT, ...)                                                                   \
  template <class Type>                                                                            \
  inline constexpr bool takes_braces<Type, COUNT> = requires { Type{__VA_ARGS__}; };
PANDO_BRACES(1, {})
PANDO_BRACES(2, {}, {})
PANDO_BRACES(3, {}, {}, {})
PANDO_BRACES(4, {}, {}, {}, {})
PANDO_BRACES(5, {}, {}, {}, {}, {})
PANDO_BRACES(6, {}, {}, {}, {}, {}, {})
PANDO_BRACES(7, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(8, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(9, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(10, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(11, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(12, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(13, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(14, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(15, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(16, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(17, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(18, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(19, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(20, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(21, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(22, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(23, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(24, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(25, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(26, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(27, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(28, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(29, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(30, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(31, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
PANDO_BRACES(32, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
#undef PANDO_BRACES

template <class Type>
struct undefined_object {
  Type value;
};
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal" // of types without linkage
#endif
template <class Type>
extern undefined_object<Type> const undefined_static;
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

template <class Member>
struct member_pointer {
  Member* pointer;
};
template <class Member>
member_pointer(Member*) -> member_pointer<Member>;

template <auto Pointer>
constexpr std::string_view member_name() {
  std::string_view text = __PRETTY_FUNCTION__;
#if defined(__clang__)
  auto const upto = text.rfind('}');
#else
  auto const upto = text.rfind(")}");
#endif
  auto const from = text.substr(0, upto).find_last_of(".:") + 1;
  return text.substr(from, upto - from);
}

/// Calls `then(member...)` with every field of an aggregate of `Count` fields.
template <std::size_t Count, class Object, class Then>
constexpr decltype(auto) with_fields(Object& object, Then&& then) {
  if constexpr (Count == 0) {
    return then();
  }
#define PANDO_FIELDS(COUNT, ...)                                                                   \
  else if constexpr (Count == COUNT) {                                                             \
    auto& [__VA_ARGS__] = object;                                                                  \
    return then(__VA_ARGS__);                                                                      \
  }
  PANDO_FIELDS(1, a)
  PANDO_FIELDS(2, a, b)
  PANDO_FIELDS(3, a, b, c)
  PANDO_FIELDS(4, a, b, c, d)
  PANDO_FIELDS(5, a, b, c, d, e)
  PANDO_FIELDS(6, a, b, c, d, e, f)
  PANDO_FIELDS(7, a, b, c, d, e, f, g)
  PANDO_FIELDS(8, a, b, c, d, e, f, g, h)
  PANDO_FIELDS(9, a, b, c, d, e, f, g, h, i)
  PANDO_FIELDS(10, a, b, c, d, e, f, g, h, i, j)
  PANDO_FIELDS(11, a, b, c, d, e, f, g, h, i, j, k)
  PANDO_FIELDS(12, a, b, c, d, e, f, g, h, i, j, k, l)
  PANDO_FIELDS(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
  PANDO_FIELDS(14, a, b, c, d, e, f, g, h, i, j, k, l, m, n)
  PANDO_FIELDS(15, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
  PANDO_FIELDS(16, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
  PANDO_FIELDS(17, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)
  PANDO_FIELDS(18, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r)
  PANDO_FIELDS(19, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s)
  PANDO_FIELDS(20, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t)
  PANDO_FIELDS(21, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u)
  PANDO_FIELDS(22, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v)
  PANDO_FIELDS(23, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w)
  PANDO_FIELDS(24, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x)
  PANDO_FIELDS(25, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y)
  PANDO_FIELDS(26, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z)
  PANDO_FIELDS(27, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A)
  PANDO_FIELDS(28, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A,
               B)
  PANDO_FIELDS(29, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A,
               B, C)
  PANDO_FIELDS(30, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A,
               B, C, D)
  PANDO_FIELDS(31, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A,
               B, C, D, E)
  PANDO_FIELDS(32, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A,
               B, C, D, E, F)
#undef PANDO_FIELDS
}

struct collect_pointers {
  template <class... Members>
  constexpr auto operator()(Members&... members) const {
    return std::tuple<member_pointer<Members>...>{member_pointer<Members>{&members}...};
  }
};

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
/// Where the fields of the undefined object would be: only ever used as template arguments. Not a
/// variable: g++ at -O0 would emit those of types without linkage (local structs), and not link.
template <class Type>
constexpr auto field_pointers() {
  return with_fields<field_count<Type>>(undefined_static<Type>.value, collect_pointers{});
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/// The name of field `Index` of an aggregate.
template <class Type, std::size_t Index>
inline constexpr std::string_view field_name =
    member_name<std::get<Index>(field_pointers<Type>())>();

/// The type of field `Index` of an aggregate.
template <class Type, std::size_t Index>
using field_type =
    std::remove_cvref_t<decltype(*std::get<Index>(field_pointers<Type>()).pointer)>;

} // namespace pando::detail
