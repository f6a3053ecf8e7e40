// The rules that come with Pando, for `checked<T, rules…>`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/contract/bytes.hpp>
#include <pando/contract/detail/literal.hpp>
#include <pando/contract/detail/regex.hpp>
#include <pando/contract/rule.hpp>
#include <pando/meta/utf8.hpp>

namespace pando {

namespace detail {

bool is_email(std::string_view text) noexcept;
std::string number_text(std::int64_t number);
std::string number_text(std::uint64_t number);
std::string number_text(double number);
std::string json_text(std::string_view text);
std::string length_text(std::string_view bound, std::size_t length, std::string_view unit);

template <class T>
concept text_like = std::is_convertible<T const&, std::string_view>::value;
template <class T>
concept has_length = text_like<T> || requires(T const& value) { value.size(); };
template <class T>
concept map_like = requires { typename T::mapped_type; };
template <class T>
concept number_like = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

enum class length_kind : std::uint8_t { text, octets, map, items };
template <class T>
inline constexpr length_kind length_kind_of = text_like<T>               ? length_kind::text
                                              : std::is_same_v<T, bytes> ? length_kind::octets
                                              : map_like<T>              ? length_kind::map
                                                                         : length_kind::items;
/// `at_least` and `at_most` are compared as numbers are, whatever their types and signs.
template <class A, class B>
constexpr bool not_over(A left, B right) noexcept {
  if constexpr (std::is_floating_point_v<A> || std::is_floating_point_v<B>) {
    return static_cast<long double>(left) <= static_cast<long double>(right);
  } else if constexpr (std::is_signed_v<A> == std::is_signed_v<B>) {
    return left <= right;
  } else if constexpr (std::is_signed_v<A>) {
    return left < 0 || static_cast<std::uint64_t>(left) <= right;
  } else {
    return right >= 0 && left <= static_cast<std::uint64_t>(right);
  }
}

template <class Number>
std::string number_of(Number number) {
  if constexpr (std::is_floating_point_v<Number>) {
    return number_text(static_cast<double>(number));
  } else if constexpr (std::is_signed_v<Number>) {
    return number_text(static_cast<std::int64_t>(number));
  } else {
    return number_text(static_cast<std::uint64_t>(number));
  }
}

constexpr std::string_view length_unit(length_kind kind) noexcept {
  constexpr std::string_view units[] = {"character", "byte", "entry", "item"};
  return units[static_cast<std::size_t>(kind)];
}
constexpr std::string_view shortest_keyword(length_kind kind) noexcept {
  constexpr std::string_view keywords[] = {"minLength", "", "minProperties", "minItems"};
  return keywords[static_cast<std::size_t>(kind)];
}
constexpr std::string_view longest_keyword(length_kind kind) noexcept {
  constexpr std::string_view keywords[] = {"maxLength", "", "maxProperties", "maxItems"};
  return keywords[static_cast<std::size_t>(kind)];
}

} // namespace detail

namespace is {

/// At least `N` long: texts in Unicode code points, containers in elements, `bytes` in octets.
template <std::size_t N>
struct min_length {
  static constexpr std::string_view name = "min_length";
  static constexpr std::string_view keyword = "minLength";

  template <detail::has_length T>
  static constexpr bool check(T const& value) {
    if constexpr (detail::text_like<T>) {
      std::string_view const text = value;
      if (text.size() < N) return false;
      return text.size() / 4 >= N || meta::code_points(text) >= N;
    } else {
      return value.size() >= N;
    }
  }
  static std::string describe() { return detail::length_text("at least ", N, "character"); }
  static std::string keyword_value() { return detail::number_text(std::uint64_t{N}); }
  template <class T>
  static std::string describe_for() {
    return detail::length_text("at least ", N, detail::length_unit(detail::length_kind_of<T>));
  }
  template <class T>
  static constexpr std::string_view keyword_for() {
    return detail::shortest_keyword(detail::length_kind_of<T>);
  }
};

/// At most `N` long, counted as `min_length` counts.
template <std::size_t N>
struct max_length {
  static constexpr std::string_view name = "max_length";
  static constexpr std::string_view keyword = "maxLength";

  template <detail::has_length T>
  static constexpr bool check(T const& value) {
    if constexpr (detail::text_like<T>) {
      std::string_view const text = value;
      return text.size() <= N || meta::code_points(text) <= N;
    } else {
      return value.size() <= N;
    }
  }
  static std::string describe() { return detail::length_text("at most ", N, "character"); }
  static std::string keyword_value() { return detail::number_text(std::uint64_t{N}); }
  template <class T>
  static std::string describe_for() {
    return detail::length_text("at most ", N, detail::length_unit(detail::length_kind_of<T>));
  }
  template <class T>
  static constexpr std::string_view keyword_for() {
    return detail::longest_keyword(detail::length_kind_of<T>);
  }
};

/// A text or container with something in it. Blanks are something.
struct non_empty {
  static constexpr std::string_view name = "non_empty";
  static constexpr std::string_view keyword = "minLength";

