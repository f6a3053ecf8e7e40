// What can be wrong with an entity, each in one sentence. See <pando/meta/fault.hpp>.
#pragma once

#include <pando/contract/entity.hpp>
#include <pando/meta/fault.hpp>

namespace pando {

// The words of each sentence, in the order in which it names them.

/// An rpc has no door's marker: a door does not know which entity is meant.
template <class Contract, fixed_string Rpc>
inline constexpr bool rpc_has_no_marker = false;

/// The state has a default constructor, or a function makes it.
template <class Contract, class State>
inline constexpr bool state_can_be_made = false;

/// `implement` is given one state, and one `on_passivate`.
template <class Contract>
inline constexpr bool entity_has_one_state = false;

/// No request of an entity has a field `entity_id`: doors call the instance by that name.
template <class Contract, fixed_string Rpc>
inline constexpr bool request_leaves_the_id_alone = false;

namespace detail {

template <class Contract, fixed_string Rpc>
struct request_with_an_entity_id : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(request_leaves_the_id_alone<Contract, Rpc>,
                    "pando: the request of this rpc has a field entity_id, by which doors say "
                    "which instance is meant; rename it: entity, rpc");
    }
  };
};

template <class Contract>
struct two_states : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(entity_has_one_state<Contract>,
                    "pando: an entity has one pando::state<...> and at most one "
                    "pando::on_passivate; take the second away: entity");
    }
  };
};

template <class Contract, fixed_string Rpc>
struct rpc_with_a_marker : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(rpc_has_no_marker<Contract, Rpc>,
                    "pando: an rpc of an entity has no marker of a door, which would not know the "
                    "entity's id; take the marker away: entity, rpc");
    }
  };
};

template <class Contract, class State>
struct unmakeable_state : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(state_can_be_made<Contract, State>,
                    "pando: this state has no default constructor; write pando::state<State> = a "
                    "function that gives one: entity, state");
    }
  };
};

} // namespace detail
} // namespace pando
