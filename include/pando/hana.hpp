// A contract's parts as Boost.Hana type lists, for metaprograms of one's own.
#pragma once

#include <boost/hana/tuple.hpp>

#include <pando/contract/controller.hpp>

namespace pando {

namespace detail {
template <class List>
struct hana_types;
template <class... Types>
struct hana_types<meta::list<Types...>> {
  static constexpr auto value = boost::hana::tuple_t<Types...>;
};
} // namespace detail

/// The routes of a contract: `hana::tuple_t<route<…>, …>`, in their order.
template <controller_type Contract>
inline constexpr auto routes_of = detail::hana_types<route_list<Contract>>::value;

/// The declared errors of a route, likewise.
template <class Route>
inline constexpr auto errors_of = detail::hana_types<typename Route::raises>::value;

/// A route's markers, likewise.
template <class Route>
inline constexpr auto markers_of = detail::hana_types<typename Route::markers>::value;

} // namespace pando
