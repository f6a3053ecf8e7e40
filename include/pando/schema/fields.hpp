// A structure's fields, whoever states them: Boost.Hana, Boost.Describe, or the aggregate itself.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/hana/accessors.hpp>

#include <pando/meta/list.hpp>
#include <pando/schema/detail/automatic.hpp>
#include <pando/schema/type.hpp>

namespace pando::detail {

/// Adapted with BOOST_HANA_DEFINE_STRUCT or BOOST_HANA_ADAPT_STRUCT.
template <class Type>
concept hana_adapted =
    std::is_class_v<Type> && boost::hana::Struct<Type>::value;

/// Adapted with BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_CLASS: its function is found by name.
template <class Type>
concept describe_adapted =
    std::is_class_v<Type> && requires(Type** object) { boost_public_member_descriptor_fn(object); };

/// What can be asked of a structure that has fields: their `types` (a list), their `names` (an
/// array), their `places` (an `act`).
template <class Type>
struct fields_of : automatic_fields<Type> {};

/// One member of a Hana structure: a pair of its name (characters as arguments) and its accessor.
/// Taken apart by its shape, so that none of Hana is included but what the adapting macro brought.
template <class Pair>
struct hana_member;
template <template <class, class> class Pair, template <char...> class Name, char... Characters,
          class Accessor>
struct hana_member<Pair<Name<Characters...>, Accessor>> {
  static constexpr char text[]{Characters..., 0};
  static constexpr std::string_view name{text, sizeof...(Characters)};
  using accessor = Accessor;
};

template <class Type, class Accessors>
struct hana_fields;
template <class Type, template <class...> class Tuple, class... Pairs>
struct hana_fields<Type, Tuple<Pairs...>> {
  using types = meta::list<std::remove_cvref_t<decltype(typename hana_member<Pairs>::accessor{}(
      std::declval<Type&>()))>...>;
  static constexpr std::array<std::string_view, sizeof...(Pairs)> names{
      hana_member<Pairs>::name...};
  static void places(schema::deed, void* object, void* other) {
    auto* out = static_cast<void**>(other);
    ((*out++ = std::addressof(
          typename hana_member<Pairs>::accessor{}(*static_cast<Type*>(object)))),
     ...);
  }
};

template <hana_adapted Type>
struct fields_of<Type>
    : hana_fields<Type, std::remove_cvref_t<decltype(boost::hana::accessors_impl<
                            typename boost::hana::tag_of<Type>::type>::apply())>> {};

template <class List>
struct described;
template <template <class...> class List, class... Descriptors>
struct described<List<Descriptors...>> {
  using list = meta::list<Descriptors...>;
};
template <class Bases>
struct described_bases;

/// The described data members: those of the bases first, then public, protected and private ones.
template <class Type>
using described_members = meta::concat<
    typename described_bases<decltype(boost_base_descriptor_fn(
        static_cast<Type**>(nullptr)))>::list,
    typename described<decltype(boost_public_member_descriptor_fn(
        static_cast<Type**>(nullptr)))>::list,
    typename described<decltype(boost_protected_member_descriptor_fn(
        static_cast<Type**>(nullptr)))>::list,
    typename described<decltype(boost_private_member_descriptor_fn(
        static_cast<Type**>(nullptr)))>::list>;

template <template <class...> class List, class... Bases>
struct described_bases<List<Bases...>> {
  using list = meta::concat<described_members<typename Bases::type>...>;
};

template <class Type, class List>
struct described_fields;
template <class Type, class... Descriptors>
struct described_fields<Type, meta::list<Descriptors...>> {
  using types = meta::list<
      std::remove_cvref_t<decltype(std::declval<Type&>().*Descriptors::pointer)>...>;
  static constexpr std::array<std::string_view, sizeof...(Descriptors)> names{
      Descriptors::name...};
  static void places(schema::deed, void* object, void* other) {
    auto* out = static_cast<void**>(other);
    ((*out++ = &(static_cast<Type*>(object)->*Descriptors::pointer)), ...);
  }
};

template <describe_adapted Type>
  requires(!hana_adapted<Type>)
struct fields_of<Type> : described_fields<Type, described_members<Type>> {};

} // namespace pando::detail
