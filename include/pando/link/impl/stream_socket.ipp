// Sockets made and owned.
#pragma once

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>

#include <pando/link/detail/descriptor.hpp>
#include <pando/link/detail/unix_address.hpp>
#include <pando/link/stream_socket.hpp>

namespace pando::detail {

PANDO_INLINE stream_socket own_socket(boost::asio::any_io_executor const& where, int number) {
  descriptor owned(number);
  stream_socket made(where);
  made.assign(number);
  owned.release();
  return made;
}

PANDO_INLINE int connect_unix(std::string const& path) noexcept {
  auto const there = address_of(path);
  int const made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return -1;
  int result = -1;
  do result = ::connect(made, reinterpret_cast<sockaddr const*>(&there), sizeof there);
  while (result != 0 && errno == EINTR);
  if (result == 0) return made;
  int const why = errno;
  ::close(made);
  errno = why;
  return -1;
}

} // namespace pando::detail
