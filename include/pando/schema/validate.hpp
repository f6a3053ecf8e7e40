// A whole contract checked once, where it is used: names, places and the holes in paths.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include <pando/contract/controller.hpp>
#include <pando/meta/text.hpp>
#include <pando/schema/fields.hpp>
#include <pando/schema/type_of.hpp>

namespace pando {

// Each of these is one sentence of a compile-time error; its arguments are the words in it.

/// No two routes of the contract have this name.
template <class Contract, fixed_string Route, std::size_t Routes>
inline constexpr bool route_name_is_unique = Routes == 1;

/// No two routes claim one place of a door (one HTTP method and path, one command).
template <class Contract, fixed_string FirstRoute, fixed_string SecondRoute, bool Holds>
inline constexpr bool routes_have_places_of_their_own = Holds;

/// The `{placeholder}` in the route's path is a field of its request.
template <class Contract, fixed_string Route, class Request, fixed_string Path, bool Holds>
inline constexpr bool placeholders_are_fields = Holds;

/// The fields a door names (positional arguments) are fields of the request.
template <class Contract, fixed_string Route, class Request, class Marker, bool Holds>
inline constexpr bool marker_names_fields = Holds;

/// A field that comes from a path or a query is a scalar, or an optional or list of scalars.
template <class Contract, fixed_string Route, class Request, class Marker, bool Holds>
inline constexpr bool fields_fit_their_source = Holds;

/// The part is a route, or `guarded_by`.
template <class Contract, class Part>
inline constexpr bool controller_part_is_known =
    detail::is_route<Part> || detail::guards_part<Part>;

/// The part is `raises`, `guarded_by`, `blocking` or a door's marker.
template <class Contract, fixed_string Route, class Part>
inline constexpr bool route_part_is_known = detail::route_part<Part>;

namespace detail {

/// Whether a value of that table can be written as one piece of text.
constexpr bool is_scalar(schema::type const& type) {
  using enum schema::kind;
  switch (type.what) {
  case boolean:
  case integer:
  case floating:
  case string:
  case enumeration:
  case text:
  case bytes: return true;
  case optional:
  case converted: return is_scalar(*type.element);
  default: return false;
  }
}

constexpr bool fits_query(schema::type const& type) {
  using enum schema::kind;
  if (type.what == optional) return fits_query(*type.element);
  if (type.what == list || type.what == set || type.what == fixed_list)
    return is_scalar(*type.element);
  if (type.what == converted) return fits_query(*type.element);
  return is_scalar(type);
}

constexpr bool has_field(schema::type const& type, std::string_view name) {
  for (auto const& field : type.fields)
    if (field.name == name) return true;
  return false;
}

/// Calls `found(name)` for every `{name}` of a path until it answers false.
template <class Found>
constexpr bool each_placeholder(std::string_view path, Found found) {
  for (auto from = meta::find_character(path, '{'); from != path.npos;
       from = meta::find_character(path, '{', from + 1)) {
    auto const upto = meta::find_character(path, '}', from);
    if (upto == path.npos) return false;
    if (!found(path.substr(from + 1, upto - from - 1))) return false;
  }
  return true;
}

// None of these compares a table's address with null: g++ 12 under -fsanitize=undefined refuses to
// do that at compile time.
template <class Route>
constexpr bool request_has_field(std::string_view name) {
  if constexpr (Route::takes_request) return has_field(type_table<typename Route::request>, name);
  else return (void)name, false;
}

template <class Marker>
concept path_marker = requires {
  Marker::path.view();
  Marker::data.method;
};
template <class Marker>
concept naming_marker = requires { Marker::data.positionals.size(); };

template <class Route, class Marker>
constexpr bool placeholders_found() {
  return each_placeholder(Marker::path.view(),
                          [](std::string_view name) { return request_has_field<Route>(name); });
}

template <class Route, class Marker>
constexpr bool sources_fit() {
  if constexpr (Route::takes_request) {
    for (auto const& field : type_table<typename Route::request>.fields) {
      bool in_path = false;
      each_placeholder(Marker::path.view(), [&](std::string_view name) {
        in_path = in_path || name == field.name;
        return true;
      });
      if (in_path && !is_scalar(*field.of)) return false;
      if (!in_path && !Marker::has_body && !fits_query(*field.of)) return false;
    }
  }
  return true;
}

template <class Contract, class Route, class Marker>
constexpr bool check_marker() {
  if constexpr (path_marker<Marker>) {
    constexpr bool found = placeholders_found<Route, Marker>();
    static_assert(placeholders_are_fields<Contract, Route::name, typename Route::request,
                                          Marker::path, found>,
                  "pando: a {placeholder} in the path is no field of the request: controller, "
                  "route, request, path");
    if constexpr (found) {
      constexpr bool fits = sources_fit<Route, Marker>();
      static_assert(
          fields_fit_their_source<Contract, Route::name, typename Route::request, Marker, fits>,
          "pando: a field of the request cannot be written in a path or query (only scalars, "
          "optionals and lists of them can); use post, put or patch: controller, route, request");
      return fits;
    }
    return found;
  } else if constexpr (naming_marker<Marker>) {
    constexpr bool known = [] {
      for (auto const name : Marker::data.positionals)
        if (!request_has_field<Route>(name)) return false;
      return true;
    }();
    static_assert(
        marker_names_fields<Contract, Route::name, typename Route::request, Marker, known>,
                  "pando: a positional argument is no field of the request: controller, route, "
                  "request, marker");
    return known;
  } else {
    return true;
  }
}

template <class Contract, class Route, class... Markers>
constexpr bool check_markers(meta::list<Markers...>) {
  return (check_marker<Contract, Route, Markers>() && ...);
}

template <class Contract, class Route, class... Parts>
constexpr bool check_route_parts(meta::list<Parts...>) {
  return ([] {
    static_assert(route_part_is_known<Contract, Route::name, Parts>,
                  "pando: this cannot stand in a route: controller, route, part");
    return route_part_is_known<Contract, Route::name, Parts>;
  }() && ...);
}

template <class Contract, class... Parts>
constexpr bool check_controller_parts(meta::list<Parts...>) {
  return ([] {
    static_assert(controller_part_is_known<Contract, Parts>,
                  "pando: this cannot stand in a controller; it takes routes and guarded_by: "
                  "controller, part");
    return controller_part_is_known<Contract, Parts>;
  }() && ...);
}

/// Numbers with where they came from, sorted, so that equal ones are neighbours.
template <std::size_t Count>
struct claimed_places {
  struct claim {
    std::uint64_t place;
    std::size_t route;
  };
  std::array<claim, Count + 1> claims{};
  std::size_t size = 0;

