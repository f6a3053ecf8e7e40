// Where an instance is whose state has resources outside, as these see it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/cluster/detail/held_resource.hpp>
#include <pando/cluster/detail/persistence.hpp>
#include <pando/config.hpp>

namespace pando::cluster::detail {

/// *Thread*: any. The engine outlives its instances, and what they do.
class instance_site final : public resource_site {
 public:
  instance_site(entity_engine& engine, instance const& of)
      : engine_(engine), kind_(*of.home->kind), leases_(of.epoch == 0 ? nullptr : engine.leases()),
        hash_(of.hash) {
    place_.group = std::string(kind_.row.options.group);
    place_.entity = std::string(of.about.kind());
    place_.instance = std::string(of.about.id());
    place_.shard = of.shard;
    epoch_ = of.epoch;
  }

  PANDO_INLINE std::int64_t now() const override;
  PANDO_INLINE bool is_owner() const override;
  PANDO_INLINE bool enter() override;
  PANDO_INLINE void leave() override;
  PANDO_INLINE void watch(std::weak_ptr<held_resource> one) override;
  PANDO_INLINE void let_rest() override;
  PANDO_INLINE recorder records() const override;
  PANDO_INLINE earlier_record earlier(std::string const& name) const override;
  PANDO_INLINE void when_known(std::string const& name, std::function<void()> done) override;
  PANDO_INLINE std::string whose() const override;
  PANDO_INLINE log const& events() const override;

 private:
  static void record(resource_site& at, std::string const& name, bool is_held,
                     std::function<void(std::string)> done);

  entity_engine& engine_;
  hosted_kind& kind_;
  lease::table* leases_; ///< null: everything is here
  std::uint64_t hash_;
  store::message place_{}; ///< whose, and of which shard
  std::uint64_t epoch_ = 0;
};

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/instance_site.ipp>
#endif
