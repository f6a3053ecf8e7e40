// The context of a handler that goes on with a stream which another run of it has begun.
#pragma once

#include <optional>

#include <pando/cluster/detail/erased_value.hpp>
#include <pando/cluster/entity_context.hpp>

namespace pando::cluster::detail {

/// Kept by whoever runs the handler. *Thread*: the handler's.
class resumed_context {
 public:
  explicit resumed_context(schema::type const& item) : last_(&item) { standing_.item = &item; }
  resumed_context(resumed_context const&) = delete;

  /// Room for the last item that was stored.
  void* last() const noexcept { return last_.get(); }
  void resume(std::uint64_t items) noexcept {
    standing_.items = items;
    if (items != 0) standing_.last = last_.get();
  }
  /// That of the instance, for this call.
  entity_context& about(entity_context& instance) {
    standing_.of = &instance;
    if (!about_) about_.emplace(instance, standing_);
    return *about_;
  }

 private:
  erased_value last_;
  pando::detail::stream_standing standing_{};
  std::optional<entity_context> about_{};
};

} // namespace pando::cluster::detail
