// Connected and listening sockets as descriptors of a loop.
//
// Asio's own sockets bring protocols, names, streams and timers, and with these Boost.Date_Time: a
// third of a second of compilation in every program with a Unix socket. What is read from, waited
// for and closed here needs none of that.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include <sys/socket.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/system_error.hpp>

#include <pando/config.hpp>

namespace pando::detail {

/// A socket of any stream protocol. Written to by `send` with MSG_NOSIGNAL alone: a descriptor is
/// written to as a file is, which ends the process where the other side has gone.
using stream_socket = boost::asio::posix::stream_descriptor;

/// Owns that socket on that loop. *Throws* boost::system::system_error, and closes it, when the
/// loop has no room for one more.
stream_socket own_socket(boost::asio::any_io_executor const& where, int number);

/// A socket connected to that path, which does not block: Unix sockets connect at once or not at
/// all (unix(7)). -1, with `errno`, where it is not; EAGAIN when too many wait to be accepted.
/// The path is one that `why_no_socket_path` has nothing against.
int connect_unix(std::string const& path) noexcept;

/// Accepts one on that loop, for `welcome`. False, with `errno`: nobody waits to be let in, or
/// nobody can be, since the process or the loop has no room for him.
template <class Welcome>
bool accept_one(int listener, boost::asio::any_io_executor const& where, Welcome welcome) {
  int const one = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (one < 0) return false;
  try {
    welcome(own_socket(where, one));
    return true;
  } catch (boost::system::system_error const& error) {
    errno = error.code().value();
  } catch (std::system_error const& error) {
    errno = error.code().value();
  }
  return false;
}

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/stream_socket.ipp>
#endif
