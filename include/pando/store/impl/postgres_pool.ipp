// A pool as coroutines see it.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/store/detail/postgres_pool.hpp>
#include <pando/store/postgres_pool.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres {

namespace detail {

/// Who awaits a unit is resumed by its end; cancelling that ends it.
inline void make_awaited(postgres_unit& unit, boost::asio::any_io_executor const& home) {
  unit.done = std::make_unique<one_shot>(home);
  unit.done->state = &unit;
  unit.done->on_cancel = [](void* which) { static_cast<postgres_unit*>(which)->cancel(); };
}

} // namespace detail

PANDO_INLINE pool::pool(boost::asio::any_io_executor executor, options const& chosen)
    : state_(std::make_shared<detail::postgres_pool>(std::move(executor), chosen)) {}

PANDO_INLINE pool::~pool() { stop(); }

PANDO_INLINE void pool::stop() {
  if (state_ != nullptr) state_->abandon();
}

PANDO_INLINE pool& pool::operator=(pool&& other) noexcept {
  if (this == &other) return *this;
  stop();
  state_ = std::move(other.state_);
  return *this;
}

PANDO_LAZY_BODY task<result> pool::run(statement what) {
  auto const unit = std::make_shared<detail::postgres_unit>(std::move(what));
  detail::make_awaited(*unit, state_->executor());
  state_->submit(unit);
  co_await unit->done->wait();
  if (unit->failed) throw error(*unit->failed);
  co_return std::move(unit->results.front());
}

PANDO_LAZY_BODY task<std::vector<result>> pool::transaction(batch all) {
  auto const unit = std::make_shared<detail::postgres_unit>(std::move(all));
  detail::make_awaited(*unit, state_->executor());
  state_->submit(unit);
  co_await unit->done->wait();
  if (unit->failed) throw error(*unit->failed);
  co_return std::move(unit->results);
}

PANDO_LAZY_BODY task<void> pool::close() {
  auto const state = state_; // the pool may go while this waits
  state->finish();
  co_await state->drained().wait();
}

PANDO_INLINE std::size_t pool::open_connections() const noexcept {
  return state_->open_connections();
}
PANDO_INLINE std::size_t pool::in_flight() const noexcept { return state_->in_flight(); }
PANDO_INLINE std::size_t pool::waiting() const noexcept { return state_->waiting(); }
PANDO_INLINE std::size_t pool::failed_attempts() const noexcept {
  return state_->failed_attempts();
}

} // namespace pando::postgres

#endif
