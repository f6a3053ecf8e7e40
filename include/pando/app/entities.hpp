// What an app does with entities, singletons and cron jobs: their checks, their doors, their fleet.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pando/app/app.hpp>
#include <pando/app/core.hpp>
#include <pando/app/detail/compose.hpp>
#include <pando/app/detail/entity_check.hpp>
#include <pando/app/detail/entity_fleet.hpp>
#include <pando/cluster/cron.hpp>
#include <pando/cluster/entity_host.hpp>
#include <pando/cluster/entity_kind.hpp>
#include <pando/cluster/expose.hpp>
#include <pando/cluster/singleton.hpp>
#include <pando/cluster/sole_work.hpp>
#include <pando/handler/implement_entity.hpp>

namespace pando::detail {

/// An entity as doors see it, opened by those of an app's exposures that are for it.
template <class Contract, class List>
struct exposed_by;
template <class Contract, class... Exposures>
struct exposed_by<Contract, meta::list<Exposures...>> {
  using type = exposed<Contract, cluster::as_commands, Exposures...>;
  using relays = cluster::relays<Contract, cluster::as_commands, Exposures...>;
};
template <class Contract, class... Items>
struct entity_over_doors
    : exposed_by<Contract, meta::concat<std::conditional_t<exposes<Items, Contract>,
                                                           meta::list<Items>, meta::list<>>...>> {
};

/// An entity as data. The item and the services outlive it.
template <class Services, class Item>
entity_kind make_entity_kind(Item const& item, void* const* services) {
  using handlers = typename Item::handlers;
  using with_state = meta::concat<Services, meta::list<kept_state<typename Item::state>>>;
  entity_kind made{&contract_table<typename Item::contract>, Item::contract::pando_entity,
                   entity_life<Item, Services>::row(), &item, services};
  bound_erased const self{&item.handler_part, services};
  route_adder<handlers, with_state>::add(made.handlers, &self,
                                         route_list<typename Item::contract>{});
  return made;
}

template <class Parameter, class Context, class Services>
decltype(auto) job_argument([[maybe_unused]] Context& about,
                            [[maybe_unused]] void* const* services) {
  if constexpr (std::is_same_v<bare<Parameter>, Context>)
    return (about);
  else
    return service<asked_service<Parameter>, Services>(services);
}

/// A job's function without its type. The item and the services outlive it.
template <class Services, class Item, class... Parameters>
cluster::sole_function<typename Item::context>
erase_job(Item const& item, void* const* services, meta::list<Parameters...>) {
  using context = typename Item::context;
  cluster::sole_function<context> made;
  auto call = [&item, services](context& about) {
    (void)services; // where no service is asked for
    (void)about;
    return item.run(job_argument<Parameters, context, Services>(about, services)...);
  };
  if constexpr (awaited<typename signature_of<typename Item::function>::result>::is_task)
    made.run = std::move(call);
  else
    made.call = std::move(call);
  return made;
}

template <class Services, class Item>
void give_job(cluster::entity_host& to, Item const& item, void* const* services) {
  using shape = signature_of<typename Item::function>;
  auto body = erase_job<Services>(item, services, typename shape::parameters{});
  if constexpr (std::is_same_v<typename Item::context, cron_context>)
    to.add_cron({Item::name.view(), Item::expression, Item::schedule, Item::zone, Item::skip,
                 Item::blocks, std::move(body)});
  else
    to.add_singleton({Item::name.view(), Item::blocks, std::move(body)});
}

/// What `application` leaves to this header, of an app whose items are those.
template <class Items>
struct entity_support {
  using services = typename sorted_items<Items>::services;

  /// Where they live.
  static void make(app_core& core, std::shared_ptr<cluster::entity_host>& host,
                   std::shared_ptr<entity_fleet>& fleet) {
    host = std::make_shared<cluster::entity_host>(core.context());
    fleet = std::make_shared<entity_fleet>(*host, core.context());
    core.keep_entities(
        {[at = fleet.get()](entity_place const& place) { return at->serve(place); },
         [at = fleet.get()] { return at->stop(); },
         [at = fleet.get()](entity_place const* place) { at->stand_by(place); },
         [at = fleet.get()] { return at->store(); },
         [at = host.get()] { return at->has_persisted() && has_file_storage(); }, host.get()});
    fleet->show_in(core);
  }

  /// An entity, and what doors see of it. `pointers`: of the services, and one more for the host.
  template <class Doors, class Item, std::size_t Size>
  static void add(app_core& core, cluster::entity_host& host, Item const& item,
                  std::array<void*, Size>& pointers) {
    host.add(make_entity_kind<services>(item, pointers.data()));
    using relays = typename Doors::relays;
    static constexpr relays asks{};
    using with_host = meta::concat<services, meta::list<cluster::entity_host>>;
    pointers[services::size] = &host;
    bound_erased const self{&asks, pointers.data()};
    route_adder<relays, with_host>::add(core.routes(), &self, route_list<typename Doors::type>{});
  }

  template <class Item>
  static void add_job(cluster::entity_host& host, Item const& item, void* const* pointers) {
    give_job<services>(host, item, pointers);
  }

  static std::shared_ptr<channel> channel_to(cluster::entity_host& host,
                                             contract_row const& contract, std::string_view id) {
    return host.channel_to(contract, id);
  }
};

} // namespace pando::detail
