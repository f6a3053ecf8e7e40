// A hashed wheel of rings.
#pragma once

#include <algorithm>
#include <limits>

#include <pando/runtime/timer_wheel.hpp>

namespace pando {

namespace detail {
inline constexpr std::uint64_t never = (std::numeric_limits<std::uint64_t>::max)();
} // namespace detail

PANDO_INLINE void timer_wheel::timer::unlink() noexcept {
  if (before_ == nullptr) return;
  before_->behind_ = behind_;
  behind_->before_ = before_;
  before_ = behind_ = nullptr;
}

PANDO_INLINE timer_wheel::timer_wheel(std::chrono::milliseconds tick, std::size_t slots)
    : tick_(tick), count_(slots), slots_(new slot[slots]) {
  for (std::size_t i = 0; i < count_; ++i) {
    slot& ring = slots_[i];
    ring.before_ = ring.behind_ = &ring;
  }
}

PANDO_INLINE timer_wheel::~timer_wheel() {
  for (std::size_t i = 0; i < count_; ++i) {
    slot& ring = slots_[i];
    while (ring.behind_ != &ring) ring.behind_->unlink();
    ring.before_ = ring.behind_ = nullptr;
  }
}

PANDO_INLINE void timer_wheel::set(timer& which, std::chrono::milliseconds after) noexcept {
  // Rounded up, and one more: the tick under way is already partly over.
  auto const tick = tick_.count();
  auto const ticks = ((std::max)(after, tick_).count() + tick - 1) / tick + 1;
  which.due_ = now_ + static_cast<std::uint64_t>(ticks);
  if (which.before_ != nullptr && which.seen_ <= which.due_) return;
  place(which);
}

PANDO_INLINE void timer_wheel::cancel(timer& which) noexcept { which.due_ = detail::never; }

PANDO_INLINE void timer_wheel::place(timer& which) noexcept {
  which.unlink();
  which.seen_ = (std::min)(which.due_, now_ + count_ - 1);
  timer& ring = slots_[which.seen_ % count_];
  which.before_ = ring.before_;
  which.behind_ = &ring;
  ring.before_->behind_ = &which;
  ring.before_ = &which;
}

PANDO_INLINE void timer_wheel::advance() {
  ++now_;
  // Whatever expires may set, cancel or destroy any timer, so the ring is emptied from its front.
  timer& ring = slots_[now_ % count_];
  while (ring.behind_ != &ring) {
    timer& which = *ring.behind_;
    which.unlink();
    if (which.due_ == detail::never) continue;
    if (which.due_ > now_)
      place(which);
    else
      which.expired();
  }
}

} // namespace pando
