// `route` and `controller`: one declaration that every door, client and tool reads.
#pragma once

#include <pando/contract/parts.hpp>
#include <pando/contract/signature.hpp>
#include <pando/meta/fixed_string.hpp>
#include <pando/meta/list.hpp>

namespace pando {

/// One thing that can be asked of a controller. `Signature` is a function type; `Parts` are
/// `raises<…>`, `guarded_by<…>`, `blocking` and the doors' markers, in any order.
/// Whoever uses the contract is told, in a sentence, when a part is none of these.
template <fixed_string Name, class Signature, class... Parts>
struct route {
  static constexpr auto name = Name;
  using signature = Signature;
  using request = typename detail::signature<Signature>::request;
  using result = typename detail::signature<Signature>::result;
  using item = typename detail::signature<Signature>::item;
  static constexpr bool streams = detail::signature<Signature>::streams;
  static constexpr bool takes_request = !std::is_same_v<request, no_request>;
  using raises = meta::concat<typename detail::part_traits<Parts>::raises...>;
  using guards = meta::concat<typename detail::part_traits<Parts>::guards...>;
  using markers = meta::concat<typename detail::part_traits<Parts>::markers...>;
  static constexpr bool runs_on_pool = (detail::part_traits<Parts>::blocks || ...);
  using parts = meta::list<Parts...>;
};

/// A contract: a named set of routes. Write `struct Users : pando::controller<"user", …> {};` so
/// that compilers say `Users`. `Parts` are routes, and `guarded_by<…>` for all of them.
template <fixed_string Name, class... Parts>
struct controller {
  static constexpr auto pando_name = Name;
  using pando_parts = meta::list<Parts...>;
};

namespace meta {
/// A route's name, without completing the route: a client of one completes no other.
template <fixed_string Name, class Signature, class... Parts>
inline constexpr auto name_of<route<Name, Signature, Parts...>> = Name;
} // namespace meta

namespace detail {

template <class Part>
inline constexpr bool is_route = false;
template <fixed_string Name, class Signature, class... Parts>
inline constexpr bool is_route<route<Name, Signature, Parts...>> = true;

template <class Part>
struct routes_of_part {
  using type = meta::list<>;
};
template <fixed_string Name, class Signature, class... Parts>
struct routes_of_part<route<Name, Signature, Parts...>> {
  using type = meta::list<route<Name, Signature, Parts...>>;
};
template <class Part>
struct guards_of_part {
  using type = typename part_traits<Part>::guards;
};
template <fixed_string Name, class Signature, class... Parts>
struct guards_of_part<route<Name, Signature, Parts...>> {
  using type = meta::list<>;
};

template <class Parts>
struct split_parts;
template <class... Parts>
struct split_parts<meta::list<Parts...>> {
  using routes = meta::concat<typename routes_of_part<Parts>::type...>;
  using guards = meta::concat<typename guards_of_part<Parts>::type...>;
};
template <class... Parts>
  requires(is_route<Parts> && ...)
struct split_parts<meta::list<Parts...>> {
  using routes = meta::list<Parts...>;
  using guards = meta::list<>;
};

template <class List>
struct leaves_of;
template <class... Routes>
struct leaves_of<meta::list<Routes...>> {
  using type = meta::leaves<Routes...>;
};

} // namespace detail

/// A contract made of routes: what `implement`, clients and doors take.
template <class Type>
concept controller_type = requires {
  Type::pando_name.view();
  typename Type::pando_parts;
};

/// The routes of a contract as a plain list; `<pando/hana.hpp>` has them as a Hana type list.
template <controller_type Contract>
using route_list = typename detail::split_parts<typename Contract::pando_parts>::routes;

/// The guards that stand on the whole contract.
template <controller_type Contract>
using guard_list = typename detail::split_parts<typename Contract::pando_parts>::guards;

namespace detail {
template <class Contract, fixed_string Name>
struct found_route {
  using type = meta::absent;
};
template <controller_type Contract, fixed_string Name>
struct found_route<Contract, Name>
    : meta::find<Name, typename leaves_of<route_list<Contract>>::type> {};
} // namespace detail

/// The route of that name, or `meta::absent` when none has it, or several have.
template <class Contract, fixed_string Name>
using route_named = typename detail::found_route<Contract, Name>::type;

/// Whether the contract has a route of that name.
template <class Contract, fixed_string Name>
concept controller_has_route =
    controller_type<Contract> && !std::is_same_v<route_named<Contract, Name>, meta::absent>;

} // namespace pando
