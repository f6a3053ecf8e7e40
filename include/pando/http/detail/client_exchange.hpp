// One call of the HTTP client: the half that its caller's thread has, and the half of the loop.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/http/detail/client_answer.hpp>
#include <pando/http/detail/client_request.hpp>
#include <pando/http/detail/client_settings.hpp>

namespace pando::http::detail {

class client_connection;
class client_exchange;
class client_pool;

/// The caller's half: where the operation is filled. `asked` and `settings` never change, so both
/// threads read them. *Thread*: the operation's `home`, all else.
class client_caller : public std::enable_shared_from_this<client_caller> {
 public:
  client_caller(operation& call, client_request request,
                std::shared_ptr<client_settings const> shared);
  client_caller(client_caller const&) = delete;
  ~client_caller();

  client_request const asked;
  std::shared_ptr<client_settings const> const settings;
  boost::asio::any_io_executor const home;
  bool const is_direct; ///< home is the loop: nothing need be posted

  asked_place place() const noexcept { return {settings->url.origin, &asked}; }

  /// Each of these is passed over when the caller has left. After `finish` the caller has left.
  void take(client_answer const& answer);
  void take_problem(std::string_view json, int status);
  /// False: it was none; the call has the failure and awaits `finish`.
  bool take_item(std::string_view json);
  void fail(failure const& why);
  void finish();
  /// The caller does not want it any more; gives the operation that is to be finished.
  operation* leave() noexcept { return std::exchange(call_, nullptr); }

  std::weak_ptr<client_exchange> exchange; ///< set before the call starts

 private:
  operation* call_;
};

/// The loop's half. It belongs to the connection it is on, or to the pool while it waits; when it
/// is destroyed before its end, the loop itself has been. *Thread*: the loop's.
class client_exchange : public std::enable_shared_from_this<client_exchange> {
 public:
  using clock = std::chrono::steady_clock;

  client_exchange(std::shared_ptr<client_pool> pool, std::shared_ptr<client_caller> caller,
                  std::optional<clock::time_point> deadline);
  client_exchange(client_exchange const&) = delete;
  ~client_exchange();

  client_request const& asked() const noexcept { return caller_->asked; }
  std::optional<clock::time_point> deadline() const noexcept { return deadline_; }

  void start();
  /// Room for `count` more items.
  void grant(std::size_t count);
  /// The caller has left.
  void abort();

  /// Ends it with a failure; the connection it is on is closed before the caller goes on.
  void fail(failure_code code, std::string const& sentence);
  /// Runs `work(client_caller&)` on the caller's thread, now where that is this one.
  template <class Work>
  void tell(Work work) {
    if (caller_->is_direct) return work(*caller_);
    boost::asio::dispatch(caller_->home,
                          [caller = caller_, work = std::move(work)]() mutable { work(*caller); });
  }
  /// No more deadlines, no more aborts: what is told next is the end.
  void conclude();
  client_caller& caller() noexcept { return *caller_; }
  /// Nothing is pending on the connection until there is room again: the call keeps it meanwhile.
  void keep_paused(std::shared_ptr<client_connection> which) noexcept {
    paused_ = std::move(which);
  }

  client_connection* connection = nullptr; ///< that it is on
  std::size_t credit = 0;                  ///< items the consumer has room for
  bool was_retried = false;

 private:
  void expired();

  std::shared_ptr<client_pool> pool_;
  std::shared_ptr<client_caller> caller_;
  std::shared_ptr<client_connection> paused_;
  std::optional<clock::time_point> deadline_;
  std::optional<boost::asio::steady_timer> timer_;
  bool is_over_ = false;
};

} // namespace pando::http::detail
