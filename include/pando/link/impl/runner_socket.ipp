// Binding, loopback and names of peers.
#pragma once

#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include <pando/link/detail/runner_socket.hpp>

namespace pando::detail {

PANDO_INLINE bool is_loopback(boost::asio::ip::address const& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
        .is_loopback();
  return address.is_loopback();
}

PANDO_INLINE std::string why_cookie_is_due(boost::asio::ip::tcp::endpoint const& where) {
  if (is_loopback(where.address())) return {};
  return where.address().to_string() + " is no loopback address, and without a cookie anybody who "
         "reaches it could call; set a cookie that all runners share";
}

/// Binds and listens, or gives -1 with errno.
inline int try_to_listen(boost::asio::ip::tcp::endpoint const& where) {
  int const made = ::socket(where.protocol().family(),
                            SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return -1;
  int const on = 1;
  ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.address().is_v6()) ::setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(made, where.data(), static_cast<socklen_t>(where.size())) == 0 &&
      ::listen(made, SOMAXCONN) == 0)
    return made;
  int const why = errno;
  ::close(made);
  errno = why;
  return -1;
}

/// What it is bound to. False: it is no TCP socket.
inline bool get_endpoint(int socket, boost::asio::ip::tcp::endpoint& found) {
  auto size = static_cast<socklen_t>(found.capacity());
  if (::getsockname(socket, found.data(), &size) != 0) return false;
  auto const family = found.data()->sa_family;
  if (family != AF_INET && family != AF_INET6) return false;
  found.resize(size);
  return true;
}

PANDO_INLINE int adopt_tcp(int socket, runner_address& address, bool has_cookie) {
  int is_listening = 0;
  socklen_t size = sizeof is_listening;
  ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size);
  boost::asio::ip::tcp::endpoint found;
  if (is_listening == 0 || !get_endpoint(socket, found))
    throw listener_unavailable("descriptor " + std::to_string(socket) +
                               " is no TCP socket that listens, so no runner can be reached there");
  if (auto const due = has_cookie ? std::string() : why_cookie_is_due(found); !due.empty())
    throw listener_unavailable("descriptor " + std::to_string(socket) + " cannot be used: " + due);
  address = {found.address().to_string(), found.port()};
  return socket;
}

PANDO_INLINE int listen_on_tcp(runner_address& address, bool has_cookie) {
  using boost::asio::ip::tcp;
  boost::asio::io_context io(1);
  tcp::resolver resolver(io);
  boost::system::error_code error;
  auto const found = resolver.resolve(address.host, std::to_string(address.port),
                                      tcp::resolver::passive | tcp::resolver::numeric_service,
                                      error);
  auto const text = print_runner_address(address);
  if (error)
    throw listener_unavailable("the host of " + text + " cannot be found: " + error.message());
  int why = 0;
  for (auto const& one : found) {
    auto const where = one.endpoint();
    if (auto const due = has_cookie ? std::string() : why_cookie_is_due(where); !due.empty())
      throw listener_unavailable(text + " cannot be listened on: " + due);
    int const made = try_to_listen(where);
    if (made < 0) {
      why = errno;
      continue;
    }
    boost::asio::ip::tcp::endpoint bound;
    if (get_endpoint(made, bound)) address.port = bound.port();
    return made;
  }
  throw listener_unavailable(text + " cannot be listened on: " + std::strerror(why));
}

PANDO_INLINE std::string name_of_peer(int socket, bool is_path) {
  if (is_path) {
    auto const who = credentials_of(socket);
    return "uid " + std::to_string(who.user_id) + ", pid " + std::to_string(who.process_id);
  }
  boost::asio::ip::tcp::endpoint found;
  auto size = static_cast<socklen_t>(found.capacity());
  if (::getpeername(socket, found.data(), &size) != 0) return "somebody who has left";
  found.resize(size);
  return print_runner_address({found.address().to_string(), found.port(), {}});
}

PANDO_INLINE void set_no_delay(int socket, bool is_path) {
  int const yes = 1;
  // What fails has ended already.
  if (!is_path) (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

} // namespace pando::detail
