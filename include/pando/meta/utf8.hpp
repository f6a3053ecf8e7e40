// UTF-8: decoding, counting code points, and finding the first fault.
#pragma once

#include <cstddef>
#include <string_view>

#include <pando/config.hpp>

namespace pando::meta {

/// How many code points a text has. In a text that is not UTF-8 every octet that continues none
/// counts as one.
constexpr std::size_t code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  for (char const c : text) count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  return count;
}

/// One code point and the octets it takes.
struct decoded {
  char32_t point;
  std::size_t octets; ///< 0: what stands there is not UTF-8
};

/// The code point at the front of a text, which must not be empty. Overlong forms, surrogates and
/// what is past U+10FFFF are not UTF-8.
constexpr decoded decode(std::string_view text) noexcept {
  auto const octet = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  unsigned const lead = octet(0);
  if (lead < 0x80) return {static_cast<char32_t>(lead), 1};
  std::size_t const octets = lead < 0xc2   ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (octets == 0 || text.size() < octets) return {0xfffd, 0};
  char32_t point = lead & (0xffU >> (octets + 1));
  for (std::size_t at = 1; at < octets; ++at) {
    if ((octet(at) & 0xc0U) != 0x80U) return {0xfffd, 0};
    point = point << 6 | (octet(at) & 0x3fU);
  }
  bool const overlong = (octets == 3 && point < 0x800) || (octets == 4 && point < 0x10000);
  bool const surrogate = point >= 0xd800 && point < 0xe000;
  if (overlong || surrogate || point > 0x10ffff) return {0xfffd, 0};
  return {point, octets};
}

/// Where the first octet stands that begins no UTF-8 code point; `npos` when the text is UTF-8.
std::size_t utf8_fault(std::string_view text) noexcept;

/// Whether the text is UTF-8 (RFC 3629).
inline bool valid_utf8(std::string_view text) noexcept {
  return utf8_fault(text) == std::string_view::npos;
}

} // namespace pando::meta

#ifdef PANDO_HEADER_ONLY
#include <pando/meta/impl/utf8.ipp>
#endif
