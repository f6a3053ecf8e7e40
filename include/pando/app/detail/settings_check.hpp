// What settings must be: a struct whose fields are nobody else's flags.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <pando/app/detail/app_sentences.hpp>
#include <pando/app/options.hpp>
#include <pando/meta/fixed_string.hpp>
#include <pando/meta/list.hpp>
#include <pando/schema/fields.hpp>
#include <pando/schema/type_of.hpp>

namespace pando::detail {

/// The first of `names` that is among `others`; `Count`: none.
template <std::size_t Count, std::size_t Others>
constexpr std::size_t first_shared(std::array<std::string_view, Count> const& names,
                                   std::array<std::string_view, Others> const& others) {
  for (std::size_t at = 0; at < Count; ++at)
    for (auto const& other : others)
      if (names[at] == other) return at;
  return Count;
}

template <class Type, std::size_t At>
constexpr auto field_name_of() {
  constexpr auto name = fields_of<Type>::names[At];
  char text[name.size() + 1]{};
  for (std::size_t at = 0; at < name.size(); ++at) text[at] = name[at];
  return fixed_string<name.size() + 1>(text);
}

/// Settings that share a field with `Settings`, first among those given; void: none.
template <class Settings, class... Others>
struct sharing_settings {
  using type = void;
};
template <class Settings, class First, class... Rest>
struct sharing_settings<Settings, First, Rest...> {
  static constexpr bool shares =
      first_shared(fields_of<Settings>::names, fields_of<First>::names) !=
      fields_of<Settings>::names.size();
  using type = typename std::conditional_t<shares, std::enable_if<true, First>,
                                           sharing_settings<Settings, Rest...>>::type;
};

template <class Settings, class... Others>
constexpr auto find_settings_fault(meta::list<Others...>) {
  if constexpr (!payload_type<Settings>) {
    return payload_fault_of<Settings>{};
  } else if constexpr (table_shape_of<Settings>() != table_shape::structure) {
    return settings_without_fields<Settings>{};
  } else {
    using fields = fields_of<Settings>;
    constexpr auto flag = first_shared(fields::names, names_of_serve_flags);
    using other = typename sharing_settings<Settings, Others...>::type;
    if constexpr (flag != fields::names.size()) {
      return setting_named_like_a_flag<Settings, field_name_of<Settings, flag>()>{};
    } else if constexpr (!std::is_void_v<other>) {
      constexpr auto field = first_shared(fields::names, fields_of<other>::names);
      return settings_that_share<other, Settings, field_name_of<Settings, field>()>{};
    } else {
      return no_fault{};
    }
  }
}

/// What is wrong with settings, beside the others that the app has; or `no_fault`.
template <class Settings, class Others>
using settings_fault = decltype(find_settings_fault<Settings>(Others{}));

} // namespace pando::detail
