// "Did you mean": distances, and which candidate is offered or none.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <pando/meta/closest.hpp>

BOOST_AUTO_TEST_SUITE(closest)

namespace meta = pando::meta;

namespace {

/// The definition of the optimal string alignment distance, as it is written down.
std::size_t slow_distance(std::string const& a, std::string const& b, std::size_t i, std::size_t j,
                          std::map<std::pair<std::size_t, std::size_t>, std::size_t>& known) {
  if (i == 0 || j == 0) return i + j;
  auto const key = std::pair(i, j);
  if (auto const found = known.find(key); found != known.end()) return found->second;
  std::size_t best = slow_distance(a, b, i - 1, j, known) + 1;
  best = std::min(best, slow_distance(a, b, i, j - 1, known) + 1);
  best = std::min(best, slow_distance(a, b, i - 1, j - 1, known) + (a[i - 1] != b[j - 1]));
  if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
    best = std::min(best, slow_distance(a, b, i - 2, j - 2, known) + 1);
  }
  return known[key] = best;
}

constexpr std::size_t npos = std::string_view::npos;

} // namespace

BOOST_AUTO_TEST_CASE(distances_are_those_of_the_definition) {
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    auto const word = [&] {
      std::string made(random() % 9, 'a');
      for (char& c : made) c = static_cast<char>('a' + random() % 3);
      return made;
    };
    std::string const a = word();
    std::string const b = word();
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> known;
    std::size_t const right = slow_distance(a, b, a.size(), b.size(), known);
    BOOST_TEST_INFO_SCOPE(a << " " << b);
    for (std::size_t most = 0; most < 10; ++most) {
      BOOST_TEST(meta::edit_distance(a, b, most) == (right <= most ? right : npos));
    }
  }
}

BOOST_AUTO_TEST_CASE(case_and_dashes_do_not_count) {
  BOOST_TEST(meta::edit_distance("smtp_host", "smtp-host", 0) == 0U);
  BOOST_TEST(meta::edit_distance("OrderId", "orderid", 0) == 0U);
  BOOST_TEST(meta::edit_distance("crate", "create", 3) == 1U);
  BOOST_TEST(meta::edit_distance("craete", "create", 3) == 1U);
}

BOOST_AUTO_TEST_CASE(long_texts_have_no_distance) {
  BOOST_TEST(meta::edit_distance(std::string(64, 'a'), std::string(64, 'a'), 0) == 0U);
  BOOST_TEST(meta::edit_distance(std::string(65, 'a'), std::string(65, 'a'), 9) == npos);
  BOOST_TEST(meta::edit_distance("a", std::string(65, 'a'), 99) == npos);
}

BOOST_AUTO_TEST_CASE(offers_what_was_meant_and_nothing_far_off) {
  std::vector<std::string_view> const routes = {"create", "show", "list", "import", "export"};
  auto const offer = [&](std::string_view given) {
    return meta::closest(given, std::span<std::string_view const>(routes));
  };
  BOOST_TEST(offer("creat") == "create");
  BOOST_TEST(offer("crate") == "create");
  BOOST_TEST(offer("shwo") == "show");
  BOOST_TEST(offer("imports") == "import");
  BOOST_TEST(offer("List") == "list");
  BOOST_TEST(offer("delete") == ""); // three changes from `create`: too many for six letters
  BOOST_TEST(offer("") == "");
  BOOST_TEST(offer("s") == "");
  BOOST_TEST(offer(std::string(100, 'x')) == "");
}

BOOST_AUTO_TEST_CASE(the_nearest_wins_and_the_first_of_equals) {
  std::vector<std::string_view> const names = {"email", "emails", "mail", "e-mail"};
  BOOST_TEST(meta::closest("emails", names) == "emails");
  BOOST_TEST(meta::closest("emaill", names) == "email");
  std::vector<std::string_view> const equals = {"port", "sort", "fort"};
  BOOST_TEST(meta::closest("tort", equals) == "port");
  meta::closest_name best("sort");
  BOOST_TEST(best.found() == "");
  best.consider("port");
  BOOST_TEST(best.found() == "port");
  best.consider("sort");
  BOOST_TEST(best.found() == "sort");
  best.consider("SORT"); // as near, but later
  BOOST_TEST(best.found() == "sort");
  BOOST_TEST(meta::closest("sort", std::vector<std::string_view>{}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
