// Sorting what an app was given, and turning implementations into served routes.
#pragma once

#include <functional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <pando/app/check.hpp>
#include <pando/app/feature.hpp>
#include <pando/app/transport.hpp>
#include <pando/handler/invoke.hpp>

namespace pando::detail {

template <class Item>
struct service_of_item {
  using type = meta::list<>;
};
template <class Service>
struct service_of_item<std::reference_wrapper<Service>> {
  using type = meta::list<std::remove_const_t<Service>>;
};
template <class Item>
struct contract_of_item {
  using type = meta::list<>;
};
template <class Contract, class... Bindings>
struct contract_of_item<implementation<Contract, Bindings...>> {
  using type = meta::list<Contract>;
};

/// What the items of an app are, sorted.
template <class Items>
struct sorted_items;
template <class... Items>
struct sorted_items<std::tuple<Items...>> {
  template <bool Wanted, class Item>
  using list_if = std::conditional_t<Wanted, meta::list<Item>, meta::list<>>;
  using implementations = meta::concat<list_if<is_implementation<Items>, Items>...>;
  using transports = meta::concat<list_if<transport<Items>, Items>...>;
  using services = meta::concat<typename service_of_item<Items>::type...>;
  using contracts = meta::concat<typename contract_of_item<Items>::type...>;
};

template <class List>
struct doors_of;
template <class... Transports>
struct doors_of<meta::list<Transports...>> {
  using type = door_names<Transports...>;
};

/// Everything that can only be checked when an app is complete.
template <class Services, class Transports, class... Implementations, class... Contracts>
constexpr bool check_app(meta::list<Implementations...>, meta::list<Contracts...>) {
  using doors = typename doors_of<Transports>::type;
  if constexpr ((check_one<Implementations, Services, doors>::run() && ...))
    return check_controllers_apart<Contracts...>();
  else return false;
}

/// Adds every route of an implementation to what is served.
template <class Implementation, class Services>
struct route_adder;
template <class Contract, class... Bindings, class Services>
struct route_adder<implementation<Contract, Bindings...>, Services> {
  using implemented = implementation<Contract, Bindings...>;

  template <class Part>
  static constexpr std::string_view door_name() {
    if constexpr (marker_part<Part>)
      return Part::pando_marker(Contract::pando_name.view(), {}).door;
    else return {};
  }
  template <class... Parts>
  static constexpr std::string_view door_of(meta::list<Parts...>) {
    std::string_view door;
    ((door = door.empty() ? door_name<Parts>() : door), ...);
    return door;
  }

  template <class Route, class Binding>
  static void add_binding(served_route& served) {
    if constexpr (Binding::name == Route::name) {
      auto const entry = &route_invoker<Contract, Route, Binding, implemented, Services>::invoke;
      if constexpr (for_every_door<Binding>) served.invoke = entry;
      else served.overrides.push_back({door_of(typename Binding::parts{}), entry});
    }
  }
  template <class Route>
  static void add_route(served_routes& routes, void const* self) {
    served_route served{&row_of_route<Contract, Route>, nullptr, self};
    (add_binding<Route, Bindings>(served), ...);
    routes.add(std::move(served));
  }
  template <class... Routes>
  static void add(served_routes& routes, void const* self, meta::list<Routes...>) {
    routes.add(contract_table<Contract>);
    (add_route<Routes>(routes, self), ...);
  }
};

/// Calls a hook with the services it asks for.
template <class Services, class Function, class... Parameters>
task<void> run_hook(Function const& hook, void* const* pointers, meta::list<Parameters...>) {
  using gives = typename signature_of<Function>::result;
  static_assert((has_service<bare<Parameters>, Services> && ...),
                "pando: a life-cycle hook asks for a service that nothing provides");
  if constexpr (awaited<gives>::is_task)
    co_await hook(service<bare<Parameters>, Services>(pointers)...);
  else hook(service<bare<Parameters>, Services>(pointers)...);
  co_return;
}

} // namespace pando::detail
