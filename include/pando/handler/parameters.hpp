// What a handler's parameters are filled with: the request, the call's own things, services.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <pando/contract/controller.hpp>
#include <pando/handler/call.hpp>
#include <pando/meta/list.hpp>

namespace pando {

/// Specialised by a door for something of its calls that a handler may ask for:
/// `static Type& get(call&)`. With `template <class Route> static constexpr bool comes_with` it is
/// there for routes of which that is true, and whoever asks for it elsewhere is told so.
template <class Type>
struct part_of_call;

/// Something of the call itself that a door has a `part_of_call` for.
template <class Type>
concept call_part = requires(call& which) { part_of_call<Type>::get(which); };

/// What is there for some routes alone, and not for this.
template <class Type, class Route>
concept absent_call_part = requires { requires !part_of_call<Type>::template comes_with<Route>; };

/// The services an app was given, by type; the ones given last are found first.
template <class... Services>
struct services {
  std::array<void*, sizeof...(Services) + 1> pointers{};
};

namespace detail {

template <class Wanted, class Service>
inline constexpr bool may_serve =
    (std::is_const_v<Wanted> || !std::is_const_v<Service>) &&
    (std::is_same_v<std::remove_const_t<Wanted>, std::remove_const_t<Service>> ||
     std::is_base_of_v<Wanted, Service>);

/// Among services: what comes with the call, `call::extra(&state_of_call)`, and is found last.
template <class State>
struct kept_state {};
inline constexpr char state_of_call = 0;

template <class Wanted, class State>
inline constexpr bool may_serve<Wanted, kept_state<State>> =
    std::is_same_v<std::remove_const_t<Wanted>, State>;

template <class Wanted, class List>
struct service_index;
/// The last service that is a `Wanted` or derives from it, and may be changed unless `Wanted` is
/// const; the list's size when there is none.
template <class Wanted, class... Services>
struct service_index<Wanted, meta::list<Services...>> {
  static constexpr std::size_t value = [] {
    std::size_t found = sizeof...(Services);
    std::size_t at = 0;
    ((found = may_serve<Wanted, Services> ? at : found, ++at), ...);
    return found;
  }();
};

template <class Wanted, class List>
inline constexpr bool has_service = service_index<Wanted, List>::value != List::size;

template <std::size_t Index, class List>
struct service_at;
template <std::size_t Index, class... Services>
struct service_at<Index, meta::list<Services...>> {
  using type = std::tuple_element_t<Index, std::tuple<Services...>>;
};

template <class Service>
inline constexpr bool comes_as_state = false;
template <class State>
inline constexpr bool comes_as_state<kept_state<State>> = true;
/// Whether what serves the parameter is the state of an entity.
template <class Wanted, class List>
constexpr bool is_kept_state() {
  constexpr auto index = service_index<Wanted, List>::value;
  if constexpr (index == List::size)
    return false;
  else
    return comes_as_state<typename service_at<index, List>::type>;
}

template <class Wanted, class List>
Wanted& service(void* const* pointers) {
  constexpr auto index = service_index<Wanted, List>::value;
  return *static_cast<typename service_at<index, List>::type*>(pointers[index]);
}

template <class Parameter>
using bare = std::remove_cvref_t<Parameter>;

/// The service that a parameter asks for: const when it is a reference to const.
template <class Parameter>
using asked_service = std::remove_reference_t<Parameter>;

/// Whether the parameter is the request or a part of the call, so that no service is needed.
template <class Parameter, class Request>
inline constexpr bool comes_with_the_call =
    std::is_same_v<bare<Parameter>, Request> || std::is_same_v<bare<Parameter>, io> ||
    std::is_same_v<bare<Parameter>, caller> || call_part<bare<Parameter>>;

/// Written into the handler's call: each function of each type costs the compiler.
template <class Parameter, class Request, class List>
[[gnu::always_inline]] inline decltype(auto) argument(call& which, Request& request,
                                                      void* const* pointers) {
  using type = bare<Parameter>;
  if constexpr (std::is_same_v<type, Request>) {
    if constexpr (std::is_lvalue_reference_v<Parameter>) return (request);
    else return static_cast<Request&&>(request);
  } else if constexpr (std::is_same_v<type, io>) {
    return which.io();
  } else if constexpr (std::is_same_v<type, caller>) {
    return static_cast<caller&>(which.caller());
  } else if constexpr (call_part<type>) {
    return part_of_call<type>::get(which);
  } else if constexpr (is_kept_state<asked_service<Parameter>, List>()) {
    return *static_cast<type*>(which.extra(&state_of_call));
  } else {
    (void)request;
    return service<asked_service<Parameter>, List>(pointers);
  }
}

} // namespace detail

} // namespace pando
