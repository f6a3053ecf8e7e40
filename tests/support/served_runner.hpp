// A runner that listens with a loop of its own, and a loop with clients of it.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/handler/client.hpp>
#include <pando/link/runner_client.hpp>
#include <pando/link/runner_listener.hpp>
#include <pando/runtime/threads.hpp>

#include "socket/things.hpp"
#include "support/served_socket.hpp"

namespace support {

inline constexpr char cookie[] = "a cookie of more than sixteen bytes";

inline std::shared_ptr<pando::secure_link const> runner(std::string name, std::string with = cookie,
                                                        std::uint64_t incarnation = 1) {
  pando::link_security made;
  made.self = {std::move(name), incarnation};
  made.cookie = std::move(with);
  return std::make_shared<pando::secure_link const>(std::move(made));
}

/// A silent peer is not given up: on a busy machine a loop under a sanitizer may be at one message
/// for seconds. Tests of that give limits of their own.
template <class Options>
Options patient() {
  Options made;
  made.limits.heartbeat = std::chrono::minutes(1);
  made.limits.handshake = std::chrono::seconds(15);
  return made;
}

/// A runner called "server" that serves `things`. It stops when it is destroyed.
class served_runner {
 public:
  explicit served_runner(
      std::string const& address = "127.0.0.1:0", std::string with = cookie,
      pando::runner_listener_options options = patient<pando::runner_listener_options>(),
      std::size_t threads = 1)
      : served_runner(address, runner("server", std::move(with), 7), options, threads) {}
  served_runner(std::string const& address, std::shared_ptr<pando::secure_link const> security,
                pando::runner_listener_options options = patient<pando::runner_listener_options>(),
                std::size_t threads = 1) {
    threads_.start(threads);
    listener_ = std::make_unique<pando::runner_listener>(threads_.executors(),
                                                         pando::parse_runner_address(address),
                                                         served_, std::move(security), options);
    listener_->start();
  }
  served_runner(served_runner const&) = delete;
  ~served_runner() { stop(); }

  /// Gives whether every call was answered.
  bool stop(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    if (!listener_) return true;
    auto const clean = boost::asio::co_spawn(threads_.executors().front(), listener_->drain(limit),
                                             boost::asio::use_future)
                           .get();
    listener_.reset();
    return clean;
  }
  pando::runner_listener& listener() { return *listener_; }
  pando::runner_address address() const { return listener_->address(); }
  std::uint16_t port() const { return listener_->address().port; }

  things::probe seen;
  kept_log log;

 private:
  support::routes_of<std::remove_const_t<decltype(things::handlers)>, things::probe> routes_{
      things::handlers, seen};
  pando::thread_group threads_;
  pando::blocking_pool pool_{2}; ///< posts to the loops, so it ends before them
  pando::door_context context_{&log.events, &pool_};
  pando::serving served_{routes_.routes, context_};
  std::unique_ptr<pando::runner_listener> listener_;
};

/// A loop that makes calls.
class calling_loop {
 public:
  std::shared_ptr<pando::runner_client>
  client(pando::runner_address const& to, std::shared_ptr<pando::secure_link const> security,
         pando::runner_client_options options = patient<pando::runner_client_options>()) {
    options.events = &log.events;
    auto made = pando::runner_client::make(io.get_executor(), to, std::move(security), options);
    made->know(pando::contract_table<things::Things>);
    return made;
  }
  /// The same for a runner called "client".
  std::shared_ptr<pando::runner_client>
  client(pando::runner_address const& to, std::string with = cookie,
         pando::runner_client_options options = patient<pando::runner_client_options>()) {
    return client(to, runner("client", std::move(with), 3), options);
  }

  /// Runs a coroutine to its end.
  template <class Body>
  void run(Body body) {
    bool ended = false;
    boost::asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
      ended = true;
      if (error) std::rethrow_exception(error);
    });
    io.restart();
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!ended && std::chrono::steady_clock::now() < until &&
           io.run_one_for(std::chrono::seconds(20)) != 0) {
    }
    BOOST_REQUIRE(ended);
  }

  /// What a first call over that client ends in: "" or the failure's name and sentence.
  std::string says(std::shared_ptr<pando::runner_client> const& over) {
    std::string told;
    run([&]() -> pando::task<void> {
      pando::client<things::Things> api(over);
      try {
        things::Thing const found = co_await api.call<"show">(7);
        BOOST_TEST(found.id == 7);
      } catch (pando::failure const& error) {
        told = std::string(pando::row_of_failure(error.code()).name) + ": " + error.what();
      }
    });
    return told;
  }

  kept_log log;
  boost::asio::io_context io{1};
};

} // namespace support
