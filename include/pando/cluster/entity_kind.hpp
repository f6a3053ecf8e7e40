// An entity as data: its contract, its options, its handlers, and how its state is made and ends.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>

#include <pando/cluster/entity_context.hpp>
#include <pando/contract/entity.hpp>
#include <pando/handler/implement_entity.hpp>
#include <pando/handler/served.hpp>
#include <pando/handler/task.hpp>
#include <pando/schema/table.hpp>

namespace pando {

/// Told when a user's coroutine has ended, with what it threw.
using coroutine_ended = std::function<void(std::exception_ptr)>;

/// How states are made, told of their end, and destroyed. Where a function is a coroutine the other
/// of the pair is null; it runs on the executor given. *Throws* what the user's functions throw.
struct state_life {
  std::size_t size;
  std::size_t align;
  void (*make)(void const* by, void* const* services, entity_context& about, void* room);
  void (*load)(boost::asio::any_io_executor const& on, void const* by, void* const* services,
               entity_context& about, void* room, coroutine_ended ended);
  void (*end)(void const* by, void* const* services, entity_context& about, void* state);
  void (*save)(boost::asio::any_io_executor const& on, void const* by, void* const* services,
               entity_context& about, void* state, coroutine_ended ended);
  void (*destroy)(void* state);
  bool has_resources = false; ///< what makes it asks for `entity_resources`
};

/// One entity that an app implements. What it points to outlives it.
struct entity_kind {
  contract_row const* contract;
  entity_options options;
  state_life life;
  void const* implementation;
  void* const* services;
  served_routes handlers{};
};

namespace detail {

/// What `state<S> = …` and `on_passivate = …` ask for beside services: the context, the state.
template <class Parameter, class State, class Services>
decltype(auto) life_argument(entity_context& about, [[maybe_unused]] void* state,
                             void* const* services) {
  using type = bare<Parameter>;
  if constexpr (std::is_same_v<type, entity_context>)
    return (about);
  else if constexpr (std::is_same_v<type, entity_resources>)
    return (*resources_of(about));
  else if constexpr (std::is_same_v<type, State>)
    return (*static_cast<State*>(state));
  else
    return service<asked_service<Parameter>, Services>(services);
}

/// The functions of `state_life` for one implementation.
template <class Entity, class Services>
struct entity_life {
  using state = typename Entity::state;
  using make_function = typename Entity::make;
  static constexpr bool is_default = std::is_same_v<make_function, default_state>;

  template <class Function, class... Parameters>
  static decltype(auto) call(Function const& function, void* const* services, entity_context& about,
                             void* at, meta::list<Parameters...>) {
    return function(life_argument<Parameters, state, Services>(about, at, services)...);
  }
  template <class Function>
  static decltype(auto) call(Function const& function, void* const* services, entity_context& about,
                             void* at) {
    return call(function, services, about, at, typename signature_of<Function>::parameters{});
  }

  static void make(void const* by, void* const* services, entity_context& about, void* room) {
    if constexpr (is_default)
      ::new (room) state{};
    else
      ::new (room)
          state(call(static_cast<Entity const*>(by)->state_part.make, services, about, nullptr));
  }
  static task<void> load_there(void const* by, void* const* services, entity_context& about,
                               void* room) {
    state made = co_await call(static_cast<Entity const*>(by)->state_part.make, services, about,
                               nullptr);
    ::new (room) state(std::move(made));
  }
  // Spawned from here: what spawns a coroutine is compiled by whoever sees it (decision 0005).
  static void load(boost::asio::any_io_executor const& on, void const* by, void* const* services,
                   entity_context& about, void* room, coroutine_ended ended) {
    boost::asio::co_spawn(on, load_there(by, services, about, room), std::move(ended));
  }
  static void end(void const* by, void* const* services, entity_context& about, void* at) {
    call(static_cast<Entity const*>(by)->ending_part.tell, services, about, at);
  }
  static task<void> save_there(void const* by, void* const* services, entity_context& about,
                               void* at) {
    co_await call(static_cast<Entity const*>(by)->ending_part.tell, services, about, at);
  }
  static void save(boost::asio::any_io_executor const& on, void const* by, void* const* services,
                   entity_context& about, void* at, coroutine_ended ended) {
    boost::asio::co_spawn(on, save_there(by, services, about, at), std::move(ended));
  }
  static void destroy(void* at) { static_cast<state*>(at)->~state(); }

  static constexpr state_life row() {
    state_life life{sizeof(state), alignof(state), nullptr, nullptr,
                    nullptr,       nullptr,        &destroy};
    life.has_resources = asks_for_resources<make_function>();
    if constexpr (is_default || !gives_task<make_function>())
      life.make = &make;
    else
      life.load = &load;
    if constexpr (!std::is_same_v<typename Entity::ending, no_ending>) {
      if constexpr (gives_task<typename Entity::ending::function>())
        life.save = &save;
      else
        life.end = &end;
    }
    return life;
  }

 private:
  template <class Function>
  static constexpr bool gives_task() {
    if constexpr (std::is_same_v<Function, default_state>)
      return false;
    else
      return awaited<typename signature_of<Function>::result>::is_task;
  }
};

} // namespace detail
} // namespace pando
