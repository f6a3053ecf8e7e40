// A listener's connection, and what it has heard.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/runtime/backoff.hpp>
#include <pando/store/detail/postgres_connection.hpp>
#include <pando/store/postgres_notification.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres::detail {

/// *Thread*: the executor's.
class postgres_listener final : public connection_user,
                                public std::enable_shared_from_this<postgres_listener> {
 public:
  static constexpr std::size_t most_kept = 10'000;

  postgres_listener(boost::asio::any_io_executor executor, std::vector<std::string> channels,
                    options chosen, std::chrono::milliseconds heartbeat);
  ~postgres_listener();

  void start();
  void close();
  bool is_listening() const noexcept { return is_listening_; }
  /// Something is there to be taken, or `close` was called.
  bool has_news() const noexcept { return is_closed_ || failure_ || !heard_.empty(); }
  /// *Throws* `error` in place of a notification.
  notification take();
  /// Fires when there are news; made for each wait.
  one_shot& next_event();
  bool was_cancelled() noexcept { return std::exchange(was_cancelled_, false); }

 private:
  PANDO_INLINE void opened(postgres_connection& which) override;
  PANDO_INLINE void answered(postgres_connection& which) override;
  PANDO_INLINE void ended(postgres_connection& which, error const& why,
                          std::vector<std::shared_ptr<postgres_unit>> unsent) override;
  PANDO_INLINE void notified(std::string_view channel, std::string_view payload,
                             int from) override;
  PANDO_INLINE void abandoned() override;

  void connect();
  void subscribed(postgres_unit& answer);
  void try_later();
  void beat();
  void hear(notification what);
  void tell();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<options const> options_;
  std::shared_ptr<postgres_place const> place_;
  std::vector<std::string> channels_;
  std::chrono::milliseconds heartbeat_;
  std::shared_ptr<postgres_connection> connection_;
  backoff backoff_;
  boost::asio::steady_timer timer_; ///< of the next attempt, or of the next heartbeat
  std::deque<notification> heard_;
  std::optional<error> failure_;
  std::unique_ptr<one_shot> event_;
  bool is_listening_ = false;
  bool is_closed_ = false;
  bool was_cancelled_ = false;
};

} // namespace pando::postgres::detail

#endif
