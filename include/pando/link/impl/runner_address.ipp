// Addresses of runners: each part is looked at by itself, so that each has its own message.
#pragma once

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <sys/un.h>

#include <boost/asio/ip/address_v6.hpp>

#include <pando/link/runner_address.hpp>

namespace pando {

namespace detail {

inline std::string quoted_address(std::string_view text) {
  std::string shown(text);
  for (auto& c : shown)
    if (c < ' ') c = '?';
  return "'" + shown + "' is no address of a runner: ";
}

inline std::string why_no_runner_path(std::string_view path) {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty() || path.front() != '/')
    return "the path of a socket begins with '/', as in unix:/run/shop.sock";
  if (path.find('\0') != path.npos) return "its path has a NUL in it";
  if (path.size() > longest)
    return "its path has " + std::to_string(path.size()) +
           " bytes, and a Unix socket's has at most " + std::to_string(longest);
  return {};
}

inline std::string why_no_runner_port(std::string_view text, std::uint16_t& port) {
  if (text.empty()) return "its port is missing behind the ':'";
  auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::all_of(text.begin(), text.end(), is_digit))
    return "its port, '" + std::string(text) + "', is no number";
  auto const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, port).ec != std::errc())
    return "its port, " + std::string(text) + ", is above 65535";
  return {};
}

inline std::string why_no_runner_host(std::string_view host) {
  constexpr std::size_t longest = 253; // RFC 1035, 2.3.4, as text
  if (host.empty()) return "its host is missing before the ':'";
  if (host.size() > longest)
    return "its host has " + std::to_string(host.size()) + " characters, and a name has at most " +
           std::to_string(longest);
  for (char const c : host) {
    bool const fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.' || c == '_';
    if (!fits) return "its host has letters, digits, '-', '_' and '.', and nothing else";
  }
  if (host.front() == '.' || host.find("..") != host.npos)
    return "its host has a dot with nothing before it";
  return {};
}

inline std::string why_no_bracketed(std::string_view text, runner_address& found) {
  auto const end = text.find(']');
  if (end == text.npos) return "its '[' has no ']'";
  auto const inside = text.substr(1, end - 1);
  boost::system::error_code error;
  boost::asio::ip::make_address_v6(std::string(inside), error);
  if (error) return "'" + std::string(inside) + "' in its brackets is no IPv6 address";
  found.host = inside;
  auto const rest = text.substr(end + 1);
  if (rest.empty() || rest.front() != ':')
    return "behind its ']' a ':' and the port are missing, as in [::1]:4370";
  return why_no_runner_port(rest.substr(1), found.port);
}

/// Fills it, or gives what is wrong.
inline std::string read_runner_address(std::string_view text, runner_address& found) {
  constexpr std::string_view scheme = "unix:";
  if (text.empty()) return "it is empty; it is host:port, [v6]:port or the path of a socket";
  if (bool const named = text.substr(0, scheme.size()) == scheme; named || text.front() == '/') {
    auto const path = text.substr(named ? scheme.size() : 0);
    found.path = path;
    return why_no_runner_path(path);
  }
  if (text.front() == '[') return why_no_bracketed(text, found);
  auto const colon = text.find(':');
  if (colon == text.npos) return "its port is missing, as in shop.example:4370";
  if (text.find(':', colon + 1) != text.npos)
    return "it has more than one ':'; an IPv6 address goes in brackets, as in [::1]:4370";
  found.host = text.substr(0, colon);
  if (auto why = why_no_runner_host(found.host); !why.empty()) return why;
  return why_no_runner_port(text.substr(colon + 1), found.port);
}

} // namespace detail

PANDO_INLINE std::string why_no_runner_address(std::string_view text) {
  runner_address found;
  auto const why = detail::read_runner_address(text, found);
  return why.empty() ? why : detail::quoted_address(text) + why;
}

PANDO_INLINE runner_address parse_runner_address(std::string_view text) {
  runner_address found;
  auto const why = detail::read_runner_address(text, found);
  if (!why.empty()) throw std::invalid_argument(detail::quoted_address(text) + why);
  return found;
}

PANDO_INLINE std::string print_runner_address(runner_address const& address) {
  if (address.is_path()) return address.path;
  bool const is_v6 = address.host.find(':') != address.host.npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

} // namespace pando
