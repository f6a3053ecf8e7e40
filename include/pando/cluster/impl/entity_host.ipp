// Channels to instances, and the host's own members.
#pragma once

#include <ctime>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/cluster/entity_host.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/handler/awaited.hpp>
#include <pando/handler/entity_relay.hpp>
#include <pando/handler/one_shot.hpp>

namespace pando::cluster {

PANDO_INLINE std::int64_t coarse_now() {
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &at);
  return std::int64_t{at.tv_sec} * 1000 + at.tv_nsec / 1'000'000;
}

namespace detail {

/// Calls to one instance.
class entity_channel final : public operation_channel {
 public:
  entity_channel(entity_engine& engine, hosted_kind& kind, std::string_view id)
      : engine_(&engine), kind_(&kind), id_(id), hash_(hash64(id, kind.seed)) {}

  void start(operation& call) override {
    for (auto const& [row, route] : kind_->routes)
      if (row == call.route)
        return engine_->start(*new entity_call(call, *engine_, *route), *kind_, id_, hash_);
    call.set_failure(
        no_such_route("this app does not serve " + std::string(call.route->full_name)));
    call.finish();
  }

 private:
  entity_engine* engine_;
  hosted_kind* kind_;
  std::string id_;
  std::uint64_t hash_;
};

} // namespace detail

PANDO_INLINE entity_host::entity_host(door_context const& context, millisecond_clock clock)
    : engine_(std::make_unique<detail::entity_engine>(context, clock)) {}
PANDO_INLINE entity_host::~entity_host() = default;

PANDO_INLINE void entity_host::add(entity_kind kind) { engine_->add(std::move(kind)); }

PANDO_INLINE std::shared_ptr<channel> entity_host::channel_to(contract_row const& contract,
                                                              std::string_view id) {
  pando::detail::check_instance_id(contract.controller, id);
  auto* const kind = engine_->find(contract);
  if (kind == nullptr)
    throw std::invalid_argument("pando: this app does not serve " +
                                std::string(contract.controller));
  return std::make_shared<detail::entity_channel>(*engine_, *kind, id);
}

PANDO_LAZY_BODY task<void> entity_host::sweep() { return engine_->sweep(false); }

struct entity_host::sweeper {
  explicit sweeper(boost::asio::any_io_executor const& on) : timer(on), over(on) {}
  boost::asio::steady_timer timer;
  one_shot over;
  bool is_stopped = false;
};

PANDO_LAZY_BODY task<void> entity_host::sweep_until_stopped(detail::entity_engine* engine,
                                                            std::shared_ptr<sweeper> state) {
  boost::system::error_code ignored;
  while (!state->is_stopped) {
    state->timer.expires_after(std::chrono::seconds(1));
    co_await state->timer.async_wait(boost::asio::redirect_error(PANDO_AWAITED, ignored));
    if (!state->is_stopped) co_await engine->sweep(false);
  }
}

PANDO_LAZY_BODY task<void> entity_host::serve() {
  auto const home = co_await boost::asio::this_coro::executor;
  sweeper_ = std::make_shared<sweeper>(home);
  boost::asio::co_spawn(home, sweep_until_stopped(engine_.get(), sweeper_),
                        [state = sweeper_](std::exception_ptr) { state->over.fire(); });
}

PANDO_LAZY_BODY task<void> entity_host::stop() {
  if (auto const state = std::exchange(sweeper_, nullptr)) {
    state->is_stopped = true;
    state->timer.cancel();
    co_await state->over.wait();
  }
  co_await engine_->sweep(true);
}

PANDO_INLINE entity_host::counts entity_host::count() const { return engine_->count(); }

} // namespace pando::cluster
