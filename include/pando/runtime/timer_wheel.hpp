// Many coarse timeouts at the price of one timer: what a door gives each of its connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <pando/config.hpp>
#include <pando/meta/owner.hpp>

namespace pando {

/// Timeouts in ticks that its owner counts out, so that it has no clock of its own. To put a
/// timeout off, which happens at every request, is a single store; its place is corrected when its
/// slot comes round. *Limit*: a timeout is at most two ticks late, never early. *Thread*: one at a
/// time.
class timer_wheel {
 public:
  /// A timeout; derive from it. It leaves the wheel when it is destroyed.
  class timer {
   public:
    timer() = default;
    timer(timer const&) = delete;
    timer& operator=(timer const&) = delete;

   protected:
    ~timer() { unlink(); }

   private:
    friend timer_wheel;
    /// The time is up. The timer is no longer in the wheel; it may be set again, or destroyed.
    virtual void expired() = 0;
    void unlink() noexcept;

    timer* before_ = nullptr;
    timer* behind_ = nullptr;
    std::uint64_t due_ = 0;  ///< the tick at which it expires
    std::uint64_t seen_ = 0; ///< the tick at which its slot comes round
  };

  explicit timer_wheel(std::chrono::milliseconds tick, std::size_t slots = 256);
  timer_wheel(timer_wheel const&) = delete;
  timer_wheel& operator=(timer_wheel const&) = delete;
  ~timer_wheel();

  /// Expires `after` from now, in place of what was set before.
  void set(timer& which, std::chrono::milliseconds after) noexcept;
  /// Does not expire, until it is set again.
  void cancel(timer& which) noexcept;
  /// One tick has passed: calls `expired` of all whose time is up.
  void advance();
  std::chrono::milliseconds tick() const noexcept { return tick_; }

 private:
  struct slot final : timer {
    void expired() override {}
  };
  void place(timer& which) noexcept;

  std::chrono::milliseconds tick_;
  std::uint64_t now_ = 0;
  std::size_t count_;
  pando::detail::owner<slot[]> slots_; ///< each the head of a ring
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/timer_wheel.ipp>
#endif
