// A time at which something runs on a loop: one descriptor for all timers of the loop.
//
// Asio's own timer brings Boost.Date_Time, a third of a second of compilation, and three hundred
// functions. This one waits as a socket does, whose functions a server has anyway.
#pragma once

#include <chrono>
#include <cstddef>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/callback.hpp>

namespace pando::detail {

class loop_clock;

/// Runs something once, at a time. It can be set again at any time, from what it runs too.
/// *Thread*: that of its executor, for all members.
class timer {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// *Throws* std::system_error when the process has no descriptor left, for the first of a loop.
  explicit timer(boost::asio::any_io_executor where);
  timer(timer const&) = delete;
  ~timer() { cancel(); }

  /// Runs `work` on the executor at that time, and not what was set before. Until then the loop has
  /// something to do, so that it does not end for want of it.
  void set(time_point until, callback work);
  /// What was set is destroyed, and does not run. *Limit*: on an executor that is no loop of one
  /// thread it may be about to, and does.
  void cancel() noexcept;

 private:
  friend loop_clock;
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

  boost::asio::any_io_executor where_;
  loop_clock& clock_;
  time_point until_{};
  callback work_{};
  std::size_t place_ = nowhere; ///< among all that the clock has
};

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/timer.ipp>
#endif
