// Sorting what an app was given, and turning implementations into served routes.
#pragma once

#include <functional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <pando/app/check.hpp>
#include <pando/app/detail/sole_check.hpp>
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
  using type = meta::list<Service>;
};
template <class Settings>
struct service_of_item<settings_reference<Settings>> {
  using type = meta::list<Settings>;
};
template <class Item>
struct settings_of_item {
  using type = meta::list<>;
};
template <class Settings>
struct settings_of_item<settings_reference<Settings>> {
  using type = meta::list<Settings>;
};
template <class Item>
struct contract_of_item {
  using type = meta::list<>;
};
template <class Contract, class... Bindings>
struct contract_of_item<implementation<Contract, Bindings...>> {
  using type = meta::list<Contract>;
};

template <class Item>
struct entity_of_item {
  using type = meta::list<>;
};
template <class Contract, class State, class Ending, class Handlers>
struct entity_of_item<entity_implementation<Contract, State, Ending, Handlers>> {
  using type = meta::list<Contract>;
};

template <class Item, class Contract>
inline constexpr bool exposes = false;
template <exposure Item, class Contract>
inline constexpr bool exposes<Item, Contract> =
    std::is_same_v<typename Item::pando_exposes, Contract>;

/// An entity as doors see it, opened by those of an app's exposures that are for it; defined by
/// <pando/app/entities.hpp>.
template <class Contract, class... Items>
struct entity_over_doors;
template <class Entities, class... Items>
struct entities_over_doors;
template <class... Entities, class... Items>
struct entities_over_doors<meta::list<Entities...>, Items...> {
  using type = meta::list<typename entity_over_doors<Entities, Items...>::type...>;
};

/// The entity of the first exposure that is of none among `Entities`; void: there is none.
template <class Entities, class... Items>
struct unmatched_exposure {
  using type = void;
};
template <class Entities, class First, class... Rest>
struct unmatched_exposure<Entities, First, Rest...> : unmatched_exposure<Entities, Rest...> {};
template <class Entities, exposure First, class... Rest>
  requires(!meta::contains<typename First::pando_exposes, Entities>)
struct unmatched_exposure<Entities, First, Rest...> {
  using type = typename First::pando_exposes;
};

/// What the items of an app are, sorted.
template <class Items>
struct sorted_items;
template <class Kind, class... Items>
struct sorted_items<std::tuple<Kind, Items...>> {
  /// Which doors it has, and what comes with them: `every_door`, `http_alone`.
  using kind = Kind;
  template <bool Wanted, class Item>
  using list_if = std::conditional_t<Wanted, meta::list<Item>, meta::list<>>;
  using implementations =
      meta::concat<list_if<is_implementation<Items> || is_entity<Items>, Items>...>;
  using jobs = meta::concat<list_if<is_sole<Items>, Items>...>;
  using hooks = meta::concat<list_if<is_hook<Items>, Items>...>;
  using transports = meta::concat<list_if<transport<Items>, Items>...>;
  /// The first is the app's own; whatever it was given wins.
  using services =
      meta::concat<meta::list<typename Kind::own_service>,
                   typename service_of_item<Items>::type...>;
  using settings = meta::concat<typename settings_of_item<Items>::type...>;
  using controllers = meta::concat<typename contract_of_item<Items>::type...>;
  using entities = meta::concat<typename entity_of_item<Items>::type...>;
  using contracts = meta::concat<controllers, entities>;
  static constexpr bool has_entities = entities::size != 0;
  using unmatched = typename unmatched_exposure<entities, Items...>::type;
  template <class Contract>
  using over_doors = entity_over_doors<Contract, Items...>;
  /// What doors see: no two of these may have one name or one place.
  using seen = meta::concat<controllers, typename entities_over_doors<entities, Items...>::type>;
};

template <class List>
struct doors_of;
template <class... Transports>
struct doors_of<meta::list<Transports...>> {
  using type = door_names<Transports...>;
};

template <class Sorted>
constexpr auto find_fault_of_items() {
  using doors = typename doors_of<typename Sorted::transports>::type;
  if constexpr (!std::is_void_v<typename Sorted::unmatched>)
    return contract_without_implementation<typename Sorted::unmatched>{};
  else {
    constexpr auto fault = find_app_fault<typename Sorted::services, doors>(
        typename Sorted::implementations{}, typename Sorted::contracts{},
        typename Sorted::hooks{});
    if constexpr (fault.found)
      return fault;
    else
      return find_job_fault<typename Sorted::services>(typename Sorted::jobs{});
  }
}
/// What is wrong with an app of those items, or `no_fault`; known once it is complete.
template <class Items>
using app_fault = decltype(find_fault_of_items<sorted_items<Items>>());
template <class Items>
inline constexpr bool app_is_sound = !app_fault<Items>::found;

/// Whether it can make clients of the contract.
template <class Items, class Contract>
inline constexpr bool app_implements =
    app_is_sound<Items>&& meta::contains<Contract, typename sorted_items<Items>::contracts>;
template <class Items, class Contract>
inline constexpr bool app_serves = app_implements<Items, Contract> && !entity_type<Contract>;
template <class Items, class Contract>
inline constexpr bool app_has_entity = app_implements<Items, Contract>&& entity_type<Contract>;

/// Why an app gives no client of a contract, with an id or without.
template <class Items, class Contract, bool WithId>
constexpr auto find_client_fault() {
  if constexpr (!app_implements<Items, Contract>)
    return contract_without_implementation<Contract>{};
  else if constexpr (WithId)
    return id_of_a_controller<Contract>{};
  else
    return entity_without_an_id<Contract>{};
}
template <class Items, class Contract, bool WithId>
using client_fault = decltype(find_client_fault<Items, Contract, WithId>());

/// Adds every route of an implementation to what is served.
template <class Implementation, class Services>
struct route_adder;
template <class Contract, class... Bindings, class Services>
struct route_adder<implementation<Contract, Bindings...>, Services> {
  using implemented = implementation<Contract, Bindings...>;

  template <std::size_t Index, class Binding>
  static constexpr handler_row row() {
    using invoker = route_invoker<Contract, Binding::name, Index, typename Binding::function,
                                  runs_binding_on_pool<Binding>, Services>;
    return {&row_of_route<Contract, Binding::name>, door_of<Contract>(typename Binding::parts{}),
            &invoker::invoke};
  }
  template <std::size_t... Index>
  static void add(served_routes& routes, bound_erased const& self, std::index_sequence<Index...>) {
    static constexpr handler_row rows[]{row<Index, Bindings>()..., {}};
    auto const& from = *static_cast<implemented const*>(self.implementation);
    routes.add(
        contract_table<Contract>, {rows, sizeof...(Bindings)},
        {{static_cast<void const*>(&static_cast<Bindings const&>(from).call)...}, self.services});
  }
  template <class... Routes>
  static void add(served_routes& routes, void const* self, meta::list<Routes...>) {
    add(routes, *static_cast<bound_erased const*>(self), std::index_sequence_for<Bindings...>{});
  }
};

/// Calls a hook with the services it asks for.
template <class Services, class Function, class... Parameters>
task<void> run_hook(Function const& hook, void* const* pointers, meta::list<Parameters...>) {
  using gives = typename signature_of<Function>::result;
  if constexpr (awaited<gives>::is_task)
    co_await hook(service<asked_service<Parameters>, Services>(pointers)...);
  else
    hook(service<asked_service<Parameters>, Services>(pointers)...);
  co_return;
}

} // namespace pando::detail
