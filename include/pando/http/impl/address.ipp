// Between addresses and text.
#pragma once

#include <cerrno>
#include <cstring>
#include <system_error>

#include <netdb.h>

#include <pando/http/detail/address.hpp>

namespace pando::http::detail {

PANDO_INLINE std::string socket_address::host() const {
  char text[NI_MAXHOST];
  if (::getnameinfo(data(), size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return {};
  return text;
}

PANDO_INLINE std::uint16_t socket_address::port() const noexcept {
  // Both families have it at the same place.
  ::sockaddr_in const* const at = reinterpret_cast<::sockaddr_in const*>(&raw);
  return *this ? ntohs(at->sin_port) : std::uint16_t{0};
}

PANDO_INLINE socket_address read_address(std::string const& host, std::uint16_t port) {
  socket_address found;
  ::addrinfo wanted{};
  wanted.ai_flags = AI_NUMERICHOST;
  wanted.ai_socktype = SOCK_STREAM;
  ::addrinfo* first = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &first) != 0) return found;
  std::memcpy(&found.raw, first->ai_addr, first->ai_addrlen);
  found.size = first->ai_addrlen;
  ::freeaddrinfo(first);
  reinterpret_cast<::sockaddr_in*>(&found.raw)->sin_port = htons(port);
  return found;
}

PANDO_INLINE socket_address local_address(int socket) {
  socket_address found;
  found.size = sizeof found.raw;
  if (::getsockname(socket, reinterpret_cast<::sockaddr*>(&found.raw), &found.size) != 0)
    throw std::system_error(errno, std::system_category(), "a socket that was handed over");
  return found;
}

PANDO_INLINE socket_address peer_address(int socket) noexcept {
  socket_address found;
  found.size = sizeof found.raw;
  bool const is_connected =
      ::getpeername(socket, reinterpret_cast<::sockaddr*>(&found.raw), &found.size) == 0;
  auto const family = found.raw.ss_family;
  if (!is_connected || (family != AF_INET && family != AF_INET6)) found.size = 0;
  return found;
}

} // namespace pando::http::detail
