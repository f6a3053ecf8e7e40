// Numbers on the wire: varints, little-endian integers, and the hashes that stand for names.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <pando/schema/buffer.hpp>

namespace pando::wire {

/// The most octets a varint takes: seven bits in each, the lowest first.
inline constexpr std::size_t longest_varint = 10;

inline char* write_varint(char* to, std::uint64_t value) noexcept {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}

inline void append_varint(buffer& out, std::uint64_t value) {
  out.commit(write_varint(out.reserve(longest_varint), value));
}

/// Reads one varint and moves `at` behind it. False: it does not end, is longer than it needs to be
/// or is past 64 bits.
inline bool read_varint(char const*& at, char const* end, std::uint64_t& value) noexcept {
  if (at != end && static_cast<signed char>(*at) >= 0) [[likely]] {
    value = static_cast<std::uint8_t>(*at++);
    return true;
  }
  value = 0;
  for (unsigned shift = 0; at != end && shift < 64; shift += 7) {
    auto const octet = static_cast<std::uint8_t>(*at++);
    if (shift == 63 && octet > 1) return false;
    value |= static_cast<std::uint64_t>(octet & 0x7fU) << shift;
    if (octet < 0x80) return octet != 0 || shift == 0;
  }
  return false;
}

/// Small numbers of either sign as small numbers.
constexpr std::uint64_t to_zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t from_zigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

/// Copies a number of `width` octets between memory and the wire, which is little-endian.
inline void copy(void* to, void const* from, std::size_t width) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    switch (width) { // a copy of known size is one instruction
    case 1: std::memcpy(to, from, 1); break;
    case 2: std::memcpy(to, from, 2); break;
    case 4: std::memcpy(to, from, 4); break;
    default: std::memcpy(to, from, 8); break;
    }
  } else {
    for (std::size_t i = 0; i < width; ++i)
      static_cast<char*>(to)[i] = static_cast<char const*>(from)[width - 1 - i];
  }
}

/// The same for `count` of them in a row.
inline void copy(void* to, void const* from, std::size_t width, std::size_t count) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(to, from, width * count);
  } else {
    for (std::size_t i = 0; i < count; ++i)
      copy(static_cast<char*>(to) + i * width, static_cast<char const*>(from) + i * width,
                  width);
  }
}

template <class Number>
Number load(char const* from) noexcept {
  Number value{};
  copy(&value, from, sizeof value);
  return value;
}
template <class Number>
void store(char* to, Number value) noexcept {
  copy(to, &value, sizeof value);
}

/// FNV-1a, 32 bits: what stands for a name on the wire.
constexpr std::uint32_t name_hash(std::string_view name) noexcept {
  std::uint32_t hash = 0x811c9dc5U;
  for (char const c : name) {
    hash ^= static_cast<std::uint8_t>(c);
    hash *= 0x01000193U;
  }
  return hash;
}

} // namespace pando::wire
