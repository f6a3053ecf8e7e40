// What was declared, composed into one program; `pando::app` and `pando::http_app` make it.
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
#include <pando/app/detail/settings_check.hpp>
#include <pando/app/feature.hpp>
#include <pando/app/options.hpp>
#include <pando/app/setup.hpp>
#include <pando/handler/client.hpp>
#include <pando/meta/owner.hpp>

namespace pando {

namespace cluster {
class entity_host;
}
namespace detail {
class entity_fleet;
/// What an app does with entities; defined by <pando/app/entities.hpp>.
template <class Items>
struct entity_support;
}

/// A program made of implementations, features, hooks and transports. Made by `pando::app` or
/// `pando::http_app`, as which the first of its items tells it.
/// *Thread*: set up on one; its clients on any; `serve` and `stop` from one coroutine at a time.
/// It may be moved until it is first used, and must outlive the calls it serves.
template <class Items>
class application {
  using sorted = detail::sorted_items<Items>;
  using kind = typename sorted::kind;
  using services_list = typename sorted::services;
  using settings_list = typename sorted::settings;
  /// What a faulty app gives in place of a result.
  template <class All>
  using told = detail::sentence<detail::app_fault<All>, detail::any_of_app>;

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
  detail::sentence<detail::unnamed_service<Service>, detail::faulty_application>
  provide(Service const&& service) &&;
  template <class Service>
  detail::sentence<detail::late_composition<Service>, detail::faulty_application>
  provide(Service&) &;
  template <class Service>
  detail::sentence<detail::unnamed_service<Service>, detail::faulty_application>
  provide(Service const&& service) &;

  /// Settings read from flags, environment, file and defaults, in this order; handlers and services
  /// ask for `Settings const&`.
  template <class Settings>
    requires(kind::has_program && !detail::settings_fault<Settings, settings_list>::found)
  auto settings() && {
      std::shared_ptr<Settings> kept(new Settings());
      setup_.settings.push_back({&type_of<Settings>(), kept});
      auto more = std::tuple_cat(std::move(items_),
                                 std::tuple(detail::settings_reference<Settings>(*kept)));
      return application<decltype(more)>(std::move(more), std::move(setup_));
  }
  template <class Settings>
    requires(kind::has_program && detail::settings_fault<Settings, settings_list>::found)
  detail::sentence<detail::settings_fault<Settings, settings_list>, detail::faulty_application>
  settings() &&;
  template <class Settings>
    requires(!kind::has_program)
  detail::sentence<detail::settings_of_http_alone<Settings>, detail::faulty_application>
  settings() &&;
  template <class Settings>
  detail::sentence<detail::late_composition<Settings>, detail::faulty_application> settings() &;

  // What uses the app is declared twice: what a faulty one gives is a sentence, and never defined.

  /// The program: `serve`, the app's commands, and what is built in. Gives the exit code.
  int main(int argc, char** argv)
    requires(detail::app_is_sound<Items> && kind::has_program)
  {
    return kind::main(core(), argc, argv);
  }
  template <class All = Items>
    requires(detail::app_is_sound<All> && !sorted::kind::has_program)
  detail::sentence<detail::main_of_http_alone<All>, detail::any_of_app> main(int argc, char** argv);
  template <class All = Items>
    requires(!detail::app_is_sound<All>)
  told<All> main(int argc, char** argv);

  /// Serves on this thread until SIGINT or SIGTERM, then stops in order; a second signal ends the
  /// program at once. Settings are not read; `main` does that. Gives the exit code: 0, 2 for
  /// options that cannot be used, 1 or more when it cannot serve, which standard error explains.
  int run(serve_options options)
    requires detail::app_is_sound<Items>
  {
    return kind::run(core(), options);
  }
  template <class All = Items>
    requires(!detail::app_is_sound<All>)
  told<All> run(serve_options options);

  /// Starts serving; returns when calls are accepted. *Throws* std::logic_error when it serves
  /// already, and what a door cannot do (an address in use) as std::system_error.
  task<void> serve(serve_options options)
    requires detail::app_is_sound<Items>
  {
    return core().serve(options);
  }
  task<void> serve()
    requires detail::app_is_sound<Items>
  {
    return core().serve({});
  }
  template <class All = Items>
    requires(!detail::app_is_sound<All>)
  told<All> serve(serve_options options = {});
  /// Stops accepting, drains, runs the stop hooks, removes the socket. Again: nothing.
  task<void> stop() { return running().stop(); }
  bool is_serving() { return running().is_serving(); }
  /// Where its Unix socket is or would be.
  std::string socket_path()
    requires kind::has_program
  {
    return running().socket_path();
  }
  template <class All = Items>
    requires(!sorted::kind::has_program)
  detail::sentence<detail::socket_of_http_alone<All>, detail::any_of_app> socket_path();
  /// The port HTTP is served on; 0 when it is not.
  std::uint16_t http_port() { return running().http_port(); }

  /// Calls a route by its command words ("user create") with its request as JSON, as through a
  /// door; gives the result as JSON, "null" for void, a JSON array for a stream.
  task<std::string> invoke(std::string_view words, std::string_view json = {})
    requires detail::app_is_sound<Items>
  {
    return core().invoke(std::string(words), std::string(json));
  }
  template <class All = Items>
    requires(!detail::app_is_sound<All>)
  told<All> invoke(std::string_view words, std::string_view json = {});

