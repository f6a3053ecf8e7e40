// A server on a thread of its own with a small handler, and a peer that says exactly what it is
// told.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pando/http/detail/server.hpp>

namespace http_test {

using namespace std::chrono_literals;
namespace detail = pando::http::detail;
using milliseconds = std::chrono::milliseconds;

/// Answers by path: /hello, /echo, /later (after 50 ms), /never, /stream, /flood, /throw, /nothing
/// …
class small_handler final : public detail::request_handler {
 public:
  explicit small_handler(boost::asio::io_context& loop) : loop_(loop) {}

  std::atomic<int> handled{0};
  std::atomic<int> gone{0};
  std::atomic<int> written{0};
  std::atomic<int> drained{0};

  /// Answers all calls of /held. *Thread*: the server's.
  void release() {
    for (auto const& one : std::exchange(held_, {})) {
      one->open->answer(200, "text/plain", one->open->message().target);
      one->open.reset();
    }
  }

  void handle(detail::exchange& which) override {
    ++handled;
    auto const path = which.message().path;
    if (path == "/echo") {
      which.answer(200, "text/plain", which.message().body);
    } else if (path == "/later" || path == "/never") {
      answer_later(which, path == "/later" ? 50ms : 1h);
    } else if (path == "/held") {
      held_.push_back(std::make_unique<call>(*this, which));
    } else if (path == "/stream") {
      which.stream(200, "text/plain");
      for (std::string_view const piece : {"one,", "", "two"}) which.write(piece);
      which.finish();
    } else if (path == "/broken") {
      which.stream(200, "text/plain");
      which.write("only a part");
      which.abort();
    } else if (path == "/flood") {
      flood(which);
    } else if (path == "/abandoned") {
      which.stream(200, "text/plain");
      which.write("only a part");
      boost::asio::post(loop_, [left = std::make_shared<call>(*this, which)] {});
    } else if (path == "/headers") {
      which.response().set("X-One", "1").set("Content-Type", "text/x").set_cookie({"a", "b"});
      which.answer(200, "text/plain", which.peer());
    } else if (path == "/empty") {
      which.answer(204, "", "");
    } else if (path == "/throw") {
      throw std::runtime_error("secret");
    } else if (path == "/dropped") {
      detail::pending const unanswered(which);
    } else if (path == "/big") {
      which.answer(200, "text/plain", std::string(4 << 20, 'x'));
    } else if (path != "/nothing") {
      which.answer(200, "text/plain", std::string(path));
    }
  }

 private:
  struct call final : detail::exchange_watcher {
    call(small_handler& owner, detail::exchange& which)
        : of(owner), open(which), timer(owner.loop_) {
      which.watch(this);
    }
    void peer_gone() override {
      ++of.gone;
      timer.cancel();
    }
    void drained() override {
      ++of.drained;
      more();
    }
    void more() {
      if (times == 0) return;
      while (!open->is_full()) {
        if (times == 0) return open->finish(), open.reset();
        --times;
        open->write(std::string(1000, 'y'));
        ++of.written;
      }
    }
    small_handler& of;
    detail::pending open;
    boost::asio::steady_timer timer;
    int times = 0;
  };

  void answer_later(detail::exchange& which, milliseconds after) {
    auto const kept = std::make_shared<call>(*this, which);
    kept->timer.expires_after(after);
    // The views of the request must hold until it is answered, whatever is read meanwhile.
    kept->timer.async_wait([kept](boost::system::error_code const&) {
      auto const& message = kept->open->message();
      std::string text(message.target);
      for (auto const& line : message.headers) text += '|' + std::string(line.value);
      kept->open->answer(200, "text/plain", text + '|' + std::string(message.body));
      kept->open.reset();
    });
  }

  void flood(detail::exchange& which) {
    which.stream(200, "text/plain");
    floods_.push_back(std::make_unique<call>(*this, which));
    floods_.back()->times = 20'000;
    floods_.back()->more();
  }

  boost::asio::io_context& loop_;
  std::list<std::unique_ptr<call>> floods_;
  std::list<std::unique_ptr<call>> held_;
};

class running_server {
 public:
  explicit running_server(detail::server_settings const& settings = {},
                          std::shared_ptr<detail::tls_context const> tls = {})
      : handler(loop), server_(std::make_unique<detail::server>(loop.get_executor(), handler,
                                                                settings, std::move(tls))),
        port(server_->listen("127.0.0.1", 0)), thread_([this] { loop.run(); }) {}

