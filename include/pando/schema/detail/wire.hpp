// The small change of the binary codec: integers, numbers and enumerators in memory, and paths.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <pando/schema/detail/faults.hpp>
#include <pando/schema/wire.hpp>

namespace pando::detail {

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
