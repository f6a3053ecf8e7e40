// Connecting, and calls between JSON texts as coroutines.
#pragma once

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pando/handler/awaited.hpp>
#include <pando/link/socket_path.hpp>
#include <pando/socket/link.hpp>
#include <pando/socket/listener.hpp>

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

PANDO_INLINE link::link(std::shared_ptr<frame_client> over)
    : client_(std::move(over)), functions_(std::make_shared<functions>()) {
  client_->shows_to(functions_);
}

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
  client_->shows_to(std::move(sink));
}

PANDO_INLINE std::shared_ptr<text_call> link::start(std::string_view route, std::string_view json,
                                                    text_listener& listener,
                                                    frame_client::text_options options) const {
  std::string name(route);
  std::replace(name.begin(), name.end(), ' ', '.');
  return client_->start_text_call(name, json, listener, options);
}

namespace detail {

/// What a coroutine waits for: one completion, with an error or without.
class completion {
 public:
  /// Waits for `complete`. `cancel` is called when the task is cancelled.
  PANDO_LAZY task<void> wait(std::function<void()> cancel) {
    if (is_done_) co_return rethrow();
    auto const initiate = [this, &cancel](auto handler) {
      if (auto slot = boost::asio::get_associated_cancellation_slot(handler);
          slot.is_connected() && cancel)
        slot.assign([cancel](boost::asio::cancellation_type) { cancel(); });
      auto kept = std::make_shared<decltype(handler)>(std::move(handler));
      resume_ = [kept] { boost::asio::dispatch(std::move(*kept)); };
    };
    co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(
        initiate, PANDO_AWAITED);
    rethrow();
  }
  void complete(std::exception_ptr error) {
    error_ = std::move(error);
    is_done_ = true;
    if (auto const resume = std::exchange(resume_, nullptr)) resume();
  }

 private:
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }
  std::exception_ptr error_;
  std::function<void()> resume_;
  bool is_done_ = false;
};

/// Collects what a text call gives. Shared: the call may outlive who waited.
class collector final : public text_listener {
 public:
  void item(std::string_view json) override {
    if (on_item) return on_item(json);
    items += items.empty() ? '[' : ',';
    items += json;
  }
  void done(std::string json, std::exception_ptr error) override {
    result = std::move(json);
    auto const keep = std::move(self); // this may end with it
    ended.complete(std::move(error));
  }
  std::function<void(std::string_view)> on_item;
  std::string items;
  std::string result;
  completion ended;
  std::shared_ptr<collector> self;
};

PANDO_LAZY inline task<std::string> collect(link over, std::string route, std::string json,
                                            std::function<void(std::string_view)> on_item) {
  auto const made = std::make_shared<collector>();
  made->self = made;
  made->on_item = std::move(on_item);
  auto const call = over.start(route, json, *made);
  std::function<void()> cancel = [call] { call->cancel(); };
  co_await made->ended.wait(std::move(cancel));
  if (!made->items.empty()) co_return made->items + ']';
  co_return std::move(made->result);
}

PANDO_LAZY inline task<std::string> description(std::shared_ptr<frame_client> over) {
  auto const made = std::make_shared<collector>();
  made->self = made;
  over->describe(*made);
  std::function<void()> cancel;
  co_await made->ended.wait(std::move(cancel));
  co_return std::move(made->result);
}

PANDO_LAZY inline task<std::chrono::nanoseconds> ping(std::shared_ptr<frame_client> over) {
  auto const ended = std::make_shared<completion>();
  auto const begin = std::chrono::steady_clock::now();
  over->ping([ended](std::exception_ptr error) { ended->complete(std::move(error)); });
  std::function<void()> cancel;
  co_await ended->wait(std::move(cancel));
  co_return std::chrono::steady_clock::now() - begin;
}

PANDO_LAZY inline task<void> close(std::shared_ptr<frame_client> over) {
  auto const ended = std::make_shared<completion>();
  over->on_closed([ended] { ended->complete(nullptr); });
  over->close();
  std::function<void()> cancel;
  co_await ended->wait(std::move(cancel));
}

} // namespace detail

PANDO_LAZY_BODY task<std::string> link::invoke(std::string_view route,
                                               std::string_view json) const {
  return detail::collect(*this, std::string(route), std::string(json), {});
}
PANDO_LAZY_BODY task<std::string>
link::invoke(std::string_view route, std::string_view json,
             std::function<void(std::string_view)> on_item) const {
  return detail::collect(*this, std::string(route), std::string(json), std::move(on_item));
}
PANDO_LAZY_BODY task<std::string> link::describe() const { return detail::description(client_); }
PANDO_LAZY_BODY task<std::chrono::nanoseconds> link::ping() const { return detail::ping(client_); }
PANDO_LAZY_BODY task<void> link::close() const { return detail::close(client_); }

