// Who sees everything: what the storage has granted and recorded, and who acts. Tells the first
// thing that must not be.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pando/cluster/shards.hpp>
#include <pando/testing.hpp>

namespace simulation {

/// The truth of one run. *Thread*: one.
class referee {
 public:
  explicit referee(std::uint32_t shards) : shards_(shards) {}

  std::string const& wrong() const noexcept { return wrong_; }
  /// The first is what counts: what follows may follow from it.
  void accuse(std::string what) {
    if (wrong_.empty() && !is_over_) wrong_ = std::move(what);
  }
  /// Nothing is looked at any more.
  void leave() noexcept { is_over_ = true; }

  // What the storage does, as it does it.

  void enlisted(std::uint64_t incarnation, std::size_t runner) { runner_of_[incarnation] = runner; }
  void granted(std::uint64_t incarnation, pando::store::shard_lease const& which, std::int64_t now,
               std::int64_t ttl) {
    pando::store::shard_key const key{which.group, which.shard};
    auto& at = owners_[key];
    bool const is_same = at.incarnation == incarnation && at.epoch == which.epoch;
    if (!is_same && at.ends > now)
      accuse(text_of(key) + " was granted while " + text_of(at) + " had it");
    if (!is_same && which.epoch <= at.epoch)
      accuse(text_of(key) + " has epoch " + std::to_string(which.epoch) + " after " +
             std::to_string(at.epoch));
    at = {incarnation, which.epoch, now + ttl};
  }
  void released(std::uint64_t incarnation, pando::store::shard_lease const& which) {
    auto& at = owners_[{which.group, which.shard}];
    if (at.incarnation == incarnation && at.epoch == which.epoch) at.ends = 0;
  }
  void withdrawn(std::uint64_t incarnation) {
    for (auto& [shard, at] : owners_)
      if (at.incarnation == incarnation) at.ends = 0;
  }
  /// The fence of who owns the shard, which a storage without fences takes for anybody's.
  pando::store::fence fence_of(pando::store::shard_key const& shard) {
    return {owners_[shard].incarnation, owners_[shard].epoch};
  }

  void stored(pando::store::message const& what) {
    if (what.rpc == "pando/entity_resource")
      records_.emplace(what.id, what.instance + "/" + what.payload);
    else
      waiting_.emplace(what.id, what.rpc + " of " + what.instance);
  }
  /// A write that came too late, and was refused.
  void fenced() noexcept { ++fenced_; }
  std::size_t fences() const noexcept { return fenced_; }
  /// Written by an owner: it must be one at this moment.
  void wrote(pando::store::shard_key const& shard, pando::store::fence const& by,
             std::int64_t now) {
    auto const& at = owners_[shard];
    bool const is_owner = at.ends > now && at.incarnation == by.incarnation && at.epoch == by.epoch;
    if (!is_owner)
      accuse("life " + std::to_string(by.incarnation) + " wrote to " + text_of(shard) +
             " in epoch " + std::to_string(by.epoch) + ", which was " + text_of(at) + "'s");
  }
  void replied(std::uint64_t id, pando::store::answer const& with) {
    waiting_.erase(id);
    if (!replies_.try_emplace(id, with.kind, with.payload).second)
      accuse("the reply of message " + std::to_string(id) + " was recorded twice");
    auto const record = records_.extract(id);
    if (!record.empty() && on_forgotten) on_forgotten(record.mapped());
  }
  void read(pando::store::answer const& one) {
    auto const at = replies_.find(one.id);
    if (at == replies_.end() || at->second != std::pair(one.kind, one.payload))
      accuse("the reply of message " + std::to_string(one.id) + " was changed");
  }
  /// What singletons and cron jobs keep.
  void set(std::string const& name, std::string const& value,
           pando::store::shard_key const& shard, pando::store::fence const& by, std::int64_t now) {
    wrote(shard, by, now);
    auto& kept = values_[name];
    if (on_set) on_set(name, kept, value);
    kept = value;
  }
  void read(std::string const& name, std::optional<std::string> const& got) {
    if (name.starts_with("user/")) return; // handlers write that, together with their answers
    auto const at = values_.find(name);
    if (got.has_value() != (at != values_.end()) || (got && *got != at->second))
      accuse("the value of " + name + " is not what was set last");
  }
  /// Told of each value that is set, with the one before.
  std::function<void(std::string const& name, std::string const& before, std::string const& value)>
      on_set;
  /// What was stored and has no answer: its rpc and its instance, by id.
  std::map<std::uint64_t, std::string> const& waiting() const noexcept { return waiting_; }

