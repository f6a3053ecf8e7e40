// Connecting, and calls between JSON texts as coroutines.
#pragma once

#include <algorithm>
#include <utility>

#include <pando/handler/one_shot.hpp>
#include <pando/handler/pause.hpp>
#include <pando/socket/detail/reconnecting_channel.hpp>
#include <pando/socket/link.hpp>

namespace pando::socket {

/// Where a link's functions are called from.
class link::functions final : public io_sink {
 public:
  void show(io_event const& event) override {
    using kind = io_event::kind;
    if (event.what == kind::error && warn)
      warn(event.text);
    else if (event.what == kind::progress && progress)
      progress(event.done, event.total, event.text);
    else if ((event.what == kind::log || event.what == kind::table) && print)
      print(event.text);
  }
  void ask(io_question const& question, std::function<void(io_answer)> then) override {
    if (prompt)
      prompt(question, std::move(then));
    else
      then({});
  }

  std::function<void(std::string_view)> print;
  std::function<void(std::string_view)> warn;
  std::function<void(std::uint64_t, std::uint64_t, std::string_view)> progress;
  prompt_function prompt;
};

PANDO_INLINE link::link(std::shared_ptr<detail::reconnecting_channel> over)
    : channel_(std::move(over)), functions_(std::make_shared<functions>()) {
  channel_->shows_to(functions_);
}

PANDO_INLINE void link::know(contract_row const& contract) const { channel_->know(contract); }
PANDO_INLINE std::shared_ptr<channel> link::carrier() const { return channel_; }
PANDO_INLINE bool link::is_open() const noexcept { return channel_->is_open(); }
PANDO_INLINE boost::asio::any_io_executor link::executor() const { return channel_->executor(); }

PANDO_INLINE void link::on_stdout(std::function<void(std::string_view)> print) const {
  functions_->print = std::move(print);
}
PANDO_INLINE void link::on_stderr(std::function<void(std::string_view)> warn) const {
  functions_->warn = std::move(warn);
}
PANDO_INLINE void
link::on_progress(std::function<void(std::uint64_t, std::uint64_t, std::string_view)> show) const {
  functions_->progress = std::move(show);
}
PANDO_INLINE void link::set_prompt(prompt_function ask) const {
  functions_->prompt = std::move(ask);
}
PANDO_INLINE void link::shows_to(std::shared_ptr<io_sink> sink) const {
  channel_->shows_to(std::move(sink));
}

PANDO_INLINE std::shared_ptr<text_call> link::start(std::string_view route, std::string_view json,
                                                    text_listener& listener,
                                                    frame_client::text_options options) const {
  std::string name(route);
  std::replace(name.begin(), name.end(), ' ', '.');
  return channel_->start_text_call(name, json, listener, options);
}

namespace detail {

using shared_channel = std::shared_ptr<reconnecting_channel>;

PANDO_LAZY inline task<std::string> collect(shared_channel over, std::string route,
                                            std::string json,
                                            std::function<void(std::string_view)> on_item) {
  std::replace(route.begin(), route.end(), ' ', '.');
  auto const collector = text_collector::make(over->executor(), std::move(on_item));
  auto const call = over->start_text_call(route, json, *collector, {});
  co_return co_await text_collector::result(collector, call);
}

PANDO_LAZY inline task<std::chrono::nanoseconds> ping(shared_channel over) {
  auto const answered = std::make_shared<one_shot>(over->executor());
  auto const begin = std::chrono::steady_clock::now();
  over->ping([answered](std::exception_ptr error) { answered->fire(std::move(error)); });
  co_await answered->wait();
  answered->rethrow();
  co_return std::chrono::steady_clock::now() - begin;
}

PANDO_LAZY inline task<void> close(shared_channel over) {
  auto const ended = std::make_shared<one_shot>(over->executor());
  over->close([ended] { ended->fire(); });
  co_await ended->wait();
}

} // namespace detail

PANDO_LAZY_BODY task<std::string> link::invoke(std::string_view route,
                                               std::string_view json) const {
  return detail::collect(channel_, std::string(route), std::string(json), {});
}
PANDO_LAZY_BODY task<std::string>
link::invoke(std::string_view route, std::string_view json,
             std::function<void(std::string_view)> on_item) const {
  return detail::collect(channel_, std::string(route), std::string(json), std::move(on_item));
}
PANDO_LAZY_BODY task<std::string> link::describe() const {
  return detail::collect(channel_, {}, {}, {});
}
PANDO_LAZY_BODY task<std::chrono::nanoseconds> link::ping() const { return detail::ping(channel_); }
PANDO_LAZY_BODY task<void> link::close() const { return detail::close(channel_); }

namespace detail {

PANDO_LAZY inline task<link> connect_to(boost::asio::any_io_executor executor,
                                        std::string name_or_path, connect_options options) {
  auto const until = std::chrono::steady_clock::now() + options.within;
  auto socket = dial(executor, name_or_path);
  while (!socket) {
    if (std::chrono::steady_clock::now() >= until) throw_too_busy(name_or_path);
    co_await pando::detail::pause(std::chrono::milliseconds(10));
    socket = dial(executor, name_or_path);
  }
  auto const greeted = std::make_shared<one_shot>(executor);
  auto const first = greet(std::move(*socket), options, until,
                           [greeted](std::exception_ptr error) { greeted->fire(error); });
  greeted->state = first.get();
  greeted->on_cancel = [](void* client) {
    static_cast<frame_client*>(client)->give_up("connecting was cancelled");
  };
  if (!greeted->has_fired()) co_await greeted->wait();
  greeted->rethrow();
  co_return link(std::make_shared<reconnecting_channel>(first, std::move(name_or_path), options));
}

} // namespace detail

PANDO_LAZY_BODY task<link> connect(boost::asio::any_io_executor executor,
                                   std::string_view name_or_path, connect_options options) {
  return detail::connect_to(std::move(executor), std::string(name_or_path), options);
}

} // namespace pando::socket

namespace pando {

PANDO_LAZY_BODY task<socket::link> connect(boost::asio::any_io_executor executor,
                                           std::string_view name_or_path) {
  return socket::detail::connect_to(std::move(executor), std::string(name_or_path), {});
}

} // namespace pando