  template <detail::has_length T>
  static constexpr bool check(T const& value) {
    return min_length<1>::check(value);
  }
  static constexpr std::string_view describe() { return "non-empty"; }
  static constexpr std::string_view keyword_value() { return "1"; }
  template <class T>
  static constexpr std::string_view keyword_for() {
    return detail::shortest_keyword(detail::length_kind_of<T>);
  }
};

/// A number not under `N`; NaN is under everything.
template <detail::literal N>
struct at_least {
  static constexpr std::string_view name = "at_least";
  static constexpr std::string_view keyword = "minimum";

  template <detail::number_like T>
  static constexpr bool check(T value) {
    return detail::not_over(N.value, value);
  }
  static std::string describe() { return "at least " + keyword_value(); }
  static std::string keyword_value() { return detail::number_of(N.value); }
};

/// A number not over `N`; NaN is over everything.
template <detail::literal N>
struct at_most {
  static constexpr std::string_view name = "at_most";
  static constexpr std::string_view keyword = "maximum";

  template <detail::number_like T>
  static constexpr bool check(T value) {
    return detail::not_over(value, N.value);
  }
  static std::string describe() { return "at most " + keyword_value(); }
  static std::string keyword_value() { return detail::number_of(N.value); }
};

/// One of the texts, or one of the integers, written out.
template <detail::literal First, detail::literal... Rest>
struct one_of {
  static constexpr std::string_view name = "one_of";
  static constexpr std::string_view keyword = "enum";
  static constexpr bool of_texts =
      detail::is_text_literal<std::remove_const_t<decltype(First.value)>>;

  template <class T>
    requires(of_texts ? detail::text_like<T> : std::is_integral_v<T>)
  static constexpr bool check(T const& value) {
    return same(value, First.value) || (same(value, Rest.value) || ...);
  }
  static std::string describe() {
    std::string text = "one of ";
    append(text, First.value, false);
    ((text += ", ", append(text, Rest.value, false)), ...);
    return text;
  }
  static std::string keyword_value() {
    std::string text = "[";
    append(text, First.value, true);
    ((text += ",", append(text, Rest.value, true)), ...);
    return text += "]";
  }

 private:
  template <class T, class Value>
  static constexpr bool same(T const& value, Value const& allowed) {
    if constexpr (of_texts) {
      return std::string_view(value) == allowed.view();
    } else {
      return detail::not_over(value, allowed) && detail::not_over(allowed, value);
    }
  }
  template <class Value>
  static void append(std::string& text, Value const& allowed, bool quoted) {
    if constexpr (!of_texts) {
      text += detail::number_of(allowed);
    } else if (quoted) {
      text += detail::json_text(allowed.view());
    } else {
      text += allowed.view();
    }
  }
};

/// An e-mail address as people have them: a dot-separated local part of at most 64 characters, `@`
/// and a host name, at most 254 together. Quoted local parts, address literals and characters
/// outside ASCII are refused. *Source*: RFC 5321, without what no one uses.
struct email {
  static constexpr std::string_view name = "email";
  static constexpr std::string_view keyword = "format";
  static bool check(std::string_view text) noexcept { return detail::is_email(text); }
  static constexpr std::string_view describe() { return "an e-mail address"; }
  static constexpr std::string_view keyword_value() { return "\"email\""; }
};

/// A text in which the pattern is found, as JSON Schema's `pattern` has it: anywhere, unless `^`
/// and `$` anchor it. The pattern is checked at compile time and runs in time linear in the text.
/// Literals, `.`, `[a-z]`, `[^a-z]`, `\d \w \s \D \W \S`, escapes, `( )`, `(?: )`, `|`, `* + ?`,
/// `{m} {m,} {m,n}`, `^` and `$`, each meaning what ECMAScript's `u` mode has it mean; no
/// look-around, no back references. *Limit*: 256 characters after repeats are written out.
template <fixed_string Pattern>
struct matches {
  static constexpr std::string_view name = "matches";
  static constexpr std::string_view keyword = "pattern";
  static constexpr detail::regex_fault pattern_fault = detail::regex_compiled<Pattern>.built.fault;

  static bool check(std::string_view text) noexcept
    requires(pattern_fault == detail::regex_fault::none)
  {
    return detail::regex_search(detail::regex_storage<Pattern>::tables, text);
  }
  static std::string describe() { return "text that matches " + std::string(Pattern.view()); }
  static std::string keyword_value() { return detail::json_text(Pattern.view()); }
};

} // namespace is
} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/contract/impl/rules.ipp>
#endif
