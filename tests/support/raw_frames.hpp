// The binary protocol spoken by hand over a socket, frame by frame.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include <pando/link/frames.hpp>
#include <pando/schema/wire.hpp>

#include "socket/things.hpp"

namespace raw_frames {

struct frame {
  pando::frames::header head{};
  std::string payload;
};

inline std::string made(pando::frames::kind what, std::uint32_t id, std::string_view payload = {},
                        std::uint8_t flags = 0, std::uint16_t aux = 0) {
  pando::buffer out;
  pando::frames::writer writer(out, what, id, flags, aux);
  out.append(payload);
  writer.end();
  return std::string(out.view());
}

/// Writes into a fresh buffer and gives its bytes.
template <class Write>
std::string bytes_of(Write write) {
  pando::buffer out;
  write(out);
  return std::string(out.view());
}
inline std::string text(std::string_view value) {
  return bytes_of([&](pando::buffer& out) { pando::frames::append_text(out, value); });
}
inline std::string number(std::uint64_t value) {
  return bytes_of([&](pando::buffer& out) { pando::wire::append_varint(out, value); });
}

/// The next frame; all zero: there is none any more.
inline frame next(things::raw_client& client) {
  frame got;
  auto const head = client.bytes(pando::frames::header_size);
  if (head.size() != pando::frames::header_size) return got;
  got.head = pando::frames::read_header(head.data());
  got.payload = client.bytes(got.head.length);
  return got;
}
/// As a client that takes frames of 1 MiB.
inline void greet(things::raw_client& client) {
  using pando::frames::kind;
  client.send(std::string(pando::frames::magic) +
              made(kind::hello, 0, number(1 << 20) + number(100)));
  BOOST_REQUIRE(client.bytes(8) == pando::frames::magic);
  BOOST_REQUIRE((next(client).head.what == kind::hello));
}
/// A call by a route's name, with its request as JSON.
inline std::string invoke(std::uint32_t id, std::string_view route, std::string_view json,
                          std::string_view door = {}) {
  return made(pando::frames::kind::invoke, id, text(door) + text(route) + std::string(json));
}

} // namespace raw_frames
