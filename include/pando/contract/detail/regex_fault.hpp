// What can be wrong with a regular expression.
#pragma once

#include <cstdint>

namespace pando::detail {

enum class regex_fault : std::uint8_t {
  none,
  text,
  group_open,
  group_closed,
  group_kind,
  group_depth,
  class_open,
  class_empty,
  class_range,
  lone_bracket,
  escape,
  boundary,
  repeat_nothing,
  repeat_bounds,
  too_long,
  too_many_classes,
};

/// The fault of a rule that holds a pattern; other rules have none.
template <class Rule>
inline constexpr regex_fault pattern_fault = regex_fault::none;
template <class Rule>
  requires requires { Rule::pattern_fault; }
inline constexpr regex_fault pattern_fault<Rule> = Rule::pattern_fault;

/// The first fault among those of some rules.
template <class... Rules>
constexpr regex_fault first_pattern_fault() {
  regex_fault first = regex_fault::none;
  (void)((first = pattern_fault<Rules>, first != regex_fault::none) || ...);
  return first;
}

} // namespace pando::detail
