// Whoever waits, as one type: what resumes a waiting coroutine, or any other completion handler.
// Calls, which are many, have `waiter`: quicker, and a hundred functions for each type of them.
#pragma once

#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>

#include <pando/handler/callback.hpp>
#include <pando/meta/owner.hpp>

namespace pando::detail {

/// Whoever waits: what resumes it, and where.
struct waiting {
  callback resume{};
  boost::asio::any_io_executor where{};
  boost::asio::cancellation_slot slot{};
};

/// A `void()` completion handler, to be resumed by a callback.
template <class Handler>
callback resuming(Handler handler) {
  auto resume = [kept = std::move(handler)]() mutable { std::move(kept)(); };
  if constexpr (sizeof resume <= callback::room && alignof(Handler) <= alignof(std::max_align_t) &&
                std::is_nothrow_move_constructible_v<Handler>) {
    return callback(std::move(resume));
  } else {
    return callback([made = owner(new auto(std::move(resume)))]() mutable {
      auto taken = std::move(*made);
      made.reset();
      taken();
    });
  }
}

/// An Asio operation with the signature void(): whoever waits is given to a function. One type for
/// all that is awaited, since Asio makes a hundred functions for each type of operation.
struct wait_operation {
  void* what;
  void (*begin)(void* what, waiting&& who);
  boost::asio::any_io_executor const* home; ///< of handlers that have no executor of their own

  template <boost::asio::completion_token_for<void()> Token>
  auto operator()(Token&& token) const {
    return boost::asio::async_initiate<Token, void()>(
        [](auto handler, wait_operation const& self) { self.start(std::move(handler)); }, token,
        *this);
  }

 private:
  template <class Handler>
  void start(Handler handler) const {
    auto executor = boost::asio::get_associated_executor(handler, *home);
    auto const slot = boost::asio::get_associated_cancellation_slot(handler);
    if constexpr (std::is_convertible_v<decltype(executor), boost::asio::any_io_executor>) {
      begin(what, {resuming(std::move(handler)), std::move(executor), slot});
    } else {
      auto there = [kept = std::move(handler), executor]() mutable {
        boost::asio::dispatch(executor, std::move(kept));
      };
      begin(what, {resuming(std::move(there)), *home, slot});
    }
  }
};

/// Holds whoever waits until it is resumed, once, or dropped.
class whoever_waits {
 public:
  whoever_waits() = default;
  whoever_waits(whoever_waits const&) = delete;

  explicit operator bool() const noexcept { return static_cast<bool>(who_.resume); }
  void set(waiting&& who) { who_ = std::move(who); }
  void drop() { who_ = {}; }
  /// Runs the handler on its own executor, never from inside this.
  void resume_later() {
    if (!who_.resume) return;
    auto const where = std::move(who_.where);
    post(where, std::move(who_.resume));
  }

 private:
  waiting who_{};
};

} // namespace pando::detail
