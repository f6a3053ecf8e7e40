// An entity as doors see it: a controller whose requests say which instance is meant.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <pando/contract/checked.hpp>
#include <pando/contract/entity.hpp>
#include <pando/contract/persisted.hpp>
#include <pando/contract/rules.hpp>
#include <pando/schema/fields.hpp>
#include <pando/schema/type_of.hpp>

namespace pando {

/// The id of an instance.
using instance_id = checked<std::string, is::non_empty, is::max_length<longest_instance_id>>;

/// The request of an rpc with the instance it is for: one structure with the fields of both.
template <class Request>
struct addressed {
  instance_id entity_id;
  Request request;
};
template <>
struct addressed<no_request> {
  instance_id entity_id;
};

namespace detail {

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
/// Whether a word of `AddHTTPItem` begins there: add-http-item.
constexpr bool begins_word(std::string_view name, std::size_t at) {
  if (at == 0 || !is_upper(name[at])) return false;
  if (!is_upper(name[at - 1])) return name[at - 1] != '-' && name[at - 1] != '_';
  return at + 1 < name.size() && !is_upper(name[at + 1]) && name[at + 1] != '-';
}
template <fixed_string Name>
constexpr std::size_t words_begun() {
  std::size_t count = 0;
  for (std::size_t at = 0; at < Name.size(); ++at) count += begins_word(Name.view(), at);
  return count;
}
template <fixed_string Name>
constexpr auto make_kebab() {
  char text[Name.size() + words_begun<Name>() + 1]{};
  std::size_t end = 0;
  for (std::size_t at = 0; at < Name.size(); ++at) {
    char const c = Name.view()[at];
    if (begins_word(Name.view(), at)) text[end++] = '-';
    text[end++] = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return fixed_string<sizeof text>(text);
}
/// `Increment` as doors write it: `increment`; `AddItem`: `add-item`.
template <fixed_string Name>
inline constexpr auto kebab = make_kebab<Name>();

template <fixed_string Name>
constexpr auto make_instance_path() {
  constexpr std::string_view before = "/{entity_id}/";
  char text[before.size() + Name.size() + 1]{};
  std::size_t end = 0;
  for (char const c : before) text[end++] = c;
  for (char const c : Name.view()) text[end++] = c;
  return fixed_string<sizeof text>(text);
}
/// `/{entity_id}/increment`
template <fixed_string Name>
inline constexpr auto instance_path = make_instance_path<Name>();

template <fixed_string Name, fixed_string Ending>
constexpr auto make_ended_name() {
  char text[Name.size() + Ending.size() + 1]{};
  std::size_t end = 0;
  for (char const c : Name.view()) text[end++] = c;
  for (char const c : Ending.view()) text[end++] = c;
  return fixed_string<sizeof text>(text);
}
/// The route that throws the result of `charge` away: `charge.discard`.
template <fixed_string Name>
inline constexpr auto discard_name = make_ended_name<Name, ".discard">();

template <class Rpc>
struct exposed_signature {
  using type = typename Rpc::result(addressed<typename Rpc::request>);
};

template <class List>
struct raises_of_list;
template <class... Errors>
struct raises_of_list<meta::list<Errors...>> {
  using type = raises<Errors...>;
};
template <class List>
struct guards_of_list;
template <class... Guards>
struct guards_of_list<meta::list<Guards...>> {
  using type = guarded_by<Guards...>;
};

/// An rpc as a route: the same errors and guards, and a marker for each door that is opened.
template <class Contract, class Rpc, class... Exposures>
struct exposed_route {
  static constexpr auto name = kebab<Rpc::name>;
  using guards = meta::concat<guard_list<Contract>, typename Rpc::guards>;
  using type =
      route<name, typename exposed_signature<Rpc>::type,
            typename raises_of_list<typename Rpc::raises>::type,
            typename guards_of_list<guards>::type, typename Exposures::template marker<name>...>;
};

template <fixed_string Name, class Signature, class Parts>
struct route_of_parts;
template <fixed_string Name, class Signature, class... Parts>
struct route_of_parts<Name, Signature, meta::list<Parts...>> {
  using type = route<Name, Signature, Parts...>;
};
/// The same rpc, discarded: it ends when the call is stored, or on its way.
template <class Contract, class Rpc, class... Exposures>
struct discarding_route {
  static constexpr auto name = kebab<Rpc::name>;
  using guards = typename exposed_route<Contract, Rpc, Exposures...>::guards;
  using parts = meta::concat<meta::list<typename guards_of_list<guards>::type>,
                             typename Exposures::template discard_markers<name>...>;
  using type = typename route_of_parts<discard_name<name>,
                                       void(addressed<typename Rpc::request>), parts>::type;
};

template <class Contract, class Rpc, bool IsDiscardable, class... Exposures>
struct exposed_routes {
  using type = meta::list<typename exposed_route<Contract, Rpc, Exposures...>::type>;
};
template <class Contract, class Rpc, class... Exposures>
struct exposed_routes<Contract, Rpc, true, Exposures...> {
  using type = meta::list<typename exposed_route<Contract, Rpc, Exposures...>::type,
                          typename discarding_route<Contract, Rpc, Exposures...>::type>;
};

template <fixed_string Name, class Routes>
struct controller_of_routes;
template <fixed_string Name, class... Routes>
struct controller_of_routes<Name, meta::list<Routes...>> : controller<Name, Routes...> {};

template <class Contract, class Routes, class... Exposures>
struct exposed_controller;
template <class Contract, class... Rpcs, class... Exposures>
struct exposed_controller<Contract, meta::list<Rpcs...>, Exposures...>
    : controller_of_routes<kebab<Contract::pando_name>,
                           meta::concat<typename exposed_routes<
                               Contract, Rpcs, can_be_discarded<Rpcs>, Exposures...>::type...>> {};

} // namespace detail

/// The controller that an entity is over doors. Each of `Exposures` gives a marker for a route,
/// `marker<"increment">`, and a list of those for the route that throws its result away, if the rpc
/// may be discarded: `discard_markers<"increment">`.
template <class Contract, class... Exposures>
struct exposed : detail::exposed_controller<Contract, route_list<Contract>, Exposures...> {};

namespace detail {

template <class Fields>
constexpr auto names_behind_the_id() {
  std::array<std::string_view, Fields::names.size() + 1> all{"entity_id"};
  for (std::size_t at = 0; at < Fields::names.size(); ++at) all[at + 1] = Fields::names[at];
  return all;
}

/// The fields of a request stand beside the id, and not below it.
template <class Request>
  requires(table_shape_of<Request>() == table_shape::structure)
struct fields_of<addressed<Request>> {
  using inner = fields_of<Request>;
  using types = meta::concat<meta::list<instance_id>, typename inner::types>;
  static constexpr auto names = names_behind_the_id<inner>();
  static void places(schema::deed what, void* object, void* other) {
    auto& at = *static_cast<addressed<Request>*>(object);
    auto** const out = static_cast<void**>(other);
    out[0] = std::addressof(at.entity_id);
    if constexpr (inner::types::size != 0) inner::places(what, std::addressof(at.request), out + 1);
  }
};

} // namespace detail
} // namespace pando
