// What the calls of every door have in common: the app they run in, its log and its pool.
#pragma once

#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/call.hpp>
#include <pando/runtime/call_counts.hpp>
#include <pando/runtime/log.hpp>
#include <pando/runtime/threads.hpp>

namespace pando {

class metrics;

/// What a door is given of the app. Outlives every call. *Thread*: any.
struct door_context {
  log const* events;
  blocking_pool const* pool = nullptr; ///< null: blocking handlers run where the call runs
  metrics* counts = nullptr; ///< null: nothing is counted
};

/// A call that knows its app: handler defects are logged under an id, which the caller gets. It is
/// counted from `counted_as` on until `count_end`, or until it is destroyed.
class door_call : public call {
 public:
  door_call(boost::asio::any_io_executor executor, door_context const& context) noexcept
      : call(std::move(executor)), context_(&context) {}
  ~door_call() override { count_end(); }

  PANDO_INLINE void defect(route_row const& route, std::exception_ptr error) override;
  boost::asio::any_io_executor pool() const override {
    return context_->pool != nullptr ? context_->pool->executor() : executor();
  }

 protected:
  door_context const& context() const noexcept { return *context_; }

  /// Null: it is not counted.
  void counted_as(route_counts* of, call_way way) noexcept {
    outcome_ = call_outcome::ok;
    counts_ = of;
    if (of == nullptr) return;
    way_ = way;
    if (way != call_way::in_process) count_at_door();
  }
  /// Anything but `ok`; what is said first counts.
  void ends_in(call_outcome how) noexcept {
    if (outcome_ == call_outcome::ok) outcome_ = how;
  }
  call_outcome outcome() const noexcept { return outcome_; }
  void count_end() noexcept {
    if (counts_ == nullptr) return;
    if (way_ == call_way::in_process) counts_->ended_here(outcome_);
    else count_end_at_door();
    counts_ = nullptr;
  }

 private:
  void count_at_door() noexcept;
  void count_end_at_door() noexcept;

  door_context const* context_;
  route_counts* counts_ = nullptr; ///< while it is counted
  std::chrono::steady_clock::time_point begun_{};
  call_way way_ = call_way::in_process;
  call_outcome outcome_ = call_outcome::ok;
};

/// The text of any exception: its type and `what()`, for a log. `of_others` is said of one that is
/// no std::exception.
std::string describe_exception(std::exception_ptr const& error, std::string_view of_others = {});

/// Sixteen hexadecimal digits, not seen before: what ties an answer to a line of the log.
std::string new_event_id();

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/door_call.ipp>
#endif
