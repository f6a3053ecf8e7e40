// HTTP spoken by hand over a loopback socket, so that a test sees every octet.
#pragma once

#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace raw_http {

/// One answer as it came.
struct answer {
  int status = 0;
  std::multimap<std::string, std::string> headers; ///< names in small letters
  std::string body;                                ///< without the framing of chunks
  bool is_whole = true;                            ///< a chunked body had its last chunk

  std::string header(std::string const& name) const {
    auto const at = headers.find(name);
    return at == headers.end() ? std::string() : at->second;
  }
  bool has(std::string const& name) const { return headers.count(name) != 0; }
};

/// One connection. Every wait ends after 20 s in an exception.
class connection {
 public:
  explicit connection(std::uint16_t port, int receive_buffer = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer != 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      ::close(std::exchange(fd_, -1));
      throw std::runtime_error("connection refused");
    }
    give_up_after(std::chrono::seconds(20));
  }
  struct connected {
    int socket;
  };
  explicit connection(connected from) : fd_(from.socket) {
    give_up_after(std::chrono::seconds(20));
  }
  connection(connection&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), input_(std::move(other.input_)) {}
  ~connection() { close(); }

  void send(std::string_view data) {
    while (!data.empty()) {
      auto const count = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
      if (count <= 0) throw std::runtime_error("the peer takes no more");
      data.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  /// The next answer; `to_head`: the request was a HEAD.
  answer read(bool to_head = false) {
    answer got = read_head();
    if (to_head || got.status == 204 || got.status == 304) return got;
    if (got.header("transfer-encoding") == "chunked") {
      while (read_chunk(got)) {
      }
    } else if (got.has("content-length")) {
      got.body = take(static_cast<std::size_t>(std::atoll(got.header("content-length").c_str())));
    } else {
      got.body = read_to_end();
    }
    return got;
  }
  answer read_head() {
    auto const head = take_until("\r\n\r\n");
    answer got;
    if (head.substr(0, 7) != "HTTP/1.") throw std::runtime_error("no answer: " + head);
    got.status = std::atoi(head.c_str() + 9);
    for (auto at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
      auto const end = head.find("\r\n", at + 2);
      auto const line = head.substr(at + 2, end - at - 2);
      if (line.empty()) break;
      auto const colon = line.find(": ");
      auto name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      got.headers.emplace(name, line.substr(colon + 2));
    }
    return got;
  }
  /// Adds a chunk to the body. False: it was the last, or the connection ended.
  bool read_chunk(answer& got) {
    if (!fill_until("\r\n")) return got.is_whole = false;
    auto const size = std::strtoull(take_until("\r\n").c_str(), nullptr, 16);
    if (size != 0) got.body += take(static_cast<std::size_t>(size));
    take_until("\r\n");
    return size != 0;
  }
  answer ask(std::string_view request) {
    send(request);
    return read(request.substr(0, 5) == "HEAD ");
  }
  /// Everything until the peer ends.
  std::string read_to_end() {
    while (receive()) {
    }
    return std::exchange(input_, {});
  }
  /// Whether the peer has ended the connection, without more data.
  bool is_at_end() { return input_.empty() && !receive(); }

  void end_sending() { ::shutdown(fd_, SHUT_WR); }
  /// Ends as a killed machine would: with a reset.
  void reset() {
    linger const now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void give_up_after(std::chrono::seconds limit) {
    timeval const at{static_cast<time_t>(limit.count()), 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &at, sizeof at);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &at, sizeof at);
  }
  std::size_t unread() const { return input_.size(); }

 private:
  bool receive() {
    char bytes[65536];
    auto const count = ::recv(fd_, bytes, sizeof bytes, 0);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      throw std::runtime_error("nothing came in time; so far: " + input_);
    if (count <= 0) return false;
    input_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }
  bool fill_until(std::string_view mark) {
    while (input_.find(mark) == std::string::npos)
      if (!receive()) return false;
    return true;
  }
  std::string take_until(std::string_view mark) {
    if (!fill_until(mark)) throw std::runtime_error("the connection ended; so far: " + input_);
    return take(input_.find(mark) + mark.size());
  }
  std::string take(std::size_t count) {
    while (input_.size() < count)
      if (!receive()) throw std::runtime_error("the connection ended; so far: " + input_);
    auto taken = input_.substr(0, count);
    input_.erase(0, count);
    return taken;
  }

  int fd_ = -1;
  std::string input_;
};

/// A request without a body.
inline std::string get(std::string_view target, std::string_view lines = {},
                       std::string_view method = "GET") {
  return std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" +
         std::string(lines) + "\r\n";
}

/// A request with a body, JSON unless `lines` has a Content-Type.
inline std::string post(std::string_view target, std::string_view body, std::string_view lines = {},
                        std::string_view method = "POST") {
  auto text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
  if (lines.find("Content-Type") == lines.npos) text += "Content-Type: application/json\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n" + std::string(lines) + "\r\n";
  return text + std::string(body);
}

} // namespace raw_http
