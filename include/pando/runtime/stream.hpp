// `pando::stream<T>`: a coroutine that yields items; it runs only while somebody wants the next.
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/contract/stream_fwd.hpp>
#include <pando/handler/stream_source.hpp>
#include <pando/handler/task.hpp>
#include <pando/meta/compiler.hpp>

namespace pando {

/// The named value rule of g++ 12: a yielded temporary with a destructor is destroyed twice there.
template <class Item, bool Named>
inline constexpr bool yielded_item_is_named_first = Named;

namespace detail {

/// The part of a stream's promise that knows no item type.
class stream_promise {
  /// Resumes the waiting coroutine once; destroys it instead when its stream was dropped meanwhile.
  class resumption {
   public:
    resumption(stream_promise* self, std::coroutine_handle<> waiting) noexcept
        : self_(self), waiting_(waiting) {}
    resumption(resumption&& other) noexcept
        : self_(std::exchange(other.self_, nullptr)), waiting_(other.waiting_) {}
    ~resumption() { // the loop ends: who waits for the end is not told
      if (self_ != nullptr && self_->dropped_) waiting_.destroy();
      else if (self_ != nullptr) self_->waits_ = false;
    }
    void resume() {
      auto* const self = std::exchange(self_, nullptr);
      self->waits_ = false;
      if (!self->dropped_) return waiting_.resume();
      auto const gone = self->gone_;
      auto* const state = self->state_;
      waiting_.destroy();
      if (gone != nullptr) gone(state);
    }

   private:
    stream_promise* self_;
    std::coroutine_handle<> waiting_;
  };

 public:
  std::suspend_always initial_suspend() const noexcept { return {}; }
  auto final_suspend() noexcept {
    struct finish {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) const noexcept { self->deliver(nullptr); }
      void await_resume() const noexcept {}
      stream_promise* self;
    };
    return finish{this};
  }
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  /// Gives an item to whoever asked, from inside the suspension.
  struct yielded {
    stream_promise* self;
    void* item;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept { self->deliver(item); }
    void await_resume() const noexcept {}
  };

  /// Waits for a task on the stream's executor, then goes on.
  template <class Result>
  struct awaited_task {
    stream_promise* self;
    task<Result> work;
    std::exception_ptr error{};
    std::optional<std::conditional_t<std::is_void_v<Result>, std::monostate, Result>> value{};

    /// What `co_spawn` calls at the end. It has no executor of its own: where a handler has one,
    /// Boost 1.81 posts cancellation there, behind which the stream, and the signal, may be gone.
    struct resumer {
      using cancellation_slot_type = boost::asio::cancellation_slot;

      awaited_task* of;
      resumption guard;
      cancellation_slot_type slot;

      cancellation_slot_type get_cancellation_slot() const noexcept { return slot; }
      template <class... Given>
      void operator()(std::exception_ptr thrown, Given... given) {
        of->error = std::move(thrown);
        if constexpr (sizeof...(given) != 0) of->value.emplace(std::move(given)...);
        guard.resume();
      }
    };

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      self->waits_ = true;
      boost::asio::co_spawn(self->executor_, std::move(work),
                            resumer{this, resumption(self, waiting), self->signal_.slot()});
    }
    Result await_resume() {
      if (error) std::rethrow_exception(error);
      if constexpr (!std::is_void_v<Result>) return std::move(*value);
    }
  };
  /// `co_await boost::asio::this_coro::executor`: where the stream runs.
  auto await_transform(boost::asio::this_coro::executor_t) const noexcept {
    struct known {
      boost::asio::any_io_executor executor;
      bool await_ready() const noexcept { return true; }
      void await_suspend(std::coroutine_handle<>) const noexcept {}
      boost::asio::any_io_executor await_resume() const noexcept { return executor; }
    };
    return known{executor_};
  }
  template <class Result>
  auto await_transform(task<Result> work) {
    return awaited_task<Result>{this, std::move(work)};
  }

 private:
  friend class coroutine_source;

