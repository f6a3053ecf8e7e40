// Addresses in numbers, as the system's own calls give and take them. Only the bodies include this.
#pragma once

#include <cstdint>
#include <string>

#include <netinet/in.h>
#include <sys/socket.h>

#include <pando/config.hpp>

namespace pando::http::detail {

/// Where one end of a connection is, or where a socket listens; an address of any other family than
/// IPv4 and IPv6 is empty.
struct socket_address {
  ::sockaddr_storage raw{};
  ::socklen_t size = 0;

  explicit operator bool() const noexcept { return size != 0; }
  bool is_v6() const noexcept { return raw.ss_family == AF_INET6; }
  ::sockaddr const* data() const noexcept { return reinterpret_cast<::sockaddr const*>(&raw); }
  /// The address in numbers.
  std::string host() const;
  std::uint16_t port() const noexcept;
};

/// What an address in numbers says, "127.0.0.1" or "::1"; empty: that is none.
socket_address read_address(std::string const& host, std::uint16_t port);

/// Where that socket listens. *Throws* std::system_error.
socket_address local_address(int socket);

/// Whom that socket is connected to; empty for one end of a socketpair.
socket_address peer_address(int socket) noexcept;

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/address.ipp>
#endif
