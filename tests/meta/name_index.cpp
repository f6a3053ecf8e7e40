// Names that are found, and names that are not.
#include <cstddef>
#include <cstdint>
#include <string>

#include <boost/test/unit_test.hpp>

#include <pando/meta/name_index.hpp>

BOOST_AUTO_TEST_SUITE(name_index)

BOOST_AUTO_TEST_CASE(an_empty_one_knows_no_name) {
  pando::detail::name_index const names;
  BOOST_TEST((names.find("") == nullptr));
  BOOST_TEST((names.find("user.create") == nullptr));
}

BOOST_AUTO_TEST_CASE(the_first_of_a_name_keeps_its_place) {
  pando::detail::name_index names;
  BOOST_TEST(names.add("a", 1));
  BOOST_TEST(!names.add("a", 2));
  BOOST_TEST(names.add("", 3));
  BOOST_TEST(*names.find("a") == 1u);
  BOOST_TEST(*names.find("") == 3u);
  BOOST_TEST((names.find("b") == nullptr));
}

BOOST_AUTO_TEST_CASE(thousands_are_found_and_their_neighbours_are_not) {
  pando::detail::name_index names;
  constexpr std::size_t count = 5000;
  for (std::size_t i = 0; i < count; ++i)
    BOOST_REQUIRE(names.add("route" + std::to_string(i), 2 * i));
  for (std::size_t i = 0; i < count; ++i)
    BOOST_REQUIRE_EQUAL(*names.find("route" + std::to_string(i)), 2 * i);
  for (std::size_t i = count; i < 2 * count; ++i)
    BOOST_REQUIRE(names.find("route" + std::to_string(i)) == nullptr);
}

BOOST_AUTO_TEST_CASE(octets_are_names_too) {
  pando::detail::name_index seen;
  BOOST_TEST(seen.add(pando::detail::octets_of(std::uint64_t{1})));
  BOOST_TEST(seen.add(pando::detail::octets_of(std::uint64_t{1} << 32)));
  BOOST_TEST(!seen.add(pando::detail::octets_of(std::uint64_t{1})));
}

/// Among so many some share the half of a hash that a slot keeps.
BOOST_AUTO_TEST_CASE(names_of_one_hash_are_told_apart) {
  constexpr std::size_t many = 300'000;
  pando::detail::name_index all;
  bool are_new = true;
  for (std::size_t i = 0; i < many; ++i) are_new = all.add("n" + std::to_string(i), i) && are_new;
  BOOST_TEST(are_new);
  bool are_found = true;
  for (std::size_t i = 0; i < many; ++i) {
    auto const* const place = all.find("n" + std::to_string(i));
    are_found = are_found && place != nullptr && *place == i;
  }
  BOOST_TEST(are_found);
}

BOOST_AUTO_TEST_SUITE_END()
