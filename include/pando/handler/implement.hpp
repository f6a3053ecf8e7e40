// `pando::implement<Users>(on<"create"> = …, …)`: a contract with a handler for each route.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <pando/contract/controller.hpp>
#include <pando/handler/on.hpp>
#include <pando/handler/signature_of.hpp>
#include <pando/schema/validate.hpp>

namespace pando {

/// A contract with its handlers, as `pando::app` takes it.
template <class Contract, class... Bindings>
struct implementation {
  using contract = Contract;
  using bindings = meta::list<Bindings...>;
  std::tuple<Bindings...> handlers;
};

// Each of these is one sentence of a compile-time error; its arguments are the words in it.

/// The handler's name is a route of the contract.
template <class Contract, fixed_string Route>
inline constexpr bool handler_has_a_route = controller_has_route<Contract, Route>;

/// The route has one handler for every door.
template <class Contract, fixed_string Route, std::size_t Handlers>
inline constexpr bool route_has_a_handler = Handlers != 0;

/// The route has one handler for every door, not two.
template <class Contract, fixed_string Route, std::size_t Handlers>
inline constexpr bool route_has_one_handler = Handlers <= 1;

/// The handler is a function or an object with exactly one call operator (no `auto` parameters).
template <class Contract, fixed_string Route, class Function>
inline constexpr bool handler_has_one_call_operator = detail::signature_of<Function>::known;

/// What the handler takes by value is the route's request.
template <class Contract, fixed_string Route, class Expected, class Given>
inline constexpr bool handler_takes_the_request = std::is_same_v<Expected, Given>;

/// What the handler gives is the route's result.
template <class Contract, fixed_string Route, class Expected, class Given>
inline constexpr bool handler_gives_the_result =
    std::is_void_v<Expected> ? std::is_void_v<Given>
                             : (!std::is_void_v<Given> && std::is_convertible_v<Given, Expected>);

namespace detail {

/// The parameters a handler takes by value that are not the route's request: the first of them.
template <class Request, class Parameters>
struct foreign_value {
  using type = Request;
};
template <class Request, class First, class... Rest>
struct foreign_value<Request, meta::list<First, Rest...>>
    : std::conditional_t<!std::is_reference_v<First> && !std::is_same_v<First, Request>,
                         std::type_identity<First>, foreign_value<Request, meta::list<Rest...>>> {
};

template <class Contract, class Route, class Binding>
constexpr bool check_signature() {
  using function = typename Binding::function;
  static_assert(handler_has_one_call_operator<Contract, Binding::name, function>,
                "pando: a handler is a function or a lambda without auto parameters");
  if constexpr (handler_has_one_call_operator<Contract, Binding::name, function>) {
    using shape = signature_of<function>;
    using given = typename foreign_value<typename Route::request, typename shape::parameters>::type;
    static_assert(
        handler_takes_the_request<Contract, Binding::name, typename Route::request, given>,
                  "pando: a handler takes its route's request by value and all else by reference: "
                  "controller, route, expected request, given");
    if constexpr (handler_takes_the_request<Contract, Binding::name, typename Route::request,
                                            given>) {
      using gives = typename awaited<typename shape::result>::type;
      static_assert(
          handler_gives_the_result<Contract, Binding::name, typename Route::result, gives>,
                    "pando: a handler gives its route's result (or pando::task of it): controller, "
                    "route, expected result, given");
      return handler_gives_the_result<Contract, Binding::name, typename Route::result, gives>;
    }
  }
  return false;
}

template <class Contract, class Binding>
constexpr bool check_binding() {
  static_assert(handler_has_a_route<Contract, Binding::name>,
                "pando: this handler is for a route that the controller does not have: controller, "
                "handler's name");
  if constexpr (handler_has_a_route<Contract, Binding::name>)
    return check_signature<Contract, route_named<Contract, Binding::name>, Binding>();
  else
    return false;
}

/// Whether the binding is for every door.
template <class Binding>
inline constexpr bool for_every_door = true;
template <fixed_string Name, class Function, class... Parts>
inline constexpr bool for_every_door<handler_binding<Name, Function, Parts...>> =
    !(marker_part<Parts> || ...);

template <fixed_string Name, class... Bindings>
inline constexpr std::size_t handlers_called =
    (std::size_t{0} + ... + std::size_t{Bindings::name == Name && for_every_door<Bindings>});

template <class Contract, class... Bindings, class... Routes>
constexpr bool check_implementation(meta::list<Routes...>) {
  constexpr bool bound = (check_binding<Contract, Bindings>() && ...);
  if constexpr (bound) {
    return ([] {
      static_assert(route_has_a_handler<Contract, Routes::name,
                                        handlers_called<Routes::name, Bindings...>>,
                    "pando: this route has no handler; write pando::on<\"name\"> = … in implement: "
                    "controller, route, handlers");
      static_assert(route_has_one_handler<Contract, Routes::name,
                                          handlers_called<Routes::name, Bindings...>>,
                    "pando: two handlers for one route: controller, route, how many");
      return handlers_called<Routes::name, Bindings...> == 1;
    }() && ...);
  } else {
    return false;
  }
}

} // namespace detail

/// The contract with its handlers, one `pando::on<"route"> = …` each, in any order.
/// *Compiles only if* every route has one handler of its request and result.
template <controller_type Contract, class... Bindings>
constexpr implementation<Contract, Bindings...> implement(Bindings... bindings) {
  if constexpr (check_contract<Contract>())
    static_assert(detail::check_implementation<Contract, Bindings...>(route_list<Contract>{}) ||
                  true);
  return {std::tuple<Bindings...>(std::move(bindings)...)};
}

} // namespace pando
