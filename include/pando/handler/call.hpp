// One call as a handler's side sees it, whatever the door: decode, run, answer. Plain functions.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <pando/config.hpp>
#include <pando/handler/caller.hpp>
#include <pando/handler/failure.hpp>
#include <pando/handler/io.hpp>
#include <pando/handler/stream_source.hpp>
#include <pando/handler/task.hpp>
#include <pando/schema/table.hpp>

namespace pando {

/// A call in flight. A door derives from it, keeps it alive until `finished`, and is told exactly
/// one of `answer`, `raise`, `fail`, `defect` or `stream`. *Thread*: all members on the call's
/// executor.
class call {
 public:
  explicit call(boost::asio::any_io_executor executor) noexcept : executor_(std::move(executor)) {}
  call(call const&) = delete;
  virtual ~call() = default;

  /// Fills a default-constructed request. False: it was refused, and the caller has its answer.
  virtual bool decode(schema::type const& type, void* request) = 0;
  /// The result; null for void. It may be moved from.
  virtual void answer(schema::type const* type, void* result) = 0;
  /// A declared error of the route, `index` of its `errors`.
  virtual void raise(error_row const& row, std::size_t index, void* error) = 0;
  /// The framework's own errors.
  virtual void fail(failure const& why) = 0;
  /// A stream of items; the door pulls. `explain` turns an exception of the producer into `raise`
  /// or `fail` of the call it is given.
  virtual void stream(schema::type const& item, std::unique_ptr<stream_source> source,
                      void (*explain)(call&, std::exception_ptr)) = 0;
  /// The handler threw what the route does not declare: answered as `internal`, with an id under
  /// which the log has the exception; nothing of it reaches the caller.
  virtual void defect(route_row const& route, std::exception_ptr error) = 0;
  /// The last thing that is said to a call that was not streamed: it may be reused.
  virtual void finished() = 0;

  /// What a door adds for handlers that ask for it (`http::headers`); null: this door has none.
  virtual void* extra(void const* kind) {
    (void)kind;
    return nullptr;
  }

  /// Whether guards have let the caller in already: those of the door that it came by.
  bool is_let_in() const noexcept { return is_let_in_; }

  pando::caller& caller() noexcept { return caller_; }
  pando::io& io() noexcept { return io_; }
  boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

  /// Where handlers that may block are run.
  virtual boost::asio::any_io_executor pool() const { return executor_; }
  /// It is about to go there, to another thread than whoever may leave it is on.
  virtual void goes_to_pool() {}
  /// There was no thread for it: nothing of its handler has happened. `fail` comes next.
  virtual void got_no_thread() {}
  /// Awaited by a coroutine of this call, it goes on over there.
  PANDO_LAZY static task<void> move_to(boost::asio::any_io_executor where);

  /// The same for this call's coroutine: what follows may block, until it moves back.
  /// *Throws* `overloaded` where the machine gives no thread.
  PANDO_LAZY task<void> move_to_pool();

  /// Runs the rest of a call of that route as a coroutine on its executor, then `finished`. What
  /// the coroutine throws is answered, as `fail_with_current_exception` does.
  PANDO_LAZY void run(task<void> rest, route_row const& route);
  /// Ends the handler's waiting: its coroutine sees `operation_aborted`. One on the pool, which is
  /// another thread's, only sees that its caller `is_cancelled`.
  void cancel();
  /// What `cancel` tells, for whoever runs the call without a coroutine.
  boost::asio::cancellation_slot cancellation() { return signal_.slot(); }

 protected:
  void io_goes_to(io_sink* sink) noexcept { io_ = pando::io(sink); }
  /// The caller is somebody whom a door has let in.
  void stands_for(pando::caller const& other) {
    caller_ = other;
    is_let_in_ = true;
  }
  /// A call that is used again: guards are asked anew.
  void stands_for_itself() noexcept { is_let_in_ = false; }

 private:
  void tell_thrown(route_row const& route, std::exception_ptr const& thrown);
  boost::asio::any_io_executor find_pool();

  boost::asio::any_io_executor executor_;
  pando::caller caller_;
  pando::io io_;
  bool is_let_in_ = false;
  bool is_away_ = false; ///< on the pool
  boost::asio::cancellation_signal signal_; ///< of the coroutine that runs, if one does
};

namespace detail {
/// What `call::extra` is asked for to get the id of the instance that is called, a
/// `std::string_view`; it is valid until the entry of the route has returned.
inline constexpr char instance_of_call = 0;
} // namespace detail

/// Tells the call of the exception in flight: a failure as it is, anything else as a defect.
void fail_with_current_exception(call& which, route_row const& route);

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/call.ipp>
#endif
