// Literals as template arguments: text, size, equality, identity.
#include <boost/test/unit_test.hpp>

#include <string_view>
#include <type_traits>

#include <pando/meta/fixed_string.hpp>

BOOST_AUTO_TEST_SUITE(fixed_string)

namespace {

template <pando::fixed_string Name>
struct named {
  static constexpr auto name = Name;
};

/// The comparison stands in a pack expansion, where a consteval one breaks GCC 12.2.
template <pando::fixed_string Wanted, pando::fixed_string... Names>
constexpr std::size_t times_named() {
  return (std::size_t{0} + ... + (Names == Wanted ? 1U : 0U));
}

} // namespace

BOOST_AUTO_TEST_CASE(holds_its_text_without_the_closing_nul) {
  BOOST_TEST(named<"create">::name.view() == "create");
  BOOST_TEST(named<"create">::name.size() == 6U);
  BOOST_TEST(named<"">::name.size() == 0U);
  BOOST_TEST(named<"a\0b">::name.view() == std::string_view("a\0b", 3));
  std::string_view const converted = named<"x">::name;
  BOOST_TEST(converted == "x");
}

BOOST_AUTO_TEST_CASE(the_same_text_is_the_same_argument) {
  static_assert(std::is_same_v<named<"show">, named<"show">>);
  static_assert(!std::is_same_v<named<"show">, named<"shop">>);
  static_assert(!std::is_same_v<named<"show">, named<"shows">>);
  constexpr pando::fixed_string name("list");
  static_assert(std::is_same_v<named<name>, named<"list">>);
  BOOST_TEST((times_named<"b", "a", "b", "bb", "b", "">()) == 2U);
}

BOOST_AUTO_TEST_CASE(compares_texts_of_any_length) {
  static_assert(pando::fixed_string("a") == pando::fixed_string("a"));
  static_assert(pando::fixed_string("a") != pando::fixed_string("b"));
  static_assert(pando::fixed_string("a") != pando::fixed_string("aa"));
  static_assert(pando::fixed_string("ab") != pando::fixed_string("a\0"));
  BOOST_TEST((pando::fixed_string("") == pando::fixed_string("")));
}

BOOST_AUTO_TEST_SUITE_END()
