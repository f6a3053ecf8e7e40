// What can be wrong with the handlers of a contract, each in one sentence. See
// <pando/meta/fault.hpp>.
#pragma once

#include <pando/contract/controller.hpp>
#include <pando/meta/fault.hpp>

namespace pando {

// The words of each sentence, in the order in which it names them.

/// What entities take is included: <pando/entities.hpp>.
template <class Contract>
inline constexpr bool entities_are_included = false;

/// What is given to `implement` is a handler.
template <class Contract, class Given>
inline constexpr bool is_a_handler = false;

/// The handler's name is a route of the contract; if one is near, it is the last word.
template <class Contract, fixed_string Route, fixed_string... Nearest>
inline constexpr bool handler_has_a_route = false;

/// What stands in `on<"route", …>` is a door's marker or `blocking`.
template <class Contract, fixed_string Route, class Part>
inline constexpr bool handler_part_is_known = false;

/// The route has a handler for every door.
template <class Contract, fixed_string Route>
inline constexpr bool route_has_a_handler = false;

/// The route has one handler for every door, and one at most for each.
template <class Contract, fixed_string Route>
inline constexpr bool route_has_one_handler = false;

/// The handler is a function or an object with exactly one call operator (no `auto` parameters).
template <class Contract, fixed_string Route, class Function>
inline constexpr bool handler_has_one_call_operator = false;

/// What the handler takes by value is the route's request.
template <class Contract, fixed_string Route, class Expected, class Given>
inline constexpr bool handler_takes_the_request = false;

/// The handler of a stream outlives the call that made it, and so must its request.
template <class Contract, fixed_string Route, class Given>
inline constexpr bool stream_keeps_its_request = false;

/// The handler of a stream gives the stream, not a task of it.
template <class Contract, fixed_string Route, class Given>
inline constexpr bool stream_is_given_itself = false;

/// What the handler gives is the route's result.
template <class Contract, fixed_string Route, class Expected, class Given>
inline constexpr bool handler_gives_the_result = false;

/// What the handler asks for is there for this route.
template <class Contract, fixed_string Route, class Wanted>
inline constexpr bool handler_part_is_there = false;

namespace detail {

template <class Contract, class Given>
struct no_handler : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(is_a_handler<Contract, Given>,
                    "pando: this is no handler; pando::implement takes pando::on<\"route\"> = "
                    "function: controller, given");
    }
  };
};

template <class Contract, fixed_string Route>
struct handler_without_route : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(handler_has_a_route<Contract, Route>,
                    "pando: this handler is for a route that the controller does not have: "
                    "controller, handler's name");
    }
  };
};

template <class Contract, fixed_string Route, fixed_string Nearest>
struct handler_of_a_near_name : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(handler_has_a_route<Contract, Route, Nearest>,
                    "pando: this handler is for a route that the controller does not have; was the "
                    "last one meant?: controller, handler's name, nearest");
    }
  };
};

template <class Contract, fixed_string Route, class Wanted>
struct absent_part : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(handler_part_is_there<Contract, Route, Wanted>,
                    "pando: what this handler asks for is there for rpcs with an option alone (a "
                    "pando::store::transaction with pando::with_transaction); add it to the rpc, "
                    "or do not ask for it: controller, route, type");
    }
  };
};

template <class Contract, fixed_string Route, class Part>
struct unknown_handler_part : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(
          handler_part_is_known<Contract, Route, Part>,
          "pando: this cannot stand in pando::on<\"route\", ...>; it takes a door's marker "
          "and pando::blocking: controller, route, part");
    }
  };
};

template <class Contract>
struct entity_without_its_header : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(entities_are_included<Contract>,
                    "pando: what an entity takes is in <pando/entities.hpp>, and in "
                    "<pando/pando.hpp>; include one of them: entity");
    }
  };
};

template <class Contract, fixed_string Route>
struct route_without_handler : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(route_has_a_handler<Contract, Route>,
                    "pando: this route has no handler; write pando::on<\"route\"> = function in "
                    "implement: controller, route");
    }
  };
};

template <class Contract, fixed_string Route>
struct two_handlers_for_one_route : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(route_has_one_handler<Contract, Route>,
                    "pando: two handlers for one route: controller, route");
    }
  };
};

template <class Contract, fixed_string Route, class Function>
struct generic_handler : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(handler_has_one_call_operator<Contract, Route, Function>,
                    "pando: a handler is a function or a lambda without auto parameters: "
                    "controller, route, given");
    }
  };
};

template <class Contract, fixed_string Route, class Expected, class Given>
struct wrong_request : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(
          handler_takes_the_request<Contract, Route, Expected, Given>,
          "pando: a handler takes its route's request by value and all else by reference: "
          "controller, route, expected request, given");
    }
  };
};

template <class Contract, fixed_string Route, class Given>
struct request_left_behind : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(stream_keeps_its_request<Contract, Route, Given>,
                    "pando: the handler of a stream takes its request by value, since it runs on "
                    "when the request is gone: controller, route, given");
    }
  };
};

template <class Contract, fixed_string Route, class Given>
struct task_of_stream : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(stream_is_given_itself<Contract, Route, Given>,
                    "pando: the handler of a stream gives pando::stream<T> itself, not a task of "
                    "it: controller, route, given");
    }
  };
};

template <class Contract, fixed_string Route, class Expected, class Given>
struct wrong_result : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(handler_gives_the_result<Contract, Route, Expected, Given>,
                    "pando: a handler gives its route's result, or pando::task of it: controller, "
                    "route, expected result, given");
    }
  };
};

} // namespace detail
} // namespace pando
