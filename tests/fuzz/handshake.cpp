// libFuzzer: octets as what a stranger says to a runner before it is known who it is, at either end,
// with a cookie and without. In one piece or octet by octet it comes to the same, and without the
// cookie nobody gets through.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <pando/link/detail/link_handshake.hpp>
#include <pando/link/secure_link.hpp>

namespace {

using pando::link_role;
using pando::detail::link_handshake;
using state = link_handshake::state;

pando::secure_link const& runner(bool has_cookie) {
  static pando::secure_link const open({.self = {"runner-1", 5}});
  static pando::secure_link const closed({.self = {"runner-1", 5}, .cookie = "nobody knows it"});
  return has_cookie ? closed : open;
}

struct verdict {
  state ended = state::goes_on;
  bool is_refusal = false;
  std::string why{};
  std::string peer{};
  std::size_t left = 0; ///< octets that nobody took
  std::size_t said = 0;
  bool operator==(verdict const&) const = default;
};

/// Hears the octets in pieces of that many.
verdict hears(bool has_cookie, link_role role, std::string_view octets, std::size_t piece) {
  link_handshake shakes(runner(has_cookie), role);
  pando::buffer out;
  if (role == link_role::connects) shakes.begin(out);
  std::string waits;
  while (!octets.empty() && shakes.now() == state::goes_on) {
    auto const next = octets.substr(0, piece);
    octets.remove_prefix(next.size());
    waits += next;
    auto const taken = shakes.take(waits, nullptr, out);
    if (taken > waits.size()) std::abort();
    waits.erase(0, taken);
  }
  verdict made{shakes.now(), shakes.is_refusal(), shakes.why()};
  if (made.ended == state::done) {
    made.peer = shakes.peer().name;
    made.left = waits.size() + octets.size();
  }
  made.said = out.size();
  if ((made.ended == state::failed) != !made.why.empty()) std::abort();
  return made;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  bool const has_cookie = (data[0] & 1) != 0;
  auto const role = (data[0] & 2) != 0 ? link_role::connects : link_role::serves;
  std::string octets(reinterpret_cast<char const*>(data) + 1, size - 1);
  if (role == link_role::serves && (data[0] & 4) != 0) octets.insert(0, pando::detail::link_magic);
  auto const whole = hears(has_cookie, role, octets, octets.size() + 1);
  if (has_cookie && whole.ended == state::done) std::abort();
  if (hears(has_cookie, role, octets, 1) != whole) std::abort();
  return 0;
}