  /// How often it is recorded that an instance holds that resource, "INSTANCE/NAME".
  std::size_t records_of(std::string_view resource) const {
    std::size_t count = 0;
    for (auto const& [id, which] : records_) count += which == resource ? 1U : 0U;
    return count;
  }
  /// Told when one of these records has gone.
  std::function<void(std::string const& resource)> on_forgotten;

  // What runners do.

  /// Whether that runner owns the instance's shard now.
  bool owns(std::size_t runner, std::string_view id, std::int64_t now) const {
    return owns(runner, shard_of(id), now);
  }
  bool owns(std::size_t runner, pando::store::shard_key const& shard, std::int64_t now) const {
    auto const at = owners_.find(shard);
    if (at == owners_.end() || at->second.ends <= now) return false;
    return runner_of_.at(at->second.incarnation) == runner;
  }
  /// Whether it does, in that epoch.
  bool owns(std::size_t runner, std::string_view id, std::uint64_t epoch, std::int64_t now) const {
    auto const shard = shard_of(id);
    return owns(runner, shard, now) && owners_.at(shard).epoch == epoch;
  }
  /// An instance is made there. Gives the epoch it is of.
  std::uint64_t made(std::size_t runner, std::string_view id, std::int64_t now) {
    auto const shard = shard_of(id);
    if (!owns(runner, id, now))
      accuse("runner " + std::to_string(runner) + " ran " + std::string(id) + " of " +
             text_of(shard) + ", which was " + text_of(owners_[shard]) + "'s");
    return owners_[shard].epoch;
  }
  /// A handler of the instance that was made in that epoch begins.
  void acts(std::size_t runner, std::string_view id, std::uint64_t epoch, std::int64_t now) {
    if (made(runner, id, now) != epoch)
      accuse("runner " + std::to_string(runner) + " ran " + std::string(id) +
             " as it was in epoch " + std::to_string(epoch) + ", in epoch " +
             std::to_string(owners_[shard_of(id)].epoch));
  }
  /// A runner says that it has the shard in that epoch.
  void holds(std::size_t runner, pando::store::shard_key const& shard, std::uint64_t epoch,
             std::int64_t now) {
    auto const& at = owners_[shard];
    if (owns(runner, shard, now) && at.epoch == epoch) return;
    accuse("runner " + std::to_string(runner) + " believes to own " + text_of(shard) +
           " in epoch " + std::to_string(epoch) + ", which was " + text_of(at) + "'s");
  }

 private:
  struct owner {
    std::uint64_t incarnation = 0;
    std::uint64_t epoch = 0;
    std::int64_t ends = 0;
  };

  pando::store::shard_key shard_of(std::string_view id) const {
    return {"default", pando::cluster::shard_of("default", id, shards_)};
  }
  static std::string text_of(pando::store::shard_key const& which) {
    return "shard " + std::to_string(which.shard) + " of " + which.group;
  }
  std::string text_of(owner const& one) const {
    if (one.incarnation == 0) return "nobody";
    auto const who = runner_of_.find(one.incarnation);
    auto const number = who == runner_of_.end() ? "?" : std::to_string(who->second);
    return "runner " + number + " (epoch " + std::to_string(one.epoch) + ", until " +
           std::to_string(one.ends) + ")";
  }