  /// The typed client of one of its contracts: no socket, no bytes.
  template <class Contract>
    requires detail::app_serves<Items, Contract>
  pando::client<Contract> client() {
    return pando::client<Contract>(core().local());
  }
  template <class Contract>
    requires(detail::app_is_sound<Items> && !detail::app_serves<Items, Contract>)
  detail::sentence<detail::client_fault<Items, Contract, false>, pando::client<Contract>> client();
  template <class Contract, class All = Items>
    requires(!detail::app_is_sound<All>)
  told<All> client();
  /// The typed client of one of its entities: the instance of that id, which the first call makes.
  /// *Throws* std::invalid_argument for an id that is empty or longer than 512 octets.
  template <class Contract>
    requires detail::app_has_entity<Items, Contract>
  pando::client<Contract> client(std::string_view id) {
    running();
    return pando::client<Contract>(
        support::channel_to(*entities_, contract_table<Contract>, id));
  }
  template <class Contract>
    requires(detail::app_is_sound<Items> && !detail::app_has_entity<Items, Contract>)
  detail::sentence<detail::client_fault<Items, Contract, true>, pando::client<Contract>>
  client(std::string_view id);
  template <class Contract, class All = Items>
    requires(!detail::app_is_sound<All>)
  told<All> client(std::string_view id);

  /// What it counts of itself, where a program adds its own; `GET /metrics` gives the same.
  pando::metrics& metrics()
    requires detail::app_is_sound<Items>
  {
    return core().metrics();
  }
  template <class All = Items>
    requires(!detail::app_is_sound<All>)
  told<All> metrics();

  /// The running parts, for doors and tests.
  app_core& core()
    requires detail::app_is_sound<Items>
  {
    return running();
  }
  template <class All = Items>
    requires(!detail::app_is_sound<All>)
  told<All> core();

 private:
  template <class>
  friend class application;

  /// What the served routes point to; stays where it is.
  struct state {
    Items items;
    typename kind::own_service own{};
    /// The first: `own`; the last: the host of entities.
    std::array<void*, services_list::size + 1> services{};
    // One self for each implementation, in their order.
    std::array<detail::bound_erased, std::tuple_size_v<Items> + 1> selves{};
  };

  app_core& running() {
    if constexpr (detail::app_is_sound<Items>) {
      if (!core_) build();
    }
    return *core_;
  }

  void build() {
    std::shared_ptr<state> kept(new state{std::move(items_)});
    core_.reset(new app_core(std::move(setup_)));
    kind::furnish(*core_);
    kept->services[0] = &kept->own;
    std::size_t service = 1;
    std::apply([&](auto&... item) { (add_service(*kept, service, item), ...); }, kept->items);
    std::size_t at = 0;
    std::apply([&](auto&... item) { (add_item(*kept, at++, item), ...); }, kept->items);
    if constexpr (sorted::has_entities)
      kind::settle(kept->own, *core_, entities_.get(), &support::channel_to);
    else
      kind::settle(kept->own, *core_);
    core_->keep(std::move(kept));
  }

  template <class Item>
  static void add_service(state& kept, std::size_t& at, Item& item) {
    if constexpr (detail::is_service_reference<Item>)
      kept.services[at++] = const_cast<void*>(static_cast<void const*>(std::addressof(item.get())));
  }

  template <class Item>
  void add_item(state& kept, std::size_t at, Item& item) {
    if constexpr (detail::is_implementation<Item>) {
      kept.selves[at] = {&item, kept.services.data()};
      using adder = detail::route_adder<Item, services_list>;
      adder::add(core_->routes(), &kept.selves[at], route_list<typename Item::contract>{});
    } else if constexpr (detail::is_entity<Item>) {
      using doors = typename sorted::template over_doors<typename Item::contract>;
      support::template add<doors>(*core_, host(), item, kept.services);
    } else if constexpr (detail::is_sole<Item>) {
      support::add_job(host(), item, kept.services.data());
    } else if constexpr (detail::is_hook<Item>) {
      add_hook(kept, item);
    } else if constexpr (transport<Item>) {
      core_->add_door({[&item](transport_context const& context) { return item.serve(context); },
                       [&item] { return item.stop(); }, [&item] { return item.describe(); }});
    }
  }

  using support = detail::entity_support<Items>;

  /// Where entities, singletons and cron jobs live; made for the first of them.
  cluster::entity_host& host() {
    if (!entities_) support::make(*core_, entities_, fleet_);
    return *entities_;
  }

  template <bool AtStart, class Function>
  void add_hook(state& kept, life_hook<AtStart, Function>& hook) {
    core_->add_hook(AtStart, [&kept, &hook] {
      return detail::run_hook<services_list>(hook.run, kept.services.data(),
                                             typename detail::signature_of<Function>::parameters{});
    });
  }

  Items items_;
  app_setup setup_;
  std::shared_ptr<cluster::entity_host> entities_; ///< outlives the core, which starts and stops it
  std::shared_ptr<detail::entity_fleet> fleet_;    ///< the same
  pando::detail::owner<app_core> core_;
};

} // namespace pando
