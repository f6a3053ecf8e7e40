// What a run knows of its ownership, how it waits, and how it is ended.
#pragma once

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/cluster/detail/sole_run.hpp>
#include <pando/store/storage_error.hpp>

namespace pando::cluster::detail {

PANDO_INLINE bool sole_run::is_owner() const noexcept {
  if (place->is_over) return false;
  auto* const fleet = place->fleet.load();
  return fleet == nullptr || fleet->table().is_in(group, key.shard, epoch);
}

PANDO_INLINE void sole_run::wake_up(bool all) {
  for (auto const& one : waiting)
    if ((all || one.until_asked) && !one.over->has_fired()) one.over->fire();
}

PANDO_INLINE void sole_run::ask_to_end() {
  if (std::exchange(is_asked, true)) return;
  wake_up(false);
}

PANDO_INLINE void sole_run::cancel() {
  if (is_stopping.exchange(true)) return;
  is_asked = true;
  wake_up(true);
  // Kept: what it ends may end the run.
  if (auto const kept = signal) kept->emit(boost::asio::cancellation_type::terminal);
}

PANDO_LAZY_BODY task<void> sole_run::wait(std::chrono::milliseconds time, bool until_asked) {
  auto const over = std::make_shared<one_shot>(place->home);
  over->state = over.get();
  over->on_cancel = [](void* state) { // as one side of `||`
    auto* const event = static_cast<one_shot*>(state);
    if (!event->has_fired()) event->fire();
  };
  std::function<void()> fire = [over] {
    if (!over->has_fired()) over->fire();
  };
  auto const forget = place->time->call_after(place->home, time, std::move(fire));
  waiting.push_back({over, until_asked});
  co_await over->wait();
  forget();
  std::erase_if(waiting, [&](waiter const& one) { return one.over == over; });
}

PANDO_LAZY_BODY task<bool> sole_run::wait_for(std::chrono::milliseconds time) {
  if (!is_stopping) co_await wait(time, false);
  co_return !is_stopping;
}

PANDO_LAZY_BODY task<bool> sole_run::rest(std::chrono::milliseconds time) {
  if (!is_asked) co_await wait(time, true);
  co_return !is_asked;
}

PANDO_LAZY_BODY task<std::optional<std::string>> sole_run::value() const {
  auto* const fleet = place->fleet.load();
  if (fleet != nullptr) co_return co_await fleet->storage().value(key.group);
  if (place->is_over)
    throw store::storage_error(store::storage_fault::unavailable,
                               title + ": its value is out of reach, since this app has stopped");
  auto const found = place->values->find(key.group);
  if (found == place->values->end()) co_return std::nullopt;
  co_return found->second;
}

PANDO_LAZY_BODY task<bool> sole_run::set_value(std::string value) {
  if (!is_owner()) co_return false;
  auto* const fleet = place->fleet.load();
  if (fleet == nullptr) {
    (*place->values)[key.group] = std::move(value);
    co_return true;
  }
  store::fence const by{incarnation, epoch};
  co_return co_await fleet->storage().set_value(key.group, value, key, by);
}

PANDO_LAZY_BODY task<void> run_on_pool(blocking_pool const& pool, std::function<void()> work) {
  auto const home = co_await boost::asio::this_coro::executor;
  auto const over = std::make_shared<one_shot>(home);
  boost::asio::post(pool.executor(), [work = std::move(work), over, home]() mutable {
    std::exception_ptr thrown;
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
    work = nullptr;
    boost::asio::post(home, fires_once(std::move(over), thrown));
  });
  co_await over->wait();
  over->rethrow();
}

} // namespace pando::cluster::detail
