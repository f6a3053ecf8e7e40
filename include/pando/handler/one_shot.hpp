// Something that happens once, and can be awaited: what callbacks become for a coroutine.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <pando/handler/detail/wait_operation.hpp>

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
  /// It never will: whoever waits is destroyed and does not go on.
  void abandon() { waiter_.drop(); }
  bool has_fired() const noexcept { return fired_; }
  std::exception_ptr const& error() const noexcept { return error_; }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  /// An Asio operation with the signature void(). Its cancellation is for whoever fires:
  /// `on_cancel`.
  detail::wait_operation wait() {
    return {this,
            [](void* self, detail::waiting&& who) {
              static_cast<one_shot*>(self)->set(std::move(who));
            },
            &home_};
  }
  /// Called when whoever waits is cancelled; it still waits for `fire`.
  void (*on_cancel)(void* state) = nullptr;
  void* state = nullptr;

 private:
  void set(detail::waiting&& who) {
    if (who.slot.is_connected() && on_cancel != nullptr)
      who.slot.assign([this](boost::asio::cancellation_type) { on_cancel(state); });
    waiter_.set(std::move(who));
    if (fired_) waiter_.resume_later();
  }

  boost::asio::any_io_executor home_;
  detail::whoever_waits waiter_;
  std::exception_ptr error_;
  bool fired_ = false;
};

/// Fires an event when it is called, on the event's `home`. Where that loop ends before, it
/// abandons the event: whoever waits may be what holds it, and both would stay for ever.
class fires_once {
 public:
  /// Called without an error it has that one.
  explicit fires_once(std::shared_ptr<one_shot> event, std::exception_ptr error = nullptr)
      : event_(std::move(event)), error_(std::move(error)) {}
  fires_once(fires_once&&) = default;
  ~fires_once() {
    if (event_) event_->abandon();
  }
  void operator()() { (*this)(std::move(error_)); }
  void operator()(std::exception_ptr error) {
    std::exchange(event_, nullptr)->fire(std::move(error));
  }

 private:
  std::shared_ptr<one_shot> event_;
  std::exception_ptr error_;
};

/// The same for whoever asks for a function that can be copied.
inline std::function<void()> firing(std::shared_ptr<one_shot> event) {
  return [fire = std::make_shared<fires_once>(std::move(event))] { (*fire)(); };
}

} // namespace pando
