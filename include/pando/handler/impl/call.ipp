// Running and ending calls: the one place where a handler's coroutine is started.
#pragma once

#include <utility>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <pando/handler/awaited.hpp>
#include <pando/handler/call.hpp>
#include <pando/handler/callback.hpp>

namespace pando {

PANDO_LAZY_BODY void call::run(task<void> rest) {
  detail::spawn(executor_, std::move(rest),
                detail::callback(
                    [this] {
                      is_away_ = false;
                      finished();
                    },
                    signal_.slot()));
}

PANDO_LAZY_BODY task<void> call::move_to(boost::asio::any_io_executor where) {
  co_await boost::asio::post(
      boost::asio::bind_executor(std::move(where), PANDO_AWAITED));
}

PANDO_LAZY_BODY task<void> call::move_to_pool() {
  auto const where = pool();
  is_away_ = where != executor_;
  co_await move_to(where);
}

PANDO_INLINE void call::cancel() {
  caller_.is_cancelled = true;
  if (!is_away_) signal_.emit(boost::asio::cancellation_type::terminal);
}

PANDO_INLINE void fail_with_current_exception(call& which, route_row const& route) {
  try {
    throw;
  } catch (failure const& known) {
    which.fail(known);
  } catch (boost::system::system_error const& error) {
    if (error.code() != boost::asio::error::operation_aborted || !which.caller().is_cancelled)
      return which.defect(route, std::current_exception());
    auto const& until = which.caller().deadline;
    if (until && *until <= std::chrono::steady_clock::now())
      which.fail(deadline_exceeded("the deadline passed before the handler was done"));
    else
      which.fail(cancelled("the caller cancelled the call"));
  } catch (...) {
    which.defect(route, std::current_exception());
  }
}

} // namespace pando
