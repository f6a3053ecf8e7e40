// A whole contract checked once, where it is used: names, places, values, the holes in paths.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pando/contract/controller.hpp>
#include <pando/contract/persisted.hpp>
#include <pando/meta/fault.hpp>
#include <pando/meta/nearest.hpp>
#include <pando/meta/text.hpp>
#include <pando/meta/type_name.hpp>
#include <pando/schema/detail/contract_sentences.hpp>
#include <pando/schema/detail/sentences.hpp>
#include <pando/schema/type_of.hpp>

namespace pando {
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
  case bytes:
    return true;
  case optional:
  case converted:
    return is_scalar(*type.element);
  default:
    return false;
  }
}

constexpr bool fits_query(schema::type const& type) {
  using enum schema::kind;
  if (type.what == optional || type.what == converted) return fits_query(*type.element);
  if (type.what == list || type.what == set || type.what == fixed_list)
    return is_scalar(*type.element);
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

/// The table of what a route takes; an empty one where it takes nothing. Not a pointer: g++ 12
/// under -fsanitize=undefined refuses to compare a table's address with null at compile time.
inline constexpr schema::type nothing_taken{.what = schema::kind::structure, .size = 1};
template <class Request>
constexpr schema::type const& request_table() {
  if constexpr (std::is_same_v<Request, no_request>)
    return nothing_taken;
  else
    return type_table<Request>;
}

constexpr bool placeholders_found(schema::type const& request, std::string_view path) {
  return each_placeholder(path, [&](std::string_view name) { return has_field(request, name); });
}

constexpr bool sources_fit(schema::type const& request, std::string_view path, bool has_body) {
  if (request.what != schema::kind::structure) return has_body;
  for (auto const& field : request.fields) {
    bool in_path = false;
    each_placeholder(path, [&](std::string_view name) {
      in_path = in_path || name == field.name;
      return true;
    });
    if (in_path ? !is_scalar(*field.of) : !has_body && !fits_query(*field.of)) return false;
  }
  return true;
}

template <class Marker>
concept path_marker = requires {
  Marker::path.view();
  Marker::data.method;
};
template <class Marker>
concept naming_marker = requires {
  Marker::data.positionals.size();
  Marker::takes_its_parts;
};

/// What can be wrong with a marker on a route.
enum class marker_fault : std::uint8_t { none, no_slash, placeholder, source, part, positional };

template <class Request, class Marker>
constexpr marker_fault fault_of_marker() {
  if constexpr (path_marker<Marker>) {
    constexpr std::string_view path = Marker::path.view();
    auto const& request = request_table<Request>();
    if (path.size() == 0 || path[0] != '/') return marker_fault::no_slash;
    if (!placeholders_found(request, path)) return marker_fault::placeholder;
    if (!sources_fit(request, path, Marker::has_body)) return marker_fault::source;
  } else if constexpr (naming_marker<Marker>) {
    if (!Marker::takes_its_parts) return marker_fault::part;
    for (auto const name : Marker::data.positionals)
      if (!has_field(request_table<Request>(), name)) return marker_fault::positional;
  }
  return marker_fault::none;
}

/// Whether each is sound; one answer for a list, so that a sound route costs little.
template <class Parts>
inline constexpr bool parts_are_known = false;
template <class... Parts>
inline constexpr bool parts_are_known<meta::list<Parts...>> =
    ((route_part<Parts> || rpc_option_part<Parts>) && ...);

template <class Request, class Markers>
inline constexpr bool markers_fit = false;
template <class Request, class... Markers>
inline constexpr bool markers_fit<Request, meta::list<Markers...>> =
    ((fault_of_marker<Request, Markers>() == marker_fault::none) && ...);

/// Whether a type a route names can be sent, where it is one at all.
template <class Type>
inline constexpr bool is_sendable_or_none = is_sendable<Type>;
template <>
inline constexpr bool is_sendable_or_none<void> = true;
template <>
inline constexpr bool is_sendable_or_none<no_request> = true;

template <class Types>
inline constexpr bool all_sendable = false;
template <class... Types>
inline constexpr bool all_sendable<meta::list<Types...>> = (is_sendable_or_none<Types> && ...);

/// Everything a route sends and receives.
template <class Route>
using payloads_of =
    meta::concat<meta::list<typename Route::request, typename Route::item>, typename Route::raises>;

/// Which two of a list clash first, in their order.
struct route_clash {
  bool found = false;
  std::size_t first = 0;
  std::size_t second = 0;
};

/// The first two errors of one name, if there are.
template <class... Errors>
constexpr route_clash clashing_errors(meta::list<Errors...>) {
  std::array<std::string_view, sizeof...(Errors) + 1> const names{meta::type_name<Errors>...};
  for (std::size_t i = 0; i < sizeof...(Errors); ++i)
    for (std::size_t k = i + 1; k < sizeof...(Errors); ++k)
      if (names[i] == names[k]) return {true, i, k};
  return {};
}
template <class Errors>
inline constexpr bool errors_are_sound = false;
template <>
inline constexpr bool errors_are_sound<meta::list<>> = true;
template <class Error>
inline constexpr bool errors_are_sound<meta::list<Error>> =
    table_shape_of<Error>() == table_shape::structure;
template <class First, class Second, class... Errors>
inline constexpr bool errors_are_sound<meta::list<First, Second, Errors...>> =
    ((errors_are_sound<meta::list<First>> && errors_are_sound<meta::list<Second>>) && ... &&
     errors_are_sound<meta::list<Errors>>) &&
    !clashing_errors(meta::list<First, Second, Errors...>{}).found;

template <class Route>
constexpr bool check_route() {
  if constexpr (!parts_are_known<typename Route::parts> ||
                !signature_is_result_of_at_most_one_request<typename Route::signature>)
    return false;
  else if constexpr (!all_sendable<payloads_of<Route>>)
    return false;
  else if constexpr (!errors_are_sound<typename Route::raises>)
    return false;
  else
    return markers_fit<typename Route::request, typename Route::markers>;
}
template <class Route>
inline constexpr bool route_is_sound = check_route<Route>();

template <marker_fault Fault, class Contract, fixed_string Route, class Request, class Marker>
constexpr auto marker_sentence() {
  using enum marker_fault;
  if constexpr (Fault == no_slash)
    return path_without_slash<Contract, Route, Request, Marker>{};
  else if constexpr (Fault == placeholder)
    return placeholder_without_field<Contract, Route, Request, Marker>{};
  else if constexpr (Fault == source)
    return field_beyond_its_source<Contract, Route, Request, Marker>{};
  else if constexpr (Fault == part)
    return unknown_command_part<Contract, Route, Marker>{};
  else
    return positional_without_field<Contract, Route, Request, Marker>{};
}

// Only ever used where something is wrong.
template <class Contract, fixed_string Route, class... Parts>
constexpr auto part_fault(meta::list<Parts...> parts) {
  constexpr auto at = meta::first_false<sizeof...(Parts)>(
      {(route_part<Parts> || rpc_option_part<Parts>)...});
  return unknown_route_part<Contract, Route, meta::nth<at, decltype(parts)>>{};
}
template <class Contract, fixed_string Route, class... Types>
constexpr auto payload_fault_among(meta::list<Types...> types) {
  constexpr auto at = meta::first_false<sizeof...(Types)>({is_sendable_or_none<Types>...});
  return payload_fault_of<meta::nth<at, decltype(types)>, in_route<Contract, Route>>{};
}
template <class Contract, fixed_string Route, class... Errors>
constexpr auto error_fault(meta::list<Errors...> errors) {
  constexpr auto at =
      meta::first_false<sizeof...(Errors) + 1>({errors_are_sound<meta::list<Errors>>..., false});
  if constexpr (at != sizeof...(Errors)) {
    return error_without_fields<Contract, Route, meta::nth<at, decltype(errors)>>{};
  } else {
    constexpr auto clash = clashing_errors(meta::list<Errors...>{});
    return two_errors_of_one_name<Contract, Route, meta::nth<clash.first, decltype(errors)>,
                                  meta::nth<clash.second, decltype(errors)>>{};
  }
}
template <class Contract, class Route, class... Markers>
constexpr auto marker_fault_among(meta::list<Markers...> markers) {
  using request = typename Route::request;
  constexpr auto at = meta::first_false<sizeof...(Markers)>(
      {(fault_of_marker<request, Markers>() == marker_fault::none)...});
  using marker = meta::nth<at, decltype(markers)>;
  return marker_sentence<fault_of_marker<request, marker>(), Contract, Route::name, request,
                         marker>();
}

template <class Contract, class Route>
constexpr auto find_route_fault() {
  if constexpr (route_is_sound<Route>)
    return no_fault{};
  else if constexpr (!parts_are_known<typename Route::parts>)
    return part_fault<Contract, Route::name>(typename Route::parts{});
  else if constexpr (!signature_is_result_of_at_most_one_request<typename Route::signature>)
    return unsound_signature<Contract, Route::name, typename Route::signature>{};
  else if constexpr (!all_sendable<payloads_of<Route>>)
    return payload_fault_among<Contract, Route::name>(payloads_of<Route>{});
  else if constexpr (!errors_are_sound<typename Route::raises>)
    return error_fault<Contract, Route::name>(typename Route::raises{});
  else
    return marker_fault_among<Contract, Route>(typename Route::markers{});
}

/// Numbers with where they came from, sorted, so that equal ones are neighbours.
template <std::size_t Count>
struct claimed_places {
  struct claim {
    std::uint64_t place;
    std::size_t route;
  };
  claim claims[Count + 1]{}; // no std::array, whose [] is a call for the compiler each time
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

template <std::size_t Count>
constexpr route_clash first_clash(claimed_places<Count> places) {
  places.sort();
  for (std::size_t i = 1; i < places.size; ++i)
    if (places.claims[i].place == places.claims[i - 1].place) {
      auto const a = places.claims[i - 1].route;
      auto const b = places.claims[i].route;
      return a < b ? route_clash{true, a, b} : route_clash{true, b, a};
    }
  return {};
}

template <class... Routes>
constexpr route_clash clashing_names(meta::list<Routes...>) {
  claimed_places<sizeof...(Routes)> places;
  std::size_t at = 0;
  (places.add(hash_text(Routes::name.view()), at++), ...);
  return first_clash(places);
}

template <class Contract, class Route, class Places, class... Markers>
constexpr void add_places(Places& places, [[maybe_unused]] std::size_t at, meta::list<Markers...>) {
  (places.add(Markers::pando_marker(Contract::pando_name.view(), Route::name.view()).place, at),
   ...);
}

template <class Contract, class... Routes>
constexpr route_clash clashing_places(meta::list<Routes...>) {
  claimed_places<(std::size_t{0} + ... + Routes::markers::size)> places;
  std::size_t at = 0;
  (add_places<Contract, Routes>(places, at++, typename Routes::markers{}), ...);
  return first_clash(places);
}

template <class Contract, class... Parts>
constexpr auto find_controller_fault(meta::list<Parts...> parts) {
  constexpr auto at =
      meta::first_false<sizeof...(Parts) + 1>({(is_route<Parts> || guards_part<Parts>)..., false});
  if constexpr (at == sizeof...(Parts))
    return no_fault{};
  else
    return unknown_controller_part<Contract, meta::nth<at, decltype(parts)>>{};
}

template <class Contract, fixed_string Route, class... Parts>
constexpr auto option_fault_among(meta::list<Parts...> parts) {
  constexpr auto at = meta::first_false<sizeof...(Parts)>({!rpc_option_part<Parts>...});
  return unknown_route_part<Contract, Route, meta::nth<at, decltype(parts)>>{};
}
/// The first route with an option of an entity's rpc; the number of routes: there is none, or the
/// contract is an entity's.
template <class Contract, class... Routes>
constexpr std::size_t first_misplaced_option(meta::list<Routes...>) {
  if constexpr (requires { Contract::pando_entity; })
    return sizeof...(Routes);
  else
    return meta::first_false<sizeof...(Routes) + 1>(
        {!has_rpc_options<typename Routes::parts>..., false});
}

template <class Contract, class... Routes>
constexpr auto find_fault_in_routes(meta::list<Routes...> routes) {
  constexpr auto misplaced = first_misplaced_option<Contract>(meta::list<Routes...>{});
  constexpr auto names = clashing_names(meta::list<Routes...>{});
  constexpr auto unsound =
      meta::first_false<sizeof...(Routes) + 1>({route_is_sound<Routes>..., false});
  if constexpr (names.found) {
    return two_routes_of_one_name<Contract, meta::nth<names.first, decltype(routes)>::name>{};
  } else if constexpr (misplaced != sizeof...(Routes)) {
    using route = meta::nth<misplaced, decltype(routes)>;
    return option_fault_among<Contract, route::name>(typename route::parts{});
  } else if constexpr (unsound != sizeof...(Routes)) {
    return find_route_fault<Contract, meta::nth<unsound, decltype(routes)>>();
  } else {
    constexpr auto places = clashing_places<Contract>(meta::list<Routes...>{});
    if constexpr (!places.found)
      return no_fault{};
    else
      return two_routes_at_one_place<Contract, meta::nth<places.first, decltype(routes)>::name,
                                     meta::nth<places.second, decltype(routes)>::name>{};
  }
}

template <class Contract>
constexpr auto find_contract_fault() {
  if constexpr (!controller_type<Contract>) {
    return no_contract<Contract>{};
  } else {
    using parts = decltype(find_controller_fault<Contract>(typename Contract::pando_parts{}));
    if constexpr (parts::found)
      return parts{};
    else
      return find_fault_in_routes<Contract>(route_list<Contract>{});
  }
}

/// The place of the route whose name is nearest to one that no route has.
template <fixed_string Name, class... Routes>
constexpr std::size_t nearest_route(meta::list<Routes...>) {
  return meta::nearest<sizeof...(Routes)>(Name.view(), {meta::name_of<Routes>.view()...});
}

/// What is wrong with a contract, or `no_fault`.
template <class Contract>
using contract_fault = decltype(find_contract_fault<Contract>());

/// What is wrong with one route, asked by a client, which pays for no other.
template <class Contract, class Route>
using route_fault = decltype(find_route_fault<Contract, Route>());

} // namespace detail

/// Whether the contract holds together; `implement` says in a sentence why not.
template <class Contract>
concept sound_contract = !detail::contract_fault<Contract>::found;

} // namespace pando
