// One timer for the deadlines of many calls: it is set for the next of them.
#pragma once

#include <chrono>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>

namespace pando {

/// Whose calls have deadlines.
class deadline_user {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  /// Ends the calls that are late at the time it is given, and gives the next deadline, or
  /// `time_point::max()`. It may destroy the watch.
  virtual time_point expire(time_point now) = 0;

 protected:
  ~deadline_user() = default;
};

/// Calls that end before their deadline leave the timer where it is. *Thread*: the executor's.
class deadline_watch {
 public:
  using time_point = deadline_user::time_point;

  deadline_watch(boost::asio::any_io_executor executor, deadline_user& user);

  /// A call has that deadline.
  void watch(time_point deadline);

 private:
  struct parts;
  static void wait(std::shared_ptr<parts> const& which, time_point deadline);
  std::shared_ptr<parts> parts_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/deadline_watch.ipp>
#endif
