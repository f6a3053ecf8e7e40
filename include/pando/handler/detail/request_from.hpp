// A route's request from what a caller wrote: the request itself, or its fields in order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pando/contract/controller.hpp>
#include <pando/handler/detail/call_sentences.hpp>
#include <pando/meta/compiler.hpp>
#include <pando/schema/validate.hpp>

namespace pando::detail {

enum class call_fault : std::uint8_t {
  none,
  no_route,
  route,
  asked_otherwise,
  no_request,
  payload,
  fields,
  temporary
};

/// Whether `Given` is a temporary that g++ 12 destroys twice inside a co_await expression.
template <class Given>
inline constexpr bool is_destroyed_twice =
    meta::destroys_temporaries_twice && !std::is_lvalue_reference_v<Given> &&
    std::is_aggregate_v<std::remove_cvref_t<Given>> &&
    !std::is_trivially_destructible_v<std::remove_cvref_t<Given>>;

// Convertible as well: std::string can be assigned a number, as a character.
template <class Fields, class Given>
inline constexpr bool fields_take = false;
template <class... Fields, class... Given>
  requires(sizeof...(Fields) == sizeof...(Given))
inline constexpr bool fields_take<meta::list<Fields...>, meta::list<Given...>> =
    (... && (std::is_convertible_v<Given, Fields> && std::is_assignable_v<Fields&, Given>));

template <class Fields, class Indices>
struct first_of;
template <class... Fields, std::size_t... Index>
struct first_of<meta::list<Fields...>, std::index_sequence<Index...>> {
  using list = meta::list<Fields...>;
  using type = meta::list<meta::nth<Index, list>...>;
};

/// Whether the first fields take what was given and the others may be left out.
template <class... Given, class... Fields>
constexpr bool takes_fields(meta::list<Fields...>) {
  constexpr std::size_t given = sizeof...(Given);
  if constexpr (given == sizeof...(Fields)) {
    return fields_take<meta::list<Fields...>, meta::list<Given...>>;
  } else if constexpr (given < sizeof...(Fields)) {
    constexpr std::array<absence, sizeof...(Fields)> absent{absence_of<Fields>...};
    for (std::size_t at = given; at < absent.size(); ++at)
      if (absent[at] == absence::refused) return false;
    using first = first_of<meta::list<Fields...>, std::make_index_sequence<given>>;
    return fields_take<typename first::type, meta::list<Given...>>;
  } else {
    return false;
  }
}

/// The fault of what was given to a route that takes `Request`.
template <class Request, class... Given>
constexpr call_fault fault_of_given() {
  constexpr auto sound =
      (is_destroyed_twice<Given> || ...) ? call_fault::temporary : call_fault::none;
  if constexpr (std::is_same_v<Request, no_request>) {
    return sizeof...(Given) == 0 ? call_fault::none : call_fault::no_request;
  } else if constexpr (sizeof...(Given) == 1 &&
                       (std::is_same_v<Request, std::remove_cvref_t<Given>> && ...)) {
    return sound;
  } else if constexpr (table_shape_of<Request>() != table_shape::structure) {
    if constexpr (sizeof...(Given) == 1)
      return (std::is_convertible_v<Given, Request> && ...) ? sound : call_fault::payload;
    else
      return call_fault::fields;
  } else if constexpr (takes_fields<Given...>(typename fields_of<Request>::types{})) {
    return sound;
  } else {
    // One struct where another is wanted is a wrong request, all else are wrong fields.
    return sizeof...(Given) == 1 && (std::is_class_v<std::remove_cvref_t<Given>> && ...)
               ? call_fault::payload
               : call_fault::fields;
  }
}

/// Whether a client can ask that route: no more of it than the client needs.
template <class Route>
concept askable_route = signature_is_result_of_at_most_one_request<typename Route::signature> &&
    all_sendable<payloads_of<Route>>;

template <class Contract, fixed_string Name, bool AsStream, class... Given>
constexpr call_fault find_call_fault() {
  if constexpr (!controller_has_route<Contract, Name>) {
    return call_fault::no_route;
  } else {
    using route = route_named<Contract, Name>;
    if constexpr (!askable_route<route>)
      return call_fault::route;
    else if constexpr (route::streams != AsStream)
      return call_fault::asked_otherwise;
    else
      return fault_of_given<typename route::request, Given...>();
  }
}

/// Whether the route can be asked so.
template <class Contract, fixed_string Name, bool AsStream, class... Given>
inline constexpr bool
    can_ask = find_call_fault<Contract, Name, AsStream, Given...>() == call_fault::none;

// Only ever used where something is wrong.
template <class Contract, fixed_string Name, class... Routes>
constexpr auto absent_route_fault(meta::list<Routes...>) {
  if constexpr ((std::size_t{0} + ... + std::size_t{meta::name_of<Routes> == Name}) > 1)
    return two_routes_of_one_name<Contract, Name>{};
  else if constexpr (nearest_route<Name>(meta::list<Routes...>{}) != sizeof...(Routes))
    return route_of_a_near_name<Contract, Name,
                                meta::nth<nearest_route<Name>(meta::list<Routes...>{}),
                                          meta::list<Routes...>>::name>{};
  else
    return no_such_route_here<Contract, Name>{};
}
template <class Contract, fixed_string Name, class Request, class... Given>
constexpr auto temporary_fault() {
  constexpr auto at = meta::first_false<sizeof...(Given)>({!is_destroyed_twice<Given>...});
  return unnamed_temporary<Contract, Name,
                           std::remove_cvref_t<meta::nth<at, meta::list<Given...>>>>{};
}
template <class Contract, fixed_string Name, bool AsStream, class... Given>
constexpr auto call_sentence() {
  constexpr auto fault = find_call_fault<Contract, Name, AsStream, Given...>();
  if constexpr (!controller_type<Contract>) {
    return no_contract<Contract>{};
  } else if constexpr (fault == call_fault::no_route) {
    return absent_route_fault<Contract, Name>(route_list<Contract>{});
  } else {
    using route = route_named<Contract, Name>;
    using request = typename route::request;
    if constexpr (fault == call_fault::route)
      return find_route_fault<Contract, route>();
    else if constexpr (fault == call_fault::asked_otherwise && AsStream)
      return call_by_stream<Contract, Name>{};
    else if constexpr (fault == call_fault::asked_otherwise)
      return stream_by_call<Contract, Name>{};
    else if constexpr (fault == call_fault::no_request)
      return unwanted_request<Contract, Name, std::remove_cvref_t<Given>...>{};
    else if constexpr (fault == call_fault::payload)
      return another_payload<Contract, Name, request, std::remove_cvref_t<Given>...>{};
    else if constexpr (fault == call_fault::temporary)
      return temporary_fault<Contract, Name, request, Given...>();
    else
      return other_fields<Contract, Name, request, std::remove_cvref_t<Given>...>{};
  }
}

template <class Field, class Given>
void assign_field(void* field, Given&& given) {
  *static_cast<Field*>(field) = std::forward<Given>(given);
}
template <class Request, class... Given, class... Fields>
void assign_fields(Request& in, meta::list<Fields...>, Given&&... given) {
  void* at[schema::max_fields];
  fields_of<Request>::places(schema::deed::addresses, &in, at);
  void** field = at;
  (assign_field<Fields>(*field++, std::forward<Given>(given)), ...);
}

/// The request of a sound call.
/// Written into the call: each function of each type costs the compiler.
template <class Request, class... Given>
[[gnu::always_inline]] inline Request request_from(Given&&... given) {
  if constexpr (std::is_same_v<Request, no_request> || sizeof...(Given) == 0) {
    return Request{};
  } else if constexpr (sizeof...(Given) == 1 &&
                       (std::is_same_v<Request, std::remove_cvref_t<Given>> && ...)) {
    return Request(static_cast<Given&&>(given)...);
  } else if constexpr (table_shape_of<Request>() != table_shape::structure) {
    return Request(std::forward<Given>(given)...);
  } else {
    Request in{};
    using fields = typename first_of<typename fields_of<Request>::types,
                                     std::index_sequence_for<Given...>>::type;
    assign_fields(in, fields{}, std::forward<Given>(given)...);
    return in;
  }
}

} // namespace pando::detail
