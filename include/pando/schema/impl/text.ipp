// Base64, UUIDs and JSON pointers, to and from text.
#pragma once

#include <pando/schema/detail/decimal.hpp>
#include <pando/schema/text.hpp>

namespace pando::text {

namespace detail {

inline constexpr char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct base64_table {
  std::uint8_t value[256]; ///< 64: no letter
  constexpr base64_table() : value{} {
    for (auto& each : value) each = 64;
    for (std::uint8_t at = 0; at < 64; ++at) {
      value[static_cast<unsigned char>(base64_letters[at])] = at;
    }
  }
};
inline constexpr base64_table base64_values;

} // namespace detail

PANDO_INLINE char* write_base64(char* out, std::byte const* octets, std::size_t size) noexcept {
  using detail::base64_letters;
  auto const octet = [&](std::size_t at) { return std::to_integer<std::uint32_t>(octets[at]); };
  std::size_t at = 0;
  for (; size - at >= 3; at += 3) {
    std::uint32_t const three = octet(at) << 16 | octet(at + 1) << 8 | octet(at + 2);
    *out++ = base64_letters[three >> 18];
    *out++ = base64_letters[three >> 12 & 63];
    *out++ = base64_letters[three >> 6 & 63];
    *out++ = base64_letters[three & 63];
  }
  if (at == size) return out;
  bool const two = size - at == 2;
  std::uint32_t const last = octet(at) << 16 | (two ? octet(at + 1) << 8 : 0);
  *out++ = base64_letters[last >> 18];
  *out++ = base64_letters[last >> 12 & 63];
  *out++ = two ? base64_letters[last >> 6 & 63] : '=';
  *out++ = '=';
  return out;
}

PANDO_INLINE void append_base64(std::string& out, std::byte const* octets, std::size_t size) {
  std::size_t const before = out.size();
  out.resize(before + base64_size(size));
  write_base64(out.data() + before, octets, size);
}

PANDO_INLINE bool parse_base64(std::string_view text, std::vector<std::byte>& octets,
                               std::string_view& why) {
  why = "base64: letters, digits, + and /, padded with = to a multiple of four";
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::size_t const letters = text.size() - padding;
  auto const value = [&](std::size_t at) -> std::uint32_t {
    return detail::base64_values.value[static_cast<unsigned char>(text[at])];
  };
  std::uint32_t seen = 0;
  for (std::size_t at = 0; at < letters; ++at) seen |= value(at);
  if ((seen & 64) != 0) return false;
  if (padding != 0 && (value(letters - 1) & (padding == 2 ? 15U : 3U)) != 0) {
    why = "base64 of whole bytes; the last letter has bits left over";
    return false;
  }
  octets.resize(text.size() / 4 * 3 - padding);
  std::byte* out = octets.data();
  std::size_t at = 0;
  for (; letters - at >= 4; at += 4) {
    std::uint32_t const bits =
        value(at) << 18 | value(at + 1) << 12 | value(at + 2) << 6 | value(at + 3);
    *out++ = static_cast<std::byte>(bits >> 16);
    *out++ = static_cast<std::byte>(bits >> 8 & 255);
    *out++ = static_cast<std::byte>(bits & 255);
  }
  if (at == letters) return true;
  std::uint32_t const bits =
      value(at) << 18 | value(at + 1) << 12 | (padding == 1 ? value(at + 2) << 6 : 0);
  *out++ = static_cast<std::byte>(bits >> 16);
  if (padding == 1) *out++ = static_cast<std::byte>(bits >> 8 & 255);
  return true;
}

PANDO_INLINE bool parse_uuid(std::string_view text, uuid& id, std::string_view& why) noexcept {
  auto const read = uuid::parse(text);
  if (read.has_value()) {
    id = *read;
  } else {
    why = "a UUID like 0190163d-8694-739b-aea5-966c26f8ad91";
  }
  return read.has_value();
}

PANDO_INLINE void append_pointer_step(std::string& pointer, std::string_view step) {
  pointer += '/';
  for (char const c : step) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

PANDO_INLINE void append_pointer_step(std::string& pointer, std::size_t index) {
  char digits[40];
  pointer += '/';
  pointer.append(digits, detail::write_number(digits, index));
}

} // namespace pando::text
