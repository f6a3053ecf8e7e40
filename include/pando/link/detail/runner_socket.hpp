// The sockets of runners: made, bound, asked who is at their other end.
#pragma once

#include <string>

#include <boost/asio/ip/tcp.hpp>

#include <pando/config.hpp>
#include <pando/link/runner_address.hpp>
#include <pando/link/unix_listener.hpp>

namespace pando::detail {

/// Whether only this machine reaches it; of IPv4 in IPv6 too.
bool is_loopback(boost::asio::ip::address const& address);

/// Why nobody may be reached there without a cookie; empty: somebody may.
std::string why_cookie_is_due(boost::asio::ip::tcp::endpoint const& where);

/// A socket that listens: bound to the first of its addresses that can be had, IPv6 without IPv4.
/// `address` gets the port. Blocks while a name is looked up. *Throws* `listener_unavailable`.
int listen_on_tcp(runner_address& address, bool has_cookie);

/// Takes a TCP socket that listens already; `address` gets what it is bound to. *Throws*
/// `listener_unavailable` where it does not listen, or should not without a cookie.
int adopt_tcp(int socket, runner_address& address, bool has_cookie);

/// What the log calls the other end, of TCP or of a Unix socket.
std::string name_of_peer(int socket, bool is_path);

/// Sends small messages at once. Does nothing on a Unix socket.
void set_no_delay(int socket, bool is_path);

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/runner_socket.ipp>
#endif
