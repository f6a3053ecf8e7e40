// The storage of tests and of programs that need none to outlive them: in this process' memory.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <pando/config.hpp>
#include <pando/store/storage.hpp>

namespace pando::store {

namespace detail {
class memory_state;
} // namespace detail

/// What the handles of one fleet share; it ends with the last of them.
/// *Thread*: any number of handles, each on a thread of its own.
/// *Limit*: what is answered stays until it is pruned.
class memory_store {
 public:
  /// `now` gives the time since 1970, and is asked under a lock: it must not use the storage.
  /// Without it leases go by a clock that nobody sets (CLOCK_BOOTTIME), and messages by the
  /// system's.
  explicit memory_store(std::function<std::chrono::milliseconds()> now = {});
  memory_store(memory_store const&) = delete;
  ~memory_store();

  detail::memory_state& state() const noexcept { return *state_; }

 private:
  std::unique_ptr<detail::memory_state> state_;
};

/// A handle: what one runner of a fleet in this process has. Nothing of it waits. Ending it without
/// `close` is as if a process had been killed: its leases last until their time is over.
PANDO_LAZY std::unique_ptr<storage> make_memory_storage(std::shared_ptr<memory_store> in);

} // namespace pando::store

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/memory_storage.ipp>
#endif
