// TCP over loopback by hand: a client that knows no protocol, and somebody who stands between two.
#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace support {

/// A connected socket and nothing else. Reading gives up after ten seconds.
class raw_tcp {
 public:
  explicit raw_tcp(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return;
    auto const why = std::string(std::strerror(errno));
    close();
    throw std::runtime_error("no connection to port " + std::to_string(port) + ": " + why);
  }
  struct adopted {
    int socket;
  };
  explicit raw_tcp(adopted from) : socket_(from.socket) {}
  raw_tcp(raw_tcp&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), in_(std::move(other.in_)) {}
  raw_tcp& operator=(raw_tcp&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(in_, other.in_);
    return *this;
  }
  ~raw_tcp() { close(); }

  /// False: the other side has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto const size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }
  /// What comes next; empty at the end, or after ten seconds.
  std::string some() {
    if (in_.empty()) receive();
    return std::exchange(in_, {});
  }
  /// So many bytes, or what came before the end.
  std::string bytes(std::size_t count) {
    while (in_.size() < count && receive()) {}
    auto found = in_.substr(0, count);
    in_.erase(0, found.size());
    return found;
  }
  /// Whether the other side has closed, now or soon, whatever it sends before.
  bool is_closed() {
    while (receive()) {}
    return is_at_end_;
  }
  int handle() const noexcept { return socket_; }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  bool receive() {
    pollfd state{socket_, POLLIN, 0};
    if (::poll(&state, 1, 10'000) <= 0) return false;
    char room[65536];
    auto const size = ::recv(socket_, room, sizeof room, 0);
    is_at_end_ = size <= 0;
    if (is_at_end_) return false;
    in_.append(room, static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  std::string in_;
  bool is_at_end_ = false;
};

/// A socket that listens on a free port of 127.0.0.1.
class raw_listener {
 public:
  raw_listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(socket_, 64) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
      throw std::runtime_error("no port to listen on");
    port_ = ntohs(at.sin_port);
  }
  raw_listener(raw_listener const&) = delete;
  ~raw_listener() { ::close(socket_); }
  std::uint16_t port() const noexcept { return port_; }
  int handle() const noexcept { return socket_; }
  raw_tcp accept() { return raw_tcp(raw_tcp::adopted{::accept(socket_, nullptr, nullptr)}); }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

/// Stands between a client and a server. What one of them says goes through a function, which may
/// keep it and may answer; it runs on the thread of this.
class relay {
 public:
  /// Thrown by the function: both connections end.
  struct cut {};
  /// Takes what came, appends what goes on and what goes back.
  using change = std::function<void(bool from_client, std::string_view came, std::string& on,
                                    std::string& back)>;

  explicit relay(std::uint16_t server, change how = {})
      : server_(server), how_(std::move(how)), thread_([this] { run(); }) {}
  ~relay() {
    ends_ = true;
    thread_.join();
  }
  std::uint16_t port() const noexcept { return listener_.port(); }
  /// From now on nothing goes through, as if the other side were stopped: no connection is closed.
  void hold() { holds_ = true; }
  /// How many have connected.
  int accepted() const noexcept { return accepted_; }

 private:
  struct pair {
    raw_tcp client;
    raw_tcp server;
  };

  void run() {
    while (!ends_) {
      std::vector<pollfd> all{{listener_.handle(), POLLIN, 0}};
      for (auto const& one : pairs_) {
        all.push_back({one.client.handle(), POLLIN, 0});
        all.push_back({one.server.handle(), POLLIN, 0});
      }
      if (holds_) all.resize(1);
      if (::poll(all.data(), all.size(), 10) <= 0) continue;
      if (all[0].revents != 0) {
        pairs_.push_back({listener_.accept(), raw_tcp(server_)});
        ++accepted_;
      }
      for (std::size_t i = 1; i < all.size(); ++i)
        if (all[i].revents != 0 && !holds_) pass(pairs_[(i - 1) / 2], i % 2 == 1);
      std::erase_if(pairs_, [](auto const& one) { return one.client.handle() < 0; });
    }
  }

  void pass(pair& which, bool from_client) {
    if (which.client.handle() < 0) return;
    auto& from = from_client ? which.client : which.server;
    auto& to = from_client ? which.server : which.client;
    auto const came = from.some();
    std::string on;
    std::string back;
    bool goes_on = !came.empty();
    try {
      if (goes_on && how_) how_(from_client, came, on, back);
      else on = came;
    } catch (cut const&) {
      goes_on = false;
    }
    if (goes_on && to.send(on) && from.send(back)) return;
    which.client.close();
    which.server.close();
  }

  raw_listener listener_;
  std::uint16_t const server_;
  change const how_;
  std::vector<pair> pairs_;
  std::atomic<bool> ends_{false};
  std::atomic<bool> holds_{false};
  std::atomic<int> accepted_{0};
  std::thread thread_; ///< last: it uses the others
};

} // namespace support
