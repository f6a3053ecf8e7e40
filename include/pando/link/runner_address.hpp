// Where a runner listens: `host:port`, `[v6]:port`, or the path of a Unix socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>

namespace pando {

/// An address as it is written and printed. Two that print alike are the same.
struct runner_address {
  std::string host{};     ///< a name, or an IPv4 or IPv6 address without brackets
  std::uint16_t port = 0; ///< 0: any that is free, for who listens
  std::string path{};     ///< of a Unix socket, absolute; host and port are nothing then

  bool is_path() const noexcept { return !path.empty(); }
  friend bool operator==(runner_address const&, runner_address const&) = default;
};

/// Why that is no address, in a sentence without a full stop; empty: it is one. Each part that is
/// wrong has its own.
std::string why_no_runner_address(std::string_view text);

/// Reads `shop.example:4370`, `10.0.0.7:4370`, `[::1]:4370`, `/run/shop.sock` or `unix:/run/x`.
/// *Throws* std::invalid_argument with that sentence.
runner_address parse_runner_address(std::string_view text);

/// As it is read.
std::string print_runner_address(runner_address const& address);

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/runner_address.ipp>
#endif
