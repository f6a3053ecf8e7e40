// Rows about the fleet, out of what the host and the runner know, and the metrics of both.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/cluster/detail/resource_markers.hpp>
#include <pando/cluster/detail/stored_text.hpp>
#include <pando/cluster/fleet_counts.hpp>
#include <pando/cluster/inspection.hpp>
#include <pando/cluster/inspector.hpp>
#include <pando/cluster/message_ids.hpp>
#include <pando/handler/call.hpp>
#include <pando/runtime/metrics.hpp>
#include <pando/schema/table.hpp>

namespace pando::cluster {

namespace detail {

/// One route of `inspection`, as its `self`.
struct inspected {
  enum class kind : std::uint8_t { status, runners, shards, entities, messages, health };
  void* view = nullptr;
  route_row const* row = nullptr;
  kind what = kind::status;
};
struct inspection_request {
  shard_filter filter{};
  message_filter messages{};
  runner_mark mark{};
};

/// `up`, `down` or `silent`.
inline std::string_view state_of(store::runner_row const& one, runner_options const& options) {
  if (!one.is_healthy) return "down";
  return one.age < options.lease ? "up" : "silent";
}

/// A fleet's runners by their incarnations.
inline std::map<std::uint64_t, store::runner_row const*> runners_of(store::fleet_view const& of) {
  std::map<std::uint64_t, store::runner_row const*> all;
  for (auto const& one : of.runners) all[one.incarnation] = &one;
  return all;
}

} // namespace detail

/// What it looks at. Calls that are under way keep it.
struct inspector::view : std::enable_shared_from_this<view> {
  explicit view(entity_host& of) : host(of) {}

  entity_host& host;
  std::array<detail::inspected, 6> routes{};
  mutable std::mutex mutex{}; ///< for `fleet`
  std::shared_ptr<runner> fleet{};
  std::atomic<std::int64_t> waiting{-1}; ///< stored calls, when they were last counted
  std::atomic<std::int64_t> counted_at{0}; ///< in milliseconds of the steady clock; 0: never

  std::shared_ptr<runner> fleet_now() const {
    std::lock_guard const lock(mutex);
    return fleet;
  }