  std::uint32_t shards_;
  std::string wrong_;
  bool is_over_ = false;
  std::size_t fenced_ = 0;
  std::map<std::uint64_t, std::size_t> runner_of_;
  std::map<pando::store::shard_key, owner> owners_;
  std::map<std::uint64_t, std::string> waiting_;
  std::map<std::uint64_t, std::string> records_; ///< of resources that are held
  std::map<std::string, std::string> values_;
  std::map<std::uint64_t, std::pair<pando::store::answer_kind, std::string>> replies_;
};

/// One runner's handle on the storage, under the referee's eyes; without `has_fence` it lets
/// anybody write.
class watched_storage final : public pando::testing::storage_decorator {
 public:
  watched_storage(std::size_t runner, std::unique_ptr<pando::store::storage> inside,
                  pando::lease::time_source const& time, referee& by, bool has_fence)
      : storage_decorator(std::move(inside)), runner_(runner), time_(time), referee_(by),
        has_fence_(has_fence) {}

  pando::task<pando::store::enlistment> enlist(pando::store::runner_entry const& who) override {
    auto got = co_await inner().enlist(who);
    referee_.enlisted(got.incarnation, runner_);
    co_return got;
  }
  pando::task<pando::store::renewal> renew(std::uint64_t incarnation, milliseconds ttl) override {
    auto got = co_await inner().renew(incarnation, ttl);
    for (auto const& one : got.held) referee_.granted(incarnation, one, time_.now(), ttl.count());
    co_return got;
  }
  pando::task<std::vector<pando::store::shard_lease>>
  acquire(std::uint64_t incarnation, std::vector<pando::store::shard_key> const& wanted,
          milliseconds ttl) override {
    auto got = co_await inner().acquire(incarnation, wanted, ttl);
    for (auto const& one : got) referee_.granted(incarnation, one, time_.now(), ttl.count());
    co_return got;
  }
  pando::task<void> release(std::uint64_t incarnation,
                            std::vector<pando::store::shard_lease> const& held) override {
    co_await inner().release(incarnation, held);
    for (auto const& one : held) referee_.released(incarnation, one);
  }
  pando::task<void> withdraw(std::uint64_t incarnation) override {
    co_await inner().withdraw(incarnation);
    referee_.withdrawn(incarnation);
  }
  pando::task<void> apply(std::span<pando::store::message_operation> all) override {
    std::vector<std::optional<pando::store::fence>> by;
    for (auto& one : all) {
      by.push_back(one.by);
      if (one.by && !has_fence_) one.by = referee_.fence_of({one.what.group, one.what.shard});
    }
    co_await inner().apply(all);
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].by = by[i];
      look(all[i]);
    }
  }
  pando::task<bool> set_value(std::string const& name, std::string const& value,
                              pando::store::shard_key const& shard,
                              pando::store::fence const& by) override {
    auto const with = has_fence_ ? by : referee_.fence_of(shard);
    bool const is_set = co_await inner().set_value(name, value, shard, with);
    if (is_set) referee_.set(name, value, shard, by, time_.now());
    else referee_.fenced();
    co_return is_set;
  }
  pando::task<std::optional<std::string>> value(std::string const& name) override {
    auto got = co_await inner().value(name);
    referee_.read(name, got);
    co_return got;
  }
  pando::task<std::vector<pando::store::answer>> answers(ids const& which) override {
    auto got = co_await inner().answers(which);
    for (auto const& one : got) referee_.read(one);
    co_return got;
  }

 private:
  void look(pando::store::message_operation const& one) {
    using enum pando::store::message_operation::action;
    bool const is_done = one.outcome == pando::store::storage_outcome::stored;
    auto const asked = one.what_to_do;
    if (is_done && one.by && asked != find && asked != interrupt)
      referee_.wrote({one.what.group, one.what.shard}, *one.by, time_.now());
    if (one.by && one.outcome == pando::store::storage_outcome::fenced) referee_.fenced();
    if (is_done && asked == save) referee_.stored(one.what);
    auto const own = asked == answer ? one.end.id : one.what.id;
    if (is_done && (asked == answer || asked == save_answered))
      referee_.replied(one.found_id != 0 ? one.found_id : own, one.end);
    else if (one.found)
      referee_.read(*one.found);
  }

  std::size_t runner_;
  pando::lease::time_source const& time_;
  referee& referee_;
  bool has_fence_;
};

} // namespace simulation
