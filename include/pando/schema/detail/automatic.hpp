// The fields of a plain aggregate, found by themselves: their number, their types, their names.
// Source: structured bindings over an undefined static object; the addresses of its members, as a
// template argument, name themselves.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pando/meta/list.hpp>
#include <pando/schema/detail/live.hpp>
#include <pando/schema/type.hpp>

namespace pando::detail {

inline constexpr std::size_t automatic_limit = 32;

struct any_value {
  template <class Type>
  operator Type() const noexcept; // never defined
};

template <class Owner>
struct any_base_of {
  template <class Type>
    requires(__is_base_of(Type, Owner) && !__is_same(Type, Owner))
  operator Type() const noexcept; // never defined
};

template <class Type>
inline constexpr bool has_base_class = requires { Type{any_base_of<Type>{}}; };

/// Whether the aggregate takes `{}` for each of its first `Count` fields, and whether it takes
/// something more after them. A C array takes one `{}`.
template <class Type, std::size_t Count>
inline constexpr bool takes_braces = false;
template <class Type, std::size_t Count>
inline constexpr bool takes_more = true;
#define PANDO_BRACES(COUNT, ...)                                                                   \
  template <class Type>                                                                            \
  inline constexpr bool takes_braces<Type, COUNT> = requires { Type{__VA_ARGS__}; };               \
  template <class Type>                                                                            \
  inline constexpr bool takes_more<Type, COUNT> = requires { Type{__VA_ARGS__, any_value{}}; };
#define PANDO_4 {}, {}, {}, {}
#define PANDO_8 PANDO_4, PANDO_4
#define PANDO_16 PANDO_8, PANDO_8
PANDO_BRACES(1, {})
PANDO_BRACES(2, {}, {})
PANDO_BRACES(3, {}, {}, {})
PANDO_BRACES(4, PANDO_4)
PANDO_BRACES(5, PANDO_4, {})
PANDO_BRACES(6, PANDO_4, {}, {})
PANDO_BRACES(7, PANDO_4, {}, {}, {})
PANDO_BRACES(8, PANDO_8)
PANDO_BRACES(9, PANDO_8, {})
PANDO_BRACES(10, PANDO_8, {}, {})
PANDO_BRACES(11, PANDO_8, {}, {}, {})
PANDO_BRACES(12, PANDO_8, PANDO_4)
PANDO_BRACES(13, PANDO_8, PANDO_4, {})
PANDO_BRACES(14, PANDO_8, PANDO_4, {}, {})
PANDO_BRACES(15, PANDO_8, PANDO_4, {}, {}, {})
PANDO_BRACES(16, PANDO_16)
PANDO_BRACES(17, PANDO_16, {})
PANDO_BRACES(18, PANDO_16, {}, {})
PANDO_BRACES(19, PANDO_16, {}, {}, {})
PANDO_BRACES(20, PANDO_16, PANDO_4)
PANDO_BRACES(21, PANDO_16, PANDO_4, {})
PANDO_BRACES(22, PANDO_16, PANDO_4, {}, {})
PANDO_BRACES(23, PANDO_16, PANDO_4, {}, {}, {})
PANDO_BRACES(24, PANDO_16, PANDO_8)
PANDO_BRACES(25, PANDO_16, PANDO_8, {})
PANDO_BRACES(26, PANDO_16, PANDO_8, {}, {})
PANDO_BRACES(27, PANDO_16, PANDO_8, {}, {}, {})
PANDO_BRACES(28, PANDO_16, PANDO_8, PANDO_4)
PANDO_BRACES(29, PANDO_16, PANDO_8, PANDO_4, {})
PANDO_BRACES(30, PANDO_16, PANDO_8, PANDO_4, {}, {})
PANDO_BRACES(31, PANDO_16, PANDO_8, PANDO_4, {}, {}, {})
PANDO_BRACES(32, PANDO_16, PANDO_16)
#undef PANDO_16
#undef PANDO_8
#undef PANDO_4
#undef PANDO_BRACES

/// The most `{}` the aggregate takes: at least `Low`, fewer than `High`. In strides and halves,
/// since each question costs the compiler more than this function does.
template <class Type, std::size_t Low = 0, std::size_t High = automatic_limit + 1>
constexpr std::size_t count_fields() {
  constexpr std::size_t further = Low == 0 ? 4 : Low * 2;
  constexpr std::size_t middle = further < High ? further : (Low + High) / 2;
  if constexpr (High - Low == 1) return Low;
  else if constexpr (takes_braces<Type, middle>) return count_fields<Type, middle, High>();
  else return count_fields<Type, Low, middle>();
}

template <class Type>
inline constexpr std::size_t field_count = count_fields<Type>();

/// Whether those are all its fields. A member that takes no `{}` (a reference, a type without a
/// default constructor) hides those behind it.
template <class Type>
inline constexpr bool all_fields_counted = !takes_more<Type, field_count<Type>>;

/// Whether its fields can be found by themselves, all of them.
template <class Type>
inline constexpr bool fields_can_be_found = [] {
  if constexpr (std::is_empty_v<Type>) return true;
  else if constexpr (!std::is_aggregate_v<Type> || field_count<Type> == 0) return false;
  else return all_fields_counted<Type> && !has_base_class<Type>;
}();

// Bit-fields cannot be referred to. Clang 14 cannot be asked: it says so itself there.
#if defined(__clang__) && __clang_major__ < 16
#define PANDO_CAN_TAKE(...) true
#else
#define PANDO_CAN_TAKE(...) requires { then(__VA_ARGS__); }
#endif

/// What takes an aggregate of `Count` fields apart. `take` calls `then(field...)`, and gives 0
/// where that cannot be done; `act` is the one function of a structure's table, and calls nothing
/// of the fields' types to find them: each function costs the compiler.
template <std::size_t Count>
struct apart;
#define PANDO_NAME(FIELD) FIELD
#define PANDO_PLACE(FIELD) &reinterpret_cast<char&>(FIELD)
#define PANDO_FIELDS_1(DO) DO(a)
#define PANDO_FIELDS_2(DO) PANDO_FIELDS_1(DO), DO(b)
#define PANDO_FIELDS_3(DO) PANDO_FIELDS_2(DO), DO(c)
#define PANDO_FIELDS_4(DO) PANDO_FIELDS_3(DO), DO(d)
#define PANDO_FIELDS_5(DO) PANDO_FIELDS_4(DO), DO(e)
#define PANDO_FIELDS_6(DO) PANDO_FIELDS_5(DO), DO(f)
#define PANDO_FIELDS_7(DO) PANDO_FIELDS_6(DO), DO(g)
#define PANDO_FIELDS_8(DO) PANDO_FIELDS_7(DO), DO(h)
#define PANDO_FIELDS_9(DO) PANDO_FIELDS_8(DO), DO(i)
#define PANDO_FIELDS_10(DO) PANDO_FIELDS_9(DO), DO(j)
#define PANDO_FIELDS_11(DO) PANDO_FIELDS_10(DO), DO(k)
#define PANDO_FIELDS_12(DO) PANDO_FIELDS_11(DO), DO(l)
#define PANDO_FIELDS_13(DO) PANDO_FIELDS_12(DO), DO(m)
#define PANDO_FIELDS_14(DO) PANDO_FIELDS_13(DO), DO(n)
#define PANDO_FIELDS_15(DO) PANDO_FIELDS_14(DO), DO(o)
#define PANDO_FIELDS_16(DO) PANDO_FIELDS_15(DO), DO(p)
#define PANDO_FIELDS_17(DO) PANDO_FIELDS_16(DO), DO(q)
#define PANDO_FIELDS_18(DO) PANDO_FIELDS_17(DO), DO(r)
#define PANDO_FIELDS_19(DO) PANDO_FIELDS_18(DO), DO(s)
#define PANDO_FIELDS_20(DO) PANDO_FIELDS_19(DO), DO(t)
#define PANDO_FIELDS_21(DO) PANDO_FIELDS_20(DO), DO(u)
#define PANDO_FIELDS_22(DO) PANDO_FIELDS_21(DO), DO(v)
#define PANDO_FIELDS_23(DO) PANDO_FIELDS_22(DO), DO(w)
#define PANDO_FIELDS_24(DO) PANDO_FIELDS_23(DO), DO(x)
#define PANDO_FIELDS_25(DO) PANDO_FIELDS_24(DO), DO(y)
#define PANDO_FIELDS_26(DO) PANDO_FIELDS_25(DO), DO(z)
#define PANDO_FIELDS_27(DO) PANDO_FIELDS_26(DO), DO(A)
#define PANDO_FIELDS_28(DO) PANDO_FIELDS_27(DO), DO(B)
#define PANDO_FIELDS_29(DO) PANDO_FIELDS_28(DO), DO(C)
#define PANDO_FIELDS_30(DO) PANDO_FIELDS_29(DO), DO(D)
#define PANDO_FIELDS_31(DO) PANDO_FIELDS_30(DO), DO(E)
#define PANDO_FIELDS_32(DO) PANDO_FIELDS_31(DO), DO(F)
#define PANDO_APART(COUNT)                                                                         \
  template <>                                                                                      \
  struct apart<COUNT> {                                                                            \
    template <class Object, class Then>                                                            \
    static constexpr auto take(Object& object, Then then) {                                        \
      auto& [PANDO_FIELDS_##COUNT(PANDO_NAME)] = object;                                           \
      if constexpr (PANDO_CAN_TAKE(PANDO_FIELDS_##COUNT(PANDO_NAME)))                              \
        return then(PANDO_FIELDS_##COUNT(PANDO_NAME));                                             \
      else return 0;                                                                               \
    }                                                                                              \
    template <class Object>                                                                        \
    static void act(schema::deed what, void* value, void* other) {                                 \
      if (what == schema::deed::addresses) {                                                       \
        auto& [PANDO_FIELDS_##COUNT(PANDO_NAME)] = *static_cast<Object*>(value);                   \
        char* const places[] = {PANDO_FIELDS_##COUNT(PANDO_PLACE)};                                \
        for (std::size_t at = 0; at < COUNT; ++at) static_cast<void**>(other)[at] = places[at];    \
        return;                                                                                    \
      }                                                                                            \
      PANDO_LIVE(Object, what, value, other)                                                       \
    }                                                                                              \
  };
PANDO_APART(1)
PANDO_APART(2)
PANDO_APART(3)
PANDO_APART(4)
PANDO_APART(5)
PANDO_APART(6)
PANDO_APART(7)
PANDO_APART(8)
PANDO_APART(9)
PANDO_APART(10)
PANDO_APART(11)
PANDO_APART(12)
PANDO_APART(13)
PANDO_APART(14)
PANDO_APART(15)
PANDO_APART(16)
PANDO_APART(17)
PANDO_APART(18)
PANDO_APART(19)
PANDO_APART(20)
PANDO_APART(21)
PANDO_APART(22)
PANDO_APART(23)
PANDO_APART(24)
PANDO_APART(25)
PANDO_APART(26)
PANDO_APART(27)
PANDO_APART(28)
PANDO_APART(29)
PANDO_APART(30)
PANDO_APART(31)
PANDO_APART(32)
#undef PANDO_APART
#undef PANDO_FIELDS_1
#undef PANDO_FIELDS_2
#undef PANDO_FIELDS_3
#undef PANDO_FIELDS_4
#undef PANDO_FIELDS_5
#undef PANDO_FIELDS_6
#undef PANDO_FIELDS_7
#undef PANDO_FIELDS_8
#undef PANDO_FIELDS_9
#undef PANDO_FIELDS_10
#undef PANDO_FIELDS_11
#undef PANDO_FIELDS_12
#undef PANDO_FIELDS_13
#undef PANDO_FIELDS_14
#undef PANDO_FIELDS_15
#undef PANDO_FIELDS_16
#undef PANDO_FIELDS_17
#undef PANDO_FIELDS_18
#undef PANDO_FIELDS_19
#undef PANDO_FIELDS_20
#undef PANDO_FIELDS_21
#undef PANDO_FIELDS_22
#undef PANDO_FIELDS_23
#undef PANDO_FIELDS_24
#undef PANDO_FIELDS_25
#undef PANDO_FIELDS_26
#undef PANDO_FIELDS_27
#undef PANDO_FIELDS_28
#undef PANDO_FIELDS_29
#undef PANDO_FIELDS_30
#undef PANDO_FIELDS_31
#undef PANDO_FIELDS_32
#undef PANDO_PLACE
#undef PANDO_NAME
#undef PANDO_CAN_TAKE

template <class Type>
struct undefined_object {
  Type value;
};
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal" // of types without linkage
#endif
template <class Type>
extern undefined_object<Type> undefined_static; // not const, or bit-fields could be referred to
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/// Where a field of an object would be: without its type, so that no type's text is in the way of
/// the name.
struct field_place {
  void const* at;
};
template <class... Types>
struct found_fields {
  using types = meta::list<Types...>;
  field_place places[sizeof...(Types)];
};
struct find_fields {
  template <class... Fields>
  constexpr auto operator()(Fields&... fields) const {
    return found_fields<Fields...>{{{static_cast<void const*>(std::addressof(fields))}...}};
  }
};

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
/// The fields of the undefined object: only ever used as types and as template arguments. Not a
/// variable: g++ at -O0 would emit those of types without linkage (local structs), and not link.
template <class Type>
constexpr auto fields_found() {
  return apart<field_count<Type>>::take(undefined_static<Type>.value, find_fields{});
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/// The compiler's text for the places, of which `names_in` knows the form. Plain pointers, numbers
/// and the compiler's own functions there: g++ takes milliseconds to call a few hundred
/// string_view members, or to go through a few hundred characters.
template <field_place... Places>
constexpr auto text_of_places() {
  return +__PRETTY_FUNCTION__;
}

constexpr bool begins_with(char const* text, char const* with) {
  while (*with != 0 && *text == *with) ++text, ++with;
  return *with == 0;
}

#if defined(__clang__)
/// `…<field_place{&undefined_static.value.id}, field_place{&undefined_static.value.name}>]`
template <std::size_t Count>
constexpr std::array<std::string_view, Count> names_in(char const* text) {
  constexpr std::string_view prefix = "&undefined_static.value.";
  std::array<std::string_view, Count> names{};
  for (auto& name : names) {
    while (*text != '&') ++text;
    char const* const from = text += prefix.size();
    while (*text != '}') ++text;
    name = {from, static_cast<std::size_t>(text - from)};
  }
  return names;
}
#else
/// `…{field_place{((const void*)(& undefined_static<T>.….T::id))}, field_place{((const …))}}]`
template <std::size_t Count>
constexpr std::array<std::string_view, Count> names_in(char const* text) {
  constexpr std::string_view between = "))}, field_place{((const void*)(& ";
  auto const* const from = text += __builtin_strcspn(text, "{") + between.size() - 4;
  // T may be any text; the first name is followed by what cannot be in it.
  for (;; ++text) {
    text += __builtin_strcspn(text, ")");
    if (begins_with(text, between.data()) || begins_with(text, "))}}]")) break;
  }
  auto const* name = text;
  while (name[-1] != '.' && name[-1] != ':') --name;
  auto const gap = between.size() + static_cast<std::size_t>(name - from);

  std::array<std::string_view, Count> names{};
  for (std::size_t field = 0;; name = text + gap) {
    text = name + __builtin_strcspn(name, ")");
    names[field] = {name, static_cast<std::size_t>(text - name)};
    if (++field == Count) return names;
  }
}
#endif

template <class Type, std::size_t... Field>
constexpr auto find_names(std::index_sequence<Field...>) {
  return names_in<sizeof...(Field)>(text_of_places<fields_found<Type>().places[Field]...>());
}

/// The names of an aggregate's fields.
template <class Type>
inline constexpr auto field_names =
    find_names<Type>(std::make_index_sequence<field_count<Type>>{});

/// The fields of an aggregate of which `fields_can_be_found`.
template <class Type>
struct automatic_fields {
  using types = typename decltype(fields_found<Type>())::types;
  static constexpr auto const& names = field_names<Type>;
  static constexpr schema::act* places = &apart<field_count<Type>>::template act<Type>;
  static constexpr schema::act* life = places;
};
template <class Type>
  requires std::is_empty_v<Type>
struct automatic_fields<Type> {
  using types = meta::list<>;
  static constexpr std::array<std::string_view, 0> names{};
  static constexpr schema::act* places = nullptr;
};

} // namespace pando::detail
