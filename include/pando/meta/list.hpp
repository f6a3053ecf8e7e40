// Type lists as plain packs, and lookup of a named leaf by inheritance: one overload, no recursion.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <pando/meta/fixed_string.hpp>

namespace pando::meta {

/// A list of types, never instantiated with members: it costs its name and nothing else.
template <class... Types>
struct list {
  static constexpr std::size_t size = sizeof...(Types);
};

/// The lists joined in order: `concat<list<A>, list<B, C>>` is `list<A, B, C>`. Eight at a time,
/// since each step costs the compiler a class named by all that was joined so far.
template <class... Lists>
struct concat_of {
  using type = list<>;
};
template <class... A>
struct concat_of<list<A...>> {
  using type = list<A...>;
};
template <class... A, class... B>
struct concat_of<list<A...>, list<B...>> {
  using type = list<A..., B...>;
};
template <class... A, class... B, class... C>
struct concat_of<list<A...>, list<B...>, list<C...>> {
  using type = list<A..., B..., C...>;
};
template <class... A, class... B, class... C, class... D, class... Rest>
struct concat_of<list<A...>, list<B...>, list<C...>, list<D...>, Rest...>
    : concat_of<list<A..., B..., C..., D...>, Rest...> {};
template <class... A, class... B, class... C, class... D, class... E, class... F, class... G,
          class... H, class... Rest>
struct concat_of<list<A...>, list<B...>, list<C...>, list<D...>, list<E...>, list<F...>, list<G...>,
                 list<H...>, Rest...>
    : concat_of<list<A..., B..., C..., D..., E..., F..., G..., H...>, Rest...> {};
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

/// The place of the first `false`, or how many there are.
template <std::size_t Count>
constexpr std::size_t first_false(bool const (&holds)[Count]) {
  std::size_t at = 0;
  while (at < Count && holds[at]) ++at;
  return at;
}

/// What a lookup by name answers when nothing has that name, or several have.
struct absent {};

/// The name an entry is found by; specialised where asking the entry would cost more.
template <class Entry>
inline constexpr auto name_of = Entry::name;

template <std::size_t Index, class Entry>
struct numbered {
  using type = Entry;
  static constexpr std::size_t index = Index;
};
template <std::size_t Index, fixed_string Name, class Entry>
struct leaf {};

namespace detail {

template <class Indices, class... Entries>
struct leaves_from;
template <std::size_t... Index, class... Entries>
struct leaves_from<std::index_sequence<Index...>, Entries...>
    : leaf<Index, name_of<Entries>, Entries>... {};

template <fixed_string Name, std::size_t Index, class Entry>
numbered<Index, Entry> find_leaf(leaf<Index, Name, Entry> const*);
template <fixed_string Name>
numbered<static_cast<std::size_t>(-1), absent> find_leaf(void const*);

template <std::size_t Index, class Entry>
numbered<Index, Entry> nth_leaf(numbered<Index, Entry> const*);
template <class Indices, class... Entries>
struct numbered_from;
template <std::size_t... Index, class... Entries>
struct numbered_from<std::index_sequence<Index...>, Entries...> : numbered<Index, Entries>... {};

} // namespace detail

/// Every entry of a contract as a base class; an entry has a `name_of`, and is found by overload.
template <class... Entries>
struct leaves : detail::leaves_from<std::index_sequence_for<Entries...>, Entries...> {};

/// The entry of that name among `Leaves` (a `leaves<…>`), or `absent`: its `type` and its `index`.
template <fixed_string Name, class Leaves>
using find = decltype(detail::find_leaf<Name>(static_cast<Leaves const*>(nullptr)));

/// The entry at that place of a list.
template <std::size_t Index, class List>
struct nth_of;
template <std::size_t Index, class... Types>
struct nth_of<Index, list<Types...>> {
  using all = detail::numbered_from<std::index_sequence_for<Types...>, Types...>;
  using type = typename decltype(detail::nth_leaf<Index>(static_cast<all const*>(nullptr)))::type;
};
template <std::size_t Index, class List>
using nth = typename nth_of<Index, List>::type;

} // namespace pando::meta
