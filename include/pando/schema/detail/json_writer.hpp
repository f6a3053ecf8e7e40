// How numbers and texts are written as JSON: many characters at a time, into room asked for before.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pando::detail {

inline constexpr char digit_pairs[] = "0001020304050607080910111213141516171819"
                                      "2021222324252627282930313233343536373839"
                                      "4041424344454647484950515253545556575859"
                                      "6061626364656667686970717273747576777879"
                                      "8081828384858687888990919293949596979899";

inline void put_pair(char* to, std::uint32_t pair) noexcept {
  std::memcpy(to, digit_pairs + 2 * pair, 2);
}
inline void put_four(char* to, std::uint32_t four) noexcept {
  put_pair(to, four / 100);
  put_pair(to + 2, four % 100);
}
inline void put_eight(char* to, std::uint32_t eight) noexcept {
  put_four(to, eight / 10000);
  put_four(to + 4, eight % 10000);
}

/// Writes 1 to 4 digits.
inline char* put_up_to_four(char* to, std::uint32_t number) noexcept {
  if (number < 100) {
    if (number < 10) {
      *to = static_cast<char>('0' + number);
      return to + 1;
    }
    put_pair(to, number);
    return to + 2;
  }
  std::uint32_t const front = number / 100;
  if (front < 10) {
    *to = static_cast<char>('0' + front);
    put_pair(to + 1, number % 100);
    return to + 3;
  }
  put_pair(to, front);
  put_pair(to + 2, number % 100);
  return to + 4;
}

/// Writes 1 to 8 digits.
inline char* put_up_to_eight(char* to, std::uint32_t number) noexcept {
  if (number < 10000) return put_up_to_four(to, number);
  to = put_up_to_four(to, number / 10000);
  put_four(to, number % 10000);
  return to + 4;
}

/// Writes a number: 1 to 20 digits.
inline char* put_unsigned(char* to, std::uint64_t number) noexcept {
  constexpr std::uint64_t eight = 100'000'000;
  if (number < eight) return put_up_to_eight(to, static_cast<std::uint32_t>(number));
  std::uint64_t const front = number / eight;
  if (front < eight) {
    to = put_up_to_eight(to, static_cast<std::uint32_t>(front));
  } else {
    to = put_up_to_four(to, static_cast<std::uint32_t>(front / eight));
    put_eight(to, static_cast<std::uint32_t>(front % eight));
    to += 8;
  }
  put_eight(to, static_cast<std::uint32_t>(number % eight));
  return to + 8;
}

inline char* put_signed(char* to, std::int64_t number) noexcept {
  auto size = static_cast<std::uint64_t>(number);
  if (number < 0) {
    *to++ = '-';
    size = 0 - size;
  }
  return put_unsigned(to, size);
}

/// A byte that cannot stand in a JSON string as it is, or begins something that must be looked at.
inline bool is_special(char one) noexcept {
  return static_cast<signed char>(one) < 0x20 || one == '"' || one == '\\';
}

/// For each byte of a word that is special, its highest bit; of bytes after the first such one it
/// may be wrong.
inline std::uint64_t special_bytes(std::uint64_t word) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t highs = ones * 0x80;
  auto const zero = [](std::uint64_t in) { return (in - ones) & ~in; };
  return ((word - ones * 0x20) | zero(word ^ ones * '"') | zero(word ^ ones * '\\') | word) & highs;
}

/// Copies `size` bytes and tells whether none of them is special. `to` has room for 16 more.
inline bool copy_plain(char* to, char const* from, std::size_t size) noexcept {
#if defined(__SSE2__)
  auto const load = [](char const* at) {
    return _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
  };
  auto const special = [](__m128i block) {
    // as signed numbers, the bytes from 0x80 on are under 0x20 too
    return _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(0x20)),
                        _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                                     _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))));
  };
  auto const put = [](char* at, __m128i block) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(at), block);
  };
  if (size >= 16) {
    auto const last = load(from + size - 16);
    auto found = special(last);
    for (std::size_t at = 0; at + 16 < size; at += 16) {
      auto const block = load(from + at);
      put(to + at, block);
      found = _mm_or_si128(found, special(block));
    }
    put(to + size - 16, last);
    return _mm_movemask_epi8(found) == 0;
  }
#else
  if (size >= 16) {
    std::uint64_t found = 0;
    for (std::size_t at = 0; at + 8 <= size; at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, from + at, 8);
      std::memcpy(to + at, &word, 8);
      found |= special_bytes(word);
    }
    std::uint64_t last = 0;
    std::memcpy(&last, from + size - 8, 8);
    std::memcpy(to + size - 8, &last, 8);
    return (found | special_bytes(last)) == 0;
  }
#endif
  if (size >= 8) {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::memcpy(&first, from, 8);
    std::memcpy(&last, from + size - 8, 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + size - 8, &last, 8);
    return (special_bytes(first) | special_bytes(last)) == 0;
  }
  if (size >= 4) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + size - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
    return special_bytes(std::uint64_t{last} << 32 | first) == 0;
  }
  bool plain = true;
  for (std::size_t at = 0; at < size; ++at) {
    to[at] = from[at];
    plain = plain && !is_special(from[at]);
  }
  return plain;
}

/// Copies up to the first byte that a JSON string cannot hold as it is, which in UTF-8 is a control
/// character, a quote or a backslash. `to` has room for `size` and 16 more. Gives how many bytes it
/// copied; what it wrote after them is of no meaning.
inline std::size_t plain_run(char const* from, std::size_t size, char* to) noexcept {
  std::size_t at = 0;
#if defined(__SSE2__)
  for (; at + 16 <= size; at += 16) {
    auto const block = _mm_loadu_si128(reinterpret_cast<__m128i const*>(from + at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), block);
    auto const control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
    auto const quote = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                                    _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    auto const found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, quote)));
    if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found));
  }
#endif
  for (; at < size; ++at) {
    to[at] = from[at];
    if (static_cast<unsigned char>(from[at]) < 0x20 || from[at] == '"' || from[at] == '\\') break;
  }
  return at;
}

} // namespace pando::detail
