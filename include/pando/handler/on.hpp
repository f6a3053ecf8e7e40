// `pando::on<"create"> = lambda`: the handler of one route, for every door or for those named.
#pragma once

#include <type_traits>
#include <utility>

#include <pando/meta/fixed_string.hpp>
#include <pando/meta/list.hpp>

namespace pando {

/// A route's handler, as `implement` takes it.
template <fixed_string Name, class Function, class... Parts>
struct handler_binding {
  static constexpr auto name = Name;
  using function = Function;
  using parts = meta::list<Parts...>;
  Function call;
};

template <fixed_string Name, class... Parts>
struct on_route {
  /// Takes the handler: a lambda, a function or an object with one call operator.
  template <class Function>
  constexpr auto operator=(Function&& function) const {
    return handler_binding<Name, std::decay_t<Function>, Parts...>{
        std::forward<Function>(function)};
  }
};

/// Names the route a handler is for: `pando::on<"create"> = [](CreateUser in) -> User { … }`.
/// Further arguments: a door's marker (the handler is for that door only), `pando::blocking`.
template <fixed_string Name, class... Parts>
inline constexpr on_route<Name, Parts...> on{};

} // namespace pando
