// Which connection does which call.
#pragma once

#include <algorithm>
#include <utility>

#include <pando/http/detail/client_connection.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::http::detail {

PANDO_INLINE void client_pool::submit(std::shared_ptr<client_exchange> call) {
  drop_idle();
  while (!kept_.empty()) {
    auto const last = std::move(kept_.back().connection);
    kept_.pop_back();
    if (last->is_alive()) return last->run(std::move(call));
    last->close();
  }
  if (open_ < settings_->max_connections) return connect(std::move(call));
  if (waiting_.size() < settings_->max_waiting) return waiting_.push_back(std::move(call));
  call->fail(failure_code::overloaded, std::to_string(open_) + " connections to " +
                                           settings_->url.origin + " are busy and " +
                                           std::to_string(waiting_.size()) + " calls wait for one");
}

PANDO_INLINE void client_pool::forget(client_exchange const& call) {
  auto const at = std::find_if(waiting_.begin(), waiting_.end(),
                               [&call](auto const& one) { return one.get() == &call; });
  if (at != waiting_.end()) waiting_.erase(at);
}

PANDO_INLINE void client_pool::keep(std::shared_ptr<client_connection> which) {
  if (is_closed_) return which->close();
  if (!waiting_.empty()) {
    if (!which->is_alive()) return which->close(); // who waits gets a new one
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    return which->run(std::move(next));
  }
  kept_.push_back({std::move(which), std::chrono::steady_clock::now()});
  drop_idle();
}

PANDO_INLINE void client_pool::closed(std::shared_ptr<client_exchange> successor) {
  --open_;
  if (successor != nullptr) return connect(std::move(successor));
  if (is_closed_ || waiting_.empty() || open_ >= settings_->max_connections) return;
  successor = std::move(waiting_.front());
  waiting_.pop_front();
  connect(std::move(successor));
}

PANDO_INLINE void client_pool::connect(std::shared_ptr<client_exchange> call) {
  ++open_;
  std::make_shared<client_connection>(shared_from_this())->open(std::move(call));
}

PANDO_INLINE void client_pool::drop_idle() {
  auto const long_ago = std::chrono::steady_clock::now() - settings_->idle_time;
  auto const end = std::find_if(kept_.begin(), kept_.end(),
                                [long_ago](kept const& one) { return one.since > long_ago; });
  pando::detail::sequence<kept> old;
  for (auto* one = kept_.begin(); one != end; ++one) old.push_back(std::move(*one));
  kept_.erase(kept_.begin(), end);
  for (auto const& one : old) one.connection->close();
}

PANDO_INLINE void client_pool::close() {
  is_closed_ = true;
  for (auto const& one : std::exchange(kept_, {})) one.connection->close();
}

PANDO_INLINE void client_pool::abandon() {
  close();
  std::exchange(waiting_, {}).clear();
}

} // namespace pando::http::detail
