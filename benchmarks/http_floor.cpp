// The floor of the HTTP figures: one thread, one level-triggered epoll set, one fixed answer to
// every request, no parsing but finding where requests end. `http_floor PORT`; ends on SIGTERM.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view answer = "HTTP/1.1 200 OK\r\n"
                                    "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                                    "Content-Type: application/json\r\n"
                                    "Content-Length: 40\r\n"
                                    "\r\n"
                                    R"({"id":123,"email":"user123@example.com"})";

// What one connection has read but not answered, and answered but not sent.
struct connection {
  int fd;
  std::string in;
  std::string out;
};

// The Content-Length of one request's head; only POST has one here.
std::size_t body_length(std::string_view head) {
  if (!head.starts_with("POST")) return 0;
  constexpr std::string_view name = "\r\nContent-Length: ";
  auto const at = head.find(name);
  if (at == std::string_view::npos) return 0;
  return std::strtoul(head.data() + at + name.size(), nullptr, 10);
}

void answer_complete_requests(connection& c) {
  std::string_view rest = c.in;
  for (;;) {
    auto const end = rest.find("\r\n\r\n");
    if (end == std::string_view::npos) break;
    auto const whole = end + 4 + body_length(rest.substr(0, end + 2));
    if (whole > rest.size()) break;
    rest.remove_prefix(whole);
    c.out += answer;
  }
  c.in.erase(0, c.in.size() - rest.size());
}

// False when the connection is over.
bool serve(connection& c) {
  char bytes[16384];
  auto const got = ::recv(c.fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
  if (got > 0) c.in.append(bytes, static_cast<std::size_t>(got));
  answer_complete_requests(c);
  while (!c.out.empty()) {
    auto const sent = ::send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    c.out.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

int listen_on(std::uint16_t port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM, 0);
  int const on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(fd, 1024) != 0) {
    std::perror("http_floor");
    std::exit(1);
  }
  return fd;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: http_floor PORT\n");
    return 2;
  }
  int const listener = listen_on(static_cast<std::uint16_t>(std::atoi(argv[1])));
  int const set = ::epoll_create1(0);
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.ptr = nullptr;
  ::epoll_ctl(set, EPOLL_CTL_ADD, listener, &wanted);
  std::vector<epoll_event> ready(256);
  for (;;) {
    int const count = ::epoll_wait(set, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto* c = static_cast<connection*>(ready[static_cast<std::size_t>(i)].data.ptr);
      if (c == nullptr) {
        int const fd = ::accept4(listener, nullptr, nullptr, 0);
        if (fd < 0) continue;
        int const on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        wanted.data.ptr = std::make_unique<connection>(connection{fd, {}, {}}).release();
        ::epoll_ctl(set, EPOLL_CTL_ADD, fd, &wanted);
      } else if (!serve(*c)) {
        ::close(c->fd); // leaves the set by being closed
        delete c;
      }
    }
  }
}
