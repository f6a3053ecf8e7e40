// What is checked once an app knows all its parts: services, guards, doors, names.
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <pando/app/detail/app_sentences.hpp>
#include <pando/app/feature.hpp>
#include <pando/app/transport.hpp>
#include <pando/handler/invoke.hpp>
#include <pando/schema/validate.hpp>

namespace pando {

/// Something that can be given to an app.
template <class Item>
inline constexpr bool app_takes =
    detail::is_implementation<Item> || detail::is_entity<Item> || detail::is_feature<Item> ||
    detail::is_hook<Item> || detail::is_sole<Item> || detail::exposure<Item> ||
    detail::is_service_reference<Item> || transport<Item>;

namespace detail {

/// Whether a sentence was said of the item where it was made, or of a part of it.
template <class Item>
inline constexpr bool was_told = std::is_base_of_v<already_told, Item>;
template <class... Items>
inline constexpr bool was_told<feature_of<Items...>> = (was_told<Items> || ...);

/// What an app cannot take of what it was given; void: nothing.
template <class... Items>
struct junk_among {
  using type = void;
};
template <class Item>
struct junk_in {
  using type = std::conditional_t<app_takes<Item>, void, Item>;
};
template <class... Items>
struct junk_in<feature_of<Items...>> : junk_among<Items...> {};
template <class First, class... Rest>
struct junk_among<First, Rest...>
    : std::conditional_t<std::is_void_v<typename junk_in<First>::type>, junk_among<Rest...>,
                         junk_in<First>> {};

template <class... Items>
using first_junk = typename junk_among<Items...>::type;
template <class... Items>
inline constexpr bool all_taken = std::is_void_v<first_junk<Items...>>;
template <class... Items>
inline constexpr bool any_was_told = (was_told<Items> || ...);

constexpr bool is_built_in_command(std::string_view name) {
  for (std::string_view const one : {"serve", "routes", "openapi", "socket-path", "settings",
                                     "completion", "help", "version", "process", "cluster"})
    if (one == name) return true;
  return false;
}

/// The doors of an app: the library's own and those of its transports.
template <class... Transports>
struct door_names {
  static constexpr bool has(std::string_view door) {
    return door == "http" || door == "cli" || door == "socket" ||
           ((door == std::string_view(Transports::door)) || ...);
  }
};

template <class Request, class Services, class Parameters>
inline constexpr bool all_provided = false;
template <class Request, class Services, class... Parameters>
inline constexpr bool all_provided<Request, Services, meta::list<Parameters...>> =
    ((comes_with_the_call<Parameters, Request> ||
      has_service<asked_service<Parameters>, Services>) && ...);

template <class Guard>
inline constexpr bool has_check = requires(Guard& guard, caller& who) {
  guard.check(who);
};
template <class Services, class Guards>
inline constexpr bool all_guards_serve = false;
template <class Services, class... Guards>
inline constexpr bool all_guards_serve<Services, meta::list<Guards...>> =
    ((has_service<Guards, Services> && has_check<Guards>) && ...);

template <class Doors, class Marker>
inline constexpr bool door_is_present = Doors::has(Marker::pando_marker({}, {}).door);
template <class Doors, class Markers>
inline constexpr bool all_doors_present = false;
template <class Doors, class... Markers>
inline constexpr bool
    all_doors_present<Doors, meta::list<Markers...>> = (door_is_present<Doors, Markers> && ...);

template <class Contract, class Route>
using guards_of = meta::concat<guard_list<Contract>, typename Route::guards>;

/// Whether the app has all that a handler needs.
template <class Contract, class Services, class Doors, class Binding>
constexpr bool handler_is_served() {
  using route = route_named<Contract, Binding::name>;
  using parameters = typename signature_of<typename Binding::function>::parameters;
  return all_provided<typename route::request, Services, parameters> &&
         all_guards_serve<Services, guards_of<Contract, route>> &&
         all_doors_present<Doors, typename route::markers>;
}

// Only ever used where something is wrong.
template <class Contract, fixed_string Route, class Request, class Services, class... Parameters>
constexpr auto parameter_fault(meta::list<Parameters...>) {
  constexpr auto at = meta::first_false<sizeof...(Parameters)>(
      {all_provided<Request, Services, meta::list<Parameters>>...});
  using asked = meta::nth<at, meta::list<bare<Parameters>...>>;
  if constexpr (has_service<asked const, Services>)
    return constant_parameter<Contract, Route, asked>{};
  else
    return unprovided_parameter<Contract, Route, asked>{};
}
template <class Contract, fixed_string Route, class Services, class... Guards>
constexpr auto guard_fault(meta::list<Guards...> guards) {
  constexpr auto at =
      meta::first_false<sizeof...(Guards)>({all_guards_serve<Services, meta::list<Guards>>...});
  using guard = meta::nth<at, decltype(guards)>;
  if constexpr (has_service<guard, Services>)
    return guard_without_check<Contract, Route, guard>{};
  else if constexpr (has_service<guard const, Services>)
    return constant_parameter<Contract, Route, guard>{};
  else
    return unprovided_guard<Contract, Route, guard>{};
}
template <class Contract, fixed_string Route, class Doors, class... Markers>
constexpr auto door_fault(meta::list<Markers...> markers) {
  constexpr auto at = meta::first_false<sizeof...(Markers)>({door_is_present<Doors, Markers>...});
  return marker_without_door<Contract, Route, meta::nth<at, decltype(markers)>>{};
}
template <class Contract, class Services, class Doors, class Binding>
constexpr auto find_served_fault() {
  using route = route_named<Contract, Binding::name>;
  using request = typename route::request;
  using parameters = typename signature_of<typename Binding::function>::parameters;
  if constexpr (!all_provided<request, Services, parameters>)
    return parameter_fault<Contract, Binding::name, request, Services>(parameters{});
  else if constexpr (!all_guards_serve<Services, guards_of<Contract, route>>)
    return guard_fault<Contract, Binding::name, Services>(guards_of<Contract, route>{});
  else
    return door_fault<Contract, Binding::name, Doors>(typename route::markers{});
}

/// What an app knows of one implementation.
template <class Implementation, class Services, class Doors>
struct served_by_app;
template <class Contract, class... Bindings, class Services, class Doors>
struct served_by_app<implementation<Contract, Bindings...>, Services, Doors> {
  static constexpr bool is_named_freely = !is_built_in_command(Contract::pando_name.view());
  static constexpr bool is_sound =
      is_named_freely && (handler_is_served<Contract, Services, Doors, Bindings>() && ...);

