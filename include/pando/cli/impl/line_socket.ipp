// Connecting, sending and receiving with poll(2).
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <pando/cli/detail/line_socket.hpp>
#include <pando/link/socket_path.hpp>

namespace pando::cli::detail {

PANDO_INLINE line_socket::opened line_socket::open(std::string const& path, std::string& why) {
  close();
  why = why_no_socket_path(path);
  if (!why.empty()) return opened::refused;
  file_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (file_ >= 0 &&
      ::connect(file_, reinterpret_cast<sockaddr const*>(&address), sizeof(address)) == 0) {
    peer who{};
    if (!other_end(who) || who.user == ::geteuid()) return opened::yes;
    why = path + ": it belongs to another user (uid " + std::to_string(who.user) + ")";
    return close(), opened::refused;
  }
  int const fault = errno;
  why = path + ": " + std::strerror(fault);
  close();
  return fault == ENOENT || fault == ECONNREFUSED ? opened::nobody : opened::refused;
}

PANDO_INLINE void line_socket::close() noexcept {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
  received_.clear();
  scanned_ = 0;
}

/// Milliseconds for poll(2), rounded up.
inline int until_in_ms(line_socket::clock::time_point until) {
  if (until == line_socket::clock::time_point::max()) return -1;
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - line_socket::clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000'000));
}

PANDO_INLINE bool line_socket::send(std::string_view line, clock::time_point until) {
  std::string text(line);
  text += '\n';
  std::string_view rest = text;
  while (!rest.empty() && file_ >= 0) {
    auto const sent = ::send(file_, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd one{file_, POLLOUT, 0};
      if (::poll(&one, 1, until_in_ms(until)) == 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return rest.empty();
}

PANDO_INLINE line_socket::got line_socket::receive(std::string& line, clock::time_point until,
                                                   int wake) {
  constexpr std::size_t longest = std::size_t{64} << 20U;
  for (;;) {
    if (auto const end = received_.find('\n', scanned_); end != received_.npos) {
      line.assign(received_, 0, end);
      received_.erase(0, end + 1);
      scanned_ = 0;
      return got::line;
    }
    scanned_ = received_.size();
    if (file_ < 0 || received_.size() > longest) return got::ended;
    pollfd both[2]{{file_, POLLIN, 0}, {wake, POLLIN, 0}};
    int const ready = ::poll(both, 2, until_in_ms(until));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return got::ended;
    if (both[1].revents != 0) return got::woken;
    if (ready == 0) return got::late;
    char room[1U << 16U];
    auto const count = ::recv(file_, room, sizeof(room), 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return got::ended;
    received_.append(room, static_cast<std::size_t>(count));
  }
}

PANDO_INLINE bool line_socket::other_end(peer& who) const noexcept {
  struct ucred credentials {};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(file_, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return false;
  who = {credentials.pid, credentials.uid};
  return true;
}

} // namespace pando::cli::detail