  /// Runs something on the server's thread and waits for it.
  template <class F>
  auto on_loop(F run) {
    std::promise<decltype(run(*server_))> made;
    auto got = made.get_future();
    boost::asio::post(loop, [&] {
      if constexpr (std::is_void_v<decltype(run(*server_))>) {
        run(*server_);
        made.set_value();
      } else {
        made.set_value(run(*server_));
      }
    });
    return got.get();
  }
  ~running_server() {
    on_loop([this](detail::server&) { server_.reset(); });
    stay_.reset();
    loop.stop();
    thread_.join();
  }

  std::size_t connections() {
    return on_loop([](detail::server& server) { return server.connections(); });
  }
  /// Begins to stop; the future is there when it is done.
  std::shared_future<void> stop(milliseconds limit = 10s) {
    auto const done = std::make_shared<std::promise<void>>();
    on_loop([&](detail::server& server) { server.stop(limit, [done] { done->set_value(); }); });
    return done->get_future().share();
  }

  boost::asio::io_context loop{1};
  small_handler handler;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stay_{
      loop.get_executor()};
  std::unique_ptr<detail::server> server_;

 public:
  std::uint16_t port;

 private:
  std::thread thread_;
};

/// A blocking peer. Nothing it does waits longer than ten seconds.
class peer {
 public:
  explicit peer(running_server const& server) : peer(server.port) {}
  explicit peer(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    ::sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<::sockaddr*>(&to), sizeof to) != 0) close();
  }
  peer(peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~peer() { close(); }

  bool is_connected() const { return fd_ >= 0; }
  int handle() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// As when the process is killed with unread input: the connection is reset.
  void reset() {
    ::linger const at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  void say_no_more() { ::shutdown(fd_, SHUT_WR); }

  bool say(std::string_view text) {
    while (!text.empty()) {
      auto const sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// What comes within the time; "" for nothing. The end of the connection sets `ended`.
  std::string hear_some(milliseconds within = 10s) {
    ::pollfd which{fd_, POLLIN, 0};
    if (::poll(&which, 1, static_cast<int>(within.count())) <= 0) return {};
    std::string text(65536, '\0');
    auto const got = ::recv(fd_, text.data(), text.size(), 0);
    ended = got <= 0;
    was_reset = got < 0;
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }
  /// Everything until the server ends the connection.
  std::string hear_all() {
    std::string all = std::exchange(heard_, {});
    for (std::string some = hear_some(); !some.empty(); some = hear_some()) all += some;
    return all;
  }
  /// One answer: its head and a body of Content-Length or chunks (which stay as they came).
  std::string hear_answer(bool without_body = false) {
    for (;;) {
      auto const head = heard_.find("\r\n\r\n");
      if (head != heard_.npos) {
        auto const whole = without_body ? head + 4 : answer_size(head + 4);
        if (whole <= heard_.size()) {
          std::string const answer = heard_.substr(0, whole);
          heard_.erase(0, whole);
          return answer;
        }
      }
      auto const some = hear_some();
      if (some.empty()) return "incomplete: " + std::exchange(heard_, {});
      heard_ += some;
    }
  }
  std::string ask(std::string_view request) {
    say(request);
    return hear_answer();
  }

  bool ended = false;
  bool was_reset = false;

 private:
  std::size_t answer_size(std::size_t body) const {
    constexpr std::string_view length = "Content-Length: ";
    auto const head = std::string_view(heard_).substr(0, body);
    if (auto const at = head.find(length); at != head.npos)
      return body + std::stoul(heard_.substr(at + length.size()));
    if (head.find("chunked") == head.npos) return body;
    auto const last = heard_.find("0\r\n\r\n", body);
    return last == heard_.npos ? heard_.npos : last + 5;
  }

  int fd_;
  std::string heard_;
};

inline std::string get(std::string const& path, std::string const& lines = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n";
}
inline std::string post(std::string const& path, std::string const& body,
                        std::string const& lines = "") {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         lines + "\r\n" + body;
}
inline int status_of(std::string const& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}
inline std::string body_of(std::string const& answer) {
  auto const at = answer.find("\r\n\r\n");
  return at == answer.npos ? "" : answer.substr(at + 4);
}

/// Waits until something holds; false when it does not within ten seconds.
template <class F>
bool eventually(F holds) {
  for (int i = 0; i < 1000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

} // namespace http_test
