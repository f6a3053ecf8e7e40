// `pando::app(users, …)`: an app with every door, and a program's command line.
#pragma once

#include <tuple>
#include <utility>

#include <pando/app/application.hpp>
#include <pando/app/core.hpp>
#include <pando/app/detail/program.hpp>
#include <pando/app/detail/unix_door.hpp>
#include <pando/app/detail/until_signal.hpp>
#include <pando/app/options.hpp>
#include <pando/app/settings.hpp>
#include <pando/cluster/cluster_client.hpp>

namespace pando {

namespace detail {

/// HTTP, the Unix socket, the command line. Its functions are templates: what they call is compiled
/// for a program that has such an app, and for no other.
struct every_door {
  using own_service = cluster_client;
  static constexpr bool has_program = true;

  template <class Core>
  static void furnish(Core& core) {
    core.with_socket([](app_core& app, serve_options const& options) {
      return make_unix_door(app, options);
    });
  }
  template <class Core, class... Entities>
  static void settle(cluster_client& own, Core& core, Entities... entities) {
    own.belongs_to(core.local(), entities...);
  }
  template <class Core>
  static int main(Core& core, int argc, char** argv) {
    return run_program(core, argc, argv);
  }
  template <class Core>
  static int run(Core& core, serve_options const& options) {
    return serve_until_signal(core, options);
  }
};

} // namespace detail

/// Composes implementations, singletons, cron jobs, features, hooks, transports and services
/// (`std::ref`), in any order.
/// *Compiles only if* each is one of these; the rest is checked where the app is used.
template <class... Items>
  requires detail::all_taken<Items...>
auto app(Items... items) {
  auto flat = std::tuple_cat(std::tuple(detail::every_door{}),
                             detail::flatten(std::move(items))...);
  return application<decltype(flat)>(std::move(flat));
}
template <class... Items>
  requires(!detail::all_taken<Items...> && !detail::any_was_told<Items...>)
detail::sentence<detail::junk_for_app<detail::first_junk<Items...>>, detail::faulty_application>
app(Items const&... items);
template <class... Items>
  requires detail::any_was_told<Items...>
detail::faulty_application app(Items const&... items);

} // namespace pando
