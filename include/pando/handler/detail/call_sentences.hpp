// What can be wrong with a client's call, each in one sentence. See <pando/meta/fault.hpp>.
#pragma once

#include <pando/contract/controller.hpp>
#include <pando/meta/fault.hpp>

namespace pando {

// The words of each sentence, in the order in which it names them.

/// The controller has a route of that name; if one is near, it is the last word.
template <class Contract, fixed_string Route, fixed_string... Nearest>
inline constexpr bool controller_has_this_route = false;

/// A route that answers with one result is asked by `call`, one that streams by `stream`.
template <class Contract, fixed_string Route>
inline constexpr bool route_is_asked_as_it_answers = false;

/// The route takes `Expected`, which is what was given.
template <class Contract, fixed_string Route, class Expected, class Given>
inline constexpr bool route_takes_payload = false;

/// What was given are the first fields of the request, and those left out may be.
template <class Contract, fixed_string Route, class Request, class... Given>
inline constexpr bool route_takes_these_fields = false;

/// The route takes no request, and none was given.
template <class Contract, fixed_string Route, class... Given>
inline constexpr bool route_takes_no_request = false;

/// g++ before 13 destroys such a temporary twice inside a co_await expression.
template <class Contract, fixed_string Route, class Given>
inline constexpr bool temporary_is_named_first = false;

/// The rpc's result may be thrown away: it has none, or is `discardable`.
template <class Contract, fixed_string Route>
inline constexpr bool result_may_be_thrown_away = false;

namespace detail {

template <class Contract, fixed_string Route>
struct no_such_route_here : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(controller_has_this_route<Contract, Route>,
                    "pando: the controller has no route of that name: controller, route");
    }
  };
};

template <class Contract, fixed_string Route, fixed_string Nearest>
struct route_of_a_near_name : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(controller_has_this_route<Contract, Route, Nearest>,
                    "pando: the controller has no route of that name; was the last one meant?: "
                    "controller, route, nearest");
    }
  };
};

template <class Contract, fixed_string Route>
struct stream_by_call : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(route_is_asked_as_it_answers<Contract, Route>,
                    "pando: the route answers with a stream; ask it by .stream<\"route\">(...): "
                    "controller, route");
    }
  };
};

template <class Contract, fixed_string Route>
struct call_by_stream : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(route_is_asked_as_it_answers<Contract, Route>,
                    "pando: the route answers with one result, no stream; ask it by "
                    ".call<\"route\">(...): controller, route");
    }
  };
};

template <class Contract, fixed_string Route, class Expected, class Given>
struct another_payload : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(route_takes_payload<Contract, Route, Expected, Given>,
                    "pando: the route takes another request: controller, route, expected, given");
    }
  };
};

template <class Contract, fixed_string Route, class Request, class... Given>
struct other_fields : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(
          route_takes_these_fields<Contract, Route, Request, Given...>,
          "pando: these are not the fields of the route's request, in order (only optional "
          "and defaulted ones at the end may be left out): controller, route, request, "
          "given");
    }
  };
};

template <class Contract, fixed_string Route, class... Given>
struct unwanted_request : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(route_takes_no_request<Contract, Route, Given...>,
                    "pando: the route takes no request: controller, route, given");
    }
  };
};

template <class Contract, fixed_string Route, class Given>
struct unnamed_temporary : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(temporary_is_named_first<Contract, Route, Given>,
                    "pando: g++ 12 destroys this temporary twice inside co_await; name it first: "
                    "Request in{...}; co_await api.call<\"route\">(in): controller, route, given");
    }
  };
};

template <class Contract, fixed_string Route>
struct result_thrown_away : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(result_may_be_thrown_away<Contract, Route>,
                    "pando: this rpc has a result, and discard throws it away; add "
                    "pando::discardable to the rpc, or call it by call<...>: contract, route");
    }
  };
};

} // namespace detail
} // namespace pando
