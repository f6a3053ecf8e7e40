// `persisted` and what goes with it: calls of an entity that outlive the processes they are in.
#pragma once

#include <cstddef>
#include <type_traits>

#include <pando/contract/parts.hpp>

namespace pando {

/// The call is stored: it is carried out at least once, whichever process ends meanwhile, and its
/// answer is recorded once and never changes. Only for entities of an app that has a store.
/// Of a stream: each item is stored before its one caller has it, who gets each once, whichever
/// owner dies; the handler goes on behind `entity_context::last_sent_chunk`. It holds its instance
/// until it ends, and ends when its caller leaves.
struct persisted {
  using pando_rpc_option = void;
};

/// Which calls are the same one: a field of the request, `primary_key<&Charge::order>`, or a
/// function of it. A call whose key was used before gives the answer that is recorded, or waits for
/// it; with another request it ends in `key_conflict`. Keys are an instance's and an rpc's own, and
/// are known until the record is dropped, see `runner_options::retention`.
template <auto Key>
struct primary_key {
  using pando_rpc_option = void;
};

/// When it is to be carried out: a field of the request, `deliver_at<&Reminder::when>`, or a
/// function of it, that gives a time of the system's clock, or an optional one.
template <auto When>
struct deliver_at {
  using pando_rpc_option = void;
};

/// A caller that cancels its call waits no longer, and the call goes on.
struct uninterruptible {
  using pando_rpc_option = void;
};

/// Whether the rpc may be called by `discard`, which throws its result away.
struct discardable {
  using pando_rpc_option = void;
};

/// The handler may ask for `pando::store::transaction&`: what it writes by that commits together
/// with the record of its result, or not at all.
struct with_transaction {
  using pando_rpc_option = void;
};

/// After a defect (an exception that is not declared) the call is carried out again, so many times
/// at most, by a state made anew; then the defect is its answer. Default: none.
template <std::size_t Times>
struct retries {
  using pando_rpc_option = void;
};

namespace detail {

/// Whether the result may be thrown away by `discard`: there is none, or the rpc says so.
template <class Route>
inline constexpr bool can_be_discarded = false;

template <class Part>
concept rpc_option_part = requires {
  typename Part::pando_rpc_option;
};

template <class Part>
inline constexpr std::size_t retries_of = 0;
template <std::size_t Times>
inline constexpr std::size_t retries_of<retries<Times>> = Times;

/// What an option asks of a request; `absent_value` where it is no such option.
struct absent_value {
  static constexpr bool is_there = false;
};
template <auto Value>
struct value_of_request {
  static constexpr bool is_there = true;
  template <class Request>
  static decltype(auto) get(Request const& request) {
    if constexpr (std::is_member_object_pointer_v<decltype(Value)>) return (request.*Value);
    else if constexpr (std::is_member_pointer_v<decltype(Value)>) return (request.*Value)();
    else return Value(request);
  }
  template <class Request>
  static constexpr bool takes = std::is_invocable_v<decltype(Value), Request const&>;
};

template <class Part>
struct key_of_part : absent_value {};
template <auto Key>
struct key_of_part<primary_key<Key>> : value_of_request<Key> {};
template <class Part>
struct due_of_part : absent_value {};
template <auto When>
struct due_of_part<deliver_at<When>> : value_of_request<When> {};

/// The first that is there.
template <class... Parts>
struct first_there {
  using type = absent_value;
};
template <class First, class... Rest>
struct first_there<First, Rest...> : first_there<Rest...> {};
template <class First, class... Rest>
requires(First::is_there) struct first_there<First, Rest...> {
  using type = First;
};

template <class List>
inline constexpr bool has_rpc_options = false;
template <class... Parts>
inline constexpr bool has_rpc_options<meta::list<Parts...>> = (rpc_option_part<Parts> || ...);

template <class List>
struct rpc_options;
template <class... Parts>
struct rpc_options<meta::list<Parts...>> {
  static constexpr bool is_persisted = (std::is_same_v<Parts, persisted> || ...);
  static constexpr bool is_uninterruptible = (std::is_same_v<Parts, uninterruptible> || ...);
  static constexpr bool is_discardable = (std::is_same_v<Parts, discardable> || ...);
  static constexpr bool has_transaction = (std::is_same_v<Parts, with_transaction> || ...);
  static constexpr std::size_t retries = (std::size_t{0} + ... + retries_of<Parts>);
  using key = typename first_there<key_of_part<Parts>...>::type;
  using due = typename first_there<due_of_part<Parts>...>::type;
};

template <class Route>
  requires(!Route::streams)
inline constexpr bool can_be_discarded<Route> =
    std::is_void_v<typename Route::result> || rpc_options<typename Route::parts>::is_discardable;

template <>
struct part_traits<persisted> : no_part {};
template <>
struct part_traits<uninterruptible> : no_part {};
template <>
struct part_traits<discardable> : no_part {};
template <>
struct part_traits<with_transaction> : no_part {};
template <auto Key>
struct part_traits<primary_key<Key>> : no_part {};
template <auto When>
struct part_traits<deliver_at<When>> : no_part {};
template <std::size_t Times>
struct part_traits<retries<Times>> : no_part {};

} // namespace detail
} // namespace pando
