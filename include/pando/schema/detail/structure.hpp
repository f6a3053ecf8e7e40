// The table of a structure: its fields as rows, their keys as one text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <pando/contract/values.hpp>
#include <pando/meta/list.hpp>
#include <pando/schema/fields.hpp>
#include <pando/schema/type.hpp>

namespace pando::detail {

/// Whether a field of that type may be left out: it is optional, or has a default.
enum class absence : std::uint8_t { refused, empty, has_default };

template <class Field>
inline constexpr absence absence_of = absence::refused;
template <class Field>
inline constexpr absence absence_of<std::optional<Field>> = absence::empty;
template <class Value, auto Default>
inline constexpr absence absence_of<defaulted<Value, Default>> = absence::has_default;
template <class Value, class... Rules>
inline constexpr absence absence_of<checked<Value, Rules...>> = absence_of<Value>;
template <class Value>
inline constexpr absence absence_of<secret<Value>> = absence_of<Value>;

// Below pointers and not members of std::array and std::string_view: at compile time each call of
// those costs, for each letter of each field.

/// `,"name":` with zeros up to a multiple of 16 bytes.
constexpr std::size_t key_room(std::string_view name) { return (name.size() + 4 + 15) / 16 * 16; }

template <std::size_t Count>
constexpr std::size_t keys_room(std::array<std::string_view, Count> const& names) {
  std::size_t room = 0;
  for (auto const& name : names) room += key_room(name);
  return room;
}

template <std::size_t Room, std::size_t Count>
constexpr std::array<char, Room> write_keys(std::array<std::string_view, Count> const& names) {
  std::array<char, Room> text{};
  char* from = text.data();
  for (auto const& name : names) {
    auto* at = from;
    *at++ = ',';
    *at++ = '"';
    auto const* letters = name.data();
    for (auto left = name.size(); left != 0; --left) *at++ = *letters++;
    *at++ = '"';
    *at++ = ':';
    from += key_room(name);
  }
  return text;
}

template <std::size_t Count>
constexpr std::array<schema::field, Count> field_rows(
    std::array<std::string_view, Count> const& names, char const* keys,
    std::array<schema::type const*, Count> const& types, std::array<absence, Count> const& absent) {
  std::array<schema::field, Count> rows{};
  auto* row = rows.data();
  auto const* type = types.data();
  auto const* may_miss = absent.data();
  for (auto const& name : names) {
    auto const length = name.size();
    *row++ = {{keys + 2, length}, {keys, length + 4}, *type++,
              *may_miss == absence::refused, *may_miss == absence::has_default};
    ++may_miss;
    keys += key_room(name);
  }
  return rows;
}

template <std::size_t Count>
constexpr std::uint64_t required_bits(std::array<absence, Count> const& absent) {
  std::uint64_t bits = 0;
  std::uint64_t bit = 1;
  for (auto const one : absent) {
    if (one == absence::refused) bits |= bit;
    bit <<= 1;
  }
  return bits;
}

template <class Type>
inline constexpr auto field_keys =
    write_keys<keys_room(fields_of<Type>::names)>(fields_of<Type>::names);

/// The table of a type; its address is the type's identity. Defined in type_of.hpp.
template <class Type>
struct table_of;
template <class Type>
inline constexpr schema::type type_table = table_of<Type>::make();

template <class Type, class Fields>
struct structure_rows;
template <class Type, class... Fields>
struct structure_rows<Type, meta::list<Fields...>> {
  static constexpr std::array<schema::field, sizeof...(Fields)> list =
      field_rows<sizeof...(Fields)>(fields_of<Type>::names, field_keys<Type>.data(),
                                    {&type_table<Fields>...}, {absence_of<Fields>...});
  static constexpr std::uint64_t required =
      required_bits<sizeof...(Fields)>({absence_of<Fields>...});
};

} // namespace pando::detail
