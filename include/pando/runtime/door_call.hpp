// What the calls of every door have in common: the app they run in, its log and its pool.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/call.hpp>
#include <pando/runtime/log.hpp>

namespace pando {

/// What a door is given of the app. Outlives every call. *Thread*: any.
struct door_context {
  log const* events;
  boost::asio::any_io_executor pool{}; ///< empty: blocking handlers run where the call runs
};

/// A call that knows its app: handler defects are logged under an id, which the caller gets.
class door_call : public call {
 public:
  door_call(boost::asio::any_io_executor executor, door_context const& context) noexcept
      : call(std::move(executor)), context_(&context) {}

  PANDO_INLINE void defect(route_row const& route, std::exception_ptr error) override;
  boost::asio::any_io_executor pool() const override {
    return context_->pool ? context_->pool : executor();
  }

 protected:
  door_context const& context() const noexcept { return *context_; }

 private:
  door_context const* context_;
};

/// The text of any exception: its type and `what()`, for a log.
std::string describe_exception(std::exception_ptr const& error);

/// Sixteen hexadecimal digits, not seen before: what ties an answer to a line of the log.
std::string new_event_id();

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/door_call.ipp>
#endif
