// A route's request from what a caller wrote: the request itself, or its fields in order.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <pando/contract/controller.hpp>
#include <pando/meta/compiler.hpp>
#include <pando/schema/type_of.hpp>

namespace pando {

// Each of these is one sentence of a compile-time error; its arguments are the words in it.

/// The route takes `Expected`, which is what was given.
template <class Contract, fixed_string Route, class Expected, class Given>
inline constexpr bool route_takes_payload = std::is_same_v<Expected, Given>;

/// What was given are the first fields of the request, and those left out may be.
template <class Contract, fixed_string Route, class Expected, class... Given>
inline constexpr bool route_takes_these_fields = false;

/// The route takes no request, and none was given.
template <class Contract, fixed_string Route, class... Given>
inline constexpr bool route_takes_no_request = sizeof...(Given) == 0;

/// g++ before 13 destroys such a temporary twice inside a co_await expression.
template <class Contract, fixed_string Route, class Request, bool Named>
inline constexpr bool request_is_named_first = Named;

namespace detail {

template <class Request, class Indices, class... Given>
inline constexpr bool fields_take = false;
template <class Request, std::size_t... I, class... Given>
inline constexpr bool fields_take<Request, std::index_sequence<I...>, Given...> =
    (std::is_assignable_v<typename part_at<I, typename fields_of<Request>::types>::type&, Given> &&
     ...);

/// Whether the first fields take what was given and the others may be left out.
template <class Request, class... Given>
constexpr bool takes_fields() {
  constexpr auto const& fields = type_table<Request>.fields;
  if constexpr (sizeof...(Given) > fields.size()) {
    return false;
  } else {
    for (std::size_t at = sizeof...(Given); at < fields.size(); ++at)
      if (fields[at].required) return false;
    return fields_take<Request, std::make_index_sequence<sizeof...(Given)>, Given...>;
  }
}

template <class Contract, fixed_string Route, class Given>
constexpr bool check_named() {
  using request = typename route_named<Contract, Route>::request;
  constexpr bool safe = !meta::destroys_temporaries_twice || std::is_lvalue_reference_v<Given> ||
                        std::is_trivially_destructible_v<request>;
  static_assert(request_is_named_first<Contract, Route, request, safe>,
                "pando: g++ 12 destroys a temporary request twice inside co_await; name it first: "
                "Request in{…}; co_await api.call<\"route\">(in)");
  return safe;
}

/// Whether the call is one the route takes; when not, the compiler says why, once.
template <class Contract, fixed_string Route, class... Given>
constexpr bool check_request() {
  using request = typename route_named<Contract, Route>::request;
  if constexpr (std::is_same_v<request, no_request>) {
    static_assert(route_takes_no_request<Contract, Route, std::remove_cvref_t<Given>...>,
                  "pando: the route takes no request: controller, route, given");
    return sizeof...(Given) == 0;
  } else if constexpr (takes_fields<request, Given...>()) {
    return true;
  } else if constexpr (sizeof...(Given) == 1) {
    static_assert(
        route_takes_payload<Contract, Route, request, std::remove_cvref_t<Given>...>,
        "pando: the route takes another request: controller, route, expected, given");
    if constexpr ((std::is_same_v<request, std::remove_cvref_t<Given>> && ...))
      return (check_named<Contract, Route, Given>() && ...);
    else return false;
  } else {
    static_assert(
        route_takes_these_fields<Contract, Route, request, std::remove_cvref_t<Given>...>,
        "pando: these are not the fields of the route's request, in order: controller, route, "
        "request, given");
    return false;
  }
}

template <class Request, std::size_t... I, class... Given>
void assign_fields(Request& in, std::index_sequence<I...>, Given&&... given) {
  if constexpr (sizeof...(Given) != 0) {
    void* at[schema::max_fields];
    fields_of<Request>::addresses(&in, at);
    ((*static_cast<typename part_at<I, typename fields_of<Request>::types>::type*>(at[I]) =
          std::forward<Given>(given)),
     ...);
  }
}

template <class Contract, fixed_string Route, class... Given>
typename route_named<Contract, Route>::request request_from(Given&&... given) {
  using request = typename route_named<Contract, Route>::request;
  if constexpr (sizeof...(Given) == 1 &&
                (std::is_same_v<request, std::remove_cvref_t<Given>> && ...)) {
    return request(std::forward<Given>(given)...);
  } else {
    request in{};
    if constexpr (!std::is_same_v<request, no_request>)
      assign_fields(in, std::index_sequence_for<Given...>{}, std::forward<Given>(given)...);
    return in;
  }
}

} // namespace detail
} // namespace pando
