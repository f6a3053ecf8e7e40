// `uuid`: the sixteen octets of RFC 9562, their text, and random ones.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace pando {

/// Sixteen octets in network order; ordered as their text is. All zero unless told.
struct uuid {
  static constexpr std::size_t text_size = 36;

  std::uint8_t octets[16]{};

  friend constexpr bool operator==(uuid const&, uuid const&) = default;
  friend constexpr auto operator<=>(uuid const&, uuid const&) = default;

  constexpr bool is_nil() const noexcept { return *this == uuid{}; }
  constexpr int version() const noexcept { return octets[6] >> 4; }

  /// Takes the 36 characters `8-4-4-4-12`, hexadecimal digits of either case; nothing else.
  static constexpr std::optional<uuid> parse(std::string_view text) noexcept {
    if (text.size() != text_size) return {};
    uuid made;
    std::size_t at = 0;
    for (std::size_t octet = 0; octet < 16; ++octet) {
      if (octet == 4 || octet == 6 || octet == 8 || octet == 10) {
        if (text[at++] != '-') return {};
      }
      int const high = digit(text[at++]);
      int const low = digit(text[at++]);
      if (high < 0 || low < 0) return {};
      made.octets[octet] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return made;
  }

  /// Writes the 36 characters, in lower case, without a NUL; gives the place after them.
  constexpr char* write(char* out) const noexcept {
    constexpr char const* digits = "0123456789abcdef";
    for (std::size_t octet = 0; octet < 16; ++octet) {
      if (octet == 4 || octet == 6 || octet == 8 || octet == 10) *out++ = '-';
      *out++ = digits[octets[octet] >> 4];
      *out++ = digits[octets[octet] & 15];
    }
    return out;
  }
  std::string to_string() const {
    std::string text(text_size, '-');
    write(text.data());
    return text;
  }

  /// A random one (version 4). `generator()` gives unsigned numbers whose low 32 bits are all
  /// random, as `std::random_device`, `std::mt19937` and `std::mt19937_64` do.
  template <class Generator>
  static constexpr uuid random(Generator&& generator) {
    using number = std::remove_cvref_t<decltype(generator())>;
    static_assert(std::is_unsigned_v<number> && sizeof(number) >= 4,
                  "pando: uuid::random takes a generator of unsigned numbers of 32 bits or more");
    if constexpr (requires { std::remove_cvref_t<Generator>::max(); }) {
      using type = std::remove_cvref_t<Generator>;
      static_assert(type::min() == 0 && (type::max() & 0xffffffffU) == 0xffffffffU,
                    "pando: uuid::random takes a generator whose low 32 bits are all random");
    }
    uuid made;
    for (std::size_t word = 0; word < 4; ++word) {
      auto const drawn = static_cast<std::uint32_t>(generator());
      for (std::size_t octet = 0; octet < 4; ++octet) {
        made.octets[word * 4 + octet] = static_cast<std::uint8_t>(drawn >> (8 * octet));
      }
    }
    made.octets[6] = static_cast<std::uint8_t>((made.octets[6] & 0x0f) | 0x40);
    made.octets[8] = static_cast<std::uint8_t>((made.octets[8] & 0x3f) | 0x80);
    return made;
  }

 private:
  static constexpr int digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }
};

} // namespace pando

/// Every octet counts: a key is not spread by its first half alone.
template <>
struct std::hash<pando::uuid> {
  std::size_t operator()(pando::uuid const& id) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<char const*>(id.octets), 16});
  }
};
