// `pando::implement<Users>(on<"create"> = …, …)`: a contract with a handler for each route.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <pando/contract/controller.hpp>
#include <pando/contract/entity.hpp>
#include <pando/handler/detail/handler_sentences.hpp>
#include <pando/handler/on.hpp>
#include <pando/handler/parameters.hpp>
#include <pando/handler/signature_of.hpp>
#include <pando/schema/validate.hpp>

namespace pando {

/// A contract with its handlers, as `pando::app` takes it.
template <class Contract, class... Bindings>
struct implementation : Bindings... {
  using contract = Contract;
  using bindings = meta::list<Bindings...>;
};

namespace detail {

enum class handler_fault : std::uint8_t {
  none,
  no_handler,
  no_route,
  part,
  generic,
  absent,
  request,
  left_behind,
  task_of_stream,
  result,
};

template <class Given>
inline constexpr bool is_binding = false;
template <fixed_string Name, class Function, class... Parts>
inline constexpr bool is_binding<handler_binding<Name, Function, Parts...>> = true;

template <class Part>
inline constexpr bool can_stand_in_on = marker_part<Part> || blocking_part<Part>;
template <class Parts>
inline constexpr bool all_can_stand_in_on = false;
template <class... Parts>
inline constexpr bool all_can_stand_in_on<meta::list<Parts...>> = (can_stand_in_on<Parts> && ...);

/// The first parameter a handler takes by value that is not the route's request, or the request.
template <class Request, class Parameters>
struct foreign_value {
  using type = Request;
};
template <class Request, class First, class... Rest>
struct foreign_value<Request, meta::list<First, Rest...>>
    : std::conditional_t<!std::is_lvalue_reference_v<First> &&
                             !std::is_same_v<std::remove_cvref_t<First>, Request>,
                         std::type_identity<First>, foreign_value<Request, meta::list<Rest...>>> {};

/// The first parameter that is there for other routes, or void.
template <class Route, class Parameters>
struct absent_parameter {
  using type = void;
};
template <class Route, class First, class... Rest>
struct absent_parameter<Route, meta::list<First, Rest...>>
    : std::conditional_t<absent_call_part<std::remove_cvref_t<First>, Route>,
                         std::type_identity<std::remove_cvref_t<First>>,
                         absent_parameter<Route, meta::list<Rest...>>> {};

/// The parameter by which a handler refers to its request, or void.
template <class Request, class Parameters>
struct referred_request {
  using type = void;
};
template <class Request, class First, class... Rest>
struct referred_request<Request, meta::list<First, Rest...>>
    : std::conditional_t<
          std::is_reference_v<First> && std::is_same_v<std::remove_cvref_t<First>, Request>,
          std::type_identity<First>, referred_request<Request, meta::list<Rest...>>> {};

template <class Expected, class Given>
inline constexpr bool gives = std::is_convertible_v<Given, Expected>;
template <class Given>
inline constexpr bool gives<void, Given> = std::is_void_v<Given>;

template <class Route, class Function>
constexpr handler_fault fault_of_function() {
  using shape = signature_of<Function>;
  using request = typename Route::request;
  using given = typename awaited<typename shape::result>::type;
  if constexpr (!shape::known)
    return handler_fault::generic;
  else if constexpr (!std::is_void_v<
                         typename absent_parameter<Route, typename shape::parameters>::type>)
    return handler_fault::absent;
  else if constexpr (!std::is_same_v<
                         typename foreign_value<request, typename shape::parameters>::type,
                         request>)
    return handler_fault::request;
  else if constexpr (!gives<typename Route::result, given>)
    return handler_fault::result;
  else if constexpr (!Route::streams)
    return handler_fault::none;
  else if constexpr (awaited<typename shape::result>::is_task)
    return handler_fault::task_of_stream;
  else if constexpr (!std::is_void_v<
                         typename referred_request<request, typename shape::parameters>::type>)
    return handler_fault::left_behind;
  else
    return handler_fault::none;
}

template <class Contract, class Given>
constexpr handler_fault find_handler_fault() {
  if constexpr (!is_binding<Given>)
    return handler_fault::no_handler;
  else if constexpr (!controller_has_route<Contract, Given::name>)
    return handler_fault::no_route;
  else if constexpr (!all_can_stand_in_on<typename Given::parts>)
    return handler_fault::part;
  else
    return fault_of_function<route_named<Contract, Given::name>, typename Given::function>();
}
template <class Contract, class Given>
inline constexpr handler_fault handler_fault_of = find_handler_fault<Contract, Given>();

// Only ever used where something is wrong.
template <class Contract, fixed_string Route, class... Parts>
constexpr auto handler_part_fault(meta::list<Parts...> parts) {
  constexpr auto at = meta::first_false<sizeof...(Parts)>({can_stand_in_on<Parts>...});
  return unknown_handler_part<Contract, Route, meta::nth<at, decltype(parts)>>{};
}
template <class Contract, fixed_string Name, class... Routes>
constexpr auto absent_handler_route(meta::list<Routes...> routes) {
  constexpr auto at = nearest_route<Name>(meta::list<Routes...>{});
  if constexpr (at == sizeof...(Routes)) return handler_without_route<Contract, Name>{};
  else return handler_of_a_near_name<Contract, Name, meta::nth<at, decltype(routes)>::name>{};
}
template <class Contract, class Given>
constexpr auto handler_sentence() {
  constexpr auto fault = handler_fault_of<Contract, Given>;
  if constexpr (fault == handler_fault::no_handler) {
    return no_handler<Contract, Given>{};
  } else if constexpr (fault == handler_fault::no_route) {
    return absent_handler_route<Contract, Given::name>(route_list<Contract>{});
  } else if constexpr (fault == handler_fault::part) {
    return handler_part_fault<Contract, Given::name>(typename Given::parts{});
  } else {
    using route = route_named<Contract, Given::name>;
    using function = typename Given::function;
    using shape = signature_of<function>;
    using request = typename route::request;
    if constexpr (fault == handler_fault::generic)
      return generic_handler<Contract, Given::name, function>{};
    else if constexpr (fault == handler_fault::absent)
      return absent_part<Contract, Given::name,
                         typename absent_parameter<route, typename shape::parameters>::type>{};
    else if constexpr (fault == handler_fault::request)
      return wrong_request<Contract, Given::name, request,
                           typename foreign_value<request, typename shape::parameters>::type>{};
    else if constexpr (fault == handler_fault::left_behind)
      return request_left_behind<
          Contract, Given::name,
          typename referred_request<request, typename shape::parameters>::type>{};
    else if constexpr (fault == handler_fault::task_of_stream)
      return task_of_stream<Contract, Given::name, typename shape::result>{};
    else
      return wrong_result<Contract, Given::name, typename route::result, typename shape::result>{};
  }
}

/// The door a handler is for; empty: every door.
template <class Contract, class Part>
constexpr std::string_view door_of_part() {
  if constexpr (marker_part<Part>)
    return Part::pando_marker(Contract::pando_name.view(), {}).door;
  else
    return {};
}
template <class Contract, class... Parts>
constexpr std::string_view door_of(meta::list<Parts...>) {
  std::string_view door;
  ((door = door.size() == 0 ? door_of_part<Contract, Parts>() : door), ...);
  return door;
}

/// What is wrong with the handlers together: which route has none, which has two.
struct uncovered_routes {
  bool is_missing = false;
  bool is_double = false;
  std::size_t route = 0;
};
template <class Contract, class... Bindings>
constexpr uncovered_routes find_uncovered() {
  std::array<bool, route_list<Contract>::size + 1> handled{};
  claimed_places<sizeof...(Bindings)> claimed;
  [[maybe_unused]] auto const one = [&](std::size_t route, std::string_view door) {
    handled[route] = handled[route] || door.size() == 0;
    claimed.add(hash_text(door) + route * 0x9e3779b97f4a7c15ULL, route);
  };
  (one(found_route<Contract, Bindings::name>::index, door_of<Contract>(typename Bindings::parts{})),
   ...);
  if (auto const twice = first_clash(claimed); twice.found) return {false, true, twice.first};
  for (std::size_t route = 0; route < route_list<Contract>::size; ++route)
    if (!handled[route]) return {true, false, route};
  return {};
}

template <class Contract, class... Bindings>
constexpr auto find_implementation_fault() {
  using contract = contract_fault<Contract>;
  if constexpr (contract::found) {
    return contract{};
  } else {
    constexpr auto unsound = meta::first_false<sizeof...(Bindings) + 1>(
        {(handler_fault_of<Contract, Bindings> == handler_fault::none)..., false});
    if constexpr (unsound != sizeof...(Bindings)) {
      return handler_sentence<Contract, meta::nth<unsound, meta::list<Bindings...>>>();
    } else {
      constexpr auto uncovered = find_uncovered<Contract, Bindings...>();
      if constexpr (uncovered.is_missing)
        return route_without_handler<Contract,
                                     meta::nth<uncovered.route, route_list<Contract>>::name>{};
      else if constexpr (uncovered.is_double)
        return two_handlers_for_one_route<Contract,
                                          meta::nth<uncovered.route, route_list<Contract>>::name>{};
      else
        return no_fault{};
    }
  }
}

/// What is wrong with a contract's handlers, or with the contract, or `no_fault`.
template <class Contract, class... Bindings>
using implementation_fault = decltype(find_implementation_fault<Contract, Bindings...>());

} // namespace detail

/// Whether those are handlers for the routes of that contract, one for each.
template <class Contract, class... Bindings>
concept implements = !detail::implementation_fault<Contract, Bindings...>::found;

/// The contract with its handlers, one `pando::on<"route"> = …` each, in any order.
/// *Compiles only if* the contract is sound and every route has one handler of its request and
/// result; else the compiler says in a sentence what is wrong.
template <class Contract, class... Bindings>
  requires(implements<Contract, Bindings...> && !entity_type<Contract>)
constexpr implementation<Contract, Bindings...> implement(Bindings... bindings) {
  return {std::move(bindings)...};
}
template <class Contract, class... Bindings>
  requires(!implements<Contract, Bindings...> && !entity_type<Contract>)
detail::sentence<detail::implementation_fault<Contract, Bindings...>, detail::already_told>
implement(Bindings const&... bindings);
// An entity where <pando/handler/implement_entity.hpp>, which has its `implement`, is not included.
template <entity_type Contract, class... Parts>
  requires(!entities_are_included<Contract>)
detail::sentence<detail::entity_without_its_header<Contract>, detail::already_told>
implement(Parts const&... parts);

} // namespace pando
