// What runs in one place of the cluster may know of its ownership, and how it waits.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>

namespace pando::cluster {

namespace detail {
struct sole_run;
}

/// What `singleton_context` and `cron_context` have in common. *Thread*: `is_stopping` and
/// `is_owner` on any; the rest where the function was started.
class sole_context {
 public:
  explicit sole_context(std::shared_ptr<detail::sole_run> run) noexcept : run_(std::move(run)) {}
  sole_context(sole_context const&) = delete;

  /// As it was declared: "mailer".
  std::string_view name() const noexcept;
  /// The address of the runner that it runs at; "this process" where there is no store.
  std::string_view runner() const noexcept;
  /// Grows with every change of owner, for systems that refuse an older one; 0 without a store.
  std::uint64_t epoch() const noexcept;
  /// It must end. A coroutine is cancelled too, so that what it awaits throws; a function that
  /// blocks is to ask for this.
  bool is_stopping() const noexcept;
  /// Whether this runner owns it now, by its own clock: ask right before an effect outside. False
  /// once the lease is over: then another may have begun.
  bool is_owner() const noexcept;
  /// Waits that long, by the cluster's clock; gives false as soon as it must end. It may be one
  /// side of `||`: it ends at once when the other side has.
  PANDO_LAZY task<bool> wait_for(std::chrono::milliseconds time);

 protected:
  std::shared_ptr<detail::sole_run> run_;
};

} // namespace pando::cluster

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/sole_context.ipp>
#endif
