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

/// What says how a call is stored stands beside `persisted`.
template <class Contract, fixed_string Rpc, class Option>
inline constexpr bool option_stands_beside_persisted = false;

/// A persisted stream is one caller's, and ends when that leaves.
template <class Contract, fixed_string Rpc, class Option>
inline constexpr bool persisted_stream_has_one_caller = false;

/// An entity that is volatile only has no persisted rpc.
template <class Contract, fixed_string Rpc>
inline constexpr bool volatile_entity_stores_nothing = false;

/// An entity that is volatile only holds nothing that is to be known after it.
template <class Contract>
inline constexpr bool volatile_entity_holds_nothing = false;

/// The key and the time are fields of the rpc's request, or functions of it.
template <class Contract, fixed_string Rpc, class Option, class Request>
inline constexpr bool option_is_of_the_request = false;

namespace detail {

template <class Contract, fixed_string Rpc, class Option>
struct option_without_persisted : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(option_stands_beside_persisted<Contract, Rpc, Option>,
                    "pando: this option says how a call is stored, and calls of this rpc are not; "
                    "add pando::persisted to it, or take the option away: entity, rpc, option");
    }
  };
};

template <class Contract, fixed_string Rpc, class Option>
struct shared_persisted_stream : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(persisted_stream_has_one_caller<Contract, Rpc, Option>,
                    "pando: a persisted stream has one caller, who acknowledges its items, and "
                    "ends when that leaves; take pando::primary_key<...> and "
                    "pando::uninterruptible away: entity, rpc, option");
    }
  };
};

template <class Contract, fixed_string Rpc>
struct persisted_rpc_of_a_volatile_entity : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(volatile_entity_stores_nothing<Contract, Rpc>,
                    "pando: the entity is pando::volatile_only, and this rpc is pando::persisted; "
                    "take one of them away: entity, rpc");
    }
  };
};

template <class Contract>
struct resources_of_a_volatile_entity : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(volatile_entity_holds_nothing<Contract>,
                    "pando: the entity is pando::volatile_only, and its state asks for "
                    "pando::entity_resources, which are stored; take one of them away: entity");
    }
  };
};

template <class Contract, fixed_string Rpc, class Option, class Request>
struct option_of_another_request : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(option_is_of_the_request<Contract, Rpc, Option, Request>,
                    "pando: pando::primary_key<...> and pando::deliver_at<...> take a field of the "
                    "rpc's request, &Request::field, or a function of it (a time for deliver_at): "
                    "entity, rpc, option, request");
    }
  };
};

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
