// `checked<T, rules…>`: rules stated where the field is declared, enforced by every door.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include <pando/contract/detail/wrapper.hpp>
#include <pando/contract/rule.hpp>

namespace pando {

/// A `T` with rules. It holds any value, so that a struct can be filled in code and in tests; the
/// doors enforce the rules before a handler runs. Converts from whatever converts to `T`, and to
/// `T const&`. Same size and layout as `T`; `value_` is public for the codec only.
/// *Compiles only if* each rule can check a `T`, see `rule_for`.
template <class T, class... Rules>
struct checked {
  static_assert(every_rule_checks<T, Rules...>,
                "pando: a rule of this pando::checked<T, rules...> cannot check its T: a rule has "
                "check(value) -> bool for it, and describe() -> text");
  using pando_wrapped = T;

  T value_{};

  // Here and not with the pattern, so that compilers name the user's line next.
  using fault = detail::regex_fault;
  static constexpr fault pattern_fault = detail::first_pattern_fault<Rules...>();
  static_assert(pattern_fault != fault::text, "pando: the pattern of is::matches is not UTF-8");
  static_assert(pattern_fault != fault::group_open,
                "pando: the pattern of is::matches has a ( without its )");
  static_assert(pattern_fault != fault::group_closed,
                "pando: the pattern of is::matches has a ) without its (; a backslash before it "
                "makes it a character");
  static_assert(pattern_fault != fault::group_kind,
                "pando: the pattern of is::matches has a group that is neither ( ) nor (?: ); "
                "look-around and names are not taken");
  static_assert(pattern_fault != fault::class_open,
                "pando: the pattern of is::matches has a [ without its ]");
  static_assert(pattern_fault != fault::class_empty,
                "pando: the pattern of is::matches has an empty class []");
  static_assert(pattern_fault != fault::class_range,
                "pando: the pattern of is::matches has a range like [z-a], whose first character "
                "does not come before its last");
  static_assert(pattern_fault != fault::lone_bracket,
                "pando: the pattern of is::matches has a ], { or } that closes or repeats nothing; "
                "a backslash before it makes it a character");
  static_assert(pattern_fault != fault::escape,
                "pando: the pattern of is::matches has a backslash before something that it cannot "
                "stand before; see pando::is::matches for the escapes there are");
  static_assert(pattern_fault != fault::boundary,
                "pando: the pattern of is::matches has a word boundary, a back reference, a "
                "control letter or a Unicode property, which are not taken");
  static_assert(pattern_fault != fault::repeat_nothing,
                "pando: the pattern of is::matches has a *, +, ? or { with nothing before it to "
                "repeat");
  static_assert(pattern_fault != fault::repeat_bounds,
                "pando: the pattern of is::matches has a repeat in braces that is not {m}, {m,} "
                "or {m,n} with m not over n");
  static_assert(pattern_fault != fault::too_long,
                "pando: the pattern of is::matches is over 256 characters with its repeats "
                "written out; leave lengths to is::min_length and is::max_length");
  static_assert(pattern_fault != fault::too_many_classes && pattern_fault != fault::group_depth,
                "pando: the pattern of is::matches has groups more than 32 deep or more than 96 "
                "different characters and classes");

  constexpr checked() = default;
  template <class U = T>
    requires detail::initialises<U, T, checked>
  constexpr checked(U&& value) : value_(std::forward<U>(value)) {}
  /// A container's elements: `.tags = {"a", "b"}`.
  constexpr checked(std::initializer_list<detail::element_of<T>> elements)
    requires std::is_constructible<T, std::initializer_list<detail::element_of<T>>>::value
      : value_(elements) {}

  constexpr operator T const&() const noexcept { return value_; }
  constexpr T const& get() const& noexcept { return value_; }
  constexpr T& get() & noexcept { return value_; }
  constexpr T&& get() && noexcept { return std::move(value_); }
  constexpr T const& operator*() const& noexcept { return value_; }
  constexpr T& operator*() & noexcept { return value_; }
  constexpr T const* operator->() const noexcept { return &value_; }
  constexpr T* operator->() noexcept { return &value_; }
};

template <class T, class... Rules>
constexpr bool operator==(checked<T, Rules...> const& left, checked<T, Rules...> const& right)
  requires requires { left.value_ == right.value_; }
{
  return left.value_ == right.value_;
}
template <class T, class... Rules, class U>
constexpr bool operator==(checked<T, Rules...> const& left, U const& right)
  requires requires { left.value_ == right; }
{
  return left.value_ == right;
}
template <class T, class... Rules>
constexpr auto operator<=>(checked<T, Rules...> const& left, checked<T, Rules...> const& right)
  requires requires { left.value_ <=> right.value_; }
{
  return left.value_ <=> right.value_;
}
template <class T, class... Rules, class U>
constexpr auto operator<=>(checked<T, Rules...> const& left, U const& right)
  requires requires { left.value_ <=> right; }
{
  return left.value_ <=> right;
}
/// Prints the value, where the value itself can be printed.
template <class Stream, class T, class... Rules>
auto operator<<(Stream& out, checked<T, Rules...> const& value) -> decltype(out << value.value_) {
  return out << value.value_;
}

/// Calls `tell(rule, what)` for each rule the value breaks, in the order they were written: the
/// rule's name and its `describe()`, which completes the sentence "must be …".
/// Gives whether every rule holds.
template <class T, class... Rules, class Tell>
constexpr bool check_all(checked<T, Rules...> const& value, Tell&& tell) {
  bool all = true;
  [[maybe_unused]] auto const one = [&]<class Rule>(std::type_identity<Rule>) {
    if (detail::rule_holds<Rule>(value.value_)) return;
    all = false;
    tell(rule_name<Rule>, detail::describe_rule<Rule, T>());
  };
  (one(std::type_identity<Rules>{}), ...);
  return all;
}

/// Whether every rule holds, without a word.
template <class T, class... Rules>
constexpr bool holds(checked<T, Rules...> const& value) {
  return (detail::rule_holds<Rules>(value.value_) && ...);
}

} // namespace pando
