// From a C++ type to its table. Templates only fill tables here; all that works on them is plain.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <pando/contract/rules.hpp>
#include <pando/contract/travels_as.hpp>
#include <pando/contract/values.hpp>
#include <pando/meta/type_name.hpp>
#include <pando/schema/detail/operations.hpp>
#include <pando/schema/enumerators.hpp>
#include <pando/schema/fields.hpp>
#include <pando/schema/text.hpp>
#include <pando/schema/type.hpp>

namespace pando {

namespace detail {
template <class Type>
struct table_of;

/// The table of a type; its address is the type's identity.
template <class Type>
inline constexpr schema::type type_table = table_of<Type>::make();

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
template <class Type>
concept any_character = std::is_same_v<Type, char> || std::is_same_v<Type, wchar_t> ||
                        std::is_same_v<Type, char8_t> || std::is_same_v<Type, char16_t> ||
                        std::is_same_v<Type, char32_t>;

/// A structure whose fields are found: adapted, or an aggregate without base classes.
template <class Type>
concept structure_like =
    std::is_class_v<Type> &&
    (hana_adapted<Type> || describe_adapted<Type> || std::is_aggregate_v<Type>) &&
    !duration_like<Type> && !time_point_like<Type> && !keyed_container<Type> && !set_container<Type>;
} // namespace detail

/// The table of `Type`, for codecs and tools; one object for each type.
template <class Type>
constexpr schema::type const& type_of() {
  return detail::type_table<std::remove_cvref_t<Type>>;
}

/// A structure whose fields can be found by themselves.
/// *Remedy*: BOOST_HANA_ADAPT_STRUCT(Type, field, …) or BOOST_DESCRIBE_STRUCT after the type.
template <class Type>
inline constexpr bool fields_are_found =
    detail::hana_adapted<Type> || detail::describe_adapted<Type> ||
    (!detail::has_base_class<Type> && (std::is_empty_v<Type> || detail::field_count<Type> != 0) &&
     detail::field_count<Type> <= detail::automatic_limit &&
     detail::takes_braces<Type>);

namespace detail {

/// No table: a type Pando cannot send.
template <class Type>
inline constexpr bool is_payload = false;

template <class Type>
struct table_of {
  static_assert(is_payload<Type>,
                "pando: values of this type cannot be sent; use bool, an integer, floating point, "
                "std::string, enum, optional, vector, array, set, map with string keys, variant, "
                "chrono, uuid, bytes or a struct of these, or specialise pando::travels_as");
  static constexpr schema::type make() { return {.what = schema::kind::structure}; }
};

template <class Type>
constexpr schema::type sized(schema::kind what, std::string_view name) {
  schema::type table{.what = what};
  table.size = sizeof(Type);
  table.align = alignof(Type);
  table.name = name;
  table.life = &life_of<Type>;
  return table;
}

template <>
struct table_of<bool> {
  static constexpr schema::type make() {
    auto table = sized<bool>(schema::kind::boolean, "boolean");
    table.width = 1;
    return table;
  }
};

template <class Type>
  requires(std::is_arithmetic_v<Type> && !any_character<Type> && !std::is_same_v<Type, bool> &&
           sizeof(Type) <= 8)
struct table_of<Type> {
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
  requires std::is_enum_v<Type>
struct table_of<Type> {
  static_assert(enumerators_of<Type>::count != 0,
                "pando: this enumeration has no enumerator from -16 to 127, which are found by "
                "themselves; specialise pando::travels_as for it");
  static constexpr schema::type make() {
    auto table = sized<Type>(schema::kind::enumeration, meta::type_name<Type>);
    table.width = sizeof(Type);
    table.is_signed = std::is_signed_v<std::underlying_type_t<Type>>;
    table.enumerators = enumerators_of<Type>::values;
    return table;
  }
};

template <>
struct table_of<std::string> {
  static constexpr schema::type make() {
    return sized<std::string>(schema::kind::string, "string");
  }
};

template <>
struct table_of<bytes> {
  static constexpr schema::type make() { return sized<bytes>(schema::kind::bytes, "base64"); }
};

template <>
struct table_of<uuid> {
  static constexpr schema::type make() {
    auto table = sized<uuid>(schema::kind::text, "uuid");
    table.text = &uuid_text;
    return table;
  }
};

template <duration_like Type>
struct table_of<Type> {
  static_assert(std::is_integral_v<typename Type::rep>,
                "pando: durations travel as whole counts; use an integral representation");
  static constexpr schema::type make() {
    auto table = sized<Type>(schema::kind::text, "duration");
    table.text = &duration_text<Type>;
    return table;
  }
};

template <time_point_like Type>
struct table_of<Type> {
  static_assert(std::is_integral_v<typename Type::duration::rep>,
                "pando: time points travel as whole counts; use an integral representation");
  static constexpr schema::type make() {
    auto table = sized<Type>(schema::kind::text, "date-time");
    table.text = &time_point_text<Type>;
    return table;
  }
};

template <class Element>
struct table_of<std::optional<Element>> {
  static constexpr schema::type make() {
    auto table = sized<std::optional<Element>>(schema::kind::optional, "optional");
    table.element = &type_table<Element>;
    table.items = &optional_items<Element>;
    return table;
  }
};

template <class Element, class Allocator>
struct table_of<std::vector<Element, Allocator>> {
  static constexpr schema::type make() {
    auto table = sized<std::vector<Element, Allocator>>(schema::kind::list, "list");
    table.element = &type_table<Element>;
    table.items = &vector_items<std::vector<Element, Allocator>>;
    return table;
  }
};

/// std::vector<bool> has no addressable elements: it travels through a vector of these.
struct boxed_bool {
  bool value_ = false;
};
template <>
struct table_of<boxed_bool> {
  static constexpr schema::type make() {
    auto table = table_of<bool>::make();
    table.life = &life_of<boxed_bool>;
    return table;
  }
};
template <class Allocator>
struct table_of<std::vector<bool, Allocator>> {
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
struct table_of<std::array<Element, Count>> {
  static constexpr schema::type make() {
    auto table = sized<std::array<Element, Count>>(schema::kind::fixed_list, "list");
    table.element = &type_table<Element>;
    table.items = &array_items<Element, Count>;
    table.count = Count;
    return table;
  }
};

template <set_container Type>
struct table_of<Type> {
  static constexpr schema::type make() {
    auto table = sized<Type>(schema::kind::set, "set");
    table.element = &type_table<typename Type::key_type>;
    table.items = &set_items<Type>;
    return table;
  }
};

template <keyed_container Type>
struct table_of<Type> {
  static_assert(std::is_same_v<typename Type::key_type, std::string>,
                "pando: the keys of a map that is sent are std::string");
  static constexpr schema::type make() {
    auto table = sized<Type>(schema::kind::map, "map");
    table.element = &type_table<typename Type::mapped_type>;
    table.items = &map_items<Type>;
    return table;
  }
};

template <class... Alternatives>
struct table_of<std::variant<Alternatives...>> {
  static constexpr std::array<schema::type const*, sizeof...(Alternatives)> alternatives{
      &type_table<Alternatives>...};
  static constexpr schema::type make() {
    auto table = sized<std::variant<Alternatives...>>(schema::kind::variant, "variant");
    table.alternatives = alternatives;
    table.choice = &variant_choice<Alternatives...>;
    return table;
  }
};

/// A wrapper keeps its value first and alone, so its table is its value's with something added.
template <class Wrapper, class Value>
constexpr schema::type wrapped() {
  static_assert(sizeof(Wrapper) == sizeof(Value));
  auto table = table_of<Value>::make();
  table.life = &life_of<Wrapper>;
  return table;
}

template <class Value, class... Rules>
struct table_of<checked<Value, Rules...>> {
  static constexpr auto inner = table_of<Value>::make();
  static constexpr auto rules = [] {
    std::array<schema::rule, sizeof...(Rules) + inner.rules.size()> all{};
    std::size_t at = 0;
    for (auto const& rule : inner.rules) all[at++] = rule;
    ((all[at++] = rule_on<Value, Rules>), ...);
    return all;
  }();
  static constexpr schema::type make() {
    auto table = wrapped<checked<Value, Rules...>, Value>();
    table.rules = rules;
    return table;
  }
};

template <class Value>
struct table_of<secret<Value>> {
  static constexpr schema::type make() {
    auto table = wrapped<secret<Value>, Value>();
    table.is_secret = true;
    return table;
  }
};

template <class Value, auto Default>
struct table_of<defaulted<Value, Default>> {
  static constexpr schema::type make() { return wrapped<defaulted<Value, Default>, Value>(); }
};

template <travels Type>
struct table_of<Type> {
  static_assert(std::is_default_constructible_v<Type>,
                "pando: a type that travels as another needs a default constructor");
  static constexpr schema::type make() {
    auto table = sized<Type>(schema::kind::converted, meta::type_name<Type>);
    table.element = &type_table<typename travels_as<Type>::type>;
    table.convert = &convert_of<Type>;
    return table;
  }
};

template <class Field>
inline constexpr bool may_be_left_out = false;
template <class Field>
inline constexpr bool may_be_left_out<std::optional<Field>> = true;
template <class Value, auto Default>
inline constexpr bool may_be_left_out<defaulted<Value, Default>> = true;
template <class Value, class... Rules>
inline constexpr bool may_be_left_out<checked<Value, Rules...>> = may_be_left_out<Value>;
template <class Value>
inline constexpr bool may_be_left_out<secret<Value>> = may_be_left_out<Value>;

template <class Field>
inline constexpr bool has_a_default = false;
template <class Value, auto Default>
inline constexpr bool has_a_default<defaulted<Value, Default>> = true;
template <class Value, class... Rules>
inline constexpr bool has_a_default<checked<Value, Rules...>> = has_a_default<Value>;
template <class Value>
inline constexpr bool has_a_default<secret<Value>> = has_a_default<Value>;

template <class Type, std::size_t Index>
inline constexpr auto field_key = [] {
  constexpr auto name = fields_of<Type>::template name<Index>();
  std::array<char, (name.size() + 4 + 15) / 16 * 16> text{',', '"'};
  for (std::size_t i = 0; i < name.size(); ++i) text[i + 2] = name[i];
  text[name.size() + 2] = '"';
  text[name.size() + 3] = ':';
  return text;
}();

template <structure_like Type>
  requires(!travels<Type>)
struct table_of<Type> {
  static_assert(fields_are_found<Type>,
                "pando: the fields of this struct cannot be found by themselves (a base class, a C "
                "array, a reference, a member without default constructor, or more than 32 of "
                "them); write BOOST_HANA_ADAPT_STRUCT(Type, field, ...) after it");
  static constexpr std::size_t count = [] {
    if constexpr (fields_are_found<Type>) return fields_of<Type>::count;
    else return std::size_t{0};
  }();
  static_assert(count <= schema::max_fields, "pando: a struct that is sent has at most 64 fields");
  template <std::size_t Index>
  static constexpr schema::field row() {
    using member = typename fields_of<Type>::template type<Index>;
    constexpr auto name = fields_of<Type>::template name<Index>();
    return {name, std::string_view(field_key<Type, Index>.data(), name.size() + 4),
            &type_table<member>, !may_be_left_out<member>, has_a_default<member>};
  }
  template <class Indices>
  struct all;
  template <std::size_t... I>
  struct all<std::index_sequence<I...>> {
    static constexpr std::array<schema::field, sizeof...(I)> list{row<I>()...};
  };
  static constexpr schema::type make() {
    auto table = sized<Type>(schema::kind::structure, meta::type_name<Type>);
    if constexpr (count != 0) {
      table.fields = all<std::make_index_sequence<count>>::list;
      table.addresses = &fields_of<Type>::addresses;
      for (std::size_t i = 0; i < count; ++i)
        table.required |= std::uint64_t{table.fields[i].required} << i;
    }
    return table;
  }
};

} // namespace detail
} // namespace pando
