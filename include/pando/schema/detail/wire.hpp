// The small change of the binary codec: varints, little-endian numbers, name hashes, paths.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <pando/schema/buffer.hpp>
#include <pando/schema/detail/faults.hpp>

namespace pando::detail {

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
inline void copy_little(void* to, void const* from, std::size_t width) noexcept {
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
inline void copy_little(void* to, void const* from, std::size_t width, std::size_t count) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(to, from, width * count);
  } else {
    for (std::size_t i = 0; i < count; ++i)
      copy_little(static_cast<char*>(to) + i * width, static_cast<char const*>(from) + i * width,
                  width);
  }
}

template <class Number>
Number load_little(char const* from) noexcept {
  Number value{};
  copy_little(&value, from, sizeof value);
  return value;
}
template <class Number>
void store_little(char* to, Number value) noexcept {
  copy_little(to, &value, sizeof value);
}

/// The integer that stands at `at` in memory, by its width and sign.
inline std::int64_t load_integer(void const* at, std::size_t width, bool is_signed) noexcept {
  std::uint64_t bits = 0;
  if constexpr (std::endian::native == std::endian::little)
    std::memcpy(&bits, at, width);
  else
    std::memcpy(reinterpret_cast<char*>(&bits) + (8 - width), at, width);
  if (width == 8) return static_cast<std::int64_t>(bits);
  auto const sign = std::uint64_t{1} << (width * 8 - 1);
  if (is_signed && (bits & sign) != 0) bits |= ~(sign * 2 - 1);
  return static_cast<std::int64_t>(bits);
}

/// Whether the number of that table is neither infinite nor NaN.
inline bool is_finite(schema::type const& number, void const* at) noexcept {
  if (number.width == 4) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, at, 4);
    return (bits & 0x7f800000U) != 0x7f800000U;
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, at, 8);
  return (bits & 0x7ff0000000000000U) != 0x7ff0000000000000U;
}

/// The enumerator with that value, or null. They stand in order, mostly without holes.
inline schema::enumerator const* enumerator_of(schema::type const& type,
                                               std::int64_t value) noexcept {
  auto const& known = type.enumerators;
  if (known.empty()) return nullptr;
  auto const guess =
      static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(known.front().value);
  if (guess < known.size() && known[guess].value == value) return &known[guess];
  for (auto const& one : known)
    if (one.value == value) return &one;
  return nullptr;
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

/// One step on the way to a value, kept on the stack of whoever walks there.
struct wire_step {
  wire_step const* up;
  std::string_view name;
  std::size_t index; ///< where there is no name
  bool is_named;
};

/// The JSON pointer of a way.
inline std::string path_of(wire_step const* last) {
  std::string path;
  if (last == nullptr) return path;
  path = path_of(last->up);
  if (last->is_named) add_step(path, last->name);
  else add_step(path, std::to_string(last->index));
  return path;
}

} // namespace pando::detail
