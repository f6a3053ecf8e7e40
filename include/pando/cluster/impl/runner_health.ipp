// Rounds of asking and marking.
#pragma once

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pando/cluster/runner_health.hpp>
#include <pando/handler/awaited.hpp>
#include <pando/handler/one_shot.hpp>

namespace pando::cluster {

struct health_watch::state {
  state(runner& of, std::shared_ptr<runner_health> asked, log const& to,
        std::chrono::milliseconds time)
      : fleet(of), by(std::move(asked)), events(to), every(time), timer(of.executor()),
        over(of.executor()) {}

  runner& fleet;
  std::shared_ptr<runner_health> by;
  log const& events;
  std::chrono::milliseconds every;
  boost::asio::steady_timer timer;
  boost::asio::cancellation_signal end{};
  one_shot over;
  std::vector<std::string> kept{}; ///< not able, and marked all the same by nobody: the last
  bool is_started = false;
  bool is_stopped = false;
  bool is_in_trouble = false;

  void note(std::string const& trouble) {
    bool const is_new = is_in_trouble != !trouble.empty();
    is_in_trouble = !trouble.empty();
    if (!is_new || is_stopped) return;
    if (is_in_trouble)
      events.warning("health of runners, " + by->describe() + ": " + trouble +
                     "; nothing changes until it answers");
    else
      events.info("health of runners, " + by->describe() + " answers again");
  }
  void told_of(std::string const& address, bool is_able, bool is_marked) {
    auto const at = std::find(kept.begin(), kept.end(), address);
    bool const was_kept = at != kept.end();
    if (is_marked && was_kept) kept.erase(at);
    if (is_marked)
      return events.info("health of runners, " + by->describe() + ": " + address +
                         (is_able ? " is able again" : " is not able, and shards leave it"));
    if (was_kept || is_able) return;
    kept.push_back(address);
    events.warning("health of runners, " + by->describe() + ": " + address +
                   " is not able, and keeps its shards: it is the last that is up");
  }

  PANDO_LAZY task<void> round();
  /// Whether the storage has a runner of that address now.
  PANDO_LAZY task<bool> knows(std::string const& address);
  PANDO_LAZY static task<void> loop(std::shared_ptr<state> self);
};

PANDO_LAZY_BODY task<bool> health_watch::state::knows(std::string const& address) {
  auto const seen = co_await fleet.storage().look(fleet.options().forget);
  co_return std::any_of(seen.runners.begin(), seen.runners.end(),
                        [&](auto const& one) { return one.address == address; });
}

PANDO_LAZY_BODY task<void> health_watch::state::round() {
  auto const seen = fleet.fleet();
  std::vector<std::string> addresses;
  for (auto const& one : seen.runners) addresses.push_back(one.address);
  auto const able = co_await by->able(addresses);
  bool is_changed = false;
  for (std::size_t i = 0; i < able.size() && i < addresses.size(); ++i) {
    if (!able[i]) continue;
    if (*able[i]) std::erase(kept, addresses[i]);
    if (*able[i] == seen.runners[i].is_healthy) continue;
    auto const alive = fleet.options().lease;
    bool const is_marked = co_await fleet.storage().mark(addresses[i], *able[i], alive);
    bool is_there = is_marked;
    if (!is_marked) is_there = co_await knows(addresses[i]);
    if (is_there) told_of(addresses[i], *able[i], is_marked);
    else std::erase(kept, addresses[i]);
    is_changed = is_changed || is_marked;
  }
  if (is_changed) fleet.look_soon();
}

PANDO_LAZY_BODY task<void> health_watch::state::loop(std::shared_ptr<state> self) {
  boost::system::error_code ignored;
  while (!self->is_stopped) {
    std::string trouble;
    try {
      co_await self->round();
    } catch (std::exception const& error) {
      trouble = error.what();
    } catch (...) {
      trouble = "it failed with what is no std::exception";
    }
    self->note(trouble);
    if (self->is_stopped) break;
    self->timer.expires_after(self->every);
    co_await self->timer.async_wait(boost::asio::redirect_error(PANDO_AWAITED, ignored));
  }
}

PANDO_INLINE health_watch::health_watch(runner& fleet, std::shared_ptr<runner_health> by,
                                        log const& events, std::chrono::milliseconds every)
    : state_(std::make_shared<state>(fleet, std::move(by), events, every)) {}
PANDO_INLINE health_watch::~health_watch() = default;

PANDO_LAZY_BODY void health_watch::start() {
  state_->is_started = true;
  boost::asio::co_spawn(
      state_->fleet.executor(), state::loop(state_),
      boost::asio::bind_cancellation_slot(
          state_->end.slot(), [self = state_](std::exception_ptr) { self->over.fire(); }));
}

PANDO_LAZY_BODY task<void> health_watch::stop() {
  auto const keep = state_;
  if (!keep->is_started || std::exchange(keep->is_stopped, true)) co_return;
  keep->end.emit(boost::asio::cancellation_type::terminal);
  keep->timer.cancel();
  if (!keep->over.has_fired()) co_await keep->over.wait();
}

} // namespace pando::cluster
