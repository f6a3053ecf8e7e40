// The connections of a pool, which unit goes over which, and who waits for one.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/runtime/backoff.hpp>
#include <pando/store/detail/postgres_connection.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres::detail {

/// *Thread*: the executor's.
class postgres_pool final : public connection_user,
                            public std::enable_shared_from_this<postgres_pool> {
 public:
  using clock = postgres_unit::clock;

  postgres_pool(boost::asio::any_io_executor executor, options chosen);
  ~postgres_pool();

  boost::asio::any_io_executor const& executor() const noexcept { return executor_; }
  /// Sends it, or lets it wait for a connection; it ends in any case.
  void submit(std::shared_ptr<postgres_unit> which);
  /// Takes nothing more; what waits fails, what is in flight is answered. `drained` then fires.
  void finish();
  /// Everything ends now.
  void abandon();
  one_shot& drained() noexcept { return drained_; }

  std::size_t open_connections() const noexcept;
  std::size_t in_flight() const noexcept;
  std::size_t waiting() const noexcept { return waiting_.size(); }
  std::size_t failed_attempts() const noexcept { return backoff_.failures(); }

 private:
  struct waiter {
    std::shared_ptr<postgres_unit> unit;
    clock::time_point until;
  };
  PANDO_INLINE void opened(postgres_connection& which) override;
  PANDO_INLINE void answered(postgres_connection& which) override;
  PANDO_INLINE void ended(postgres_connection& which, error const& why,
                          std::vector<std::shared_ptr<postgres_unit>> unsent) override;
  PANDO_INLINE void notified(std::string_view, std::string_view, int) override;
  PANDO_INLINE void abandoned() override;

  void dispatch();
  postgres_connection* least_busy() const noexcept;
  void connect_more();
  std::chrono::milliseconds longest_wait(postgres_unit const& which) const;
  void watch_waiting(clock::time_point until);
  void drop_late();
  void fail_waiting(error const& why);
  void look_drained();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<options const> options_;
  std::shared_ptr<postgres_place const> place_;
  std::vector<std::shared_ptr<postgres_connection>> connections_;
  std::deque<waiter> waiting_;
  backoff backoff_;
  boost::asio::steady_timer attempt_timer_;
  boost::asio::steady_timer waiting_timer_;
  one_shot drained_;
  std::string last_failure_;
  clock::time_point watched_until_ = (clock::time_point::max)(); ///< what waits, by its timer
  bool attempt_is_due_ = false;                                  ///< the timer runs
  bool is_closed_ = false;
};

} // namespace pando::postgres::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_pool_state.ipp>
#endif
#endif
