// Running and ending calls: the one place where a handler's coroutine is started.
#pragma once

#include <exception>
#include <string>
#include <system_error>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <pando/handler/call.hpp>
#include <pando/handler/callback.hpp>
#include <pando/handler/deadline_clock.hpp>
#include <pando/handler/detail/wait_operation.hpp>

namespace pando {

namespace detail {
/// Whoever waits goes on over there, and not where it is at home.
inline void go_on_there(void* where, waiting&& who) {
  auto const there = *static_cast<boost::asio::any_io_executor*>(where); // it may end meanwhile
  post(there, std::move(who.resume));
}
} // namespace detail

PANDO_LAZY_BODY void call::run(task<void> rest, route_row const& route) {
  auto over = [this, &route](std::exception_ptr const& thrown) {
    is_away_ = false;
    if (thrown) tell_thrown(route, thrown);
    finished();
  };
  detail::spawn(executor_, std::move(rest), detail::callback(std::move(over), signal_.slot()));
}

PANDO_INLINE void call::tell_thrown(route_row const& route, std::exception_ptr const& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (...) {
    fail_with_current_exception(*this, route);
  }
}

PANDO_LAZY_BODY task<void> call::move_to(boost::asio::any_io_executor where) {
  detail::wait_operation moving{&where, detail::go_on_there, &where};
  co_await std::move(moving);
}

PANDO_LAZY_BODY task<void> call::move_to_pool() {
  auto const where = find_pool();
  is_away_ = where != executor_;
  if (is_away_) goes_to_pool();
  co_await move_to(where);
}

PANDO_INLINE boost::asio::any_io_executor call::find_pool() {
  try {
    return pool();
  } catch (std::system_error const& error) {
    got_no_thread();
    throw overloaded("this app has no thread for handlers that block (" +
                     std::string(error.what()) + "), and nothing of the call has happened: call "
                     "again later, or let the app have more threads (ulimit -u)");
  }
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
    if (until && *until <= detail::deadline_clock::now())
      which.fail(deadline_exceeded("the deadline passed before the handler was done"));
    else
      which.fail(cancelled("the caller cancelled the call"));
  } catch (...) {
    which.defect(route, std::current_exception());
  }
}

} // namespace pando
