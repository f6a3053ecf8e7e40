// How a call of the HTTP client begins, is given up, and ends on its caller's thread.
#pragma once

#include <pando/http/detail/client_connection.hpp>

namespace pando::http::detail {

PANDO_INLINE client_caller::client_caller(operation& call, client_request request,
                                          std::shared_ptr<client_settings const> shared)
    : asked(std::move(request)), settings(std::move(shared)), home(call.home),
      is_direct(home == settings->loop), call_(&call) {}

/// Only where what it was told will never run: its own loop has been destroyed.
PANDO_INLINE client_caller::~client_caller() {
  if (call_ == nullptr) return;
  fail(disconnected("the loop of the HTTP client was destroyed"));
  finish();
}

PANDO_INLINE void client_caller::take(client_answer const& answer) {
  if (call_ == nullptr) return;
  try {
    take_answer(*call_, answer, place());
  } catch (...) {
    call_->set_failure(std::current_exception());
  }
}

PANDO_INLINE void client_caller::take_problem(std::string_view json, int status) {
  if (call_ == nullptr) return;
  try {
    detail::take_problem(*call_, json, status, place());
  } catch (...) {
    call_->set_failure(std::current_exception());
  }
}

PANDO_INLINE bool client_caller::take_item(std::string_view json) {
  return call_ == nullptr ||
         detail::take_item(static_cast<stream_operation&>(*call_), json, place());
}

PANDO_INLINE void client_caller::fail(failure const& why) {
  if (call_ != nullptr) call_->set_failure(why);
}

PANDO_INLINE void client_caller::finish() {
  if (auto* const done = leave(); done != nullptr) done->finish();
}

PANDO_INLINE client_exchange::client_exchange(std::shared_ptr<client_pool> pool,
                                              std::shared_ptr<client_caller> caller,
                                              std::optional<clock::time_point> deadline)
    : pool_(std::move(pool)), caller_(std::move(caller)), deadline_(deadline) {}

PANDO_INLINE client_exchange::~client_exchange() {
  if (is_over_) return;
  tell([](client_caller& caller) {
    caller.fail(disconnected("the loop of the HTTP client was destroyed"));
    caller.finish();
  });
}

PANDO_INLINE void client_exchange::start() {
  if (is_over_) return;
  if (deadline_) {
    if (*deadline_ <= clock::now()) return expired();
    timer_.emplace(pool_->settings().loop, *deadline_);
    timer_->async_wait([weak = weak_from_this()](boost::system::error_code error) {
      if (error) return;
      if (auto const self = weak.lock(); self != nullptr) self->expired();
    });
  }
  pool_->submit(shared_from_this());
}

PANDO_INLINE void client_exchange::expired() {
  fail(failure_code::deadline_exceeded,
       "no answer to " + caller_->place().text() + " within the deadline");
}

PANDO_INLINE void client_exchange::grant(std::size_t count) {
  credit += count;
  if (auto const held = std::move(paused_); held != nullptr) held->resume();
}

PANDO_INLINE void client_exchange::conclude() {
  is_over_ = true;
  if (timer_) timer_->cancel();
}

PANDO_INLINE void client_exchange::abort() {
  if (is_over_) return;
  auto const self = shared_from_this(); // what lets go of it may be its last owner
  auto const held = std::move(paused_);
  conclude();
  if (connection != nullptr)
    connection->close();
  else
    pool_->forget(*this);
}

PANDO_INLINE void client_exchange::fail(failure_code code, std::string const& sentence) {
  if (is_over_) return;
  auto const self = shared_from_this();
  abort();
  tell([why = failure(code, sentence)](client_caller& caller) {
    caller.fail(why);
    caller.finish();
  });
}

} // namespace pando::http::detail
