// An instance's shard, storage and place among others, for its resources.
#pragma once

#include <pando/cluster/detail/instance_site.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando::cluster::detail {

PANDO_INLINE std::int64_t instance_site::now() const {
  return leases_ != nullptr ? leases_->now() : engine_.now();
}
PANDO_INLINE bool instance_site::is_owner() const {
  return leases_ == nullptr || leases_->is_in(kind_.group, place_.shard, epoch_);
}
PANDO_INLINE bool instance_site::enter() {
  if (leases_ == nullptr) return true;
  auto const epoch = leases_->enter(kind_.group, place_.shard);
  if (epoch != 0 && epoch != epoch_) leases_->leave(kind_.group, place_.shard);
  return epoch == epoch_;
}
PANDO_INLINE void instance_site::leave() {
  if (leases_ != nullptr) leases_->leave(kind_.group, place_.shard);
}
PANDO_INLINE void instance_site::watch(std::weak_ptr<held_resource> one) {
  engine_.watch(std::move(one));
}
PANDO_INLINE void instance_site::let_rest() { engine_.let_rest(kind_, place_.instance, hash_); }
PANDO_INLINE resource_site::recorder instance_site::records() const {
  return leases_ == nullptr ? nullptr : &instance_site::record;
}
PANDO_INLINE earlier_record instance_site::earlier(std::string const& name) const {
  if (leases_ == nullptr) return earlier_record::no;
  auto* const keeper = engine_.persisted();
  if (keeper == nullptr) return earlier_record::not_known;
  auto what = place_;
  what.payload = name;
  return keeper->resources().earlier(what, epoch_);
}
PANDO_INLINE void instance_site::when_known(std::string const& name, std::function<void()> done) {
  auto* const keeper = leases_ == nullptr ? nullptr : engine_.persisted();
  if (keeper == nullptr) return done();
  auto what = place_;
  what.payload = name;
  keeper->resources().when_known(what, epoch_, std::move(done));
}
PANDO_INLINE std::string instance_site::whose() const {
  return "entity " + place_.entity + " " + place_.instance;
}
PANDO_INLINE log const& instance_site::events() const { return *engine_.context().events; }

PANDO_INLINE void instance_site::record(resource_site& at, std::string const& name, bool is_held,
                                        std::function<void(std::string)> done) {
  auto& self = static_cast<instance_site&>(at);
  auto* const keeper = self.engine_.persisted();
  if (keeper == nullptr) return done("this program has stopped");
  auto what = self.place_;
  what.payload = name;
  if (is_held)
    keeper->resources().save(std::move(what), self.epoch_, std::move(done));
  else
    keeper->resources().remove(what, self.epoch_, std::move(done));
}

} // namespace pando::cluster::detail
