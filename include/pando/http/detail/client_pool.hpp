// The connections of an HTTP client: those kept for the next call, and the calls that wait for one.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include <pando/config.hpp>
#include <pando/http/detail/client_exchange.hpp>
#include <pando/http/detail/client_settings.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::http::detail {

/// Nothing is pending while a connection is kept, so that an idle client lets its loop end; a kept
/// connection is looked at when it is used again. *Thread*: the loop's.
class client_pool : public std::enable_shared_from_this<client_pool> {
 public:
  explicit client_pool(std::shared_ptr<client_settings const> shared)
      : settings_(std::move(shared)) {}

  client_settings const& settings() const noexcept { return *settings_; }

  /// Finds a connection for a call, or lets it wait for one.
  void submit(std::shared_ptr<client_exchange> call);
  /// A call that waits no longer wants to.
  void forget(client_exchange const& call);

  /// A connection has done its call and can do another.
  void keep(std::shared_ptr<client_connection> which);
  /// A connection has been closed; a new one takes its place for `successor`, if there is one.
  void closed(std::shared_ptr<client_exchange> successor);

  /// No client is left: closes what is kept.
  void close();
  /// The loop is destroyed: whoever waits ends.
  void abandon();

 private:
  struct kept {
    std::shared_ptr<client_connection> connection;
    std::chrono::steady_clock::time_point since;
  };
  void drop_idle();
  void connect(std::shared_ptr<client_exchange> call);

  std::shared_ptr<client_settings const> settings_;
  pando::detail::sequence<kept> kept_; ///< the longest idle first
  std::deque<std::shared_ptr<client_exchange>> waiting_;
  std::size_t open_ = 0;
  bool is_closed_ = false;
};

} // namespace pando::http::detail
