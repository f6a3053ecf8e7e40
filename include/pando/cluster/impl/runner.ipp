// A runner's rounds: a sign of life, a look at the fleet, shards taken.
#pragma once

#include <algorithm>
#include <cmath>
#include <exception>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <pando/cluster/detail/runner_state.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/lease/clock.hpp>

namespace pando::cluster {

namespace detail {

inline constexpr std::chrono::milliseconds closest_rounds{20};

// Routes

PANDO_INLINE void runner_state::publish(store::fleet_view view) {
  tell_changes(view);
  auto made = std::make_shared<routing>();
  made->fleet = std::move(view);
  made->seen = leases.now();
  for (auto const& one : made->fleet.runners) made->addresses.push_back(one.address);
  auto const& groups = leases.groups();
  for (auto const& group : groups) {
    made->owners.emplace_back(group.shards, std::int32_t{-1});
    made->epochs.emplace_back(group.shards, std::uint64_t{0});
  }
  std::map<std::uint64_t, std::int32_t> places; // by incarnation
  for (std::size_t i = 0; i < made->fleet.runners.size(); ++i)
    places[made->fleet.runners[i].incarnation] = static_cast<std::int32_t>(i);
  for (auto const& owner : made->fleet.owners) {
    auto const group = leases.group_of(owner.group);
    auto const place = places.find(owner.incarnation);
    if (group == groups.size() || owner.shard >= groups[group].shards || place == places.end())
      continue;
    made->owners[group][owner.shard] = place->second;
    made->epochs[group][owner.shard] = owner.epoch;
  }
  {
    std::lock_guard const lock(mutex);
    routes = std::move(made);
  }
  if (user != nullptr) user->routes_changed();
}

PANDO_INLINE std::vector<std::vector<std::string const*>> runner_state::assignment() const {
  std::vector<weighted_runner> able;
  std::vector<std::string const*> addresses;
  for (auto const& one : routes->fleet.runners) {
    bool const is_me = one.incarnation == incarnation;
    if (!is_me && (!one.is_healthy || one.age >= options.lease)) continue;
    if (is_me && !one.is_healthy) continue;
    // Another program's row: what makes no sense there must not stop everybody.
    bool const is_sound = std::isfinite(one.weight) && one.weight >= 0;
    able.push_back({one.address, is_sound ? one.weight : 0});
    addresses.push_back(&one.address);
  }
  std::vector<std::vector<std::string const*>> all;
  for (auto const& group : leases.groups()) {
    auto const owners = assign_shards(group.name, group.shards, able);
    auto& row = all.emplace_back(group.shards, nullptr);
    for (std::uint32_t shard = 0; shard < group.shards; ++shard)
      if (owners[shard] != no_runner) row[shard] = addresses[owners[shard]];
  }
  return all;
}

// Losing

PANDO_INLINE std::vector<store::shard_lease> runner_state::all_held() const {
  std::vector<store::shard_lease> all;
  leases.for_each_held([&](std::size_t group, std::uint32_t shard, std::uint64_t epoch) {
    all.push_back({leases.groups()[group].name, shard, epoch});
  });
  return all;
}

PANDO_INLINE std::vector<std::vector<std::uint64_t>>
runner_state::epochs_of(std::vector<store::shard_lease> const& all) const {
  std::vector<std::vector<std::uint64_t>> epochs;
  for (auto const& group : leases.groups()) epochs.emplace_back(group.shards, std::uint64_t{0});
  for (auto const& one : all) {
    auto const group = leases.group_of(one.group);
    if (group != epochs.size() && one.shard < epochs[group].size())
      epochs[group][one.shard] = one.epoch;
  }
  return epochs;
}

PANDO_INLINE bool runner_state::is_busy(std::vector<store::shard_lease> const& all) const {
  return std::any_of(all.begin(), all.end(), [&](store::shard_lease const& one) {
    return leases.busy(leases.group_of(one.group), one.shard) != 0;
  });
}

PANDO_INLINE void runner_state::drop(std::vector<store::shard_lease> const& all) {
  if (all.empty()) return;
  for (auto const& one : all) leases.lost(leases.group_of(one.group), one.shard);
  counts.shards_lost.add(all.size());
  if (user != nullptr) user->lost(all);
}

PANDO_INLINE void runner_state::drop_all() { drop(all_held()); }

PANDO_INLINE void runner_state::drop_ended() {
  if (leases.now() < leases.until()) return;
  auto const all = all_held();
  if (all.empty()) return;
  events.error("runner " + options.address + ": its leases have ended, " + count_text(all.size()) +
               " stopped; others may take them");
  drop(all);
}

// Rounds

PANDO_LAZY_BODY task<void> runner_state::begin() {
  if (!std::isfinite(options.weight) || options.weight < 0)
    throw std::invalid_argument("pando: a runner's weight is a number, 0 or more");
  storage.on_wake([weak = weak_from_this()](store::wake what) {
    auto const self = weak.lock();
    if (!self) return;
    if (what == store::wake::shards)
      self->wake_up();
    else if (self->user != nullptr)
      self->user->woken(what);
  });
  co_await storage.open();
  for (auto const& group : leases.groups())
    co_await storage.declare_group(group.name, group.shards);
  co_await enlist();
  for (auto const& group : leases.groups()) // nobody came between with another number
    co_await storage.declare_group(group.name, group.shards);
}

PANDO_LAZY_BODY task<void> runner_state::enlist() {
  if (is_client_only()) co_return;
  store::runner_entry const me{options.address, options.weight};
  auto const life = co_await storage.enlist(me);
  incarnation = life.incarnation;
  machine = life.machine;
  is_enlisted = true;
}

PANDO_LAZY_BODY task<void> runner_state::renew() {
  auto const sent = leases.now();
  auto const mine = incarnation.load();
  timed renewal(counts, storage_operation::renew);
  auto const found = co_await storage.renew(mine, options.lease);
  renewal.gone_well();
  renewed_at = sent;
  if (!found.is_enlisted) {
    if (is_stopping) co_return drop_all();
    events.warning("runner " + options.address +
                   ": the storage has forgotten it, or another took its address; it comes anew");
    drop_all();
    is_enlisted = false;
    co_await enlist();
    co_return;
  }
  auto const epochs = epochs_of(found.held);
  std::vector<store::shard_lease> gone;
  leases.for_each_held([&](std::size_t group, std::uint32_t shard, std::uint64_t epoch) {
    if (epochs[group][shard] != epoch) gone.push_back({leases.groups()[group].name, shard, epoch});
  });
  if (!gone.empty())
    events.error("runner " + options.address + ": " + count_text(gone.size()) +
                 " lost before they were renewed");
  drop(gone);
  leases.lasts_until(sent + (options.lease - options.margin).count());
  std::vector<store::shard_lease> back;  // of a request whose answer never came
  std::vector<store::shard_lease> again; // given up, and not released yet
  for (auto const& one : found.held) {
    auto const group = leases.group_of(one.group);
    if (group == leases.groups().size() || one.shard >= leases.groups()[group].shards) continue;
    if (leases.held(group, one.shard) != 0) continue;
    auto const given = given_up.find({group, one.shard});
    bool const is_given = given != given_up.end() && given->second == one.epoch;
    (is_given || is_stopping ? again : back).push_back(one);
  }
  for (auto const& one : back) leases.got(leases.group_of(one.group), one.shard, one.epoch);
  if (!back.empty()) user->gained(back);
  if (again.empty()) co_return;
  timed release(counts, storage_operation::release);
  co_await storage.release(mine, again);
  release.gone_well();
}

PANDO_LAZY_BODY task<void> runner_state::look() {
  timed looking(counts, storage_operation::look);
  auto view = co_await storage.look(options.forget);
  looking.gone_well();
  publish(std::move(view));
}

PANDO_LAZY_BODY task<void> runner_state::take(std::vector<store::shard_key> wanted) {
  auto const sent = leases.now();
  bool const is_first = all_held().empty();
  auto const mine = incarnation.load();
  timed taking(counts, storage_operation::acquire);
  auto const got = co_await storage.acquire(mine, wanted, options.lease);
  taking.gone_well();
  drop_ended();
  if (got.empty() || mine != incarnation) co_return;
  if (is_first || all_held().empty())
    leases.lasts_until(sent + (options.lease - options.margin).count());
  for (auto const& one : got) leases.got(leases.group_of(one.group), one.shard, one.epoch);
  counts.shards_taken.add(got.size());
  events.info("runner " + options.address + ": took " + count_text(got.size()));
  user->gained(got);
  co_await look();
}

PANDO_LAZY_BODY task<void> runner_state::balance() {
  auto const assigned = assignment();
  auto const& groups = leases.groups();
  std::vector<store::shard_key> wanted;
  std::vector<store::shard_lease> unwanted;
  for (std::size_t group = 0; group < groups.size(); ++group)
    for (std::uint32_t shard = 0; shard < groups[group].shards; ++shard) {
      auto const* const owner = assigned[group][shard];
      bool const is_mine = owner != nullptr && *owner == options.address && !is_stopping;
      auto const epoch = leases.held(group, shard);
      if (is_mine && epoch == 0 && routes->owners[group][shard] < 0)
        wanted.push_back({groups[group].name, shard});
      if (!is_mine && epoch != 0 && owner != nullptr && !leases.is_leaving(group, shard))
        unwanted.push_back({groups[group].name, shard, epoch});
    }
  if (!unwanted.empty()) {
    for (auto const& one : unwanted) leases.leaves(leases.group_of(one.group), one.shard);
    if (user != nullptr) user->leaving(unwanted);
    ++giving;
    boost::asio::co_spawn(home, give_away(std::move(unwanted)),
                          [self = shared_from_this()](std::exception_ptr) { --self->giving; });
  }
  if (!wanted.empty()) co_await take(std::move(wanted));
}

PANDO_LAZY_BODY task<void> runner_state::round(bool renews) {
  drop_ended();
  if (!is_client_only() && renews) co_await renew();
  co_await look();
  if (!is_client_only()) co_await balance();
  note_recovery();
}

PANDO_INLINE bool runner_state::is_renewal_due() const noexcept {
  auto const due = renewed_at + (options.renewal - closest_rounds).count();
  return is_in_trouble || leases.now() >= due;
}

PANDO_INLINE std::chrono::milliseconds runner_state::next_in() const {
  if (is_in_trouble) return options.renewal / 4;
  auto next = options.renewal;
  if (!is_client_only())
    next = std::chrono::milliseconds(renewed_at + options.renewal.count() - leases.now());
  for (auto const& one : routes->fleet.owners) // somebody's lease is about to end
    if (one.incarnation != incarnation && one.left < next)
      next = one.left + std::chrono::milliseconds(10);
  return (std::max)(next, closest_rounds);
}

PANDO_INLINE void runner_state::wake_up() {
  is_due = true;
  if (sleeping && !sleeping->has_fired()) sleeping->fire();
}

PANDO_LAZY_BODY task<void> runner_state::sleep(std::chrono::milliseconds time) {
  auto const event = std::make_shared<one_shot>(home);
  std::function<void()> fire = [event] {
    if (!event->has_fired()) event->fire();
  };
  auto const cancel = leases.time().call_after(home, time, std::move(fire));
  sleeping = event;
  co_await event->wait();
  cancel();
}

PANDO_LAZY_BODY task<void> runner_state::loop() {
  auto const keep = shared_from_this();
  while (!is_done) {
    is_due = false;
    auto const began = leases.now();
    std::string trouble;
    try {
      bool const renews = is_renewal_due();
      if (!is_stopping)
        co_await round(renews);
      else if (incarnation != 0 && renews)
        co_await renew(); // owned until it is given away
    } catch (std::exception const& error) {
      trouble = error.what();
    }
    if (!trouble.empty()) note_trouble(trouble);
    drop_ended();
    if (is_done) break;
    if (!is_due) {
      auto const rest = next_in();
      co_await sleep(rest);
    }
    // Whoever wakes it, and however often: a round has its distance from the one before.
    auto const early = began + closest_rounds.count() - leases.now();
    if (early > 0 && !is_done)
      co_await lease::pause(leases.time(), std::chrono::milliseconds(early));
  }
}

} // namespace detail

PANDO_INLINE runner::runner(boost::asio::any_io_executor home, store::storage& storage,
                            std::vector<lease::shard_group> groups, runner_options options,
                            log const& events, lease::time_source const& time)
    : state_(std::make_shared<detail::runner_state>(std::move(home), storage, std::move(groups),
                                                    std::move(options), events, time)) {}
PANDO_INLINE runner::~runner() { state_->user = nullptr; }

PANDO_LAZY_BODY task<void> runner::begin(shard_user& user) {
  state_->user = &user;
  co_await state_->begin();
}

PANDO_LAZY_BODY task<void> runner::start(shard_user& user) {
  co_await begin(user);
  co_await state_->round();
  state_->loop_over = std::make_shared<one_shot>(state_->home);
  boost::asio::co_spawn(
      state_->home, state_->loop(),
      [fire = fires_once(state_->loop_over)](std::exception_ptr) mutable { fire(); });
}

PANDO_LAZY_BODY task<void> runner::stop() { co_await state_->stop(); }
PANDO_LAZY_BODY task<void> runner::round() { co_await state_->round(); }

PANDO_INLINE lease::table& runner::table() noexcept { return state_->leases; }

PANDO_INLINE runner::place runner::where(std::size_t group, std::uint32_t shard) const {
  if (auto const epoch = state_->leases.epoch_of(group, shard); epoch != 0)
    return {{}, epoch, true};
  std::shared_ptr<detail::routing const> seen;
  {
    std::lock_guard const lock(state_->mutex);
    seen = state_->routes;
  }
  if (group >= seen->owners.size() || seen->owners[group][shard] < 0) return {};
  auto const& address = seen->addresses[static_cast<std::size_t>(seen->owners[group][shard])];
  if (address == state_->options.address) return {}; // it is leaving, or has just been lost
  return {address, seen->epochs[group][shard], false};
}

PANDO_INLINE bool runner::knows(std::string_view address) const {
  std::lock_guard const lock(state_->mutex);
  auto const& all = state_->routes->addresses;
  return std::find(all.begin(), all.end(), address) != all.end();
}

PANDO_INLINE void runner::look_soon() {
  boost::asio::post(state_->home, [state = state_] { state->wake_up(); });
}

PANDO_INLINE store::fleet_view runner::fleet() const {
  std::lock_guard const lock(state_->mutex);
  return state_->routes->fleet;
}
PANDO_INLINE std::uint64_t runner::incarnation() const noexcept { return state_->incarnation; }
PANDO_INLINE std::uint16_t runner::machine() const noexcept { return state_->machine; }
PANDO_INLINE runner_options const& runner::options() const noexcept { return state_->options; }
PANDO_INLINE log const& runner::events() const noexcept { return state_->events; }
PANDO_INLINE store::storage& runner::storage() noexcept { return state_->storage; }
PANDO_INLINE boost::asio::any_io_executor const& runner::executor() const noexcept {
  return state_->home;
}

} // namespace pando::cluster

#include <pando/cluster/impl/runner_leaving.ipp>
#include <pando/cluster/impl/runner_news.ipp>
#include <pando/cluster/impl/runner_standing.ipp>
