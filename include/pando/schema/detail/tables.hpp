// The tables of every type that can be sent. Templates only fill tables here.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <pando/contract/travels_as.hpp>
#include <pando/contract/values.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/meta/type_name.hpp>
#include <pando/schema/detail/alternatives.hpp>
#include <pando/schema/detail/operations.hpp>
#include <pando/schema/detail/payload.hpp>
#include <pando/schema/detail/structure.hpp>
#include <pando/schema/enumerators.hpp>
#include <pando/schema/fields.hpp>
#include <pando/schema/type.hpp>

namespace pando::detail {

template <class Type>
concept duration_like = requires(Type const value) {
  typename Type::rep;
  typename Type::period;
  value.count();
};
template <class Type>
concept time_point_like = requires(Type const value) {
  typename Type::clock;
  typename Type::duration;
  value.time_since_epoch();
} && duration_like<typename Type::duration>;
template <class Type>
concept keyed_container = requires(Type& value) {
  typename Type::key_type;
  typename Type::mapped_type;
  value.try_emplace(std::declval<typename Type::key_type>());
};
template <class Type>
concept set_container = requires(Type& value) {
  typename Type::key_type;
  value.insert(std::declval<typename Type::key_type>());
} && !keyed_container<Type>;

/// What kinds of table there are for types without a table of their own.
enum class table_shape {
  unknown,
  number,
  enumeration,
  duration,
  time_point,
  set,
  map,
  structure,
  travels
};

/// The commonest first: each question costs the compiler.
template <class Type>
constexpr table_shape table_shape_of() {
  if constexpr (std::is_enum_v<Type>) {
    return travels<Type> ? table_shape::travels : table_shape::enumeration;
  } else if constexpr (std::is_arithmetic_v<Type>) {
    constexpr bool character = std::is_same_v<Type, char> || std::is_same_v<Type, wchar_t> ||
                               std::is_same_v<Type, char8_t> || std::is_same_v<Type, char16_t> ||
                               std::is_same_v<Type, char32_t>;
    return character || sizeof(Type) > 8 ? table_shape::unknown : table_shape::number;
  } else if constexpr (!std::is_class_v<Type>) {
    return travels<Type> ? table_shape::travels : table_shape::unknown;
  } else if constexpr (travels<Type>) {
    return table_shape::travels;
  } else if constexpr (std::is_aggregate_v<Type>) {
    return table_shape::structure;
  } else if constexpr (hana_adapted<Type> || describe_adapted<Type>) {
    return table_shape::structure;
  } else if constexpr (duration_like<Type>) {
    return table_shape::duration;
  } else if constexpr (time_point_like<Type>) {
    return table_shape::time_point;
  } else if constexpr (keyed_container<Type>) {
    return table_shape::map;
  } else if constexpr (set_container<Type>) {
    return table_shape::set;
  } else {
    return table_shape::unknown;
  }
}

/// No table: a type Pando cannot send.
template <class Type, table_shape Shape>
struct table_by_shape : payload<Type, payload_fault::unknown_type> {
  static constexpr schema::type make() { return {.what = schema::kind::structure}; }
};

template <class Type>
struct table_of : table_by_shape<Type, table_shape_of<Type>()> {};

template <class Type>
constexpr schema::type sized(schema::kind what, std::string_view name) {
  schema::type table{.what = what};
  table.size = sizeof(Type);
  table.align = alignof(Type);
  table.name = name;
  table.life = &live<Type>;
  return table;
}

template <>
struct table_of<bool> : payload<bool, payload_fault::none> {
  static constexpr schema::type make() {
    auto table = sized<bool>(schema::kind::boolean, "boolean");
    table.width = 1;
    return table;
  }
};

template <class Type>
struct table_by_shape<Type, table_shape::number> : payload<Type, payload_fault::none> {
  static constexpr schema::type make() {
    constexpr bool whole = std::is_integral_v<Type>;
    auto table = sized<Type>(whole ? schema::kind::integer : schema::kind::floating,
                             whole ? "integer" : "number");
    table.width = sizeof(Type);
    table.is_signed = std::is_signed_v<Type>;
    table.fixed_bytes = true;
    return table;
  }
};

template <class Type>
struct table_by_shape<Type, table_shape::enumeration>
    : payload<Type, enumerators_of<Type>::count == 0 ? payload_fault::no_enumerators
                                                     : payload_fault::none> {
  static constexpr schema::type make() {
    if constexpr (enumerators_of<Type>::count == 0) return {.what = schema::kind::enumeration};
    auto table = sized<Type>(schema::kind::enumeration, meta::type_name<Type>);
    table.width = sizeof(Type);
    table.is_signed = std::is_signed_v<std::underlying_type_t<Type>>;
    table.enumerators = enumerators_of<Type>::values;
    return table;
  }
};

template <>
struct table_of<std::string> : payload<std::string, payload_fault::none> {
  static constexpr schema::type make() {
    return sized<std::string>(schema::kind::string, "string");
  }
};

template <>
struct table_of<bytes> : payload<bytes, payload_fault::none> {
  static constexpr schema::type make() { return sized<bytes>(schema::kind::bytes, "base64"); }
};

template <>
struct table_of<uuid> : payload<uuid, payload_fault::none> {
  static constexpr schema::type make() {
    auto table = sized<uuid>(schema::kind::text, "uuid");
    table.text = &uuid_text;
    return table;
  }
};

template <class Count>
inline constexpr auto fault_of_count =
    std::is_integral_v<Count> ? payload_fault::none : payload_fault::fractional_time;

template <class Type>
struct table_by_shape<Type, table_shape::duration>
    : payload<Type, fault_of_count<typename Type::rep>> {
  static constexpr schema::type make() {
    if constexpr (fault_of_count<typename Type::rep> != payload_fault::none)
      return {.what = schema::kind::text};
    auto table = sized<Type>(schema::kind::text, "duration");
    table.text = &duration_text<Type>;
    return table;
  }
};

template <class Type>
struct table_by_shape<Type, table_shape::time_point>
    : payload<Type, fault_of_count<typename Type::duration::rep>> {
  static constexpr schema::type make() {
    if constexpr (fault_of_count<typename Type::duration::rep> != payload_fault::none)
      return {.what = schema::kind::text};
    auto table = sized<Type>(schema::kind::text, "date-time");
    table.text = &time_point_text<Type>;
    return table;
  }
};

template <class Element>
struct table_of<std::optional<Element>>
    : payload<std::optional<Element>, payload_fault::none, Element> {
  static constexpr schema::type make() {
    auto table = sized<std::optional<Element>>(schema::kind::optional, "optional");
    table.element = &type_table<Element>;
    if constexpr (std::is_default_constructible_v<Element>)
      table.items = &optional_items<Element>;
    return table;
  }
};

template <class Owner, class Element>
struct list_table : payload<Owner, payload_fault::none, Element> {
  static constexpr schema::type make() {
    auto table = sized<Owner>(schema::kind::list, "list");
    table.element = &type_table<Element>;
    if constexpr (std::is_default_constructible_v<Element>) // else a sentence says that it is not
      table.items = &vector_items<Owner>;
    return table;
  }
};
template <class Element, class Allocator>
struct table_of<std::vector<Element, Allocator>>
    : list_table<std::vector<Element, Allocator>, Element> {};
template <class Element>
struct table_of<sequence<Element>> : list_table<sequence<Element>, Element> {};

/// std::vector<bool> has no addressable elements: it travels through a vector of these.
struct boxed_bool {
  bool value_ = false;
};
template <>
struct table_of<boxed_bool> : payload<boxed_bool, payload_fault::none> {
  static constexpr schema::type make() {
    auto table = table_of<bool>::make();
    table.life = &live<boxed_bool>;
    return table;
  }
};
template <class Allocator>
struct table_of<std::vector<bool, Allocator>>
    : payload<std::vector<bool, Allocator>, payload_fault::none, std::vector<boxed_bool>> {
  using owner = std::vector<bool, Allocator>;
  using wire = std::vector<boxed_bool>;
  static constexpr schema::convert_ops convert{
      [](void const* value, void* out) {
        for (bool const one : *static_cast<owner const*>(value))
          static_cast<wire*>(out)->push_back({one});
      },
      [](void* value, void const* in, std::string&) {
        static_cast<owner*>(value)->clear();
        for (auto const& one : *static_cast<wire const*>(in))
          static_cast<owner*>(value)->push_back(one.value_);
        return true;
      }};
  static constexpr schema::type make() {
    auto table = sized<owner>(schema::kind::converted, "list");
    table.element = &type_table<wire>;
    table.convert = &convert;
    return table;
  }
};

template <class Element, std::size_t Count>
struct table_of<std::array<Element, Count>>
    : payload<std::array<Element, Count>, payload_fault::none, Element> {
  static constexpr schema::type make() {
    auto table = sized<std::array<Element, Count>>(schema::kind::fixed_list, "list");
    table.element = &type_table<Element>;
    table.items = &array_items<Element, Count>;
    table.count = Count;
    return table;
  }
};

template <class Type>
struct table_by_shape<Type, table_shape::set>
    : payload<Type, payload_fault::none, typename Type::key_type> {
  static constexpr schema::type make() {
    auto table = sized<Type>(schema::kind::set, "set");
    table.element = &type_table<typename Type::key_type>;
    table.items = &set_items<Type>;
    return table;
  }
};

template <class Type>
struct table_by_shape<Type, table_shape::map>
    : payload<Type,
              std::is_same_v<typename Type::key_type, std::string>
                  ? payload_fault::none
                  : payload_fault::key_is_no_string,
              typename Type::mapped_type> {
  static constexpr schema::type make() {
    if constexpr (!std::is_same_v<typename Type::key_type, std::string>)
      return {.what = schema::kind::map};
    else {
      auto table = sized<Type>(schema::kind::map, "map");
      table.element = &type_table<typename Type::mapped_type>;
      table.items = &map_items<Type>;
      return table;
    }
  }
};

template <class... Alternatives>
struct table_of<std::variant<Alternatives...>>
    : payload<std::variant<Alternatives...>,
              names_differ<Alternatives...>() ? payload_fault::none : payload_fault::same_names,
              Alternatives...> {
  static constexpr std::array<schema::type const*, sizeof...(Alternatives)> alternatives{
      &type_table<Alternatives>...};
  static constexpr schema::type make() {
    if constexpr (!names_differ<Alternatives...>()) {
      return {.what = schema::kind::variant};
    } else {
      auto table = sized<std::variant<Alternatives...>>(schema::kind::variant, "variant");
      table.alternatives = alternatives;
      table.choice = &variant_choice<Alternatives...>;
      return table;
    }
  }
};

/// A wrapper keeps its value first and alone, so its table is its value's with something added.
template <class Wrapper, class Value>
struct table_of_wrapper : table_of<Value> {
  static constexpr schema::type make() {
    static_assert(sizeof(Wrapper) == sizeof(Value));
    auto table = table_of<Value>::make();
    if (!is_unsendable(table)) table.life = &live<Wrapper>;
    return table;
  }
};

template <class Value, class... Rules>
struct table_of<checked<Value, Rules...>> : table_of_wrapper<checked<Value, Rules...>, Value> {
  static constexpr auto inner = table_of<Value>::make();
  static constexpr auto rules = [] {
    std::array<schema::rule, sizeof...(Rules) + inner.rules.size()> all{};
    std::size_t at = 0;
    for (auto const& rule : inner.rules) all[at++] = rule;
    ((all[at++] = rule_on<Value, Rules>), ...);
    return all;
  }();
  static constexpr schema::type make() {
    auto table = table_of_wrapper<checked<Value, Rules...>, Value>::make();
    table.rules = rules;
    return table;
  }
};

template <class Value>
struct table_of<secret<Value>> : table_of_wrapper<secret<Value>, Value> {
  static constexpr schema::type make() {
    auto table = table_of_wrapper<secret<Value>, Value>::make();
    table.is_secret = true;
    return table;
  }
};

template <class Value, auto Default>
struct table_of<defaulted<Value, Default>> : table_of_wrapper<defaulted<Value, Default>, Value> {};

template <class Type, class Wire>
concept travels_both_ways = requires(Type const& value, Wire const& wire) {
  { travels_as<Type>::to(value) } -> std::convertible_to<Wire>;
  { travels_as<Type>::from(wire) } -> std::convertible_to<Type>;
};
template <class Type>
constexpr payload_fault fault_of_travelling() {
  if (!std::is_default_constructible_v<Type>) return payload_fault::no_default;
  if constexpr (requires { typename travels_as<Type>::type; })
    if (travels_both_ways<Type, typename travels_as<Type>::type>) return payload_fault::none;
  return payload_fault::no_conversion;
}

template <class Type, payload_fault Fault>
struct travelling_payload : payload<Type, Fault> {
  static constexpr schema::type make() { return {.what = schema::kind::converted}; }
};
template <class Type>
struct travelling_payload<Type, payload_fault::none>
    : payload<Type, payload_fault::none, typename travels_as<Type>::type> {
  static constexpr schema::type make() {
    auto table = sized<Type>(schema::kind::converted, meta::type_name<Type>);
    table.element = &type_table<typename travels_as<Type>::type>;
    table.convert = &convert_of<Type>;
    return table;
  }
};
template <class Type>
struct table_by_shape<Type, table_shape::travels>
    : travelling_payload<Type, fault_of_travelling<Type>()> {};

/// Why a structure cannot be sent.
template <class Type>
constexpr payload_fault fault_of_structure() {
  if constexpr (hana_adapted<Type> || describe_adapted<Type>) {
    if constexpr (fields_of<Type>::names.size() > schema::max_fields)
      return payload_fault::too_many_fields;
  } else if constexpr (!fields_can_be_found<Type>) {
    // To adapt what cannot be made empty would not help.
    return std::is_aggregate_v<Type> && !__is_constructible(Type) ? payload_fault::not_movable
                                                                  : payload_fault::hidden_fields;
  } else if constexpr (!std::is_empty_v<Type>) {
    if constexpr (std::is_same_v<decltype(fields_found<Type>()), int>)
      return payload_fault::hidden_fields;
  }
  return __is_constructible(Type) && __is_assignable(Type&, Type&&)
             ? payload_fault::none
             : payload_fault::not_movable;
}

/// What an automatic structure's fields are found by also makes and moves it.
template <class Type>
inline constexpr schema::act* life_of = &live<Type>;
template <class Type>
  requires requires { fields_of<Type>::life; }
inline constexpr schema::act* life_of<Type> = fields_of<Type>::life;

inline constexpr schema::type empty_structure{.what = schema::kind::structure};

template <class Type, payload_fault Fault>
struct structure_payload : payload<Type, Fault> {
  static constexpr schema::type make() { return {.what = schema::kind::structure}; }
};
template <class Type, class Fields>
struct payload_of_fields;
template <class Type, class... Fields>
struct payload_of_fields<Type, meta::list<Fields...>>
    : payload<Type, payload_fault::none, Fields...> {};
template <class Type>
struct structure_payload<Type, payload_fault::none>
    : payload_of_fields<Type, typename fields_of<Type>::types> {
  static constexpr schema::type make() {
    using rows = structure_rows<Type, typename fields_of<Type>::types>;
    auto table = empty_structure;
    table.size = sizeof(Type);
    table.align = alignof(Type);
    table.name = meta::type_name<Type>;
    table.fields = rows::list;
    table.required = rows::required;
    table.life = life_of<Type>;
    table.places = fields_of<Type>::places;
    return table;
  }
};

template <class Type>
struct table_by_shape<Type, table_shape::structure>
    : structure_payload<Type, fault_of_structure<Type>()> {};

} // namespace pando::detail