  /// `oldest`: some of the calls that are due, the oldest first.
  cluster_status status(runner* at, std::optional<store::message_counts> const& counted,
                        store::listed_messages const& oldest) const;
  /// Why calls wait that no version of the program is there for, as far as this one can tell.
  std::string why_unserved(store::listed_messages const& oldest) const;
  static bool can_count(runner const& at);
  /// That an instance holds a resource is kept as a message, which is no call.
  std::string_view uncounted_rpc() const {
    return host.has_resources() ? detail::marker_rpc : std::string_view();
  }
  void of_fleet(cluster_status& to, runner& at) const;
  std::string advice(cluster_status const& of, runner* at) const;
  static std::vector<runner_info> runners(runner* at);
  std::vector<shard_info> shards(runner* at, shard_filter const& wanted) const;
  std::vector<entity_info> entities(runner* at) const;
  stored_messages messages(runner* at, store::listed_messages&& all) const;
  void write_entities(metrics_writer& to) const;
  void write_fleet(metrics_writer& to, runner& at) const;
  void write_persisted(metrics_writer& to, runner& at) const;
  PANDO_LAZY void count_soon(std::shared_ptr<runner> const& at);
  PANDO_LAZY static task<void> count(std::shared_ptr<view> self, std::shared_ptr<runner> at);
};

// Rows

PANDO_INLINE void inspector::view::of_fleet(cluster_status& to, runner& at) const {
  auto const seen = at.fleet();
  auto const now = at.stands();
  auto const& groups = at.table().groups();
  to.role = at.options().address.empty() ? "client" : "runner";
  to.address = at.options().address;
  to.store = at.storage().describe();
  to.enlisted = now.is_enlisted;
  to.lease_left = now.lease_left;
  to.runners = seen.runners.size();
  for (auto const& one : seen.runners)
    to.runners_up += detail::state_of(one, at.options()) == "up";
  for (auto const& group : groups) to.shards += group.shards;
  at.table().for_each_held([&](std::size_t, std::uint32_t, std::uint64_t) { ++to.shards_held; });
  for (auto const mine : at.assigned()) to.shards_assigned += mine;
  std::uint64_t owned = 0;
  for (auto const& one : seen.owners) owned += at.table().group_of(one.group) != groups.size();
  to.shards_unowned = to.shards - (std::min)(owned, to.shards);
  to.unreadable_since_start = at.counts().unreadable.value();
  if (now.trouble.empty()) return;
  to.trouble = now.trouble;
  to.trouble_for = now.in_trouble;
}

PANDO_INLINE std::string inspector::view::advice(cluster_status const& of, runner* at) const {
  if (at == nullptr) return "nothing; serve --store lets other processes share the entities";
  auto const seconds = [](std::chrono::milliseconds time) {
    return std::to_string(time.count() / 1000) + " s";
  };
  if (of.trouble)
    return "look after the storage: this process goes on by itself when it answers; the fleet is "
           "shown as it was last seen, " + seconds(at->fleet_age()) + " ago";
  if (auto const why = at->why_not_ready(); !why.empty())
    return why + "; this process tries again by itself";
  auto const seen = at->fleet();
  for (auto const& one : seen.runners)
    if (detail::state_of(one, at->options()) == "silent")
      return "runner " + one.address + " has given no sign of life for " +
             seconds(one.age + at->fleet_age()) +
             ": look at its process and its log, and whether it can write to the storage";
  if (of.runners_up != 0)
    for (auto const& one : seen.runners)
      if (!one.is_healthy)
        return "runner " + one.address + " is marked down, and gets no shards: cluster health " +
               one.address + " up gives it some, unless it is stopping";
  for (auto const& one : host.count_kinds())
    if (one.failing != 0)
      return std::to_string(one.failing) + " of the instances of " + std::string(one.entity) +
             " here failed in their last call: look into the log";
  if (of.runners_up == 0)
    return "start a runner, or mark one up (cluster health ADDRESS up): nobody takes shards";
  if (of.unreadable_since_start != 0)
    return "cluster messages --state unreadable shows stored requests that this version of the "
           "program could not read: they are answered for good, so make the calls again";
  bool const takes_any =
      std::any_of(seen.runners.begin(), seen.runners.end(), [&](store::runner_row const& one) {
        return one.weight > 0 && detail::state_of(one, at->options()) == "up";
      });
  if (of.shards_unowned != 0 && !takes_any)
    return "start a runner with --weight above 0: all that are up have weight 0, and take no "
           "shards";
  if (of.shards_unowned != 0) return "wait: shards without an owner are taken within a lease";
  return "nothing";
}

PANDO_INLINE std::string
inspector::view::why_unserved(store::listed_messages const& oldest) const {
  constexpr std::int64_t long_enough = 10'000; // in milliseconds: runners come and go
  auto const now = oldest.now.time_since_epoch().count();
  auto const kinds = host.count_kinds();
  for (auto const& one : oldest.all) {
    bool const is_known =
        std::any_of(kinds.begin(), kinds.end(),
                    [&](kind_counts const& each) { return each.entity == one.what.entity; });
    if (is_known || now - message_ids::made_at(one.what.id) < long_enough) continue;
    return "stored calls of entity " + one.what.entity +
           " wait, which this version of the program does not have: serve one that has it too "
           "(cluster messages --entity " + one.what.entity + " lists them)";
  }
  return {};
}

PANDO_INLINE cluster_status
inspector::view::status(runner* at, std::optional<store::message_counts> const& counted,
                        store::listed_messages const& oldest) const {
  cluster_status made;
  made.role = "alone";
  if (at != nullptr) of_fleet(made, *at);
  auto const all = host.count();
  made.instances = all.instances;
  made.calls_waiting = all.waiting;
  if (at != nullptr) made.persisted_running = host.count_persisted({});
  if (counted) {
    made.messages_waiting = counted->waiting;
    made.messages_answered = counted->answered;
  }
  made.advice = advice(made, at);
  if (made.advice != "nothing") return made;
  if (auto const why = why_unserved(oldest); !why.empty()) made.advice = why;
  return made;
}

PANDO_INLINE std::vector<runner_info> inspector::view::runners(runner* at) {
  std::vector<runner_info> all;
  if (at == nullptr) return all;
  auto const seen = at->fleet();
  auto const age = at->fleet_age();
  std::map<std::uint64_t, std::uint64_t> owned; // by incarnation
  for (auto const& shard : seen.owners) ++owned[shard.incarnation];
  for (auto const& one : seen.runners) {
    auto& made = all.emplace_back();
    made.address = one.address;
    made.here = one.incarnation == at->incarnation();
    made.state = detail::state_of(one, at->options());
    made.shards = owned[one.incarnation];
    made.weight = one.weight;
    made.machine = one.machine;
    made.last_sign = one.age + age;
    made.uptime = one.uptime + age;
  }
  std::sort(all.begin(), all.end(),
            [](auto const& a, auto const& b) { return a.address < b.address; });
  return all;
}

PANDO_INLINE std::vector<shard_info> inspector::view::shards(runner* at,
                                                             shard_filter const& wanted) const {
  std::vector<shard_info> all;
  if (at == nullptr) return all;
  auto const& table = at->table();
  auto const seen = at->fleet();
  auto const age = at->fleet_age();
  auto const mine = at->stands().lease_left;
  std::vector<std::size_t> firsts; // of each group, among all
  for (std::size_t group = 0; group < table.groups().size(); ++group) {
    firsts.push_back(all.size());
    for (std::uint32_t shard = 0; shard < table.groups()[group].shards; ++shard) {
      shard_info made;
      made.group = table.groups()[group].name;
      made.shard = shard;
      made.state = "unowned";
      made.busy = table.busy(group, shard);
      if (auto const epoch = table.held(group, shard); epoch != 0) {
        made.state = table.is_leaving(group, shard) ? "leaving" : "here";
        made.owner = at->options().address;
        made.epoch = epoch;
        made.lease_left = mine;
      }
      all.push_back(std::move(made));
    }
  }
  auto const runners = detail::runners_of(seen);
  for (auto const& one : seen.owners) {
    auto const group = table.group_of(one.group);
    if (group == firsts.size() || one.shard >= table.groups()[group].shards) continue;
    auto& found = all[firsts[group] + one.shard];
    if (found.owner || one.left <= age) continue;
    if (one.incarnation == at->incarnation()) continue; // it has just been given away
    found.state = "elsewhere";
    auto const owner = runners.find(one.incarnation);
    if (owner != runners.end()) found.owner = owner->second->address;
    found.epoch = one.epoch;
    found.lease_left = one.left - age;
  }
  std::erase_if(all, [&](shard_info const& each) {
    return (wanted.group && *wanted.group != each.group) ||
           (wanted.owner && wanted.owner != each.owner) ||
           (wanted.state && wanted.state->get() != each.state);
  });
  return all;
}

PANDO_INLINE std::vector<entity_info> inspector::view::entities(runner* at) const {
  std::vector<entity_info> all;
  for (auto const& one : host.count_kinds()) {
    auto& made = all.emplace_back();
    made.entity = one.entity;
    made.group = one.group;
    made.instances = one.instances;
    made.waiting = one.waiting;
    made.failing = one.failing;
    made.defects = one.defects;
    made.activations = one.activations;
    made.passivations = one.passivations;
    if (at != nullptr) made.persisted_running = host.count_persisted(one.entity);
  }
  return all;
}

namespace detail {

inline constexpr std::array<std::string_view, store::message_states> message_state_names{
    "unreadable", "failed", "taken", "waiting", "scheduled"};

inline store::message_filter stored_filter(message_filter const& wanted) {
  store::message_filter made;
  for (std::size_t at = 0; wanted.state && at < message_state_names.size(); ++at)
    if (message_state_names[at] == wanted.state->get())
      made.state = static_cast<store::message_state>(at);
  made.entity = wanted.entity;
  made.instance = wanted.instance;
  made.no_rpc = marker_rpc; // it is no call
  made.most = std::uint32_t{wanted.limit.get()};
  return made;
}

inline message_info info_of(store::listed_message&& one, std::int64_t now) {
  using std::chrono::milliseconds;
  message_info made;
  made.state = message_state_names[static_cast<std::size_t>(one.state)];
  made.id = one.what.id;
  made.entity = std::move(one.what.entity);
  made.instance = as_utf8(std::move(one.what.instance));
  made.rpc = std::move(one.what.rpc);
  made.group = std::move(one.what.group);
  made.shard = one.what.shard;
  made.age = milliseconds((std::max)(now - message_ids::made_at(one.what.id), std::int64_t{0}));
  if (one.state == store::message_state::scheduled && one.what.deliver_at)
    made.due_in = milliseconds(one.what.deliver_at->time_since_epoch().count() - now);
  if (!one.end.empty()) made.why = why_it_failed(one.end);
  return made;
}

} // namespace detail

PANDO_INLINE stored_messages inspector::view::messages(runner* at,
                                                       store::listed_messages&& all) const {
  using state = store::message_state;
  stored_messages made;
  std::map<std::pair<std::string_view, std::uint64_t>, shard_info const*> places;
  auto const owners = shards(at, {});
  for (auto const& one : owners) places[{one.group, one.shard}] = &one;
  std::array<std::size_t, store::message_states> counts{};
  for (auto& one : all.all) {
    auto const is = one.state;
    ++counts[static_cast<std::size_t>(is)];
    auto info = detail::info_of(std::move(one), all.now.time_since_epoch().count());
    auto const place = places.find({info.group, info.shard});
    if (place != places.end()) info.owner = place->second->owner;
    if (is == state::waiting && !info.owner) info.why = "no runner owns its shard";
    made.messages.push_back(std::move(info));
  }
  auto const count = [&](state of) { return counts[static_cast<std::size_t>(of)]; };
  if (at == nullptr) made.advice = "nothing; without --store the calls are in this process alone";
  else if (made.messages.empty())
    made.advice = all.is_cut ? "none of those that were looked at is such a message"
                             : "nothing; there are no such messages";
  else if (count(state::unreadable) != 0)
    made.advice = "make the unreadable calls again, with keys of their own: they are answered for "
                  "good, whatever version is served, and kept for a while";
  else if (count(state::failed) != 0) made.advice = "look into the log for what has failed";
  else if (count(state::waiting) != 0)
    made.advice = "look at their owners (cluster runners, cluster status): they take what is due";
  else made.advice = "nothing";
  if (all.is_more)
    made.advice += "; there may be more (--limit, --state, --entity, --instance)";
  else if (all.is_cut)
    made.advice += "; there may be more behind the " +
                   std::to_string(store::most_messages_looked_at) +
                   " of each state that are looked at, evenly of each shard";
  return made;
}

// Routes

namespace detail {

/// Why a runner cannot be marked; empty: it was. *Thread*: the fleet's.
PANDO_LAZY inline task<std::string> mark_runner(runner& at, runner_mark const& what) {
  bool const is_up = what.state.get() == "up";
  auto const alive = at.options().lease;
  bool const is_done = co_await at.storage().mark(what.address, is_up, alive);
  if (is_done) {
    auto const line = "runner " + what.address + " is marked " + what.state.get() + " by hand";
    if (is_up) at.events().info(line);
    else at.events().warning(line + ": its shards leave it");
    at.look_soon();
    co_return std::string();
  }
  auto const seen = co_await at.storage().look(at.options().forget);
  for (auto const& one : seen.runners)
    if (one.address == what.address)
      co_return "runner " + what.address +
          " is the last that is up, and keeps its shards; start another, or mark one up, first";
  co_return "there is no runner at " + what.address + "; `cluster runners` lists them";
}

template <class Row>
void answer_with(call& which, Row value) {
  which.answer(&pando::detail::type_table<Row>, &value);
}

} // namespace detail

/// Whether the storage answers, so that nobody waits for it in vain.
PANDO_INLINE bool inspector::view::can_count(runner const& at) {
  auto const now = at.stands();
  return now.trouble.empty() && now.silent < at.options().lease;
}

/// Runs one route of `inspection`: what the runner's loop knows is read there.
PANDO_LAZY_BODY task<void> inspector::inspect(detail::inspected const* at, call* which,
                                              detail::inspection_request in) {
  using kind = detail::inspected::kind;
  // Back on the call's executor, whatever happens meanwhile.
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  auto const self = static_cast<view*>(at->view)->shared_from_this();
  auto const fleet = self->fleet_now();
  auto const home = which->executor();
  std::optional<store::message_counts> counted;
  store::listed_messages listed;
  auto const wanted = detail::stored_filter(in.messages);
  store::message_filter oldest;
  oldest.state = store::message_state::waiting;
  oldest.no_rpc = detail::marker_rpc;
  oldest.most = 20;
  cluster_status status;
  std::string refusal;
  std::string trouble;
  if (fleet) co_await call::move_to(fleet->executor());
  bool const is_there = fleet && fleet == self->fleet_now(); // it may have ended meanwhile
  try {
    if (is_there && at->what == kind::status && view::can_count(*fleet))
      counted = co_await fleet->storage().count(self->uncounted_rpc());
    if (counted && counted->waiting != 0) listed = co_await fleet->storage().list(oldest);
    if (is_there && at->what == kind::messages) listed = co_await fleet->storage().list(wanted);
    if (is_there && at->what == kind::health)
      refusal = co_await detail::mark_runner(*fleet, in.mark);
  } catch (std::exception const& error) {
    trouble = error.what();
  }
  if (at->what == kind::status)
    status = self->status(is_there ? fleet.get() : nullptr, counted, listed);
  if (fleet) co_await call::move_to(home);
  auto* const seen = is_there ? fleet.get() : nullptr;
  if (at->what == kind::status) detail::answer_with(*which, std::move(status));
  else if (at->what == kind::runners) detail::answer_with(*which, view::runners(seen));
  else if (at->what == kind::shards) detail::answer_with(*which, self->shards(seen, in.filter));
  else if (at->what == kind::entities) detail::answer_with(*which, self->entities(seen));
  else if (at->what == kind::messages && !trouble.empty())
    which->fail(internal_failure("the messages cannot be read: " + trouble));
  else if (at->what == kind::messages)
    detail::answer_with(*which, self->messages(seen, std::move(listed)));
  else if (seen == nullptr)
    which->fail(invalid_request("this app has no fleet: it is served without --store"));
  else if (!trouble.empty())
    which->fail(internal_failure("the runner is not marked: " + trouble));
  else if (!refusal.empty()) which->fail(invalid_request(refusal));
  else which->answer(nullptr, nullptr);
}

PANDO_LAZY_BODY void inspector::run(void const* self, call& which) {
  auto const& at = *static_cast<detail::inspected const*>(self);
  detail::inspection_request in;
  try {
    void* request = &in.filter;
    if (at.what == detail::inspected::kind::messages) request = &in.messages;
    if (at.what == detail::inspected::kind::health) request = &in.mark;
    if (at.row->request != nullptr && !which.decode(*at.row->request, request))
      return which.finished();
    which.run(inspect(&at, &which, std::move(in)), *at.row);
  } catch (...) {
    fail_with_current_exception(which, *at.row);
    which.finished();
  }
}

PANDO_INLINE inspector::inspector(entity_host& host) : view_(std::make_shared<view>(host)) {}
PANDO_INLINE inspector::~inspector() = default;

PANDO_LAZY_BODY void inspector::add_to(served_routes& routes) {
  auto const& contract = contract_table<inspection>;
  routes.add(contract);
  for (std::size_t i = 0; i < view_->routes.size(); ++i) {
    auto& made = view_->routes[i];
    made = {view_.get(), &contract.routes[i], static_cast<detail::inspected::kind>(i)};
    route_entry const entry = &inspector::run;
    routes.add({made.row, entry, &made});
  }
}

PANDO_INLINE void inspector::looks_at(std::shared_ptr<runner> fleet) {
  std::lock_guard const lock(view_->mutex);
  view_->fleet = std::move(fleet);
}

PANDO_INLINE std::string inspector::why_not_ready() const {
  auto const fleet = view_->fleet_now();
  return fleet ? fleet->why_not_ready() : std::string();
}

} // namespace pando::cluster

#include <pando/cluster/impl/inspector_metrics.ipp>
