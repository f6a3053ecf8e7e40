// An app's HTTP door without a port, and the client on the other end of its socket pairs.
#pragma once

#include <chrono>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <pando/http/door.hpp>
#include <pando/runtime/threads.hpp>
#include <pando/testing/http_client.hpp>

namespace pando::testing {

namespace detail {

/// The client's channel with the door that it speaks to.
class http_channel final : public channel {
 public:
  http_channel(app_core& app, http::client_options const& options,
               std::optional<boost::asio::any_io_executor> executor)
      : door_(std::make_shared<http::door>(app.routes(), app.context(), http::door_options{})) {
    if (!executor) {
      thread_.emplace();
      thread_->start(1);
      executor = thread_->executors().front();
    }
    loop_ = *executor;
    if (loop_.target<boost::asio::io_context::executor_type>() == nullptr)
      throw std::invalid_argument("pando: testing::http_client runs on a boost::asio::io_context "
                                  "and nothing else");
    auto dial = [weak = std::weak_ptr(door_), loop = loop_] {
      int ends[2];
      auto const door = weak.lock();
      if (!door || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
      door->serve(ends[0], loop);
      return ends[1];
    };
    client_ = http::make_client_channel(loop_, "http://test", options, std::move(dial));
  }

  ~http_channel() override {
    client_.reset(); // its connections end on the loop, before the door does
    if (!thread_) return;
    auto stopped = door_->stop(std::chrono::milliseconds(0));
    boost::asio::co_spawn(loop_, std::move(stopped), boost::asio::use_future).wait();
  }

  void start(operation& call) override { client_->start(call); }
  void cancel(operation& call) override { client_->cancel(call); }
  void start_stream(stream_operation& call) override { client_->start_stream(call); }
  void grant(stream_operation& call, std::size_t count) override { client_->grant(call, count); }

 private:
  std::optional<thread_group> thread_;
  boost::asio::any_io_executor loop_;
  std::shared_ptr<http::door> door_;
  std::shared_ptr<channel> client_;
};

} // namespace detail

PANDO_INLINE std::shared_ptr<channel>
make_http_channel(app_core& app, http::client_options const& options,
                  std::optional<boost::asio::any_io_executor> executor) {
  return std::make_shared<detail::http_channel>(app, options, std::move(executor));
}

} // namespace pando::testing
