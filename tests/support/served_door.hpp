// An HTTP door that runs: routes of any implementation, threads of its own, a log that is kept.
#pragma once

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <pando/app/detail/compose.hpp>
#include <pando/http/door.hpp>
#include <pando/http/handler_parts.hpp>
#include <pando/runtime/threads.hpp>

#include "comes_true.hpp"
#include "raw_http.hpp"

using support::comes_true;

/// The routes of one implementation with its services, as an app would serve them.
template <class Implementation, class... Services>
class served_implementation {
 public:
  explicit served_implementation(Implementation const& which, Services&... services)
      : services_{&services..., nullptr}, self_{&which, services_} {
    using adder = pando::detail::route_adder<Implementation, pando::meta::list<Services...>>;
    adder::add(routes, &self_, pando::route_list<typename Implementation::contract>{});
  }
  served_implementation(served_implementation const&) = delete;

  pando::served_routes routes;

 private:
  void* services_[sizeof...(Services) + 1];
  pando::detail::bound_erased self_;
};

/// A door on a free port of the loopback. It stops when it is destroyed.
class served_door {
 public:
  explicit served_door(pando::served_routes const& routes, pando::http::door_options options = {},
                       std::size_t threads = 1)
      : log_([this](pando::log_level, std::string_view line) {
          std::lock_guard const lock(mutex_);
          lines_.emplace_back(line);
        }) {
    context_.events = &log_;
    context_.pool = &pool_;
    options.host = "127.0.0.1";
    door_ = std::make_unique<pando::http::door>(routes, context_, std::move(options));
    threads_.start(threads);
    run(door_->start(threads_.executors()));
  }
  served_door(served_door const&) = delete;
  ~served_door() { stop(std::chrono::seconds(5)); }

  void stop(std::chrono::milliseconds limit) {
    if (door_ == nullptr) return;
    run(door_->stop(limit));
    door_.reset();
  }
  /// Begins to stop, and gives what to wait for.
  std::future<void> begin_stop(std::chrono::milliseconds limit) {
    return boost::asio::co_spawn(threads_.executors().front(), door_->stop(limit),
                                 boost::asio::use_future);
  }
  std::uint16_t port() const { return door_->port(); }
  pando::http::door& door() { return *door_; }
  pando::door_context const& context() const { return context_; }
  raw_http::connection connect() const { return raw_http::connection(port()); }
  /// One request over a connection of its own.
  raw_http::answer ask(std::string_view request) const { return connect().ask(request); }

  /// Runs a function on the first thread's loop and gives its result.
  template <class Function>
  auto on_loop(Function function) {
    std::packaged_task<decltype(function())()> job(std::move(function));
    auto result = job.get_future();
    boost::asio::post(threads_.executors().front(), [&job] { job(); });
    return result.get();
  }
  std::vector<std::string> log_lines() {
    std::lock_guard const lock(mutex_);
    return lines_;
  }

 private:
  void run(pando::task<void> body) {
    boost::asio::co_spawn(threads_.executors().front(), std::move(body), boost::asio::use_future)
        .get();
  }

  std::mutex mutex_;
  std::vector<std::string> lines_;
  pando::log log_;
  pando::door_context context_{};
  pando::thread_group threads_;
  pando::blocking_pool pool_{2}; ///< posts to the loops, so it ends before them
  std::unique_ptr<pando::http::door> door_;
};
