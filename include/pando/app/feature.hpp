// Features: controllers, services and life-cycle hooks that are given to an app as one.
#pragma once

#include <functional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <pando/handler/implement.hpp>
#include <pando/handler/task.hpp>
#include <pando/meta/fixed_string.hpp>

namespace pando {

// What <pando/entities.hpp> defines: an app without any of these is compiled without the cluster.
template <class Contract, class State, class Ending, class Handlers>
struct entity_implementation;
namespace cluster {
template <fixed_string Name, class Function, class... Options>
struct singleton_item;
template <fixed_string Name, fixed_string Expression, class Function, class... Options>
struct cron_item;
}

/// Several things for an app under one name. Made by `pando::feature`.
template <class... Items>
struct feature_of {
  std::string_view name;
  std::tuple<Items...> items;
};

/// A function run when the app starts or stops. Made by `on_start` and `on_stop`.
template <bool AtStart, class Function>
struct life_hook {
  Function run;
};

/// Runs before the app accepts calls; services are matched by type, and it may be a coroutine.
/// Throwing ends the start.
template <class Function>
constexpr auto on_start(Function run) {
  return life_hook<true, Function>{std::move(run)};
}

/// Runs after the last call was answered, in reverse order of giving.
template <class Function>
constexpr auto on_stop(Function run) {
  return life_hook<false, Function>{std::move(run)};
}

/// Composes implementations, singletons, cron jobs, services (`std::ref(service)`), hooks and other
/// features.
template <class... Items>
constexpr auto feature(std::string_view name, Items... items) {
  return feature_of<Items...>{name, std::tuple<Items...>(std::move(items)...)};
}

namespace detail {

template <class Item>
inline constexpr bool is_implementation = false;
template <class Contract, class... Bindings>
inline constexpr bool is_implementation<implementation<Contract, Bindings...>> = true;
template <class Item>
inline constexpr bool is_entity = false;
template <class Contract, class State, class Ending, class Handlers>
inline constexpr bool is_entity<entity_implementation<Contract, State, Ending, Handlers>> = true;
/// Opens an entity over a door: `http::expose<Counter>()`.
template <class Item>
concept exposure = requires { typename Item::pando_exposes; };
template <class Item>
inline constexpr bool is_feature = false;
template <class... Items>
inline constexpr bool is_feature<feature_of<Items...>> = true;
template <class Item>
inline constexpr bool is_hook = false;
template <bool AtStart, class Function>
inline constexpr bool is_hook<life_hook<AtStart, Function>> = true;
/// A singleton or a cron job.
template <class Item>
inline constexpr bool is_sole = false;
template <fixed_string Name, class Function, class... Options>
inline constexpr bool is_sole<cluster::singleton_item<Name, Function, Options...>> = true;
template <fixed_string Name, fixed_string Expression, class Function, class... Options>
inline constexpr bool is_sole<cluster::cron_item<Name, Expression, Function, Options...>> = true;
/// A service that is read from flags, environment, file and defaults before the app starts.
template <class Settings>
struct settings_reference : std::reference_wrapper<Settings> {
  using std::reference_wrapper<Settings>::reference_wrapper;
};

template <class Item>
inline constexpr bool is_service_reference = false;
template <class Service>
inline constexpr bool is_service_reference<std::reference_wrapper<Service>> = true;
template <class Settings>
inline constexpr bool is_service_reference<settings_reference<Settings>> = true;

/// One flat tuple of items out of features inside features.
template <class Item>
constexpr auto flatten(Item item) {
  if constexpr (is_feature<Item>) {
    return std::apply([](auto... inner) { return std::tuple_cat(flatten(std::move(inner))...); },
                      std::move(item.items));
  } else {
    return std::tuple<Item>(std::move(item));
  }
}

} // namespace detail
} // namespace pando
