// Channels to instances, and the host's own members.
#pragma once

#include <algorithm>
#include <ctime>
#include <deque>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/cluster/detail/entity_channel.hpp>
#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/cluster/detail/hosted_call.hpp>
#include <pando/cluster/detail/persisted_calls.hpp>
#include <pando/cluster/detail/router.hpp>
#include <pando/cluster/detail/sole_jobs.hpp>
#include <pando/cluster/entity_host.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/handler/entity_relay.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/runtime/metrics.hpp>

namespace pando::cluster {

PANDO_INLINE std::int64_t coarse_now() {
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &at);
  return std::int64_t{at.tv_sec} * 1000 + at.tv_nsec / 1'000'000;
}

/// What a host has that is one of a fleet.
struct entity_host::fleet_parts {
  fleet_parts(runner& fleet, connector connect, std::vector<boost::asio::any_io_executor> own)
      : way(fleet, std::move(connect), std::move(own)) {}
  detail::router way;
  std::shared_ptr<detail::persistence> persisted{}; ///< null: none of its rpcs is
};

/// What other runners may call, made when it is first asked for.
struct entity_host::hosted_parts {
  std::deque<detail::hosted_route> rows{};
  served_routes routes{};
};

PANDO_INLINE entity_host::entity_host(door_context const& context, millisecond_clock clock)
    : engine_(std::make_unique<detail::entity_engine>(context, clock)) {}
PANDO_INLINE entity_host::~entity_host() = default;

PANDO_INLINE void entity_host::add(entity_kind kind) { engine_->add(std::move(kind)); }

PANDO_LAZY_BODY detail::sole_keeper& entity_host::sole() {
  if (!sole_) sole_ = std::make_shared<detail::sole_jobs<PANDO_LAZY_VOID>>(engine_->context());
  return *sole_;
}
PANDO_LAZY_BODY void entity_host::add_singleton(singleton_work work) {
  sole().add(std::move(work));
}
PANDO_LAZY_BODY void entity_host::add_cron(cron_work work) { sole().add(std::move(work)); }

PANDO_INLINE void entity_host::go_by(lease::time_source const& time) noexcept {
  engine_->go_by(time);
}

PANDO_INLINE void entity_host::check() const {
  if (sole_) sole_->check();
}

PANDO_INLINE std::shared_ptr<channel> entity_host::channel_to(contract_row const& contract,
                                                              std::string_view id) {
  pando::detail::check_instance_id(contract.controller, id);
  auto* const kind = engine_->find(contract);
  if (kind == nullptr)
    throw std::invalid_argument("pando: this app does not serve " +
                                std::string(contract.controller));
  return std::make_shared<detail::entity_channel>(*engine_, *kind, id);
}

PANDO_INLINE void entity_host::spread_over(std::uint32_t shards) {
  if (shards == 0) throw std::invalid_argument("pando: a group has one shard or more, not 0");
  for (auto& kind : engine_->kinds()) kind.shards = shards;
}

PANDO_INLINE std::vector<lease::shard_group> entity_host::groups() const {
  std::vector<lease::shard_group> all;
  for (auto const& kind : engine_->kinds()) {
    std::string name(kind.row.options.group);
    bool const is_new = std::none_of(all.begin(), all.end(),
                                     [&](auto const& one) { return one.name == name; });
    if (is_new) all.push_back({std::move(name), kind.shards});
  }
  if (sole_) sole_->add_groups(all);
  return all;
}

PANDO_LAZY_BODY void entity_host::join(runner& fleet, connector connect,
                                       std::vector<boost::asio::any_io_executor> own) {
  fleet_ = std::make_unique<fleet_parts>(fleet, std::move(connect), own);
  fleet_->way.leaves_by([engine = engine_.get()](std::vector<store::shard_lease> const& all) {
    return engine->leave(all);
  });
  engine_->use(fleet_->way, fleet.table(), [](operation& call, std::size_t credit,
                                                detail::time_limits left) {
    if (call.carrier != nullptr)
      return static_cast<detail::entity_channel*>(call.carrier)->begin(call, credit, left);
    call.set_failure(runner_unavailable("the instance is another runner's since the call came"));
    call.finish();
  });
  for (auto& kind : engine_->kinds()) {
    kind.group = fleet.table().group_of(kind.row.options.group);
    kind.runner = fleet.options().address;
  }
  if (sole_) {
    sole_->join(fleet);
    fleet_->way.tell(sole_.get());
  }
  if (!has_persisted()) return;
  fleet_->persisted = std::make_shared<detail::persisted_calls<PANDO_LAZY_VOID>>(
      *engine_, fleet, std::move(own));
  fleet_->way.persist_by(fleet_->persisted.get());
  engine_->persist_by(fleet_->persisted.get());
}

