// The seam of the clients: an operation is one call in flight, a channel is what carries it.
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <pando/config.hpp>
#include <pando/handler/caller.hpp>
#include <pando/handler/detail/waiter.hpp>
#include <pando/handler/failure.hpp>
#include <pando/schema/table.hpp>

namespace pando {

class channel;

/// One call in flight, seen from the caller's side. The caller owns it and keeps it, its request
/// and its result alive until it is done; a channel fills it and then calls `finish`, once.
/// *Thread*: its `home`.
class operation {
 public:
  operation(route_row const& row, void* request_object, void* result_object) noexcept
      : route(&row), request(request_object), result(result_object) {}
  operation(operation const&) = delete;
  ~operation() { end(); }

  route_row const* route;
  void* request; ///< of `route->request`, which may be moved from; null when the route takes none
  void* result;        ///< default-constructed, of `route->result`; null for void and for streams
  std::optional<std::chrono::steady_clock::time_point> deadline{};

  /// Whom the call is made for, when that is somebody who came by a door and was let in. It
  /// outlives the call. Null: this program.
  caller const* behalf = nullptr;

  /// The instance that is asked, where the route is an entity's and the channel leads to many.
  std::string_view instance{};

  /// Nobody waits for what it ends in: it is done when it is stored, or on its way.
  bool discards = false;

  /// Where the caller waits; an in-process handler's coroutine runs there.
  boost::asio::any_io_executor home{};

  /// What a channel keeps with the operation (its id on the wire, a timer's place).
  std::size_t tag = 0;
  channel* carrier = nullptr;

  /// Room for declared error `index`: a default-constructed object of its type, owned here.
  void* make_error(std::size_t index);
  /// Ends in one of the framework's errors, or in an exception of the channel.
  void set_failure(std::exception_ptr why) noexcept { failed = std::move(why); }
  void set_failure(failure const& why);
  /// Done: result, error or failure are in place. Resumes whoever waits.
  void finish();
  /// Resumes whoever waits, later and without being done: an item has come.
  void wake() { waiter_.resume_later(); }

  bool is_done() const noexcept { return done_; }
  /// Forgets who waits, and cancels what is not done. A derived type calls it in its destructor.
  void end();
  /// Which declared error, or none.
  std::optional<std::size_t> error_index{};
  void* error = nullptr;
  std::exception_ptr failed{};

  /// Waits for `finish`: an Asio operation with the signature void(). Cancelling it cancels the
  /// call on the channel, which then finishes it.
  auto wait() { return wait_for_operation{this}; }

 private:
  struct wait_for_operation {
    operation* self;
    template <boost::asio::completion_token_for<void()> Token>
    auto operator()(Token&& token) const {
      return boost::asio::async_initiate<Token, void()>(
          [](auto handler, operation* waited) { waited->set_waiter(std::move(handler)); }, token,
          self);
    }
  };
  template <class Handler>
  void set_waiter(Handler handler);
  void cancel();

  bool done_ = false;
  detail::waiter waiter_;
};

/// A stream in flight, seen from the consumer's side: the typed half keeps the items.
class stream_operation : public operation {
 public:
  using operation::operation;
  virtual ~stream_operation() = default;
  /// Room for the next item, default-constructed, of `route->result`; the channel fills it.
  virtual void* make_item() = 0;
  /// The item made last is filled: wakes the consumer.
  virtual void item_ready() = 0;
  /// The item made last could not be filled.
  virtual void drop_item() = 0;
};

/// What carries calls: in process, a Unix socket, HTTP. Shared by the clients made from it.
/// *Thread*: all members on the operation's `home`; what a channel shares it guards itself.
class channel {
 public:
  virtual ~channel() = default;
  /// Starts it; it may be done when this returns.
  virtual void start(operation& call) = 0;
  /// The caller no longer wants the answer: the channel tells the other side, and finishes it with
  /// `cancelled`. When this returns the operation is done and the channel no longer knows it.
  virtual void cancel(operation& call) = 0;
  /// The same for streams; items come only for credit given by `grant`.
  virtual void start_stream(stream_operation& call) = 0;
  /// The consumer has room for `count` more items.
  virtual void grant(stream_operation& call, std::size_t count) = 0;
};

template <class Handler>
void operation::set_waiter(Handler handler) {
  if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected())
    slot.assign([this](boost::asio::cancellation_type) { cancel(); });
  waiter_.set(std::move(handler), home);
}

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/channel.ipp>
#endif
