// A link's way to its app: one connection at a time, made again when a call finds it ended.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/link/frame_client.hpp>
#include <pando/link/stream_socket.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/socket/link.hpp>

namespace pando::socket::detail {

struct dialed {
  pando::detail::stream_socket socket;
  std::string path;
};

/// A socket connected to that app of this user; none when its queue of new connections is full.
/// Never waits. *Throws* `not_running`, `forbidden`.
std::optional<dialed> dial(boost::asio::any_io_executor const& executor,
                           std::string const& name_or_path);
[[noreturn]] void throw_too_busy(std::string const& name_or_path);

/// A client over it, given up when the app has not said hello by `until`.
std::shared_ptr<frame_client> greet(dialed over, connect_options const& options,
                                    std::chrono::steady_clock::time_point until,
                                    std::function<void(std::exception_ptr)> greeted);

/// Calls go over the newest connection. One that takes no more calls is kept until it has answered
/// those it has. *Thread*: the executor.
class reconnecting_channel final : public channel {
 public:
  reconnecting_channel(std::shared_ptr<frame_client> first, std::string name_or_path,
                       connect_options const& options);
  PANDO_INLINE ~reconnecting_channel() override;

  PANDO_INLINE void start(operation& call) override;
  PANDO_INLINE void cancel(operation& call) override;
  PANDO_INLINE void start_stream(stream_operation& call) override;
  PANDO_INLINE void grant(stream_operation& call, std::size_t count) override;

  void know(contract_row const& contract);
  std::shared_ptr<text_call> start_text_call(std::string_view route, std::string_view json,
                                             text_listener& listener,
                                             frame_client::text_options const& options);
  void ping(std::function<void(std::exception_ptr)> answered);
  void shows_to(std::shared_ptr<io_sink> sink);

  /// Ends all connections for good, and calls `done` when they have ended.
  void close(std::function<void()> done);
  bool is_open() const noexcept { return current_->is_open(); }
  boost::asio::any_io_executor executor() const { return current_->executor(); }

 private:
  frame_client& connected();

  std::shared_ptr<frame_client> current_;
  pando::detail::sequence<std::shared_ptr<frame_client>> leaving_; ///< answer what they have
  pando::detail::sequence<contract_row const*> contracts_;
  std::shared_ptr<io_sink> sink_;
  std::string name_or_path_;
  connect_options options_;
  bool is_closed_ = false;
};

} // namespace pando::socket::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/socket/impl/reconnecting_channel.ipp>
#endif
