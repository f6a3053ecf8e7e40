// What a run tells its function of itself.
#pragma once

#include <pando/cluster/detail/sole_run.hpp>
#include <pando/cluster/sole_context.hpp>

namespace pando::cluster {

PANDO_INLINE std::string_view sole_context::name() const noexcept { return run_->name; }
PANDO_INLINE std::string_view sole_context::runner() const noexcept {
  return run_->place->address;
}
PANDO_INLINE std::uint64_t sole_context::epoch() const noexcept { return run_->epoch; }
PANDO_INLINE bool sole_context::is_stopping() const noexcept { return run_->is_stopping; }
PANDO_INLINE bool sole_context::is_owner() const noexcept { return run_->is_owner(); }

PANDO_LAZY_BODY task<bool> sole_context::wait_for(std::chrono::milliseconds time) {
  return run_->wait_for(time);
}

} // namespace pando::cluster
