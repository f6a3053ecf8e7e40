// A Unix-socket door that runs: the routes of one implementation, a loop of its own, a kept log.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <pando/app/detail/compose.hpp>
#include <pando/link/serving.hpp>
#include <pando/runtime/threads.hpp>
#include <pando/socket/server.hpp>

#include "comes_true.hpp"
#include "scratch.hpp"

namespace support {

/// The routes of one implementation with its services, as an app would serve them.
template <class Implementation, class... Services>
class routes_of {
 public:
  explicit routes_of(Implementation const& which, Services&... services)
      : services_{&services..., nullptr}, self_{&which, services_} {
    using contract = typename Implementation::contract;
    using adder = pando::detail::route_adder<Implementation, pando::meta::list<Services...>>;
    routes.add(pando::contract_table<contract>);
    adder::add(routes, &self_, pando::route_list<contract>{});
  }
  routes_of(routes_of const&) = delete;

  pando::served_routes routes;

 private:
  void* services_[sizeof...(Services) + 1];
  pando::detail::bound_erased self_;
};

/// Log lines, from any thread.
class kept_log {
 public:
  kept_log()
      : events([this](pando::log_level, std::string_view line) {
          std::lock_guard const lock(mutex_);
          lines_.emplace_back(line);
        }) {}
  std::vector<std::string> lines() const {
    std::lock_guard const lock(mutex_);
    return lines_;
  }
  /// Whether a line has that in it, now or soon.
  bool says(std::string const& text) const {
    return comes_true([&] {
      auto const all = lines();
      return std::any_of(all.begin(), all.end(), [&](std::string const& line) {
        return line.find(text) != std::string::npos;
      });
    });
  }

 private:
  std::mutex mutable mutex_;
  std::vector<std::string> lines_;

 public:
  pando::log events; ///< last: it writes to the others
};

/// A server on a socket in a folder of its own. It stops when it is destroyed.
class served_socket {
 public:
  explicit served_socket(pando::served_routes const& routes,
                         pando::socket::server_options options = {}, std::size_t threads = 1)
      : context{&log.events, &pool_},
        served_(routes, context, [] { return std::string(R"({"app":"test"})"); }) {
    threads_.start(threads);
    if (options.path.empty()) options.path = folder.path() + "/app.sock";
    server_ = std::make_unique<pando::socket::server>(threads_.executors(), served_, options);
    server_->start();
  }
  served_socket(served_socket const&) = delete;
  ~served_socket() { stop(); }

  /// Gives whether every call was answered.
  bool stop(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    if (server_ == nullptr) return true;
    auto const clean = boost::asio::co_spawn(threads_.executors().front(), server_->drain(limit),
                                             boost::asio::use_future)
                           .get();
    server_.reset();
    return clean;
  }
  std::string const& path() const { return server_->path(); }
  pando::socket::server& server() { return *server_; }
  pando::serving const& served() const { return served_; }

  scratch_folder folder;
  kept_log log;

 private:
  pando::thread_group threads_;
  pando::blocking_pool pool_{2}; ///< posts to the loops, so it ends before them

 public:
  pando::door_context context;

 private:
  pando::serving served_;
  std::unique_ptr<pando::socket::server> server_;
};

} // namespace support
