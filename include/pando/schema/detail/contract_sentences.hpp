// What can be wrong with a contract by itself, each in one sentence. See <pando/meta/fault.hpp>.
#pragma once

#include <pando/contract/controller.hpp>
#include <pando/meta/fault.hpp>

namespace pando {

// The words of each sentence, in the order in which it names them.

/// The type is a contract: a struct that derives from `pando::controller`.
template <class Type>
inline constexpr bool is_a_contract = false;

/// The part is a route, or `guarded_by`.
template <class Contract, class Part>
inline constexpr bool controller_part_is_known = false;

/// The part is `raises`, `guarded_by`, `blocking` or a door's marker.
template <class Contract, fixed_string Route, class Part>
inline constexpr bool route_part_is_known = false;

/// The signature is a function type with at most one request.
template <class Contract, fixed_string Route, class Signature>
inline constexpr bool route_signature_is_sound = false;

/// A declared error is a struct.
template <class Contract, fixed_string Route, class Error>
inline constexpr bool declared_error_is_a_struct = false;

/// No two errors that a route declares have one name, by which callers know them.
template <class Contract, fixed_string Route, class First, class Second>
inline constexpr bool declared_errors_differ_in_name = false;

/// No two routes of the contract have this name.
template <class Contract, fixed_string Route>
inline constexpr bool route_name_is_unique = false;

/// No two routes claim one place of a door (one HTTP method and path, one command).
template <class Contract, fixed_string FirstRoute, fixed_string SecondRoute>
inline constexpr bool routes_have_places_of_their_own = false;

/// The path begins with '/'.
template <class Contract, fixed_string Route, class Marker>
inline constexpr bool path_begins_with_a_slash = false;

/// The `{placeholder}` in the route's path is a field of its request.
template <class Contract, fixed_string Route, class Request, class Marker>
inline constexpr bool placeholders_are_fields = false;

/// The parts of a marker are such as it takes.
template <class Contract, fixed_string Route, class Marker>
inline constexpr bool marker_takes_its_parts = false;

/// The fields a door names (positional arguments) are fields of the request.
template <class Contract, fixed_string Route, class Request, class Marker>
inline constexpr bool marker_names_fields = false;

/// A field that comes from a path or a query is a scalar, or an optional or list of scalars.
template <class Contract, fixed_string Route, class Request, class Marker>
inline constexpr bool fields_fit_their_source = false;

namespace detail {

template <class Type>
struct no_contract : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(is_a_contract<Type>,
                    "pando: this is no contract; write struct Name : pando::controller<\"name\", "
                    "pando::route<...>...> {}: given");
    }
  };
};

template <class Contract, class Part>
struct unknown_controller_part : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(controller_part_is_known<Contract, Part>,
                    "pando: this cannot stand in a controller; it takes pando::route<...> and "
                    "pando::guarded_by<...>: controller, part");
    }
  };
};

template <class Contract, fixed_string Route, class Part>
struct unknown_route_part : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(route_part_is_known<Contract, Route, Part>,
                    "pando: this cannot stand in a route; it takes pando::raises<...>, "
                    "pando::guarded_by<...>, pando::blocking and the doors' markers: controller, "
                    "route, part");
    }
  };
};

template <class Contract, fixed_string Route, class Signature>
struct unsound_signature : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(route_signature_is_sound<Contract, Route, Signature>,
                    "pando: a signature is a function type with at most one request: "
                    "Result(Request), Result(), void(Request) or pando::stream<T>(Request): "
                    "controller, route, signature");
    }
  };
};

template <class Contract, fixed_string Route, class Error>
struct error_without_fields : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(declared_error_is_a_struct<Contract, Route, Error>,
                    "pando: a declared error is a struct, since callers know it by its name: "
                    "controller, route, given");
    }
  };
};

template <class Contract, fixed_string Route, class First, class Second>
struct two_errors_of_one_name : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(declared_errors_differ_in_name<Contract, Route, First, Second>,
                    "pando: two declared errors of one name, by which callers know them: "
                    "controller, route, first, second");
    }
  };
};

template <class Contract, fixed_string Route>
struct two_routes_of_one_name : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(route_name_is_unique<Contract, Route>,
                    "pando: two routes of one name: controller, route");
    }
  };
};

template <class Contract, fixed_string First, fixed_string Second>
struct two_routes_at_one_place : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(
          routes_have_places_of_their_own<Contract, First, Second>,
          "pando: two routes answer at one place (the same method and path, whatever its "
          "placeholders are called, or the same command): controller, first route, second "
          "route");
    }
  };
};

template <class Contract, fixed_string Route, class Request, class Marker>
struct path_without_slash : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(path_begins_with_a_slash<Contract, Route, Marker>,
                    "pando: the path of an HTTP marker begins with '/': controller, route, marker");
    }
  };
};

template <class Contract, fixed_string Route, class Request, class Marker>
struct placeholder_without_field : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(placeholders_are_fields<Contract, Route, Request, Marker>,
                    "pando: a {placeholder} in the path is no field of the request: controller, "
                    "route, request, marker");
    }
  };
};

template <class Contract, fixed_string Route, class Marker>
struct unknown_command_part : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(marker_takes_its_parts<Contract, Route, Marker>,
                    "pando: this cannot stand in pando::cli::command<\"name\", ...>; it takes "
                    "pando::cli::positional<...> and pando::cli::summary<...>: controller, route, "
                    "marker");
    }
  };
};

template <class Contract, fixed_string Route, class Request, class Marker>
struct positional_without_field : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(marker_names_fields<Contract, Route, Request, Marker>,
                    "pando: a positional argument is no field of the request: controller, route, "
                    "request, marker");
    }
  };
};

template <class Contract, fixed_string Route, class Request, class Marker>
struct field_beyond_its_source : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(fields_fit_their_source<Contract, Route, Request, Marker>,
                    "pando: a field of the request cannot be written in a path or query: only "
                    "scalars can, and in a query optionals and lists of them; use post, put or "
                    "patch: controller, route, request, marker");
    }
  };
};

} // namespace detail
} // namespace pando
