// `pando::state<CounterState>`: what an entity keeps between its calls, and how that is made.
#pragma once

#include <type_traits>
#include <utility>

#include <pando/handler/signature_of.hpp>

namespace pando {

class entity_resources;

namespace detail {
/// A state is made by its default constructor.
struct default_state {};
/// Nobody is told when an instance is dropped.
struct no_ending {};
} // namespace detail

/// An entity's state, as `implement` takes it; `Function` makes it.
template <class State, class Function = detail::default_state>
struct state_binding {
  using state = State;
  using function = Function;
  Function make;
};

/// Names the state of an entity: `pando::state<S>` is default-constructed when an instance is
/// activated; `pando::state<S> = function` makes it from services, `entity_context&` and
/// `entity_resources&`, also as a coroutine that loads it. It is destroyed when the instance is
/// passivated.
template <class State>
struct state_of : state_binding<State> {
  template <class Given>
  constexpr auto operator=(Given&& given) const {
    return state_binding<State, std::decay_t<Given>>{std::forward<Given>(given)};
  }
};
template <class State>
inline constexpr state_of<State> state{};

/// What is told of an entity's end, as `implement` takes it.
template <class Function>
struct passivate_binding {
  using function = Function;
  Function tell;
};
struct on_passivate_of {
  template <class Given>
  constexpr auto operator=(Given&& given) const {
    return passivate_binding<std::decay_t<Given>>{std::forward<Given>(given)};
  }
};
/// `pando::on_passivate = function` is called before an idle instance is dropped, also when its app
/// stops; not after a defect, which leaves a state that nobody can vouch for. It may ask for the
/// state, services and `entity_context&`, and be a coroutine; calls wait for its end. What it
/// throws is logged.
inline constexpr on_passivate_of on_passivate{};

namespace detail {

template <class... Parameters>
constexpr bool has_resources_among(meta::list<Parameters...>) {
  return (std::is_same_v<std::remove_cvref_t<Parameters>, entity_resources> || ...);
}
/// Whether a function that makes a state asks for `entity_resources&`.
template <class Function>
constexpr bool asks_for_resources() {
  return has_resources_among(typename signature_of<Function>::parameters{});
}

template <class Given>
inline constexpr bool is_state_binding = false;
template <class State, class Function>
inline constexpr bool is_state_binding<state_binding<State, Function>> = true;
template <class State>
inline constexpr bool is_state_binding<state_of<State>> = true;
template <class Given>
inline constexpr bool is_passivate_binding = false;
template <class Function>
inline constexpr bool is_passivate_binding<passivate_binding<Function>> = true;

} // namespace detail
} // namespace pando
