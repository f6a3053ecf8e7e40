// The small functions a table points to: how values of one type live, are walked and converted.
#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <pando/contract/rules.hpp>
#include <pando/contract/travels_as.hpp>
#include <pando/contract/values.hpp>
#include <pando/schema/detail/live.hpp>
#include <pando/schema/text.hpp>
#include <pando/schema/type.hpp>

namespace pando::detail {

/// The life of a value; a structure found by itself has it in its own function: automatic.hpp.
template <class Type>
void live(schema::deed what, void* value, void* other) {
  PANDO_LIVE(Type, what, value, other)
}

// Below are plain functions, no lambdas: each of those costs the compiler a class and a second
// function.

using visit_element = bool (*)(void*, std::string_view, void const*);

template <class Element>
struct optional_item {
  using owner = std::optional<Element>;
  static std::size_t size(void const* of) { return static_cast<owner const*>(of)->has_value(); }
  static void clear(void* of) { static_cast<owner*>(of)->reset(); }
  static void* append(void* of, std::size_t) {
    return std::addressof(static_cast<owner*>(of)->emplace());
  }
  static void const* data(void const* of) {
    return std::addressof(**static_cast<owner const*>(of));
  }
};
template <class Element>
inline constexpr schema::container_ops optional_items{
    .size = &optional_item<Element>::size,
    .clear = &optional_item<Element>::clear,
    .each = nullptr,
    .append = &optional_item<Element>::append,
    .insert = nullptr,
    .data = &optional_item<Element>::data,
    .resize = nullptr};

/// All growing and shrinking is `resize`: each other member of std::vector costs the compiler more.
template <class Owner>
struct vector_item {
  static std::size_t size(void const* of) { return static_cast<Owner const*>(of)->size(); }
  static void resize(void* of, std::size_t count) { static_cast<Owner*>(of)->resize(count); }
  static void clear(void* of) { resize(of, 0); }
  static void* append(void* of, std::size_t) {
    auto const place = size(of);
    resize(of, place + 1);
    return static_cast<Owner*>(of)->data() + place;
  }
  static void const* data(void const* of) { return static_cast<Owner const*>(of)->data(); }
};
template <class Owner>
inline constexpr schema::container_ops vector_items{.size = &vector_item<Owner>::size,
                                                    .clear = &vector_item<Owner>::clear,
                                                    .each = nullptr,
                                                    .append = &vector_item<Owner>::append,
                                                    .insert = nullptr,
                                                    .data = &vector_item<Owner>::data,
                                                    .resize = &vector_item<Owner>::resize};

template <class Element, std::size_t Count>
struct array_item {
  using owner = std::array<Element, Count>;
  static std::size_t size(void const*) { return Count; }
  static void clear(void*) {}
  static void* append(void* of, std::size_t index) {
    return static_cast<owner*>(of)->data() + index;
  }
  static void const* data(void const* of) { return static_cast<owner const*>(of)->data(); }
};
template <class Element, std::size_t Count>
inline constexpr schema::container_ops array_items{.size = &array_item<Element, Count>::size,
                                                   .clear = &array_item<Element, Count>::clear,
                                                   .each = nullptr,
                                                   .append = &array_item<Element, Count>::append,
                                                   .insert = nullptr,
                                                   .data = &array_item<Element, Count>::data,
                                                   .resize = nullptr};

template <class Owner>
struct set_item {
  static std::size_t size(void const* of) { return static_cast<Owner const*>(of)->size(); }
  static void clear(void* of) { static_cast<Owner*>(of)->clear(); }
  static bool each(void const* of, void* state, visit_element visit) {
    for (auto const& element : *static_cast<Owner const*>(of))
      if (!visit(state, {}, std::addressof(element))) return false;
    return true;
  }
  static bool insert(void* of, std::string_view, void* element) {
    auto& value = *static_cast<typename Owner::key_type*>(element);
    return static_cast<Owner*>(of)->insert(std::move(value)).second;
  }
};
template <class Owner>
inline constexpr schema::container_ops set_items{.size = &set_item<Owner>::size,
                                                 .clear = &set_item<Owner>::clear,
                                                 .each = &set_item<Owner>::each,
                                                 .append = nullptr,
                                                 .insert = &set_item<Owner>::insert,
                                                 .data = nullptr,
                                                 .resize = nullptr};

template <class Owner>
struct map_item {
  static std::size_t size(void const* of) { return static_cast<Owner const*>(of)->size(); }
  static void clear(void* of) { static_cast<Owner*>(of)->clear(); }
  static bool each(void const* of, void* state, visit_element visit) {
    for (auto const& [key, element] : *static_cast<Owner const*>(of))
      if (!visit(state, key, std::addressof(element))) return false;
    return true;
  }
  static void* place(void* of, std::string_view key) {
    auto const [at, is_new] = static_cast<Owner*>(of)->try_emplace(std::string(key));
    return is_new ? std::addressof(at->second) : nullptr;
  }
  static bool insert(void* of, std::string_view key, void* element) {
    using value = typename Owner::mapped_type;
    void* const at = place(of, key);
    if (at != nullptr) *static_cast<value*>(at) = std::move(*static_cast<value*>(element));
    return at != nullptr;
  }
};
template <class Owner>
inline constexpr schema::container_ops map_items{.size = &map_item<Owner>::size,
                                                 .clear = &map_item<Owner>::clear,
                                                 .each = &map_item<Owner>::each,
                                                 .append = nullptr,
                                                 .insert = &map_item<Owner>::insert,
                                                 .data = nullptr,
                                                 .resize = nullptr,
                                                 .place = &map_item<Owner>::place};

template <class... Alternatives>
inline constexpr schema::variant_ops variant_choice{
    .index = [](void const* owner) {
      return static_cast<std::variant<Alternatives...> const*>(owner)->index();
    },
    .get = [](void const* owner) -> void const* {
      return std::visit([](auto const& value) -> void const* { return std::addressof(value); },
                        *static_cast<std::variant<Alternatives...> const*>(owner));
    },
    .emplace = [](void* owner, std::size_t index) -> void* {
      auto& variant = *static_cast<std::variant<Alternatives...>*>(owner);
      return [&]<std::size_t... I>(std::index_sequence<I...>) {
        void* made = nullptr;
        (void)((index == I && (made = std::addressof(variant.template emplace<I>()))) || ...);
        return made;
      }(std::index_sequence_for<Alternatives...>{});
    }};

template <class Type>
inline constexpr schema::convert_ops convert_of{
    [](void const* value, void* wire) {
      *static_cast<typename travels_as<Type>::type*>(wire) =
          travels_as<Type>::to(*static_cast<Type const*>(value));
    },
    [](void* value, void const* wire, std::string& why) {
      try {
        *static_cast<Type*>(value) =
            travels_as<Type>::from(*static_cast<typename travels_as<Type>::type const*>(wire));
        return true;
      } catch (refused const& no) {
        why = no.why;
      } catch (std::exception const& no) {
        why = no.what();
      }
      return false;
    }};

/// What the table says of a rule on a value.
template <class Value, class Rule>
inline constexpr schema::rule rule_on{rule_name<Rule>, rule_keyword<Rule, Value>(),
                                      &rule_keyword_value<Rule>, &describe_rule<Rule, Value>,
                                      &rule_holds_at<Rule, Value>};

inline constexpr schema::text_ops uuid_text{
    [](void const* value, char* out) { return static_cast<uuid const*>(value)->write(out); },
    [](void* value, std::string_view text, std::string_view& why) {
      return text::parse_uuid(text, *static_cast<uuid*>(value), why);
    },
    "uuid", "123e4567-e89b-12d3-a456-426614174000"};

/// Gives a count of units to a representation that may be smaller.
template <class Rep>
constexpr bool narrow_count(std::int64_t count, Rep& to) {
  to = static_cast<Rep>(count);
  return static_cast<std::int64_t>(to) == count && (count < 0) == (to < Rep{});
}

template <class Type>
inline constexpr schema::text_ops duration_text{
    [](void const* value, char* out) {
      return text::write_duration(
          out, static_cast<std::int64_t>(static_cast<Type const*>(value)->count()),
          Type::period::num, Type::period::den);
    },
    [](void* value, std::string_view text, std::string_view& why) {
      std::int64_t count = 0;
      if (!text::parse_duration(text, Type::period::num, Type::period::den, count, why))
        return false;
      typename Type::rep narrow{};
      if (!narrow_count(count, narrow)) return why = "a duration within range", false;
      *static_cast<Type*>(value) = Type(narrow);
      return true;
    },
    "duration", "PT1H30M"};

template <class Type>
inline constexpr schema::text_ops time_point_text{
    [](void const* value, char* out) {
      return text::write_time(
          out,
          static_cast<std::int64_t>(static_cast<Type const*>(value)->time_since_epoch().count()),
          Type::period::num, Type::period::den);
    },
    [](void* value, std::string_view text, std::string_view& why) {
      std::int64_t count = 0;
      if (!text::parse_time(text, Type::period::num, Type::period::den, count, why)) return false;
      using length = typename Type::duration;
      typename length::rep narrow{};
      if (!narrow_count(count, narrow)) return why = "a time within range", false;
      *static_cast<Type*>(value) = Type(length(narrow));
      return true;
    },
    "date-time", "2026-01-31T12:00:00Z"};

} // namespace pando::detail