  static constexpr auto find_fault() {
    if constexpr (!is_named_freely) {
      return controller_named_like_a_command<Contract>{};
    } else {
      constexpr auto at = meta::first_false<sizeof...(Bindings)>(
          {handler_is_served<Contract, Services, Doors, Bindings>()...});
      return find_served_fault<Contract, Services, Doors, meta::nth<at, meta::list<Bindings...>>>();
    }
  }
};

/// What an app knows of one life-cycle hook, which asks for services alone.
template <class Hook, class Services>
struct hook_of_app;
template <bool AtStart, class Function, class Services>
struct hook_of_app<life_hook<AtStart, Function>, Services> {
  using shape = signature_of<Function>;

  template <class... Parameters>
  static constexpr bool provides(meta::list<Parameters...>) {
    return (has_service<asked_service<Parameters>, Services> && ...);
  }
  static constexpr bool is_sound = shape::known && provides(typename shape::parameters{});

  template <class... Parameters>
  static constexpr auto find_missing(meta::list<Parameters...>) {
    constexpr auto at =
        meta::first_false<sizeof...(Parameters)>(
            {has_service<asked_service<Parameters>, Services>...});
    using asked = meta::nth<at, meta::list<bare<Parameters>...>>;
    if constexpr (has_service<asked const, Services>)
      return constant_hook_parameter<asked>{};
    else
      return unprovided_hook_parameter<asked>{};
  }
  static constexpr auto find_fault() {
    if constexpr (!shape::known)
      return generic_hook<Function>{};
    else
      return find_missing(typename shape::parameters{});
  }
};

template <class Contract, class Route>
struct placed_route {
  using contract = Contract;
  static constexpr auto name = Route::name;
};
template <class Contract, class Routes>
struct placed_routes;
template <class Contract, class... Routes>
struct placed_routes<Contract, meta::list<Routes...>> {
  using type = meta::list<placed_route<Contract, Routes>...>;
  static constexpr std::size_t marker_count = (std::size_t{0} + ... + Routes::markers::size);
  template <class Names, class Places>
  static constexpr void add(Names& names, Places& places, std::size_t& at) {
    ((names.add(hash_text(Routes::name.view(), hash_text(Contract::pando_name.view())), at),
      add_places<Contract, Routes>(places, at++, typename Routes::markers{})),
     ...);
  }
};

/// Names and places over all the controllers of an app.
template <class... Contracts>
constexpr auto find_clash_of_controllers(meta::list<Contracts...>) {
  using all = meta::concat<typename placed_routes<Contracts, route_list<Contracts>>::type...>;
  constexpr auto clash = [] {
    claimed_places<all::size> names;
    claimed_places<(std::size_t{0} + ... +
                    placed_routes<Contracts, route_list<Contracts>>::marker_count)>
        places;
    std::size_t at = 0;
    (placed_routes<Contracts, route_list<Contracts>>::add(names, places, at), ...);
    auto const by_name = first_clash(names);
    return by_name.found ? by_name : first_clash(places);
  }();
  if constexpr (!clash.found) {
    return no_fault{};
  } else {
    using first = meta::nth<clash.first, all>;
    using second = meta::nth<clash.second, all>;
    return clashing_controllers<typename first::contract, first::name, typename second::contract,
                                second::name>{};
  }
}

/// What is wrong with a complete app.
template <class Services, class Doors, class... Implementations, class Contracts, class... Hooks>
constexpr auto find_app_fault(meta::list<Implementations...>, Contracts contracts,
                              meta::list<Hooks...>) {
  constexpr auto unserved = meta::first_false<sizeof...(Implementations) + 1>(
      {served_by_app<Implementations, Services, Doors>::is_sound..., false});
  constexpr auto unsound =
      meta::first_false<sizeof...(Hooks) + 1>({hook_of_app<Hooks, Services>::is_sound..., false});
  if constexpr (unserved != sizeof...(Implementations))
    return served_by_app<meta::nth<unserved, meta::list<Implementations...>>, Services,
                         Doors>::find_fault();
  else if constexpr (unsound != sizeof...(Hooks))
    return hook_of_app<meta::nth<unsound, meta::list<Hooks...>>, Services>::find_fault();
  else if constexpr (Contracts::size == 0)
    return no_fault{};
  else
    return find_clash_of_controllers(contracts);
}

} // namespace detail
} // namespace pando
