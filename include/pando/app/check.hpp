// What is checked once an app knows all its parts: services, guards, doors, names.
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <pando/app/feature.hpp>
#include <pando/app/transport.hpp>
#include <pando/handler/invoke.hpp>
#include <pando/schema/validate.hpp>

namespace pando {

// Each of these is one sentence of a compile-time error; its arguments are the words in it.

/// The app has the door that the route's marker is for.
template <class Contract, fixed_string Route, class Marker, bool Present>
inline constexpr bool app_has_the_door_of = Present;

/// No command that is built in has the controller's name.
template <class Contract, bool Free>
inline constexpr bool controller_name_is_free = Free;

/// No two controllers of the app have a route of one name, or routes at one place.
template <class FirstContract, fixed_string FirstRoute, class SecondContract,
          fixed_string SecondRoute, bool Apart>
inline constexpr bool controllers_keep_apart = Apart;

/// Something that can be given to an app.
template <class Item>
inline constexpr bool app_takes = detail::is_implementation<Item> || detail::is_feature<Item> ||
                                  detail::is_hook<Item> || detail::is_service_reference<Item> ||
                                  transport<Item>;

namespace detail {

constexpr bool is_built_in_command(std::string_view name) {
  for (std::string_view const one : {"serve", "routes", "openapi", "socket-path", "settings",
                                     "completion", "help", "version", "process", "cluster"})
    if (one == name) return true;
  return false;
}

template <class Contract, class Route, class Services, class... Parameters>
constexpr bool check_parameters(meta::list<Parameters...>) {
  return ([] {
    constexpr bool provided = comes_with_the_call<Parameters, typename Route::request> ||
                              has_service<bare<Parameters>, Services>;
    static_assert(
        handler_parameter_is_provided<Contract, Route::name, bare<Parameters>, provided>,
        "pando: nothing provides what this handler asks for; give it to the app by "
        ".provide(object): controller, route, type");
    return provided;
  }() && ...);
}

template <class Contract, class Route, class Services, class... Guards>
constexpr bool check_guards(meta::list<Guards...>) {
  return ([] {
    constexpr bool provided = has_service<Guards, Services>;
    static_assert(guard_is_provided<Contract, Route::name, Guards, provided>,
                  "pando: nothing provides the guard of this route; give it to the app by "
                  ".provide(object): controller, route, guard");
    return provided;
  }() && ...);
}

template <class Contract, class Route, class Doors, class... Markers>
constexpr bool check_doors(meta::list<Markers...>) {
  return ([] {
    constexpr bool present = Doors::has(
        Markers::pando_marker(Contract::pando_name.view(), Route::name.view()).door);
    static_assert(app_has_the_door_of<Contract, Route::name, Markers, present>,
                  "pando: this route has a marker of a transport that the app does not have; give "
                  "the transport to pando::app: controller, route, marker");
    return present;
  }() && ...);
}

/// The doors of an app: the library's own and those of its transports.
template <class... Transports>
struct door_names {
  static constexpr bool has(std::string_view door) {
    return door == "http" || door == "cli" || door == "socket" ||
           ((door == std::string_view(Transports::door)) || ...);
  }
};

template <class Contract, class Services, class Doors, class Binding>
constexpr bool check_handler() {
  using route = route_named<Contract, Binding::name>;
  return check_parameters<Contract, route, Services>(
             typename signature_of<typename Binding::function>::parameters{}) &&
         check_guards<Contract, route, Services>(
             meta::concat<guard_list<Contract>, typename route::guards>{}) &&
         check_doors<Contract, route, Doors>(typename route::markers{});
}

template <class Implementation, class Services, class Doors>
struct check_one;
template <class Contract, class... Bindings, class Services, class Doors>
struct check_one<implementation<Contract, Bindings...>, Services, Doors> {
  static constexpr bool run() {
    constexpr bool free = !is_built_in_command(Contract::pando_name.view());
    static_assert(controller_name_is_free<Contract, free>,
                  "pando: a command that is built in has this controller's name: controller");
    return free && (check_handler<Contract, Services, Doors, Bindings>() && ...);
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
  template <class Places>
  static constexpr void add(Places& names, Places& places, std::size_t& at) {
    ((names.add(hash_text(Routes::name.view(), hash_text(Contract::pando_name.view())), at),
      add_places<Contract, Routes>(places, at++, typename Routes::markers{})),
     ...);
  }
};

/// Names and places over all the controllers of an app.
template <class... Contracts>
constexpr bool check_controllers_apart() {
  using all =
      meta::concat<typename placed_routes<Contracts, route_list<Contracts>>::type...>;
  if constexpr (all::size == 0) {
    return true;
  } else {
    constexpr auto clashes = [] {
      claimed_places<all::size * 8> names;
      claimed_places<all::size * 8> places;
      std::size_t at = 0;
      (placed_routes<Contracts, route_list<Contracts>>::add(names, places, at), ...);
      auto const by_name = first_clash(names);
      return by_name.first != by_name.second ? by_name : first_clash(places);
    }();
    using first = typename service_at<clashes.first, all>::type;
    using second = typename service_at<clashes.second, all>::type;
    constexpr bool apart = clashes.first == clashes.second;
    static_assert(controllers_keep_apart<typename first::contract, first::name,
                                         typename second::contract, second::name, apart>,
                  "pando: two controllers of one app have a route of one name, or at one place "
                  "(method and path, or command): controller, route, controller, route");
    return apart;
  }
}

} // namespace detail
} // namespace pando
