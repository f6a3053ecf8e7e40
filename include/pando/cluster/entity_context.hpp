// What a handler of an entity may know of its instance.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <pando/cluster/entity_resources.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/handler/call.hpp>
#include <pando/handler/parameters.hpp>
#include <pando/schema/type_of.hpp>

namespace pando {

class entity_context;

/// Which instance, and where in the fleet it belongs. Views live as long as the app.
struct entity_address {
  std::string_view kind{}; ///< the entity's name: "Counter"
  std::string_view id{};
  std::string_view group{}; ///< of its shard, see `shard_group`
  std::uint32_t shard = 0;  ///< `pando::cluster::shard_of` group and id
};

namespace detail {
/// What the instances of a kind have in common.
struct kind_place {
  std::string_view name{};
  std::string_view group_name{};
  std::uint32_t shards = cluster::default_shards;
  std::string runner = "this process"; ///< as its fleet knows it
};
/// How far a persisted stream has come when its handler begins.
struct stream_standing {
  entity_context* of = nullptr;       ///< the instance's
  schema::type const* item = nullptr; ///< the type of
  void const* last = nullptr;         ///< the last one stored, if there is one
  std::uint64_t items = 0;
};
std::unique_ptr<entity_resources>& resources_of(entity_context& about) noexcept;
} // namespace detail

/// One live instance, as its handlers see it: ask for `pando::entity_context&`. It stays where it
/// is as long as the instance lives. *Thread*: that of the handler.
class entity_context {
 public:
  entity_context(detail::kind_place const& kind, std::string_view id) : kind_(&kind), id_(id) {}
  /// Of one call, which goes on with a stream: what it points to outlives it.
  entity_context(entity_context const& instance, detail::stream_standing const& so_far)
      : kind_(instance.kind_), id_(instance.id_), so_far_(&so_far) {}
  entity_context(entity_context const&) = delete;

  std::string_view id() const noexcept { return id_; }
  /// The entity's name: "Counter".
  std::string_view kind() const noexcept { return kind_->name; }
  entity_address address() const noexcept {
    return {kind_->name, id_, kind_->group_name,
            cluster::shard_of(kind_->group_name, id_, kind_->shards)};
  }
  /// The address of the runner that has it, as `cluster runners` tells it; "this process" where the
  /// app is part of no fleet. Valid while the app serves.
  std::string_view runner() const noexcept { return kind_->runner; }
  /// With true the instance is not passivated, however idle, until this is called with false.
  void keep_alive(bool stays) noexcept {
    if (so_far_ != nullptr) so_far_->of->keep_alive(stays);
    is_kept_ = stays;
  }
  bool is_kept_alive() const noexcept {
    return so_far_ != nullptr ? so_far_->of->is_kept_alive() : is_kept_;
  }

  /// For the handler of a persisted stream: the last item of the last chunk that is stored of this
  /// call, by runs of its handler that were cut off. What it yields comes behind that, and the
  /// consumer sees each item once; so it goes on with the one after it. Nothing in a first run.
  /// *Throws* std::logic_error where the items of the rpc are no `Item`s.
  template <class Item>
  std::optional<Item> last_sent_chunk() const {
    if (so_far_ == nullptr) return std::nullopt;
    if (so_far_->item != &type_of<Item>())
      throw std::logic_error("pando: last_sent_chunk<Item>() is asked for the type of the stream's "
                             "items, and this is another one");
    if (so_far_->last == nullptr) return std::nullopt;
    return *static_cast<Item const*>(so_far_->last);
  }
  /// How many items are stored of this call, for handlers that count them; 0 in a first run.
  std::uint64_t sent_items() const noexcept { return so_far_ == nullptr ? 0 : so_far_->items; }

 private:
  friend std::unique_ptr<entity_resources>& detail::resources_of(entity_context& about) noexcept;

  detail::kind_place const* kind_;
  std::string id_;
  detail::stream_standing const* so_far_ = nullptr;
  bool is_kept_ = false;
  std::unique_ptr<entity_resources> resources_{}; ///< null: its state asks for none
};

namespace detail {
/// Made before the first state that asks for them.
inline std::unique_ptr<entity_resources>& resources_of(entity_context& about) noexcept {
  return about.resources_;
}

/// What `call::extra` is asked for to get the context.
inline constexpr char context_of_call = 0;
} // namespace detail

template <>
struct part_of_call<entity_context> {
  static entity_context& get(call& which) {
    return *static_cast<entity_context*>(which.extra(&detail::context_of_call));
  }
};

} // namespace pando
