// What Pando gives to Asio's operations where it waits by callback: of one type, whatever it does.
//
// Asio makes some forty functions for each type of handler, and seventy where a timer or a socket
// is waited for. Without optimization the compiler writes down all of them, so handlers are of this
// one type, which has one function for what it holds.
#pragma once

#include <cstddef>
#include <exception>
#include <new>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/error_code.hpp>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>

namespace pando::detail {

/// A completion handler of the signatures void(), void(error_code), void(error_code, std::size_t),
/// void(error_code, int) and void(std::exception_ptr), which calls a function that takes as many
/// arguments, or fewer.
/// *Limit*: the function and what it captures is kept in place, in `room` bytes.
class callback {
 public:
  static constexpr std::size_t room = 112;
  using cancellation_slot_type = boost::asio::cancellation_slot;

  /// Of nothing: it is not to be called.
  callback() noexcept = default;
  /// `slot`: where the operation is cancelled.
  template <class Function>
  explicit callback(Function function, boost::asio::cancellation_slot slot = {}) noexcept
      : act_(&act_of<Function>), slot_(slot) {
    static_assert(sizeof(Function) <= room && alignof(Function) <= alignof(std::max_align_t));
    ::new (static_cast<void*>(room_)) Function(std::move(function));
  }
  callback(callback&& other) noexcept
      : act_(std::exchange(other.act_, nullptr)), slot_(other.slot_) {
    if (act_ != nullptr) act_(other.room_, room_, nullptr);
  }
  callback& operator=(callback&& other) noexcept {
    if (act_ != nullptr) act_(room_, nullptr, nullptr);
    act_ = std::exchange(other.act_, nullptr);
    slot_ = other.slot_;
    if (act_ != nullptr) act_(other.room_, room_, nullptr);
    return *this;
  }
  ~callback() {
    if (act_ != nullptr) act_(room_, nullptr, nullptr);
  }

  explicit operator bool() const noexcept { return act_ != nullptr; }

  void operator()() { tell({}); }
  void operator()(boost::system::error_code const& error) { tell({error, 0, nullptr}); }
  void operator()(boost::system::error_code const& error, std::size_t count) {
    tell({error, count, nullptr});
  }
  void operator()(boost::system::error_code const& error, int number) {
    tell({error, static_cast<std::size_t>(number), nullptr});
  }
  void operator()(std::exception_ptr const& thrown) { tell({{}, 0, &thrown}); }

  boost::asio::cancellation_slot get_cancellation_slot() const noexcept { return slot_; }

 private:
  struct event {
    boost::system::error_code error{};
    std::size_t count = 0;
    std::exception_ptr const* thrown = nullptr;
  };

  void tell(event const& what) { act_(room_, nullptr, &what); }

  /// Calls the function with an event; without one moves it to another place, if there is one, and
  /// destroys it here.
  template <class Function>
  static void act_of(void* here, void* there, event const* what) {
    auto& function = *std::launder(static_cast<Function*>(here));
    if (what != nullptr) {
      if constexpr (requires { function(what->error, what->count); })
        function(what->error, what->count);
      else if constexpr (requires { function(what->error); })
        function(what->error);
      else if constexpr (requires { function(*what->thrown); })
        function(*what->thrown);
      else
        function();
      return;
    }
    if (there != nullptr) ::new (there) Function(std::move(function));
    function.~Function();
  }

  void (*act_)(void* here, void* there, event const* what) = nullptr;
  boost::asio::cancellation_slot slot_{};
  alignas(std::max_align_t) std::byte room_[room];
};

/// Runs it on the executor, never from inside this.
void post(boost::asio::any_io_executor const& where, callback work);

/// Runs it on the executor, at once when this thread is running that.
void dispatch(boost::asio::any_io_executor const& where, callback work);

/// Runs a coroutine on the executor, then `ended`, which is given what the coroutine threw, or
/// null.
PANDO_LAZY void spawn(boost::asio::any_io_executor const& where, task<void> work, callback ended);

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/callback.ipp>
#endif
