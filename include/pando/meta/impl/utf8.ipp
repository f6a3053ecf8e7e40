// Finding the first octet that is not UTF-8, eight octets at a time while the text is ASCII.
#pragma once

#include <cstdint>
#include <cstring>

#include <pando/meta/utf8.hpp>

namespace pando::meta {

PANDO_INLINE std::size_t utf8_fault(std::string_view text) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
  auto const eight = [text](std::size_t from) {
    std::uint64_t octets = 0;
    std::memcpy(&octets, text.data() + from, 8);
    return octets;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    while (text.size() - at >= 32 &&
           ((eight(at) | eight(at + 8) | eight(at + 16) | eight(at + 24)) & high_bits) == 0)
      at += 32;
    while (text.size() - at >= 8 && (eight(at) & high_bits) == 0) at += 8;
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