PANDO_INLINE void entity_host::stand_by(bool is) noexcept { engine_->stand_by(is); }

PANDO_LAZY_BODY void entity_host::leave_fleet() {
  engine_->be_alone();
  for (auto& kind : engine_->kinds()) kind.runner = "this process";
  fleet_.reset();
}

PANDO_INLINE bool entity_host::has_persisted() const {
  if (has_resources()) return true; // that they are held is stored as calls are
  for (auto const& kind : engine_->kinds())
    for (auto const& route : kind.row.handlers.all())
      if (route.row->rpc != nullptr && route.row->rpc->is_persisted) return true;
  return false;
}

PANDO_INLINE bool entity_host::has_resources() const {
  for (auto const& kind : engine_->kinds())
    if (kind.row.life.has_resources) return true;
  return false;
}

PANDO_INLINE served_routes const& entity_host::hosted() {
  if (hosted_) return hosted_->routes;
  hosted_ = std::make_unique<hosted_parts>();
  for (auto& kind : engine_->kinds()) {
    hosted_->routes.add(*kind.row.contract);
    for (auto const& route : kind.row.handlers.all()) {
      auto const& row =
          hosted_->rows.emplace_back(detail::hosted_route{engine_.get(), &kind, &route});
      hosted_->routes.add({route.row, &detail::run_hosted, &row});
      if (auto* const to = engine_->context().counts; to != nullptr)
        hosted_->routes.to_count().back().counts = to->calls().add(route.row->full_name);
    }
  }
  return hosted_->routes;
}

PANDO_LAZY_BODY task<void> entity_host::sweep() { return engine_->sweep(false); }

struct entity_host::sweeper {
  sweeper(boost::asio::any_io_executor const& on, lease::time_source const& clock)
      : home(on), time(clock), over(on) {}
  void wake() {
    if (sleeping && !sleeping->has_fired()) sleeping->fire();
  }
  boost::asio::any_io_executor home;
  lease::time_source const& time; ///< a fleet's, where there is one
  std::shared_ptr<one_shot> sleeping{};
  one_shot over;
  bool is_stopped = false;
};

PANDO_LAZY_BODY task<void> entity_host::sweep_until_stopped(detail::entity_engine* engine,
                                                            std::shared_ptr<sweeper> state) {
  while (!state->is_stopped) {
    auto const event = std::make_shared<one_shot>(state->home);
    state->sleeping = event;
    std::function<void()> fire = [event] {
      if (!event->has_fired()) event->fire();
    };
    auto const cancel =
        state->time.call_after(state->home, std::chrono::seconds(1), std::move(fire));
    co_await event->wait();
    cancel();
    if (!state->is_stopped) co_await engine->sweep(false);
  }
}

PANDO_LAZY_BODY task<void> entity_host::serve(bool only_answers) {
  auto const home = co_await boost::asio::this_coro::executor;
  check();
  if (fleet_) co_await fleet_->way.fleet().start(fleet_->way);
  if (fleet_ && fleet_->persisted) fleet_->persisted->start();
  auto const& time = fleet_ ? fleet_->way.fleet().table().time() : lease::boot_time();
  engine_->seconds().goes_by(time, home);
  sweeper_ = std::make_shared<sweeper>(home, time);
  boost::asio::co_spawn(home, sweep_until_stopped(engine_.get(), sweeper_),
                        [state = sweeper_](std::exception_ptr) { state->over.fire(); });
  if (sole_ && !only_answers) co_await sole_->start();
}

PANDO_LAZY_BODY task<void> entity_host::stop() {
  if (auto const state = std::exchange(sweeper_, nullptr)) {
    state->is_stopped = true;
    state->wake();
    co_await state->over.wait();
  }
  if (sole_ && !fleet_) co_await sole_->stop(drain_);
  if (fleet_) {
    if (fleet_->persisted) co_await fleet_->persisted->stop_reading(); // the storage is open yet
    co_await fleet_->way.fleet().stop();
    if (sole_) co_await sole_->stop(drain_);
    engine_->leave_fleet();
    fleet_->way.routes_changed(); // calls that wait end
    if (fleet_->persisted) co_await fleet_->persisted->stop();
    co_await fleet_->way.close();
  }
  engine_->seconds().goes_by_itself();
  co_await engine_->sweep(true);
}

PANDO_INLINE entity_host::counts entity_host::count() const { return engine_->count(); }
PANDO_INLINE std::vector<kind_counts> entity_host::count_kinds() const {
  return engine_->count_kinds();
}
PANDO_INLINE std::size_t entity_host::count_persisted(std::string_view entity) const {
  auto const* const keeper = engine_->persisted();
  return keeper == nullptr ? 0 : keeper->owned(entity);
}

} // namespace pando::cluster
