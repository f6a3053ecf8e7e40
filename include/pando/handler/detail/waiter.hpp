// Room for one completion handler of any type, kept in place: what resumes a waiting coroutine.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

namespace pando::detail {

/// Holds a `void()` completion handler until it is resumed, once, or dropped.
class waiter {
 public:
  waiter() = default;
  waiter(waiter const&) = delete;
  ~waiter() { drop(); }

  explicit operator bool() const noexcept { return work_ != nullptr; }

  template <class Handler, class Executor>
  void set(Handler handler, Executor const& fallback) {
    using kept = bound<Handler, boost::asio::associated_executor_t<Handler, Executor>>;
    drop();
    auto executor = boost::asio::get_associated_executor(handler, fallback);
    if constexpr (sizeof(kept) <= sizeof(room_) && alignof(kept) <= alignof(std::max_align_t) &&
                  std::is_nothrow_move_constructible_v<Handler>) {
      ::new (static_cast<void*>(room_)) kept{std::move(handler), std::move(executor)};
      work_ = [](void* room, action what) {
        auto* const at = std::launder(reinterpret_cast<kept*>(room));
        kept taken{std::move(at->handler), std::move(at->executor)};
        at->~kept();
        run(std::move(taken), what);
      };
    } else {
      auto* const made = new kept{std::move(handler), std::move(executor)};
      ::new (static_cast<void*>(room_)) kept*(made);
      work_ = [](void* room, action what) {
        auto* const at = *std::launder(reinterpret_cast<kept**>(room));
        kept taken{std::move(at->handler), std::move(at->executor)};
        delete at;
        run(std::move(taken), what);
      };
    }
  }

  void drop() { act(action::drop); }

  /// Runs the handler on its own executor, at once when this thread is running that.
  void resume() { act(action::dispatch); }
  /// Runs the handler on its own executor, never from inside this.
  void resume_later() { act(action::post); }

 private:
  enum class action { drop, dispatch, post };

  template <class Handler, class Executor>
  struct bound {
    Handler handler;
    Executor executor;
  };
  template <class Kept>
  static void run(Kept&& taken, action what) {
    if (what == action::dispatch)
      boost::asio::dispatch(taken.executor, std::move(taken.handler));
    else if (what == action::post)
      boost::asio::post(taken.executor, std::move(taken.handler));
  }
  void act(action what) {
    if (work_ != nullptr) std::exchange(work_, nullptr)(room_, what);
  }

  void (*work_)(void* room, action what) = nullptr;
  alignas(std::max_align_t) std::byte room_[128];
};

} // namespace pando::detail
