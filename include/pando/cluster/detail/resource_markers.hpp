// That instances hold resources, as the storage knows it: by one stored message for each, which has
// no answer as long as the resource is held, and so wakes the instance wherever its shard goes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pando/cluster/detail/committer.hpp>
#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/cluster/detail/persistence.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/lease/table.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando::cluster::detail {

/// What such a message has in place of an rpc's name; its payload is the resource's name.
inline constexpr std::string_view marker_rpc = "pando/entity_resource";

/// A template because its `committer` is one.
template <class Lazy>
class resource_markers final : public resource_records,
                               public std::enable_shared_from_this<resource_markers<Lazy>> {
 public:
  resource_markers(entity_engine& engine, runner& fleet, std::shared_ptr<committer<Lazy>> to,
                   std::function<std::uint64_t()> new_id)
      : engine_(engine), fleet_(fleet), leases_(fleet.table()), committer_(std::move(to)),
        new_id_(std::move(new_id)) {}

  static bool is_marker(store::message const& what) noexcept { return what.rpc == marker_rpc; }

  void save(store::message of, std::uint64_t epoch,
            std::function<void(std::string)> done) override {
    auto const made = std::make_shared<marker>();
    made->what = std::move(of);
    made->what.rpc = std::string(marker_rpc);
    made->epoch = epoch;
    made->group = leases_.group_of(made->what.group);
    {
      std::lock_guard const lock(mutex_);
      auto const key = key_of(made->what);
      auto& known = known_[key];
      if (known == nullptr || known->epoch != epoch) {
        known = made;
        auto const was = released_.find(key);
        if (was != released_.end() && was->second->epoch == epoch)
          made->surplus.swap(was->second->surplus);
      }
    }
    if (!is_known(*made)) return done({}); // the storage has one
    write(made, std::move(done));
  }

  void remove(store::message const& of, std::uint64_t epoch,
              std::function<void(std::string)> done) override {
    auto const key = key_of(of);
    marker_ptr found;
    {
      std::lock_guard const lock(mutex_);
      auto const at = known_.find(key);
      if (at != known_.end() && at->second->epoch == epoch) found = at->second;
    }
    if (!found) return done({});
    remove_next(found, std::move(done));
  }

  earlier_record earlier(store::message const& of, std::uint64_t epoch) const override {
    std::lock_guard const lock(mutex_);
    auto const at = known_.find(key_of(of));
    bool const is_known = at != known_.end() && at->second->epoch == epoch;
    if (is_known && at->second->is_of_others) return earlier_record::yes;
    bool const is_all = has_caught_up(leases_.group_of(of.group), of.shard, epoch);
    return is_all ? earlier_record::no : earlier_record::not_known;
  }

  void when_known(store::message const& of, std::uint64_t epoch,
                  std::function<void()> done) override {
    bool const is_known = earlier(of, epoch) != earlier_record::not_known;
    if (is_known) return done();
    std::lock_guard const lock(mutex_);
    curious_.push_back({leases_.group_of(of.group), of.shard, epoch, std::move(done)});
  }

  // *Thread*: the runner's.

  /// False: its shard is not held just now, and may be again in the same epoch.
  bool accept(store::taken_message&& taken) {
    if (taken.is_taken_before) return true;
    auto const made = std::make_shared<marker>();
    made->what = std::move(taken.what);
    made->group = leases_.group_of(made->what.group);
    made->epoch = leases_.held(made->group, made->what.shard);
    if (made->epoch == 0) return false;
    made->is_of_others = true;
    auto const key = key_of(made->what);
    marker_ptr surplus; // of whoever has another, or has released it
    {
      std::lock_guard const lock(mutex_);
      auto const doubted = doubtful_.find(made->what.id);
      if (doubted != doubtful_.end() && doubted->second->epoch == made->epoch) return true;
      auto const was = released_.find(key);
      bool const is_late = was != released_.end() && was->second->epoch == made->epoch;
      auto const at = known_.find(key);
      if (at != known_.end() && at->second->epoch == made->epoch) {
        surplus = at->second;
        if (surplus->what.id == made->what.id) return true;
        if (!is_late) surplus->is_of_others = true;
      } else if (is_late) {
        surplus = was->second;
      } else {
        made->is_asleep = true;
        known_[key] = made;
      }
      if (surplus) surplus->surplus.insert(made->what.id);
      if (surplus && surplus->is_saving) return true;
    }
    if (surplus) end_surplus(surplus);
    else wake(made);
    return true;
  }

  /// From time to time: instances that could not be woken, and what is of epochs that are over.
  /// Without room nothing is taken, and nobody can wait for it.
  void look(bool has_room) {
    tell([this, has_room](curious_one const& one) {
      return !has_room || leases_.held(one.group, one.shard) != one.epoch ||
             leases_.is_leaving(one.group, one.shard);
    });
    std::vector<marker_ptr> asleep;
    std::vector<marker_ptr> having_surplus;
    std::vector<marker_ptr> doubtful;
    {
      std::lock_guard const lock(mutex_);
      auto const is_over = [this](auto const& each) {
        auto const& one = *each.second;
        auto const now = leases_.held(one.group, one.what.shard);
        return now != 0 && now != one.epoch; // what was lost may be back in its epoch
      };
      std::erase_if(known_, is_over);
      std::erase_if(released_, is_over);
      std::erase_if(doubtful_, is_over);
      for (auto const& [id, one] : doubtful_)
        if (!std::exchange(one->is_saving, true)) doubtful.push_back(one);
      for (auto const& [key, one] : known_) {
        if (one->is_asleep && one->wake_at <= leases_.now()) asleep.push_back(one);
        if (!one->surplus.empty() && !one->is_saving) having_surplus.push_back(one);
      }
      for (auto const& [key, one] : released_)
        if (!one->surplus.empty()) having_surplus.push_back(one);
    }
    for (auto const& one : asleep) wake(one);
    for (auto const& one : having_surplus) end_surplus(one);
    for (auto const& one : doubtful) undo_saving(one);
  }

  /// All that was stored for these shards before they were held in that epoch has been taken.
  void caught_up(std::vector<store::shard_lease> const& held) {
    {
      std::lock_guard const lock(mutex_);
      for (auto const& each : held)
        caught_up_[{leases_.group_of(each.group), each.shard}] = each.epoch;
      std::erase_if(released_, [this](auto const& each) {
        auto const& one = *each.second;
        return one.surplus.empty() && has_caught_up(one.group, one.what.shard, one.epoch);
      });
    }
    tell([this](curious_one const& one) {
      return has_caught_up(one.group, one.shard, one.epoch);
    });
  }

 private:
  struct marker {
    store::message what{};
    std::size_t group = 0; ///< of the leases' groups
    std::uint64_t epoch = 0;
    // Under the lock.
    bool is_saving = false;
    bool is_removed = false;
    bool is_of_others = false;         ///< an owner before this one has stored it, or another
    std::set<std::uint64_t> surplus{}; ///< others of it, which are to be answered
    bool is_asleep = false;            ///< its instance is to be told
    std::int64_t wake_at = 0;
    std::size_t failures = 0;
  };
  using marker_ptr = std::shared_ptr<marker>;

  /// Who waits for what is known of a shard in that epoch.
  struct curious_one {
    std::size_t group;
    std::uint32_t shard;
    std::uint64_t epoch;
    std::function<void()> done;
  };

  /// With the lock.
  bool has_caught_up(std::size_t group, std::uint32_t shard, std::uint64_t epoch) const {
    auto const at = caught_up_.find({group, shard});
    return at != caught_up_.end() && at->second == epoch;
  }
  /// `whom` is asked with the lock.
  template <class Whom>
  void tell(Whom const& whom) {
    std::vector<std::function<void()>> told;
    {
      std::lock_guard const lock(mutex_);
      std::erase_if(curious_, [&](curious_one& one) {
        bool const is = whom(one);
        if (is) told.push_back(std::move(one.done));
        return is;
      });
    }
    for (auto const& done : told) done();
  }

  static std::string key_of(store::message const& what) {
    return what.entity + '\n' + std::to_string(what.instance.size()) + '\n' + what.instance +
           what.payload;
  }
  bool is_known(marker& one) {
    std::lock_guard const lock(mutex_);
    auto const at = known_.find(key_of(one.what));
    bool const is = at != known_.end() && at->second.get() == &one;
    if (is) one.is_saving = true;
    return is;
  }

  // Storing

  void submit(marker const& of, store::message_operation&& operation,
              std::function<void(commit&)> done) {
    auto work = std::make_unique<commit>();
    work->operation = std::move(operation);
    work->operation.by = store::fence{fleet_.incarnation(), of.epoch};
    work->until = leases_.now() + fleet_.options().lease.count();
    work->done = std::move(done);
    committer_->submit(std::move(work));
  }

  void write(marker_ptr const& one, std::function<void(std::string)> done) {
    {
      std::lock_guard const lock(mutex_);
      one->what.id = new_id_();
    }
    store::message_operation saving;
    saving.what_to_do = store::message_operation::action::save;
    saving.what = one->what;
    submit(*one, std::move(saving),
           [self = this->shared_from_this(), one, done = std::move(done)](commit& of) mutable {
             self->was_written(one, of, std::move(done));
           });
  }
  void was_written(marker_ptr const& one, commit const& of, std::function<void(std::string)> done) {
    using enum store::storage_outcome;
    auto const& operation = of.operation;
    bool const is_own = operation.found_id == one->what.id;
    if (!of.failure && operation.outcome == conflict && is_own) return write(one, std::move(done));
    std::string why;
    if (of.failure)
      why = of.failure->what();
    else if (operation.outcome != stored && !(operation.outcome == duplicate && is_own))
      why = "the instance is another runner's since";
    {
      std::lock_guard const lock(mutex_);
      one->is_saving = false;
      if (of.failure) doubt(*one);
      if (!why.empty() && !one->surplus.empty()) { // one that was stored before does
        one->what.id = *one->surplus.begin();
        one->surplus.erase(one->surplus.begin());
        why.clear();
      }
      auto const at = known_.find(key_of(one->what));
      if (!why.empty() && at != known_.end() && at->second == one) known_.erase(at);
    }
    end_surplus(one);
    done(std::move(why));
  }

  /// It may be stored or not, or will be, and nobody wants it. With the lock.
  void doubt(marker const& one) {
    auto const made = std::make_shared<marker>();
    made->what = one.what;
    made->group = one.group;
    made->epoch = one.epoch;
    doubtful_[one.what.id] = made;
  }
  /// Stores it, so that it can be answered: an operation that comes late does nothing then.
  void undo_saving(marker_ptr const& one) {
    store::message_operation saving;
    saving.what_to_do = store::message_operation::action::save;
    saving.what = one->what;
    submit(*one, std::move(saving), [self = this->shared_from_this(), one](commit& of) {
      if (of.failure) return self->was_undone(*one, false);
      self->answer(*one, one->what.id, [self, one](std::string const& why) {
        self->was_undone(*one, why.empty());
      });
    });
  }
  void was_undone(marker& one, bool is_undone) {
    std::lock_guard const lock(mutex_);
    one.is_saving = false;
    if (is_undone) doubtful_.erase(one.what.id);
  }

  /// Those first that are surplus: what is released has no record at all.
  void remove_next(marker_ptr const& one, std::function<void(std::string)> done) {
    std::uint64_t id = 0;
    {
      std::lock_guard const lock(mutex_);
      if (!one->surplus.empty())
        id = *one->surplus.begin();
      else if (!one->is_removed)
        id = one->what.id;
      else
        was_removed(one);
    }
    if (id == 0) return done({});
    answer(*one, id,
           [self = this->shared_from_this(), one, id, done = std::move(done)](std::string why) {
             if (!why.empty()) return done(std::move(why));
             self->is_answered(*one, id);
             self->remove_next(one, std::move(done));
           });
  }
  /// With the lock.
  void was_removed(marker_ptr const& one) {
    auto const key = key_of(one->what);
    auto const at = known_.find(key);
    if (at != known_.end() && at->second == one) known_.erase(at);
    released_.insert_or_assign(key, one);
  }
  void is_answered(marker& one, std::uint64_t id) {
    std::lock_guard const lock(mutex_);
    if (id == one.what.id) one.is_removed = true;
    one.surplus.erase(id);
  }
  /// As far as the storage does it; else it is tried again.
  void end_surplus(marker_ptr const& one) {
    std::set<std::uint64_t> all;
    {
      std::lock_guard const lock(mutex_);
      all = one->surplus;
    }
    for (auto const id : all)
      answer(*one, id, [self = this->shared_from_this(), one, id](std::string const& why) {
        if (why.empty()) self->is_answered(*one, id);
      });
  }

  void answer(marker const& one, std::uint64_t id, std::function<void(std::string)> done) {
    store::message_operation ending;
    ending.what_to_do = store::message_operation::action::answer;
    ending.what.group = one.what.group;
    ending.what.shard = one.what.shard;
    ending.end.id = id;
    submit(one, std::move(ending), [done = std::move(done)](commit& of) {
      using enum store::storage_outcome;
      auto const outcome = of.operation.outcome;
      if (of.failure) return done(of.failure->what());
      bool const is_over = outcome == stored || outcome == answered || outcome == unknown;
      done(is_over ? std::string() : "the instance is another runner's since");
    });
  }

  // Waking

  hosted_kind* kind_of(store::message const& what) {
    for (auto& kind : engine_.kinds())
      if (kind.row.contract->controller == what.entity && kind.row.options.group == what.group)
        return &kind;
    return nullptr;
  }

  void wake(marker_ptr const& one) {
    auto* const kind = kind_of(one->what);
    if (kind == nullptr || kind->row.handlers.all().empty()) return is_not_known(*one);
    auto const epoch = leases_.enter(one->group, one->what.shard);
    if (epoch != one->epoch) { // it is looked at again, if the shard stays
      if (epoch != 0) leases_.leave(one->group, one->what.shard);
      return;
    }
    set_asleep(*one, false);
    auto const& any = kind->row.handlers.all().front();
    auto const asking = std::make_shared<waking>(*any.row, one->what.payload);
    asking->home = fleet_.executor();
    auto* const made = new entity_call(*asking, engine_, any);
    made->epoch = epoch;
    made->shard = one->what.shard;
    made->wakes = asking.get();
    engine_.start(*made, *kind, one->what.instance, hash64(one->what.instance, kind->seed));
    if (asking->is_done()) return was_woken(*one, *asking);
    asking->wait()(
        [self = this->shared_from_this(), one, asking] { self->was_woken(*one, *asking); });
  }
  void was_woken(marker& one, waking const& how) {
    if (how.is_over && how.is_known) return;
    if (how.is_over) return is_not_known(one);
    std::int64_t rest = 0;
    {
      std::lock_guard const lock(mutex_);
      rest = std::int64_t{1} << (std::min)(one.failures++, std::size_t{5});
    }
    if (how.failed)
      engine_.context().events->error(whose(one) + " holds a resource, and cannot be activated: " +
                                      describe_exception(how.failed) + "; tried again in " +
                                      std::to_string(rest) + " s");
    set_asleep(one, true, leases_.now() + rest * 1000);
  }
  void set_asleep(marker& one, bool is, std::int64_t until = 0) {
    std::lock_guard const lock(mutex_);
    one.is_asleep = is;
    one.wake_at = until;
  }
  /// It stays stored: there may be another version of the program.
  void is_not_known(marker& one) {
    set_asleep(one, false);
    engine_.context().events->error(
        whose(one) + " holds a resource" +
        (one.what.payload.empty() ? std::string() : " \"" + one.what.payload + "\"") +
        " that this version of the program does not know; it stays as it is");
  }
  static std::string whose(marker const& one) {
    return "entity " + one.what.entity + " " + one.what.instance;
  }

  entity_engine& engine_;
  runner& fleet_;
  lease::table& leases_;
  std::shared_ptr<committer<Lazy>> committer_;
  std::function<std::uint64_t()> new_id_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::size_t, std::uint32_t>, std::uint64_t> caught_up_; ///< in which epoch
  std::vector<curious_one> curious_;
  std::map<std::string, marker_ptr> known_;
  std::map<std::uint64_t, marker_ptr> doubtful_; ///< it is not known whether they are stored
  std::map<std::string, marker_ptr> released_; ///< another of theirs may not have been taken yet
};

} // namespace pando::cluster::detail
