// What a rule is, and how one is asked: about a value, about itself, for JSON Schema.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include <pando/contract/detail/regex_fault.hpp>
#include <pando/contract/detail/wrapper.hpp>

namespace pando {

namespace detail {

template <class Rule, class T>
concept checks_directly = requires(T const& value) {
  { Rule{}.check(value) } -> std::convertible_to<bool>;
};

template <class T>
concept optional_like = requires(T const& value) {
  typename T::value_type;
  value.has_value();
  *value;
};

template <class Rule, class T>
struct rule_subject : std::bool_constant<checks_directly<Rule, T>> {};
template <class Rule, class T>
  requires(!checks_directly<Rule, T> && wraps_value<T>)
struct rule_subject<Rule, T> : rule_subject<Rule, typename T::pando_wrapped> {};
template <class Rule, class T>
  requires(!checks_directly<Rule, T> && optional_like<T>)
struct rule_subject<Rule, T> : rule_subject<Rule, typename T::value_type> {};

/// Looks through wrappers and optionals; what is absent breaks no rule.
template <class Rule, class T>
constexpr bool rule_holds(T const& value) {
  if constexpr (checks_directly<Rule, T>) {
    return Rule{}.check(value);
  } else if constexpr (wraps_value<T>) {
    return rule_holds<Rule>(value.value_);
  } else if constexpr (optional_like<T>) {
    return !value.has_value() || rule_holds<Rule>(*value);
  } else {
    return false; // not reached: `checked` refuses such a rule with a sentence
  }
}

} // namespace detail

/// A rule for `T`: `check(value) -> bool` and `describe() -> text`, static or not. `describe`
/// completes the sentence "must be …". Optional: `name`, its short name; `keyword` and
/// `keyword_value()`, its JSON Schema form (the value as JSON text). A rule for `T` also checks an
/// `std::optional`, a `secret` or another wrapper of `T`.
template <class Rule, class T>
concept rule_for = detail::rule_subject<Rule, T>::value && requires {
  { Rule{}.describe() } -> std::convertible_to<std::string_view>;
};

/// Whether each is a rule for `T`. A pattern that is none is told apart: its fault has a sentence.
template <class T, class... Rules>
inline constexpr bool every_rule_checks =
    ((detail::pattern_fault<Rules> != detail::regex_fault::none || rule_for<Rules, T>) && ...);

/// The rule's short name, `"rule"` where it says none.
template <class Rule>
inline constexpr std::string_view rule_name = "rule";
template <class Rule>
  requires requires { std::string_view{Rule::name}; }
inline constexpr std::string_view rule_name<Rule> = Rule::name;

/// What a table needs to know of one rule on one type, free of both.
struct rule_row {
  std::string_view name;
  std::string_view keyword;         ///< of JSON Schema; empty: it has none
  std::string (*describe)();        ///< completes "must be …"
  std::string (*keyword_value)();   ///< JSON text; empty where there is no keyword
  bool (*holds)(void const* value); ///< takes the address of a `T`
};

namespace detail {

/// The innermost type that wrappers and optionals hold.
template <class T>
struct innermost {
  using type = T;
};
template <wraps_value T>
struct innermost<T> : innermost<typename T::pando_wrapped> {};
template <optional_like T>
struct innermost<T> : innermost<typename T::value_type> {};

/// A rule may speak of strings, containers and octets in different words: `describe_for<T>()`,
/// `keyword_for<T>()`.
template <class Rule, class T>
std::string describe_rule() {
  using inner = typename innermost<T>::type;
  if constexpr (requires { Rule::template describe_for<inner>(); }) {
    return std::string(Rule::template describe_for<inner>());
  } else {
    return std::string(Rule{}.describe());
  }
}
template <class Rule, class T>
constexpr std::string_view rule_keyword() {
  using inner = typename innermost<T>::type;
  if constexpr (requires { Rule::template keyword_for<inner>(); }) {
    return Rule::template keyword_for<inner>();
  } else if constexpr (requires { Rule::keyword; }) {
    return Rule::keyword;
  } else {
    return {};
  }
}
template <class Rule>
std::string rule_keyword_value() {
  if constexpr (requires { Rule{}.keyword_value(); }) {
    return std::string(Rule{}.keyword_value());
  } else {
    return {};
  }
}
template <class Rule, class T>
bool rule_holds_at(void const* value) {
  return rule_holds<Rule>(*static_cast<T const*>(value));
}

} // namespace detail

/// One row for each rule, in the order written; ends with an empty row.
template <class T, class... Rules>
inline constexpr rule_row rule_rows[sizeof...(Rules) + 1] = {
    {rule_name<Rules>, detail::rule_keyword<Rules, T>(), &detail::describe_rule<Rules, T>,
     &detail::rule_keyword_value<Rules>, &detail::rule_holds_at<Rules, T>}...,
    {}};

} // namespace pando
