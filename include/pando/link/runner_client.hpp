// A runner's way to another: a channel that connects when it is first used, and again after a loss.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/link/deadline_watch.hpp>
#include <pando/link/frame_client.hpp>
#include <pando/link/runner_address.hpp>
#include <pando/link/runner_listener.hpp>
#include <pando/link/secure_link.hpp>
#include <pando/runtime/backoff.hpp>

namespace pando {

namespace detail {
class runner_dial;
}

/// What a link's requests, answers, errors and items are written in. JSON takes several times the
/// work, and can be read by who looks at the link.
enum class link_serialization : std::uint8_t { binary, json };

struct runner_client_options {
  link_limits limits = runner_limits();
  /// The name of the runner that is meant; another one is refused. Empty: whoever is there.
  std::string expected{};
  /// How long a call waits for a connection at most, or for the next ones, when those that come
  /// are lost before it is sent; its deadline may be sooner.
  std::chrono::milliseconds within{5'000};
  /// Between attempts: the first pause and the longest, each up to half shorter by chance.
  std::chrono::milliseconds first_pause{50};
  std::chrono::milliseconds longest_pause{2'000};
  /// Asked of the other side for calls of this one; one that has never heard of it stays binary.
  link_serialization serialization = link_serialization::binary;
  /// Told once when the runner cannot be reached, and when it can be again; and of what goes wrong
  /// with connections, which it outlives. Null: nothing is logged.
  log const* events = nullptr;
};

/// Carries calls to the runner at an address, all over one connection. A call that was sent when
/// the connection is lost fails `disconnected`; one that was not waits for the next connection and
/// fails `not_running` when there is none in time, or `forbidden` when one side refuses the other.
/// *Thread*: the executor it was made with, which is also the `home` of its operations.
class runner_client final : public channel,
                            public std::enable_shared_from_this<runner_client>,
                            private deadline_user {
 public:
  static std::shared_ptr<runner_client> make(boost::asio::any_io_executor executor,
                                             runner_address address,
                                             std::shared_ptr<secure_link const> security,
                                             runner_client_options options = {});
  PANDO_INLINE ~runner_client() override;

  PANDO_INLINE void start(operation& call) override;
  PANDO_INLINE void cancel(operation& call) override;
  PANDO_INLINE void start_stream(stream_operation& call) override;
  PANDO_INLINE void grant(stream_operation& call, std::size_t count) override;

  /// Says which contract its routes belong to, so that both sides compare it as a whole.
  void know(contract_row const& contract);
  /// Calls `reached` when there is a connection, or with what went wrong.
  void connect(std::function<void(std::exception_ptr)> reached);

  bool is_open() const noexcept { return current_ && current_->takes_calls(); }
  /// Who is at the other end of the newest connection, as proven.
  std::optional<link_identity> const& peer() const noexcept { return peer_; }
  runner_address const& address() const noexcept { return address_; }
  boost::asio::any_io_executor executor() const { return executor_; }

  /// Ends it for good: what is in flight ends in `disconnected`, what waits in `not_running`.
  void close();

 private:
  using time_point = std::chrono::steady_clock::time_point;
  /// A call that was not sent.
  struct waiting {
    operation* call;
    stream_operation* stream;
    std::size_t credit;
    time_point until; ///< not said while it has not had to wait
  };

  runner_client(boost::asio::any_io_executor executor, runner_address address,
                std::shared_ptr<secure_link const> security, runner_client_options options);
  void begin(waiting which);
  void send(waiting const& which);
  void connect_soon();
  void dial();
  void reached(std::shared_ptr<frame_client> client, link_identity who, std::exception_ptr error);
  void say_once(std::string const& why);
  void lost(std::shared_ptr<frame_client> const& which);
  void wait_before_next();
  void answer_connects(std::exception_ptr const& error);
  void fail_all(std::exception_ptr const& why);
  void fail(operation& call, std::exception_ptr why);
  PANDO_INLINE time_point expire(time_point now) override;
  std::exception_ptr why_not() const;

  boost::asio::any_io_executor const executor_;
  runner_address const address_;
  std::shared_ptr<secure_link const> const security_;
  runner_client_options const options_;
  std::shared_ptr<frame_client> current_;
  std::vector<std::shared_ptr<frame_client>> leaving_; ///< answer what they have
  std::shared_ptr<detail::runner_dial> dial_;          ///< under way
  std::optional<link_identity> peer_;
  std::vector<contract_row const*> contracts_;
  std::deque<waiting> waiting_;
  std::vector<std::function<void(std::exception_ptr)>> connects_;
  backoff backoff_;
  boost::asio::steady_timer pause_;
  detail::owner<deadline_watch> deadlines_; ///< once a call waits
  time_point not_before_{};                 ///< the next attempt
  time_point connected_at_{};
  std::exception_ptr last_; ///< why the last attempt failed
  bool pauses_ = false;
  bool is_closed_ = false;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/runner_client.ipp>
#endif