  void deliver(void* item) noexcept {
    auto const ready = std::exchange(ready_, nullptr);
    if (ready != nullptr) ready(state_, item, item == nullptr ? error_ : std::exception_ptr{});
  }

  boost::asio::any_io_executor executor_;
  boost::asio::cancellation_signal signal_;
  stream_source::receiver ready_ = nullptr;
  void* state_ = nullptr;
  std::exception_ptr error_;
  stream_source::ending gone_ = nullptr;
  bool waits_ = false;   ///< in a task of its own: its frame may not be destroyed now
  bool dropped_ = false; ///< nobody wants it any more
};

/// The erased end of a stream: owns the coroutine.
class coroutine_source final : public stream_source {
 public:
  coroutine_source(std::coroutine_handle<> handle, stream_promise& promise) noexcept
      : handle_(handle), promise_(&promise) {}
  coroutine_source(coroutine_source const&) = delete;
  ~coroutine_source() override {
    if (promise_ != nullptr && leave(nullptr, nullptr)) handle_.destroy();
  }
  bool leave(void* state, ending gone) override {
    if (!promise_->waits_) return true;
    auto* const left = std::exchange(promise_, nullptr); // its frame ends by itself
    left->ready_ = nullptr;
    left->dropped_ = true;
    left->state_ = state;
    left->gone_ = gone;
    left->signal_.emit(boost::asio::cancellation_type::terminal); // this may be gone
    return false;
  }
  void runs_on(boost::asio::any_io_executor executor) override {
    promise_->executor_ = std::move(executor);
  }
  void next(void* state, receiver ready) override {
    promise_->state_ = state;
    promise_->ready_ = ready;
    if (handle_.done()) promise_->deliver(nullptr);
    else handle_.resume();
  }

 private:
  std::coroutine_handle<> handle_;
  stream_promise* promise_;
};

} // namespace detail

/// What the handler of a stream is: a coroutine that yields named `Item`s (`co_yield item;`) and
/// may await any `pando::task`. It runs to its next item when there is room for one at the other
/// end; when the consumer leaves it is destroyed where it stands. *Thread*: the call's executor.
template <class Item>
class [[nodiscard]] stream {
 public:
  class promise_type : public detail::stream_promise {
   public:
    stream get_return_object() {
      return stream(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    /// The item stays where it is until the next is asked for.
    auto yield_value(Item& item) noexcept { return yielded{this, &item}; }
    auto yield_value(Item const& item) {
      copy_.emplace(item);
      return yielded{this, &*copy_};
    }
    /// A temporary, also one in braces.
    auto yield_value(Item&& item) {
      constexpr bool safe =
          !meta::destroys_temporaries_twice || std::is_trivially_destructible_v<Item>;
      static_assert(yielded_item_is_named_first<Item, safe>,
                    "pando: g++ 12 destroys a yielded temporary twice; name it first: "
                    "Item item{…}; co_yield item;");
      copy_.emplace(std::move(item));
      return yielded{this, &*copy_};
    }
    template <class Given>
      requires(std::is_convertible_v<Given, Item> && !std::is_lvalue_reference_v<Given> &&
               !std::is_same_v<std::remove_const_t<Given>, Item>)
    auto yield_value(Given&& item) {
      constexpr bool safe = !meta::destroys_temporaries_twice ||
                            std::is_trivially_destructible_v<std::remove_cvref_t<Given>>;
      static_assert(yielded_item_is_named_first<Item, safe>,
                    "pando: g++ 12 destroys a yielded temporary twice; name it first: "
                    "Item item{…}; co_yield item;");
      copy_.emplace(std::forward<Given>(item));
      return yielded{this, &*copy_};
    }

   private:
    std::optional<Item> copy_;
  };

  stream(stream&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  stream& operator=(stream&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~stream() {
    if (handle_) handle_.destroy();
  }

  /// Gives the coroutine away, without its type.
  std::unique_ptr<stream_source> release() {
    auto const handle = std::exchange(handle_, nullptr);
    return std::make_unique<detail::coroutine_source>(handle, handle.promise());
  }

 private:
  explicit stream(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

} // namespace pando
