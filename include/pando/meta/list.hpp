// Type lists as plain packs, and lookup of a named leaf by inheritance (one overload, no
// recursion).
#pragma once

#include <cstddef>
#include <type_traits>

#include <pando/meta/fixed_string.hpp>

namespace pando::meta {

/// A list of types, never instantiated with members: it costs its name and nothing else.
template <class... Types>
struct list {
  static constexpr std::size_t size = sizeof...(Types);
};

/// The lists joined in order: `concat<list<A>, list<B, C>>` is `list<A, B, C>`.
template <class... Lists>
struct concat_of {
  using type = list<>;
};
template <class... A>
struct concat_of<list<A...>> {
  using type = list<A...>;
};
template <class... A, class... B, class... Rest>
struct concat_of<list<A...>, list<B...>, Rest...> : concat_of<list<A..., B...>, Rest...> {};
template <class... Lists>
using concat = typename concat_of<Lists...>::type;

/// Whether `Type` stands in the list.
template <class Type, class List>
inline constexpr bool contains = false;
template <class Type, class... Types>
inline constexpr bool contains<Type, list<Types...>> = (std::is_same_v<Type, Types> || ...);

/// The place of `Type` in the list, or the list's size when it does not stand there.
template <class Type, class List>
inline constexpr std::size_t index_of = 0;
template <class Type, class... Types>
inline constexpr std::size_t index_of<Type, list<Types...>> = [] {
  std::size_t at = 0;
  (void)((std::is_same_v<Type, Types> || (++at, false)) || ...);
  return at;
}();

/// What a lookup by name answers when nothing has that name.
struct absent {};

template <fixed_string Name, class Type>
struct leaf {
  using type = Type;
};

/// Every entry of a contract as a base class; an entry has `::name` and is found by overload.
template <class... Entries>
struct leaves : leaf<Entries::name, Entries>... {};

namespace detail {
template <fixed_string Name, class Entry>
leaf<Name, Entry> find_leaf(leaf<Name, Entry> const*);
template <fixed_string Name>
leaf<Name, absent> find_leaf(void const*);
} // namespace detail

/// The entry of that name among `Leaves` (a `leaves<…>`), or `absent`.
template <fixed_string Name, class Leaves>
using find = typename decltype(detail::find_leaf<Name>(static_cast<Leaves const*>(nullptr)))::type;

} // namespace pando::meta
