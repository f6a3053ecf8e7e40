// Reaching an app, and reaching it again.
#pragma once

#include <algorithm>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include <pando/handler/callback.hpp>
#include <pando/handler/timer.hpp>
#include <pando/link/socket_path.hpp>
#include <pando/link/unix_listener.hpp>
#include <pando/socket/detail/reconnecting_channel.hpp>

namespace pando::socket::detail {

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

[[noreturn]] inline void nobody_there(std::string const& name_or_path, int error) {
  bool const is_path = name_or_path.find('/') != std::string::npos;
  auto const what = is_path ? "no app is running at " + name_or_path
                            : "no app called " + name_or_path + " is running";
  if (error == EPERM || error == EACCES)
    throw forbidden("the app at " + name_or_path + " belongs to another user");
  auto const start = is_path ? "; start it with: serve --socket " + name_or_path
                             : "; start it with: " + name_or_path + " serve";
  if (error == ECONNREFUSED)
    throw not_running(what + " (it has left its socket behind)" + start);
  if (error == ENOENT) throw not_running(what + start);
  throw not_running(what + ": " + std::system_category().message(error));
}

PANDO_INLINE void throw_too_busy(std::string const& name_or_path) {
  throw overloaded("the app at " + name_or_path + " accepts no connection; try again later");
}

PANDO_INLINE std::optional<dialed> dial(boost::asio::any_io_executor const& executor,
                                        std::string const& name_or_path) {
  int error = ENOENT;
  for (auto const& path : places_of(name_or_path)) {
    if (auto const why = why_no_socket_path(path); !why.empty()) throw not_running(why);
    int const socket = pando::detail::connect_unix(path);
    error = socket < 0 ? errno : 0;
    if (error == EAGAIN) return std::nullopt;
    if (error != 0) continue;
    dialed made{pando::detail::own_socket(executor, socket), path};
    auto const who = credentials_of(socket);
    if (who.user_id != ::geteuid())
      throw forbidden("the app at " + path + " belongs to another user (uid " +
                      std::to_string(who.user_id) + ")");
    return made;
  }
  nobody_there(name_or_path, error);
}

PANDO_INLINE std::shared_ptr<frame_client> greet(dialed over, connect_options const& options,
                                                 std::chrono::steady_clock::time_point until,
                                                 std::function<void(std::exception_ptr)> greeted) {
  auto const limit = std::make_shared<pando::detail::timer>(over.socket.get_executor());
  log const& events = options.events != nullptr ? *options.events : no_log();
  auto made = frame_client::make(std::move(over.socket), options.limits, events,
                                 std::move(over.path),
                                 [greeted = std::move(greeted), limit](std::exception_ptr error) {
                                   limit->cancel();
                                   if (greeted) greeted(std::move(error));
                                 });
  limit->set(until, pando::detail::callback([weak = std::weak_ptr(made)] {
               auto const alive = weak.lock();
               if (alive && !alive->is_open()) alive->give_up("it does not answer");
             }));
  return made;
}

PANDO_INLINE reconnecting_channel::reconnecting_channel(std::shared_ptr<frame_client> first,
                                                        std::string name_or_path,
                                                        connect_options const& options)
    : current_(std::move(first)), name_or_path_(std::move(name_or_path)), options_(options) {}

PANDO_INLINE reconnecting_channel::~reconnecting_channel() = default;

/// The connection that takes the next call. *Throws* what `dial` throws.
PANDO_INLINE frame_client& reconnecting_channel::connected() {
  if (current_->takes_calls()) return *current_;
  if (is_closed_) throw not_running("the link to " + name_or_path_ + " is closed; connect again");
  auto socket = dial(current_->executor(), name_or_path_);
  if (!socket) throw_too_busy(name_or_path_);
  leaving_.erase(std::remove_if(leaving_.begin(), leaving_.end(),
                                [](auto const& one) { return one->has_ended(); }),
                 leaving_.end());
  leaving_.push_back(current_);
  current_ = greet(std::move(*socket), options_, std::chrono::steady_clock::now() + options_.within,
                   nullptr);
  current_->shows_to(sink_);
  for (auto const* const contract : contracts_) current_->know(*contract);
  return *current_;
}

PANDO_INLINE void reconnecting_channel::start(operation& call) {
  try {
    connected().start(call);
  } catch (failure const& nobody) {
    call.set_failure(nobody);
    call.finish();
  }
}

PANDO_INLINE void reconnecting_channel::start_stream(stream_operation& call) {
  try {
    connected().start_stream(call);
  } catch (failure const& nobody) {
    call.set_failure(nobody);
    call.finish();
  }
}

// A call that was started is its connection's; one that was not is done.
PANDO_INLINE void reconnecting_channel::cancel(operation& call) {
  if (call.carrier != this) call.carrier->cancel(call);
}
PANDO_INLINE void reconnecting_channel::grant(stream_operation& call, std::size_t count) {
  if (call.carrier != this) call.carrier->grant(call, count);
}

PANDO_INLINE void reconnecting_channel::know(contract_row const& contract) {
  if (std::find(contracts_.begin(), contracts_.end(), &contract) != contracts_.end()) return;
  contracts_.push_back(&contract);
  current_->know(contract);
}

/// A text call that ended before it began.
struct never_started final : text_call {
  void cancel() override {}
};

PANDO_INLINE std::shared_ptr<text_call>
reconnecting_channel::start_text_call(std::string_view route, std::string_view json,
                                      text_listener& listener,
                                      frame_client::text_options const& options) {
  std::exception_ptr nobody;
  try {
    return connected().start_text_call(route, json, listener, options);
  } catch (failure const&) {
    nobody = std::current_exception();
  }
  listener.done({}, std::move(nobody));
  return std::make_shared<never_started>();
}

PANDO_INLINE void reconnecting_channel::ping(std::function<void(std::exception_ptr)> answered) {
  std::exception_ptr nobody;
  try {
    return connected().ping(std::move(answered));
  } catch (failure const&) {
    nobody = std::current_exception();
  }
  answered(std::move(nobody));
}

PANDO_INLINE void reconnecting_channel::shows_to(std::shared_ptr<io_sink> sink) {
  sink_ = std::move(sink);
  for (auto const& one : leaving_) one->shows_to(sink_);
  current_->shows_to(sink_);
}

PANDO_INLINE void reconnecting_channel::close(std::function<void()> done) {
  is_closed_ = true;
  auto const left = std::make_shared<std::size_t>(leaving_.size() + 1);
  auto const one_ended = [left, done = std::move(done)] {
    if (--*left == 0) done();
  };
  // Each may end at once, and whoever is resumed then may start calls here.
  auto const all = leaving_;
  for (auto const& one : all) {
    one->on_closed(one_ended);
    one->close();
  }
  auto const newest = current_;
  newest->on_closed(one_ended);
  newest->close();
}

} // namespace pando::socket::detail
