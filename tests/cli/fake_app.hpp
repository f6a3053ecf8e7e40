// A small JSON-RPC server on a Unix socket, whose answers a test writes.
#pragma once

#include <atomic>
#include <cstring>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace shop {

/// A folder of its own below /tmp, private, removed in the end.
class private_folder {
 public:
  private_folder() {
    char place[] = "/tmp/pando-cli-XXXXXX";
    path_ = ::mkdtemp(place);
    std::filesystem::create_directory(path_ + "/pando");
    ::chmod((path_ + "/pando").c_str(), 0700);
  }
  private_folder(private_folder const&) = delete;
  ~private_folder() { std::filesystem::remove_all(path_); }
  /// What XDG_RUNTIME_DIR is to be.
  std::string const& path() const { return path_; }
  std::string socket(std::string const& app) const { return path_ + "/pando/" + app + ".sock"; }

 private:
  std::string path_;
};

/// One connection of a client.
class fake_connection {
 public:
  explicit fake_connection(int file) : file_(file) {}
  fake_connection(fake_connection const&) = delete;
  ~fake_connection() { end(); }
  void say(std::string const& line) {
    auto const text = line + "\n";
    (void)!::send(file_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  /// The next line; empty at the end.
  std::string hear() {
    for (;;) {
      if (auto const at = heard_.find('\n'); at != heard_.npos) {
        auto const line = heard_.substr(0, at);
        heard_.erase(0, at + 1);
        return line;
      }
      char room[4096];
      auto const count = ::recv(file_, room, sizeof(room), 0);
      if (count <= 0) return {};
      heard_.append(room, static_cast<std::size_t>(count));
    }
  }
  void end() {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
  }

 private:
  int file_;
  std::string heard_;
};

/// Listens until it is destroyed; each connection is served by `serve`, one after the other.
class fake_app {
 public:
  fake_app(std::string path, std::function<void(fake_connection&)> serve)
      : path_(std::move(path)), serve_(std::move(serve)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
        ::listen(listener_, 16) != 0)
      throw std::runtime_error(path_ + ": " + std::strerror(errno));
    server_ = std::thread([this] { work(); });
  }
  fake_app(fake_app const&) = delete;
  ~fake_app() {
    ends_ = true;
    server_.join();
    ::close(listener_);
    ::unlink(path_.c_str());
  }

 private:
  void work() {
    while (!ends_) {
      pollfd one{listener_, POLLIN, 0};
      if (::poll(&one, 1, 10) <= 0) continue;
      int const client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      fake_connection connection(client);
      serve_(connection);
    }
  }

  std::string path_;
  std::function<void(fake_connection&)> serve_;
  int listener_ = -1;
  std::atomic<bool> ends_{false};
  std::thread server_;
};

/// Answers a call: `"result":…` or `"error":…`.
inline std::string response(std::string const& what) {
  return R"({"jsonrpc":"2.0","id":1,)" + what + "}";
}
inline std::string notice(std::string const& method, std::string const& params) {
  return R"({"jsonrpc":"2.0","method":")" + method + R"(","params":{"id":1,)" + params + "}}";
}

} // namespace shop
