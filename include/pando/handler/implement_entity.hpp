// `pando::implement<Counter>(state<CounterState>, on<"Increment"> = …, …)`: an entity.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <pando/contract/entity.hpp>
#include <pando/handler/detail/entity_sentences.hpp>
#include <pando/handler/implement.hpp>
#include <pando/handler/state.hpp>

namespace pando {

template <entity_type Contract>
inline constexpr bool entities_are_included<Contract> = true;

/// An entity with its state, its end and its handlers, as `pando::app` takes it.
template <class Contract, class State, class Ending, class Handlers>
struct entity_implementation {
  using contract = Contract;
  using state = typename State::state;
  using make = typename State::function;
  using ending = Ending;
  using handlers = Handlers;
  State state_part;
  Ending ending_part;
  Handlers handler_part;
};

namespace detail {

/// An entity that keeps nothing.
struct no_state {};

template <class Default, class... Found>
struct first_or {
  using type = Default;
};
template <class Default, class First, class... Rest>
struct first_or<Default, First, Rest...> {
  using type = First;
};
template <class Default, class List>
struct first_of_list;
template <class Default, class... Found>
struct first_of_list<Default, meta::list<Found...>> : first_or<Default, Found...> {};

/// What is given to `implement`, sorted.
template <class... Parts>
struct entity_parts {
  template <bool Wanted, class Part>
  using list_if = std::conditional_t<Wanted, meta::list<Part>, meta::list<>>;
  using states = meta::concat<list_if<is_state_binding<Parts>, Parts>...>;
  using endings = meta::concat<list_if<is_passivate_binding<Parts>, Parts>...>;
  using handlers =
      meta::concat<list_if<!is_state_binding<Parts> && !is_passivate_binding<Parts>, Parts>...>;
  using state = typename first_of_list<state_binding<no_state>, states>::type;
  using ending = typename first_of_list<no_ending, endings>::type;
};

/// The first rpc with a door's marker; the number of rpcs: none.
template <class... Routes>
constexpr std::size_t first_marked(meta::list<Routes...>) {
  return meta::first_false<sizeof...(Routes) + 1>({(Routes::markers::size == 0)..., false});
}

template <class State>
constexpr bool can_make_state() {
  using function = typename State::function;
  using state = typename State::state;
  if constexpr (std::is_same_v<function, default_state>)
    return std::is_default_constructible_v<state>;
  else
    return signature_of<function>::known &&
           std::is_convertible_v<typename awaited<typename signature_of<function>::result>::type,
                                 state>;
}

template <class Request>
constexpr bool hides_the_id() {
  if constexpr (table_shape_of<Request>() == table_shape::structure) {
    for (auto const& name : fields_of<Request>::names)
      if (name == "entity_id") return true;
  }
  return false;
}
/// The first rpc whose request has a field of the name that doors give the id.
template <class... Routes>
constexpr std::size_t first_hiding(meta::list<Routes...>) {
  return meta::first_false<sizeof...(Routes) + 1>(
      {!hides_the_id<typename Routes::request>()..., false});
}

enum class option_fault : std::uint8_t {
  none,
  not_persisted,
  stream,
  volatile_entity,
  other_request
};

template <class Value>
concept time_or_none = requires(Value const& value) {
  std::chrono::ceil<std::chrono::milliseconds>(value) -
      std::chrono::sys_time<std::chrono::milliseconds>{};
} || requires(Value const& value) {
  std::chrono::ceil<std::chrono::milliseconds>(*value) -
      std::chrono::sys_time<std::chrono::milliseconds>{};
};

template <class Part, class Request>
constexpr option_fault fault_of_option(bool is_persisted, bool streams, bool is_volatile_only) {
  if (!rpc_option_part<Part>) return option_fault::none;
  if (is_volatile_only && std::is_same_v<Part, persisted>) return option_fault::volatile_entity;
  if (streams && is_persisted &&
      (key_of_part<Part>::is_there || std::is_same_v<Part, uninterruptible>))
    return option_fault::stream;
  if (!is_persisted && !std::is_same_v<Part, discardable>) return option_fault::not_persisted;
  if constexpr (key_of_part<Part>::is_there) {
    if constexpr (!key_of_part<Part>::template takes<Request>) return option_fault::other_request;
  }
  if constexpr (due_of_part<Part>::is_there) {
    if constexpr (!due_of_part<Part>::template takes<Request>)
      return option_fault::other_request;
    else if constexpr (!time_or_none<std::remove_cvref_t<decltype(
                           due_of_part<Part>::get(std::declval<Request const&>()))>>)
      return option_fault::other_request;
  }
  return option_fault::none;
}
template <class Contract, class Rpc, class... Parts>
constexpr auto find_fault_of_options(meta::list<Parts...>) {
  using request = typename Rpc::request;
  constexpr bool is_persisted = rpc_options<meta::list<Parts...>>::is_persisted;
  constexpr bool is_volatile_only = entity_options(Contract::pando_entity).is_volatile_only;
  constexpr auto at = meta::first_false<sizeof...(Parts) + 1>(
      {(fault_of_option<Parts, request>(is_persisted, Rpc::streams, is_volatile_only) ==
        option_fault::none)...,
       false});
  if constexpr (at == sizeof...(Parts)) {
    return no_fault{};
  } else {
    using part = meta::nth<at, meta::list<Parts...>>;
    constexpr auto fault =
        fault_of_option<part, request>(is_persisted, Rpc::streams, is_volatile_only);
    if constexpr (fault == option_fault::volatile_entity)
      return persisted_rpc_of_a_volatile_entity<Contract, Rpc::name>{};
    else if constexpr (fault == option_fault::stream)
      return shared_persisted_stream<Contract, Rpc::name, part>{};
    else if constexpr (fault == option_fault::not_persisted)
      return option_without_persisted<Contract, Rpc::name, part>{};
    else
      return option_of_another_request<Contract, Rpc::name, part, request>{};
  }
}
template <class Contract, class Rpc>
using options_fault = decltype(find_fault_of_options<Contract, Rpc>(typename Rpc::parts{}));
/// The first rpc with a faulty option.
template <class Contract, class... Rpcs>
constexpr std::size_t first_with_faulty_option(meta::list<Rpcs...>) {
  return meta::first_false<sizeof...(Rpcs) + 1>(
      {!options_fault<Contract, Rpcs>::found..., false});
}

template <class Contract>
constexpr auto find_faulty_option() {
  constexpr auto at = first_with_faulty_option<Contract>(route_list<Contract>{});
  return options_fault<Contract, meta::nth<at, route_list<Contract>>>{};
}

template <class Contract, class Handlers>
constexpr auto find_fault_of_requests() {
  if constexpr (Handlers::found) {
    return Handlers{};
  } else {
    constexpr auto hiding = first_hiding(route_list<Contract>{});
    if constexpr (hiding != route_list<Contract>::size)
      return request_with_an_entity_id<Contract,
                                       meta::nth<hiding, route_list<Contract>>::name>{};
    else
      return no_fault{};
  }
}

template <class Contract, class Parts, class... Bindings>
constexpr auto find_entity_fault(meta::list<Bindings...>) {
  constexpr auto marked = first_marked(route_list<Contract>{});
  // Clang 14 asks this of a controller too, whose `implement` is another; until 15 is the oldest.
  if constexpr (!entity_type<Contract>)
    return no_fault{};
  else if constexpr (marked != route_list<Contract>::size)
    return rpc_with_a_marker<Contract, meta::nth<marked, route_list<Contract>>::name>{};
  else if constexpr (Parts::states::size > 1 || Parts::endings::size > 1)
    return two_states<Contract>{};
  else if constexpr (!can_make_state<typename Parts::state>())
    return unmakeable_state<Contract, typename Parts::state::state>{};
  else if constexpr (entity_options(Contract::pando_entity).is_volatile_only &&
                     asks_for_resources<typename Parts::state::function>())
    return resources_of_a_volatile_entity<Contract>{};
  else if constexpr (first_with_faulty_option<Contract>(route_list<Contract>{}) !=
                     route_list<Contract>::size)
    return find_faulty_option<Contract>();
  else
    return find_fault_of_requests<Contract, implementation_fault<Contract, Bindings...>>();
}
/// What is wrong with an entity's state or handlers, or with the contract, or `no_fault`.
template <class Contract, class... Given>
using entity_fault = decltype(find_entity_fault<Contract, entity_parts<Given...>>(
    typename entity_parts<Given...>::handlers{}));

template <class Part, class... Given>
constexpr Part part_of_all(std::tuple<Given...>& all) {
  if constexpr ((std::is_same_v<Part, Given> || ...))
    return std::move(std::get<Part>(all));
  else
    return {};
}
template <class Contract, class Parts, class All, class... Bindings>
constexpr auto make_entity(All all, meta::list<Bindings...>) {
  using handlers = implementation<Contract, Bindings...>;
  return entity_implementation<Contract, typename Parts::state, typename Parts::ending, handlers>{
      part_of_all<typename Parts::state>(all), part_of_all<typename Parts::ending>(all),
      handlers{std::move(std::get<Bindings>(all))...}};
}

} // namespace detail

/// An entity: its state and its handlers, in any order. A handler may ask for the state by
/// reference, for `pando::entity_context&`, and for what a controller's handler may ask for.
/// *Compiles only if* the contract is sound, the state can be made, and every rpc has one handler
/// of its request and result; else the compiler says in a sentence what is wrong.
template <entity_type Contract, class... Parts>
  requires(!detail::entity_fault<Contract, Parts...>::found)
constexpr auto implement(Parts... parts) {
  using sorted = detail::entity_parts<Parts...>;
  return detail::make_entity<Contract, sorted>(std::tuple<Parts...>(std::move(parts)...),
                                               typename sorted::handlers{});
}
template <entity_type Contract, class... Parts>
  requires detail::entity_fault<Contract, Parts...>::found
detail::sentence<detail::entity_fault<Contract, Parts...>, detail::already_told>
implement(Parts const&... parts);

} // namespace pando
