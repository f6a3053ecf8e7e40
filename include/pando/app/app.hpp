// `pando::app(users, …)`: what was declared, composed into one program.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <pando/app/core.hpp>
#include <pando/app/detail/compose.hpp>
#include <pando/app/feature.hpp>
#include <pando/app/options.hpp>
#include <pando/app/settings.hpp>
#include <pando/handler/client.hpp>

namespace pando {

/// A program made of implementations, features, hooks and transports. Made by `pando::app`.
/// *Thread*: set up on one; its clients on any; `serve` and `stop` from one coroutine at a time.
/// It may be moved until it is first used, and must outlive the calls it serves.
template <class Items>
class application {
  using sorted = detail::sorted_items<Items>;
  using services_list = typename sorted::services;

 public:
  explicit application(Items items, app_setup setup = {})
      : items_(std::move(items)), setup_(std::move(setup)) {}

  /// The app's name: its socket, its environment variables. Default: the program's.
  application named(std::string name) && {
    setup_.name = std::move(name);
    return std::move(*this);
  }

  /// A service, by reference; it must outlive the app. One given later wins over an earlier one of
  /// the same type or base.
  template <class Service>
  auto provide(Service& service) && {
    auto more = std::tuple_cat(std::move(items_), std::tuple(std::ref(service)));
    return application<decltype(more)>(std::move(more), std::move(setup_));
  }
  template <class Service>
  void provide(Service const&&) && = delete; // a service is kept by reference: name it first

  /// Settings read from flags, environment, file and defaults, in this order; handlers and services
  /// ask for `Settings const&`.
  template <class Settings>
  auto settings() && {
    auto kept = std::make_shared<Settings>();
    setup_.settings.push_back({&type_of<Settings>(), kept});
    return std::move(*this).provide(*kept);
  }

  /// The program: `serve`, the app's commands, and what is built in. Gives the exit code.
  int main(int argc, char** argv) { return core().main(argc, argv); }

  /// Starts serving; returns when calls are accepted. *Throws* std::logic_error when it serves
  /// already, and what a door cannot do (an address in use) as std::system_error.
  task<void> serve(serve_options options) { return core().serve(options); }
  task<void> serve() { return core().serve({}); }
  /// Stops accepting, drains, runs the stop hooks, removes the socket. Again: nothing.
  task<void> stop() { return core().stop(); }
  bool is_serving() { return core().is_serving(); }
  /// Where its Unix socket is or would be.
  std::string socket_path() { return core().socket_path(); }
  /// The port HTTP is served on; 0 when it is not.
  std::uint16_t http_port() { return core().http_port(); }

  /// Calls a route by its command words ("user create") with its request as JSON, as through a
  /// door; gives the result as JSON, "null" for void, a JSON array for a stream.
  task<std::string> invoke(std::string_view words, std::string_view json = {}) {
    return core().invoke(std::string(words), std::string(json));
  }

  /// The typed client of one of its contracts: no socket, no bytes.
  template <class Contract>
  pando::client<Contract> client() {
    return pando::client<Contract>(core().local());
  }

  /// The running parts, for doors and tests.
  app_core& core() {
    static_assert(detail::check_app<services_list, typename sorted::transports>(
                      typename sorted::implementations{}, typename sorted::contracts{}) ||
                  true);
    if (!core_) build();
    return *core_;
  }

 private:
  template <class>
  friend class application;

  /// What the served routes point to; stays where it is.
  struct state {
    Items items;
    std::array<void*, services_list::size + 1> services{};
    // One self for each implementation, in their order.
    std::array<detail::bound_erased, std::tuple_size_v<Items> + 1> selves{};
  };

  void build() {
    auto kept = std::make_shared<state>(state{std::move(items_), {}, {}});
    core_ = std::make_unique<app_core>(std::move(setup_));
    std::size_t service = 0;
    std::apply([&](auto&... item) { (add_service(*kept, service, item), ...); }, kept->items);
    std::size_t at = 0;
    std::apply([&](auto&... item) { (add_item(*kept, at++, item), ...); }, kept->items);
    core_->keep(std::move(kept));
  }

  template <class Item>
  static void add_service(state& kept, std::size_t& at, Item& item) {
    if constexpr (detail::is_service_reference<Item>)
      kept.services[at++] =
          const_cast<void*>(static_cast<void const*>(std::addressof(item.get())));
  }

  template <class Item>
  void add_item(state& kept, std::size_t at, Item& item) {
    if constexpr (detail::is_implementation<Item>) {
      kept.selves[at] = {&item, kept.services.data()};
      using adder = detail::route_adder<Item, services_list>;
      adder::add(core_->routes(), &kept.selves[at], route_list<typename Item::contract>{});
    } else if constexpr (detail::is_hook<Item>) {
      add_hook(kept, item);
    } else if constexpr (transport<Item>) {
      core_->add_door({[&item](transport_context const& context) { return item.serve(context); },
                       [&item] { return item.stop(); }, [&item] { return item.describe(); }});
    }
  }

  template <bool AtStart, class Function>
  void add_hook(state& kept, life_hook<AtStart, Function>& hook) {
    core_->add_hook(AtStart, [&kept, &hook] {
      return detail::run_hook<services_list>(
          hook.run, kept.services.data(), typename detail::signature_of<Function>::parameters{});
    });
  }

  Items items_;
  app_setup setup_;
  std::unique_ptr<app_core> core_;
};

/// Composes implementations, features, hooks, transports and services (`std::ref`), in any order.
/// *Compiles only if* each is one of these; the rest is checked where the app is used.
template <class... Items>
auto app(Items... items) {
  static_assert((app_takes<Items> && ...),
                "pando: this cannot be given to pando::app; it takes pando::implement(…), "
                "pando::feature(…), hooks, transports and std::ref(service)");
  auto flat = std::tuple_cat(detail::flatten(std::move(items))...);
  return application<decltype(flat)>(std::move(flat));
}

} // namespace pando