  constexpr void add(std::uint64_t place, std::size_t route) {
    if (place != 0) claims[size++] = {place, route};
  }
  /// Shell sort: constexpr, without <algorithm>.
  constexpr void sort() {
    for (std::size_t gap = size / 2; gap != 0; gap /= 2)
      for (std::size_t i = gap; i < size; ++i)
        for (std::size_t j = i; j >= gap && claims[j].place < claims[j - gap].place; j -= gap) {
          auto const moved = claims[j];
          claims[j] = claims[j - gap];
          claims[j - gap] = moved;
        }
  }
};

struct route_pair {
  std::size_t first = 0;
  std::size_t second = 0;
};

/// The first two routes with the same name or place; equal numbers when there are none.
template <std::size_t Count>
constexpr route_pair first_clash(claimed_places<Count> places) {
  places.sort();
  for (std::size_t i = 1; i < places.size; ++i)
    if (places.claims[i].place == places.claims[i - 1].place) {
      auto const a = places.claims[i - 1].route;
      auto const b = places.claims[i].route;
      return a < b ? route_pair{a, b} : route_pair{b, a};
    }
  return {};
}

template <class... Routes>
constexpr route_pair clashing_names(meta::list<Routes...>) {
  claimed_places<sizeof...(Routes)> places;
  std::size_t at = 0;
  (places.add(hash_text(Routes::name.view()), at++), ...);
  return first_clash(places);
}

template <class Contract, class Route, class Places, class... Markers>
constexpr void add_places(Places& places, [[maybe_unused]] std::size_t at,
                          meta::list<Markers...>) {
  (places.add(Markers::pando_marker(Contract::pando_name.view(), Route::name.view()).place, at),
   ...);
}

template <class Contract, class... Routes>
constexpr route_pair clashing_places(meta::list<Routes...>) {
  claimed_places<(std::size_t{0} + ... + Routes::markers::size)> places;
  std::size_t at = 0;
  (add_places<Contract, Routes>(places, at++, typename Routes::markers{}), ...);
  return first_clash(places);
}

template <std::size_t Index, class... Routes>
constexpr auto route_name_at(meta::list<Routes...>) {
  return std::tuple_element_t<Index, std::tuple<Routes...>>::name;
}

template <class Contract>
constexpr bool check_clashes() {
  using routes = route_list<Contract>;
  constexpr auto names = clashing_names(routes{});
  constexpr auto first = route_name_at<names.first>(routes{});
  static_assert(route_name_is_unique<Contract, first, (names.first == names.second ? 1 : 2)>,
                "pando: two routes of one name: controller, route");
  if constexpr (names.first == names.second) {
    constexpr auto places = clashing_places<Contract>(routes{});
    constexpr bool clear = places.first == places.second;
    static_assert(
        routes_have_places_of_their_own<Contract, route_name_at<places.first>(routes{}),
                                        route_name_at<places.second>(routes{}), clear>,
        "pando: two routes answer at one place (the same method and path, or the same command): "
        "controller, first route, second route");
    return clear;
  } else {
    return false;
  }
}

template <class Contract, class... Routes>
constexpr bool check_routes(meta::list<Routes...>) {
  return (check_route_parts<Contract, Routes>(typename Routes::parts{}) && ...) &&
         (check_markers<Contract, Routes>(typename Routes::markers{}) && ...);
}

} // namespace detail

/// Whether the contract holds together; when not, the compiler says what is wrong, once.
template <class Contract>
constexpr bool check_contract() {
  if constexpr (detail::check_controller_parts<Contract>(typename Contract::pando_parts{})) {
    if constexpr (route_list<Contract>::size == 0) return true;
    else if constexpr (detail::check_clashes<Contract>())
      return detail::check_routes<Contract>(route_list<Contract>{});
    else return false;
  } else {
    return false;
  }
}

} // namespace pando
