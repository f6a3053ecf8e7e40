// Something that happens once, and can be awaited: what callbacks become for a coroutine.
#pragma once

#include <exception>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <pando/handler/detail/waiter.hpp>

namespace pando {

/// `co_await event.wait()` goes on after `fire()`, at once when that came first. One waits at a
/// time.
/// *Thread*: `home`, where the waiting coroutine runs; `fire` from there too.
class one_shot {
 public:
  explicit one_shot(boost::asio::any_io_executor home) noexcept : home_(std::move(home)) {}
  one_shot(one_shot const&) = delete;

  /// It has happened; `error` is for whoever waited: null, or what went wrong.
  void fire(std::exception_ptr error = nullptr) {
    error_ = std::move(error);
    fired_ = true;
    waiter_.resume_later();
  }
  bool has_fired() const noexcept { return fired_; }
  std::exception_ptr const& error() const noexcept { return error_; }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  /// An Asio operation with the signature void(). Its cancellation is for whoever fires:
  /// `on_cancel`.
  auto wait() { return waiting{this}; }
  /// Called when whoever waits is cancelled; it still waits for `fire`.
  void (*on_cancel)(void* state) = nullptr;
  void* state = nullptr;

 private:
  struct waiting {
    one_shot* self;
    template <boost::asio::completion_token_for<void()> Token>
    auto operator()(Token&& token) const {
      return boost::asio::async_initiate<Token, void()>(
          [](auto handler, one_shot* event) { event->set(std::move(handler)); }, token, self);
    }
  };
  template <class Handler>
  void set(Handler handler) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected() && on_cancel != nullptr)
      slot.assign([this](boost::asio::cancellation_type) { on_cancel(state); });
    waiter_.set(std::move(handler), home_);
    if (fired_) waiter_.resume_later();
  }

  boost::asio::any_io_executor home_;
  detail::waiter waiter_;
  std::exception_ptr error_;
  bool fired_ = false;
};

} // namespace pando