// Connecting

namespace detail {

using local_socket = boost::asio::local::stream_protocol::socket;

inline log const& no_log() {
  static log const silent([](log_level, std::string_view) {});
  return silent;
}

/// Where an app of that name may be. *Throws* `not_running` for a name that is none.
inline std::vector<std::string> places_of(std::string const& name_or_path) {
  if (name_or_path.find('/') != std::string::npos) return {name_or_path};
  if (auto const why = why_no_app_name(name_or_path); !why.empty()) throw not_running(why);
  std::vector<std::string> places;
  for (auto const& folder : socket_folders())
    places.push_back(folder + "/" + name_or_path + ".sock");
  return places;
}

/// Connects; the error says that nobody is there. A queue that is full is tried again.
PANDO_LAZY inline task<boost::system::error_code>
reach(local_socket& socket, std::string path, std::chrono::steady_clock::time_point until) {
  boost::system::error_code error;
  boost::asio::local::stream_protocol::endpoint const there(path);
  for (;;) {
    co_await socket.async_connect(there, boost::asio::redirect_error(PANDO_AWAITED, error));
    if (error != boost::asio::error::would_block && error != boost::asio::error::try_again)
      co_return error;
    if (std::chrono::steady_clock::now() >= until) co_return error;
    boost::system::error_code ignored;
    socket.close(ignored);
    boost::asio::steady_timer pause(socket.get_executor(), std::chrono::milliseconds(10));
    co_await pause.async_wait(PANDO_AWAITED);
  }
}

[[noreturn]] inline void nobody_there(std::string const& name_or_path,
                                      boost::system::error_code error) {
  bool const is_path = name_or_path.find('/') != std::string::npos;
  auto const what = is_path ? "no app is running at " + name_or_path
                            : "no app called " + name_or_path + " is running";
  if (error == boost::asio::error::no_permission || error == boost::asio::error::access_denied)
    throw forbidden("the app at " + name_or_path + " belongs to another user");
  if (error == boost::asio::error::connection_refused)
    throw not_running(what + " (it has left its socket behind); start it with: serve");
  if (error == boost::system::errc::no_such_file_or_directory)
    throw not_running(what + "; start it with: serve");
  if (error == boost::asio::error::would_block || error == boost::asio::error::try_again)
    throw overloaded("the app at " + name_or_path + " accepts no connection; try again later");
  throw not_running(what + ": " + error.message());
}

/// Waits until the other side has said hello.
PANDO_LAZY inline task<std::shared_ptr<frame_client>>
greet(local_socket socket, std::string path, connect_options options,
      std::chrono::steady_clock::time_point until) {
  auto const greeted = std::make_shared<completion>();
  boost::asio::steady_timer limit(socket.get_executor(), until);
  log const& events = options.events != nullptr ? *options.events : no_log();
  auto const made = frame_client::make(
      stream_connection::socket_type(std::move(socket)), options.limits, events, path,
      [greeted](std::exception_ptr error) { greeted->complete(std::move(error)); });
  std::weak_ptr<frame_client> const weak = made;
  limit.async_wait([weak](boost::system::error_code error) {
    auto const alive = weak.lock();
    if (!error && alive && !alive->is_open()) alive->give_up("it does not answer");
  });
  std::function<void()> cancel = [weak] {
    if (auto const alive = weak.lock()) alive->give_up("connecting was cancelled");
  };
  co_await greeted->wait(std::move(cancel));
  co_return made;
}

PANDO_LAZY inline task<link> connect_to(boost::asio::any_io_executor executor,
                                        std::string name_or_path, connect_options options) {
  auto const until = std::chrono::steady_clock::now() + options.within;
  boost::system::error_code error;
  for (auto const& path : places_of(name_or_path)) {
    if (auto const why = why_no_socket_path(path); !why.empty()) throw not_running(why);
    local_socket socket(executor);
    error = co_await reach(socket, path, until);
    if (error) continue;
    auto const who = credentials_of(socket.native_handle());
    if (who.user_id != ::geteuid())
      throw forbidden("the app at " + path + " belongs to another user (uid " +
                      std::to_string(who.user_id) + ")");
    auto made = co_await greet(std::move(socket), path, options, until);
    co_return link(std::move(made));
  }
  nobody_there(name_or_path, error);
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
