// A path as the kernel takes it.
#pragma once

#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

namespace pando::detail {

/// The path is one that `why_no_socket_path` has nothing against.
inline sockaddr_un address_of(std::string const& path) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

} // namespace pando::detail
