// Whether values of a type can be sent, and if not why: found without an error, said by a sentence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <pando/meta/list.hpp>
#include <pando/schema/type.hpp>

namespace pando::detail {

/// Why values of a type cannot be sent.
enum class payload_fault : std::uint8_t {
  none,
  unknown_type,     ///< a pointer, a long double, a class with private members …
  hidden_fields,    ///< a struct whose fields cannot be found by themselves
  too_many_fields,  ///< more than an adapted struct may have
  not_movable,      ///< a struct that cannot be default constructed and move assigned
  no_enumerators,   ///< an enumeration whose names cannot be found by themselves
  fractional_time,  ///< a duration or time point with a floating-point count
  key_is_no_string, ///< a map whose keys are no strings
  same_names,       ///< a variant with two alternatives of one name
  no_default,       ///< travels as another type, but has no default constructor
  no_conversion,    ///< travels as another type, but not both ways
  too_deep,         ///< types within types beyond what is looked through
};

/// The part of a type's table that knows types: of what it is made, and its fault.
template <class Subject, payload_fault Fault, class... Parts>
struct payload {
  using subject = Subject;
  using parts = meta::list<Parts...>;
  static constexpr payload_fault fault = Fault;
};

/// A type that cannot be sent has no size in its table.
constexpr bool is_unsendable(schema::type const& type) { return type.size == 0; }

/// Where among the parts of a type, and the parts of those, one stands that cannot be sent.
struct payload_path {
  bool found = false;
  bool room_ran_out = false;
  std::size_t depth = 0;
  std::array<std::uint8_t, 32> part{};
};

/// Whether two tables are, as far as one looks, of one structure. Their addresses would say it
/// better, but g++ 12 under -fsanitize=undefined does not compare those at compile time.
constexpr bool same_structure(schema::type const& left, schema::type const& right) {
  if (left.size != right.size || left.fields.size() != right.fields.size()) return false;
  if (left.name != right.name) return false;
  for (std::size_t at = 0; at < left.fields.size(); ++at) {
    auto const& one = left.fields[at];
    auto const& other = right.fields[at];
    if (one.of->what != other.of->what || one.of->size != other.of->size) return false;
    if (one.name != other.name || one.of->name != other.of->name) return false;
  }
  return true;
}

/// Looks through the tables; `Room` bounds how many structures it comes by.
template <std::size_t Room>
class payload_search {
 public:
  constexpr void look_at(schema::type const& type) {
    if (is_unsendable(type)) {
      path_.found = true;
      return;
    }
    if (!is_new(type)) return;
    if (path_.depth == path_.part.size()) {
      path_.room_ran_out = true;
      return;
    }
    std::uint8_t part = 0;
    for (auto const& field : type.fields) look_at(*field.of, part++);
    for (auto const* const one : type.alternatives) look_at(*one, part++);
    if (has_element(type.what)) look_at(*type.element, part);
  }
  constexpr payload_path const& path() const { return path_; }

 private:
  constexpr void look_at(schema::type const& part, std::uint8_t number) {
    if (path_.found || path_.room_ran_out) return;
    path_.part[path_.depth++] = number;
    look_at(part);
    if (!path_.found) --path_.depth;
  }
  /// Whether the type has parts that were not looked at before. Only through a structure a type
  /// can come back to itself.
  constexpr bool is_new(schema::type const& type) {
    if (type.fields.empty()) return !type.alternatives.empty() || has_element(type.what);
    for (std::size_t at = 0; at < seen_; ++at)
      if (same_structure(*seen_types_[at], type)) return false;
    if (seen_ == Room) return !(path_.room_ran_out = true);
    seen_types_[seen_++] = &type;
    return true;
  }
  static constexpr bool has_element(schema::kind what) {
    using enum schema::kind;
    return what == optional || what == list || what == fixed_list || what == set || what == map ||
           what == converted;
  }

  payload_path path_{};
  std::array<schema::type const*, Room> seen_types_{};
  std::size_t seen_ = 0;
};

constexpr payload_path find_unsendable(schema::type const& type) {
  payload_search<16> search;
  search.look_at(type);
  if (!search.path().room_ran_out) return search.path();
  payload_search<1024> wider;
  wider.look_at(type);
  return wider.path();
}

} // namespace pando::detail
