// What is checked of an app's entities: what their handlers and their states' functions ask for.
#pragma once

#include <cstddef>
#include <type_traits>

#include <pando/app/check.hpp>
#include <pando/app/detail/app_sentences.hpp>
#include <pando/cluster/entity_context.hpp>
#include <pando/handler/implement_entity.hpp>
#include <pando/handler/invoke.hpp>
#include <pando/schema/exposed.hpp>

namespace pando::detail {

/// What an app knows of a function of a state: it is among `Binding`, unless that is `None`.
template <class Binding, class None>
struct state_function {
  using function = typename Binding::function;

  template <class Parameter, class State, class Services>
  static constexpr bool provides(bool with_state) {
    return std::is_same_v<bare<Parameter>, entity_context> ||
           (!with_state && std::is_same_v<bare<Parameter>, entity_resources>) ||
           (with_state && std::is_same_v<bare<Parameter>, State>) ||
           has_service<asked_service<Parameter>, Services>;
  }
  template <class State, class Services>
  static constexpr bool is_served(bool with_state) {
    if constexpr (std::is_same_v<function, None>)
      return true;
    else
      return all_served<State, Services>(with_state,
                                         typename signature_of<function>::parameters{});
  }
  template <class State, class Services, class... Parameters>
  static constexpr bool all_served(bool with_state, meta::list<Parameters...>) {
    return (provides<Parameters, State, Services>(with_state) && ...);
  }
  template <class Contract, class State, class Services, bool WithState>
  static constexpr auto find_fault() {
    return find_missing<Contract, State, Services, WithState>(
        typename signature_of<function>::parameters{});
  }
  template <class Contract, class State, class Services, bool WithState, class... Parameters>
  static constexpr auto find_missing(meta::list<Parameters...>) {
    constexpr auto at = meta::first_false<sizeof...(Parameters)>(
        {provides<Parameters, State, Services>(WithState)...});
    return unprovided_state_parameter<Contract,
                                      meta::nth<at, meta::list<bare<Parameters>...>>>{};
  }
};
template <class None>
struct state_function<None, None> {
  template <class State, class Services>
  static constexpr bool is_served(bool) {
    return true;
  }
};

/// The same of an entity: its handlers have its state too, its state's functions what they ask for.
template <class Contract, class State, class Ending, class Handlers, class Services, class Doors>
struct served_by_app<entity_implementation<Contract, State, Ending, Handlers>, Services, Doors> {
  using state = typename State::state;
  using of_handlers =
      served_by_app<Handlers, meta::concat<Services, meta::list<kept_state<state>>>, Doors>;
  using make = state_function<State, default_state>;
  using end = state_function<Ending, no_ending>;
  static constexpr bool is_named_freely = !is_built_in_command(kebab<Contract::pando_name>.view());
  static constexpr bool is_sound = is_named_freely &&
                                   make::template is_served<state, Services>(false) &&
                                   end::template is_served<state, Services>(true) &&
                                   of_handlers::is_sound;

  static constexpr auto find_fault() {
    if constexpr (!is_named_freely)
      return controller_named_like_a_command<Contract>{};
    else if constexpr (!make::template is_served<state, Services>(false))
      return make::template find_fault<Contract, state, Services, false>();
    else if constexpr (!end::template is_served<state, Services>(true))
      return end::template find_fault<Contract, state, Services, true>();
    else
      return of_handlers::find_fault();
  }
};

} // namespace pando::detail
