// What stands in the place of std::vector and std::unique_ptr where no user looks.
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>

BOOST_AUTO_TEST_SUITE(sequence)

namespace {

/// Counts how many of its kind there are.
struct counted {
  explicit counted(int number) noexcept : value(number) { ++alive; }
  counted(counted const& other) : value(other.value) { ++alive; }
  counted(counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++alive; }
  counted& operator=(counted const&) = default;
  counted& operator=(counted&& other) noexcept {
    value = std::exchange(other.value, -1);
    return *this;
  }
  ~counted() { --alive; }
  bool operator==(counted const&) const = default;
  int value;
  inline static int alive = 0;
};

using numbers = pando::detail::sequence<counted>;

numbers up_to(int last) {
  numbers made;
  for (int i = 1; i <= last; ++i) made.emplace_back(i);
  return made;
}

std::string shown(numbers const& all) {
  std::string text;
  for (auto const& one : all) text += std::to_string(one.value) + ' ';
  return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(grows_and_destroys_each_element_once) {
  {
    auto const all = up_to(100);
    BOOST_TEST(all.size() == 100u);
    BOOST_TEST(all.capacity() >= 100u);
    BOOST_TEST(all.front().value == 1);
    BOOST_TEST(all.back().value == 100);
    BOOST_TEST(all[49].value == 50);
    BOOST_TEST(counted::alive == 100);
  }
  BOOST_TEST(counted::alive == 0);
}

BOOST_AUTO_TEST_CASE(an_empty_one_has_nothing) {
  numbers none;
  BOOST_TEST(none.empty());
  BOOST_TEST((none.begin() == none.end()));
  none.clear();
  BOOST_TEST((none == numbers()));
  BOOST_TEST((numbers(none) == none));
}

BOOST_AUTO_TEST_CASE(is_copied_and_moved) {
  {
    auto one = up_to(3);
    auto other = one;
    BOOST_TEST((one == other));
    other.back().value = 4;
    BOOST_TEST(!(one == other));
    BOOST_TEST(shown(one) == "1 2 3 ");
    auto const taken = std::move(one);
    BOOST_TEST(shown(taken) == "1 2 3 ");
    BOOST_TEST(one.empty());
    one = other;
    BOOST_TEST(shown(one) == "1 2 4 ");
    one = numbers{counted(7)};
    BOOST_TEST(shown(one) == "7 ");
    auto& same = one;
    one = same;
    BOOST_TEST(shown(one) == "7 ");
  }
  BOOST_TEST(counted::alive == 0);
}

BOOST_AUTO_TEST_CASE(inserts_and_erases_anywhere) {
  {
    auto all = up_to(5);
    BOOST_TEST(all.insert(all.begin(), counted(0))->value == 0);
    BOOST_TEST(all.insert(all.begin() + 3, counted(9))->value == 9);
    BOOST_TEST(all.insert(all.end(), counted(6))->value == 6);
    BOOST_TEST(shown(all) == "0 1 2 9 3 4 5 6 ");
    BOOST_TEST(all.erase(all.begin() + 3)->value == 3);
    BOOST_TEST(all.erase(all.begin(), all.begin() + 2)->value == 2);
    BOOST_TEST((all.erase(all.end() - 1) == all.end()));
    BOOST_TEST((all.erase(all.begin(), all.begin()) == all.begin()));
    BOOST_TEST(shown(all) == "2 3 4 5 ");
    all.erase_if([](counted const& one) { return one.value % 2 == 0; });
    BOOST_TEST(shown(all) == "3 5 ");
    all.erase(all.begin(), all.end());
    BOOST_TEST(all.empty());
  }
  BOOST_TEST(counted::alive == 0);
}

BOOST_AUTO_TEST_CASE(a_size_asked_for_is_zeroed) {
  pando::detail::sequence<unsigned> all(3);
  BOOST_TEST((all == pando::detail::sequence<unsigned>{0, 0, 0}));
  all.resize(1);
  all.push_back(5);
  all.resize(3);
  BOOST_TEST((all == pando::detail::sequence<unsigned>{0, 5, 0}));
}

BOOST_AUTO_TEST_CASE(a_place_asked_for_by_at_is_there) {
  pando::detail::sequence<unsigned> all{4, 5};
  all.at(1) = 6;
  BOOST_TEST(std::as_const(all).at(0) == 4U);
  BOOST_TEST(all[1] == 6U);
  BOOST_CHECK_THROW(all.at(2), std::out_of_range);
  BOOST_CHECK_THROW(std::as_const(all).at(2), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(an_owner_destroys_what_it_has_when_it_gets_another) {
  {
    pando::detail::owner<counted> one(new counted(1));
    BOOST_TEST(one->value == 1);
    one.reset(new counted(2));
    BOOST_TEST(counted::alive == 1);
    auto other = std::move(one);
    BOOST_TEST((one == nullptr));
    BOOST_TEST((*other).value == 2);
    one = std::move(other);
    BOOST_TEST(static_cast<bool>(one));
    BOOST_TEST(counted::alive == 1);
    std::unique_ptr<counted> const released(one.release());
    BOOST_TEST(!one);
    BOOST_TEST(released->value == 2);
  }
  BOOST_TEST(counted::alive == 0);
}

BOOST_AUTO_TEST_SUITE_END()
