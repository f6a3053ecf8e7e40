// Finding the first octet that is not UTF-8, eight octets at a time while the text is ASCII.
#pragma once

#include <cstdint>
#include <cstring>

#include <pando/meta/utf8.hpp>

namespace pando::meta {

PANDO_INLINE std::size_t utf8_fault(std::string_view text) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
  std::size_t at = 0;
  while (at < text.size()) {
    while (text.size() - at >= 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, text.data() + at, 8);
      if ((eight & high_bits) != 0) break;
      at += 8;
    }
    // The rest of a run that is not ASCII, or of the text; then back to the fast loop.
    for (bool ascii = true;
         at < text.size() && (ascii || static_cast<signed char>(text[at]) < 0);) {
      auto const [point, octets] = decode(text.substr(at, 4));
      if (octets == 0) return at;
      at += octets;
      ascii = ascii && octets == 1;
    }
  }
  return std::string_view::npos;
}

} // namespace pando::meta
