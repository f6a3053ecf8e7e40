// The names of an enumeration's values, found by themselves.
// Source: a template argument that is an enumerator prints as its name, any other value as a cast.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pando/schema/type.hpp>

namespace pando::detail {

/// Values looked at: -16 to 127, or what the underlying type can hold of them.
inline constexpr int lowest_enumerator = -16;
inline constexpr int highest_enumerator = 127;

template <class Enum, Enum... Values>
constexpr std::string_view enumerator_text() {
  std::string_view text = __PRETTY_FUNCTION__;
#if defined(__clang__)
  auto const from = text.find("Values = <") + 10;
  return text.substr(from, text.rfind('>') - from);
#else
  auto const from = text.find("Values = {") + 10;
  return text.substr(from, text.rfind('}') - from);
#endif
}

template <class Enum, int Lowest, std::size_t... I>
constexpr std::string_view enumerator_texts(std::index_sequence<I...>) {
  return enumerator_text<Enum, static_cast<Enum>(Lowest + static_cast<int>(I))...>();
}

/// Calls `found(name, value)` for every enumerator in the text of a pack that starts at `value`.
template <class Found>
constexpr void read_enumerators(std::string_view text, std::int64_t value, Found found) {
  while (!text.empty()) {
    auto const comma = text.find(", ");
    auto const one = text.substr(0, comma);
    if (!one.empty() && one.front() != '(' && one.front() != '-' &&
        !(one.front() >= '0' && one.front() <= '9')) {
      auto const colon = one.rfind("::");
      found(colon == one.npos ? one : one.substr(colon + 2), value);
    }
    ++value;
    text = comma == text.npos ? std::string_view{} : text.substr(comma + 2);
  }
}

template <class Enum>
struct enumerators_of {
  static constexpr int lowest =
      std::is_signed_v<std::underlying_type_t<Enum>> ? lowest_enumerator : 0;
  static constexpr std::string_view text = enumerator_texts<Enum, lowest>(
      std::make_index_sequence<static_cast<std::size_t>(highest_enumerator - lowest + 1)>{});
  static constexpr std::size_t count = [] {
    std::size_t found = 0;
    read_enumerators(text, lowest, [&](std::string_view, std::int64_t) { ++found; });
    return found;
  }();
  static constexpr std::array<schema::enumerator, count == 0 ? 1 : count> values = [] {
    std::array<schema::enumerator, count == 0 ? 1 : count> list{};
    std::size_t at = 0;
    read_enumerators(text, lowest, [&](std::string_view name, std::int64_t value) {
      list[at++] = {name, value};
    });
    return list;
  }();
};

} // namespace pando::detail
