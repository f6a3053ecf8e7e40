// A server that says exactly the octets a test wants, and the loop that runs it beside a client.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/handler/task.hpp>

namespace scripted {

using boost::asio::use_awaitable;
using boost::asio::ip::tcp;
using code = boost::system::error_code;

/// One connection, seen by the server.
class peer {
 public:
  peer(tcp::socket socket, int which) : socket_(std::move(socket)), number(which) {}

  /// The next request, head and body; empty when the client has gone.
  pando::task<std::string> request() {
    std::string taken;
    for (;;) {
      auto const head = in_.find("\r\n\r\n");
      if (head != in_.npos) {
        auto const at = in_.find("Content-Length: ");
        std::size_t const length = at < head ? std::stoul(in_.substr(at + 16, 20)) : 0;
        if (in_.size() >= head + 4 + length) {
          taken = in_.substr(0, head + 4 + length);
          in_.erase(0, taken.size());
          co_return taken;
        }
      }
      if (!co_await more()) co_return taken;
    }
  }
  /// Reads something. False: the client has gone.
  pando::task<bool> more() {
    char room[4096];
    code error;
    auto token = boost::asio::redirect_error(use_awaitable, error);
    auto const count = co_await socket_.async_read_some(boost::asio::buffer(room), token);
    in_.append(room, count);
    co_return !error;
  }
  /// Says these octets. False: the client has gone.
  pando::task<bool> say(std::string octets) {
    code error;
    auto token = boost::asio::redirect_error(use_awaitable, error);
    co_await boost::asio::async_write(socket_, boost::asio::buffer(octets), token);
    co_return !error;
  }
  pando::task<void> pause(int ms) {
    boost::asio::steady_timer timer(socket_.get_executor(), std::chrono::milliseconds(ms));
    co_await timer.async_wait(use_awaitable);
  }
  /// Waits until the client has gone.
  pando::task<void> until_gone() {
    bool is_there = true;
    while (is_there) is_there = co_await more();
  }
  void end_writing() { socket_.shutdown(tcp::socket::shutdown_send); }
  void close() { socket_.close(); }
  /// What the kernel does for a program that is killed with octets unread.
  void reset() {
    socket_.set_option(boost::asio::socket_base::linger(true, 0));
    socket_.close();
  }

 private:
  tcp::socket socket_;
  std::string in_;

 public:
  int const number; ///< counted from 1
};

using script = std::function<pando::task<void>(peer&)>;

inline std::string answer(std::string_view status, std::string_view body,
                          std::string_view type = "application/json") {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// Listens on the loopback and runs its script for each connection.
class server {
 public:
  server(boost::asio::io_context& io, script what, std::string const& address = "127.0.0.1")
      : acceptor_(io, tcp::endpoint(boost::asio::ip::make_address(address), 0)),
        script_(std::move(what)) {
    boost::asio::co_spawn(io, accept(), boost::asio::detached);
  }
  server(server const&) = delete;

  unsigned short port() const { return acceptor_.local_endpoint().port(); }
  std::string url(std::string const& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port());
  }
  void stop() { acceptor_.close(); }

  int accepted = 0;
  int open = 0;
  int most_open = 0;

  /// Answers each request with what `reply` says, connection after connection.
  static script answers(std::function<std::string(std::string const&)> reply) {
    return [reply](peer& one) -> pando::task<void> {
      for (;;) {
        std::string const asked = co_await one.request();
        if (asked.empty()) co_return;
        std::string text = reply(asked);
        co_await one.say(std::move(text));
      }
    };
  }

 private:
  pando::task<void> accept() {
    for (;;) {
      code error;
      auto token = boost::asio::redirect_error(use_awaitable, error);
      tcp::socket socket = co_await acceptor_.async_accept(token);
      if (error) co_return;
      ++accepted;
      boost::asio::co_spawn(acceptor_.get_executor(), one(std::move(socket)),
                            boost::asio::detached);
    }
  }
  pando::task<void> one(tcp::socket socket) {
    peer connection(std::move(socket), accepted);
    most_open = std::max(most_open, ++open);
    try {
      co_await script_(connection);
    } catch (boost::system::system_error const&) { // the client was faster
    }
    --open;
  }

  tcp::acceptor acceptor_;
  script script_;
};

/// Runs a coroutine to its end on `io` and rethrows what it throws. On any thread: no check stands
/// here.
template <class Body>
void run(boost::asio::io_context& io, Body body) {
  std::exception_ptr failed;
  bool ended = false;
  boost::asio::co_spawn(io, std::move(body), [&](std::exception_ptr error) {
    failed = error;
    ended = true;
  });
  io.restart();
  auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!ended && std::chrono::steady_clock::now() < until) io.run_one_until(until);
  if (!ended) throw std::runtime_error("the calls did not end");
  if (failed) std::rethrow_exception(failed);
}

inline pando::task<void> pause(int ms) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                  std::chrono::milliseconds(ms));
  co_await timer.async_wait(use_awaitable);
}

/// Waits at most ten seconds for something to become true.
template <class Condition>
pando::task<bool> becomes_true(Condition condition) {
  for (int tries = 0; tries < 1000 && !condition(); ++tries) co_await pause(10);
  co_return condition();
}

} // namespace scripted
