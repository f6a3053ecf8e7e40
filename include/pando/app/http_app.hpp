// `pando::http_app(users, …)`: an app of HTTP alone, for a program with a life of its own.
#pragma once

#include <tuple>
#include <utility>

#include <pando/app/application.hpp>
#include <pando/app/core.hpp>
#include <pando/app/detail/until_signal.hpp>
#include <pando/app/options.hpp>

namespace pando {

namespace detail {

/// HTTP alone; see `every_door`.
struct http_alone {
  /// It provides nothing of its own.
  struct own_service {};
  static constexpr bool has_program = false;

  static void furnish(app_core&) {}
  static void settle(own_service&, app_core&) {}
  template <class Core>
  static int run(Core& core, serve_options const& options) {
    return serve_until_signal(core, options);
  }
};

template <class Item>
inline constexpr bool http_app_takes = !is_entity<Item> && !is_sole<Item> && !exposure<Item>;
template <class... Items>
inline constexpr bool http_app_takes<feature_of<Items...>> = (http_app_takes<Items> && ...);

/// The first that an app of HTTP alone has no place for; void: there is none.
template <class... Items>
using first_of_the_cluster =
    meta::nth<meta::first_false<sizeof...(Items) + 1>({http_app_takes<Items>..., false}),
              meta::list<Items..., void>>;

struct every_door; // of <pando/app.hpp>
template <class... Items>
struct every_door_beside {
  using type = every_door;
};
/// Where it is called, <pando/app.hpp> is not included.
template <class... Items>
concept without_every_door = !requires { sizeof(typename every_door_beside<Items...>::type); };

} // namespace detail

/// An app whose one door is HTTP: no command line, no Unix socket, no entities, singletons or cron
/// jobs; controllers, features, hooks, transports and services (`std::ref`) in any order. It is
/// compiled in half of the time of `pando::app`. `run` or `serve` starts it; both mind no flags,
/// no environment and no file. A route's other markers are for other programs.
/// *Compiles only if* each item is one of these; the rest is checked where the app is used.
template <class... Items>
  requires(detail::all_taken<Items...> && (detail::http_app_takes<Items> && ...))
auto http_app(Items... items) {
  auto flat = std::tuple_cat(std::tuple(detail::http_alone{}),
                             detail::flatten(std::move(items))...);
  return application<decltype(flat)>(std::move(flat));
}
template <class... Items>
  requires(detail::all_taken<Items...> && !(detail::http_app_takes<Items> && ...))
detail::sentence<detail::cluster_of_http_alone<detail::first_of_the_cluster<Items...>>,
                 detail::faulty_application>
http_app(Items const&... items);
template <class... Items>
  requires(!detail::all_taken<Items...> && !detail::any_was_told<Items...>)
detail::sentence<detail::junk_for_app<detail::first_junk<Items...>>, detail::faulty_application>
http_app(Items const&... items);
template <class... Items>
  requires detail::any_was_told<Items...>
detail::faulty_application http_app(Items const&... items);

template <class... Items>
  requires detail::without_every_door<Items...>
detail::sentence<detail::app_without_its_header<detail::every_door>, detail::faulty_application>
app(Items const&... items);

} // namespace pando
