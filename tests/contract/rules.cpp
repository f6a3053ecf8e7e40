// The rules: what they take and refuse, what they say, and what JSON Schema is told.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pando/contract/values.hpp>

BOOST_AUTO_TEST_SUITE(rules)

namespace is = pando::is;
using pando::bytes;
using pando::checked;
using pando::secret;

namespace {

/// A rule as a user writes it: only what it must have.
struct even {
  bool check(int value) const { return value % 2 == 0; }
  std::string describe() const { return "even"; }
};
/// One with everything, static.
struct shouted {
  static constexpr std::string_view name = "shouted";
  static constexpr std::string_view keyword = "pattern";
  static constexpr std::string_view keyword_value() { return "\"^[A-Z]*$\""; }
  static constexpr bool check(std::string_view value) {
    for (char const c : value) {
      if (c < 'A' || c > 'Z') return false;
    }
    return true;
  }
  static constexpr std::string_view describe() { return "in capitals"; }
};
struct no_rule {};
struct half_a_rule {
  static bool check(int) { return true; }
};

template <class Rule, class T>
bool holds(T const& value) {
  return pando::detail::rule_holds<Rule>(value);
}

template <class Checked>
std::vector<std::pair<std::string, std::string>> violations(Checked const& value) {
  std::vector<std::pair<std::string, std::string>> told;
  bool const all = pando::check_all(value, [&](std::string_view rule, std::string what) {
    told.emplace_back(rule, std::move(what));
  });
  BOOST_TEST(all == told.empty());
  BOOST_TEST(all == pando::holds(value));
  return told;
}

template <class T, class Rule>
std::string schema() {
  pando::rule_row const& row = pando::rule_rows<T, Rule>[0];
  return row.keyword.empty() ? "" : std::string(row.keyword) + ": " + row.keyword_value();
}
template <class T, class Rule>
std::string said() {
  return pando::rule_rows<T, Rule>[0].describe();
}

} // namespace

BOOST_AUTO_TEST_CASE(lengths_of_texts_are_code_points) {
  std::string const e = "\xc3\xa9";            // two octets
  std::string const grin = "\xf0\x9f\x98\x80"; // four
  BOOST_TEST(holds<is::min_length<3>>(e + e + e));
  BOOST_TEST(!holds<is::min_length<3>>(e + e));
  BOOST_TEST(!holds<is::min_length<3>>(grin + grin));
  BOOST_TEST(holds<is::max_length<2>>(grin + grin));
  BOOST_TEST(!holds<is::max_length<2>>(grin + grin + grin));
  BOOST_TEST(!holds<is::max_length<2>>(std::string("abc")));
  BOOST_TEST(holds<is::min_length<0>>(std::string()));
  BOOST_TEST(holds<is::max_length<0>>(std::string()));
  BOOST_TEST(!holds<is::max_length<0>>(std::string("a")));
  for (std::size_t count = 0; count < 30; ++count) {
    std::string text;
    for (std::size_t at = 0; at < count; ++at) text += at % 3 == 0 ? grin : e;
    BOOST_TEST(holds<is::min_length<12>>(text) == (count >= 12));
    BOOST_TEST(holds<is::max_length<12>>(text) == (count <= 12));
  }
  for (std::size_t count = 0; count < 30; ++count) {
    std::string text;
    for (std::size_t at = 0; at < count; ++at) text += grin;
    BOOST_TEST(holds<is::min_length<12>>(text) == (count >= 12));
    BOOST_TEST(holds<is::max_length<12>>(text) == (count <= 12));
  }
  static_assert(is::min_length<2>::check(std::string_view("ab")));
}

BOOST_AUTO_TEST_CASE(lengths_of_containers_are_elements) {
  BOOST_TEST(holds<is::min_length<2>>(std::vector{1, 2}));
  BOOST_TEST(!holds<is::min_length<2>>(std::vector{1}));
  BOOST_TEST(holds<is::max_length<1>>(std::map<std::string, int>{{"a", 1}}));
  BOOST_TEST(holds<is::max_length<3>>(bytes::of("\xff\xfe\xfd")));
  BOOST_TEST(!holds<is::max_length<2>>(bytes::of("\xff\xfe\xfd")));
  BOOST_TEST(holds<is::non_empty>(std::string(" ")));
  BOOST_TEST(!holds<is::non_empty>(std::string()));
  BOOST_TEST(!holds<is::non_empty>(std::vector<int>{}));
  BOOST_TEST(holds<is::non_empty>(std::vector<int>{0}));
}

BOOST_AUTO_TEST_CASE(numbers_compare_as_numbers_do) {
  BOOST_TEST(holds<is::at_least<3>>(3));
  BOOST_TEST(!holds<is::at_least<3>>(2));
  BOOST_TEST(!holds<is::at_least<0>>(-1));
  BOOST_TEST(holds<is::at_least<-1>>(0U));
  BOOST_TEST(holds<is::at_least<-1>>(std::numeric_limits<std::uint64_t>::max()));
  BOOST_TEST(!holds<is::at_most<-1>>(0U));
  BOOST_TEST(!holds<is::at_least<1U>>(-5));
  BOOST_TEST(holds<is::at_most<1U>>(-5));
  BOOST_TEST(!holds<is::at_most<std::numeric_limits<std::int64_t>::max()>>(
      std::numeric_limits<std::uint64_t>::max()));
  BOOST_TEST(holds<is::at_least<18446744073709551615U>>(std::numeric_limits<std::uint64_t>::max()));
  BOOST_TEST(!holds<is::at_least<18446744073709551615U>>(std::int8_t{-1}));
  BOOST_TEST(holds<is::at_least<0.5>>(0.5));
  BOOST_TEST(!holds<is::at_least<0.5>>(0.49));
  BOOST_TEST(!holds<is::at_least<0.5>>(0));
  BOOST_TEST(holds<is::at_least<0.5>>(1));
  BOOST_TEST(holds<is::at_most<2>>(1.5));
  BOOST_TEST(!holds<is::at_most<2>>(2.5));
  BOOST_TEST(!holds<is::at_most<9007199254740992.0>>(std::int64_t{9007199254740993}));
  double const nan = std::numeric_limits<double>::quiet_NaN();
  BOOST_TEST(!holds<is::at_least<0>>(nan));
  BOOST_TEST(!holds<is::at_most<0>>(nan));
  BOOST_TEST(holds<is::at_most<0>>(-std::numeric_limits<double>::infinity()));
  static_assert(!pando::rule_for<is::at_least<0>, bool>);
  static_assert(!pando::rule_for<is::at_least<0>, std::string>);
}

BOOST_AUTO_TEST_CASE(one_of_a_few) {
  using sizes = is::one_of<"S", "M", "XXL">;
  BOOST_TEST(holds<sizes>(std::string("XXL")));
  BOOST_TEST(!holds<sizes>(std::string("XL")));
  BOOST_TEST(!holds<sizes>(std::string("")));
  BOOST_TEST(!holds<sizes>(std::string("s")));
  using numbers = is::one_of<1, 2, -3>;
  BOOST_TEST(holds<numbers>(2));
  BOOST_TEST(holds<numbers>(-3));
  BOOST_TEST(!holds<numbers>(3));
  BOOST_TEST(!holds<numbers>(4294967293U)); // -3, were it wrapped
  BOOST_TEST(holds<numbers>(std::uint8_t{1}));
  static_assert(!pando::rule_for<sizes, int>);
  static_assert(!pando::rule_for<numbers, std::string>);
  static_assert(is::one_of<"x">::check(std::string_view("x")));
}

BOOST_AUTO_TEST_CASE(email_addresses) {
  std::string const label63(63, 'd');
  std::string const long_domain = label63 + "." + label63 + "." + label63; // 191
  for (std::string const& good :
       {std::string("a@b.c"), std::string("first.last@example.org"), std::string("a+tag@b.co"),
        std::string("x@localhost"), std::string("o'neil@example.ie"), std::string("1@2.3"),
        std::string("!#$%&'*+-/=?^_`{|}~@example.org"), std::string("a@sub-domain.example.org"),
        std::string("a@xn--bcher-kva.example"), std::string(64, 'l') + "@b.c",
        std::string(60, 'l') + "@" + long_domain + ".d", "a@" + label63 + ".org"}) {
    BOOST_TEST_INFO_SCOPE(good);
    BOOST_TEST(is::email::check(good));
  }
  for (std::string const& bad : {std::string(""),
                                 std::string("a"),
                                 std::string("@"),
                                 std::string("a@"),
                                 std::string("@b.c"),
                                 std::string("a@b@c.d"),
                                 std::string("a b@c.d"),
                                 std::string("a@b c.d"),
                                 std::string(".a@b.c"),
                                 std::string("a.@b.c"),
                                 std::string("a..b@c.d"),
                                 std::string("a@.b.c"),
                                 std::string("a@b..c"),
                                 std::string("a@b.c."),
                                 std::string("a@-b.c"),
                                 std::string("a@b-.c"),
                                 std::string("a@b.-c"),
                                 std::string("a@b.c-"),
                                 std::string("a@b_c.d"),
                                 std::string("\"a b\"@c.d"),
                                 std::string("a@[127.0.0.1]"),
                                 std::string("a,b@c.d"),
                                 std::string("<a@b.c>"),
                                 std::string("a@b.c\n"),
                                 std::string("a@b.c\0", 6),
                                 std::string("\xc3\xa9@b.c"),
                                 std::string("a@\xc3\xa9.c"),
                                 std::string(65, 'l') + "@b.c",
                                 "a@" + label63 + "d.org",
                                 std::string(64, 'l') + "@" + long_domain,
                                 std::string("a(comment)@b.c"),
                                 std::string("mailto:a@b.c")}) {
    BOOST_TEST_INFO_SCOPE(bad);
    BOOST_TEST(!is::email::check(bad));
  }
}

BOOST_AUTO_TEST_CASE(rules_see_through_wrappers_and_what_is_absent_breaks_none) {
  BOOST_TEST(holds<is::email>(std::optional<std::string>()));
  BOOST_TEST(holds<is::email>(std::optional<std::string>("a@b.c")));
  BOOST_TEST(!holds<is::email>(std::optional<std::string>("a")));
  BOOST_TEST(!holds<is::min_length<8>>(secret<std::string>("short")));
  BOOST_TEST(holds<is::min_length<8>>(secret<std::string>("long enough")));
  BOOST_TEST(!holds<is::at_least<1>>(pando::defaulted<int, 0>{}));
  BOOST_TEST(!holds<is::at_least<1>>(std::optional<secret<checked<int>>>(0)));
  static_assert(pando::rule_for<is::email, std::optional<secret<std::string>>>);
  static_assert(!pando::rule_for<is::email, std::optional<int>>);
}

BOOST_AUTO_TEST_CASE(every_violation_is_told_in_order) {
  using strict = checked<std::string, is::min_length<8>, is::matches<"[0-9]">, is::email>;
  using told = std::vector<std::pair<std::string, std::string>>;
  BOOST_TEST((violations(strict("longer1@example.org")) == told{}));
  BOOST_TEST((violations(strict("x")) == told{{"min_length", "at least 8 characters"},
                                              {"matches", "text that matches [0-9]"},
                                              {"email", "an e-mail address"}}));
  BOOST_TEST((violations(strict("a@b.c")) == told{{"min_length", "at least 8 characters"},
                                                  {"matches", "text that matches [0-9]"}}));
  BOOST_TEST((violations(checked<int>(7)) == told{}));
  BOOST_TEST((violations(checked<int, even, is::at_most<5>>(7)) ==
              told{{"rule", "even"}, {"at_most", "at most 5"}}));
  BOOST_TEST((violations(checked<std::vector<int>, is::non_empty, is::min_length<2>>{}) ==
              told{{"non_empty", "non-empty"}, {"min_length", "at least 2 items"}}));
  BOOST_TEST((violations(checked<std::optional<std::string>, is::email>{}) == told{}));
}

BOOST_AUTO_TEST_CASE(a_rule_of_ones_own_needs_two_functions) {
  static_assert(pando::rule_for<even, int>);
  static_assert(pando::rule_for<even, short>);
  static_assert(!pando::rule_for<even, std::string>);
  static_assert(pando::rule_for<shouted, std::string>);
  static_assert(!pando::rule_for<no_rule, int>);
  static_assert(!pando::rule_for<half_a_rule, int>);
  static_assert(pando::rule_name<even> == "rule");
  static_assert(pando::rule_name<shouted> == "shouted");
  static_assert(pando::rule_name<is::email> == "email");
  BOOST_TEST((schema<int, even>() == ""));
  BOOST_TEST((schema<std::string, shouted>() == "pattern: \"^[A-Z]*$\""));
}

BOOST_AUTO_TEST_CASE(rules_describe_themselves_for_their_type) {
  using list = std::vector<int>;
  using object = std::map<std::string, int>;
  BOOST_TEST((said<std::string, is::min_length<1>>() == "at least 1 character"));
  BOOST_TEST((said<std::string, is::min_length<8>>() == "at least 8 characters"));
  BOOST_TEST((said<list, is::max_length<1>>() == "at most 1 item"));
  BOOST_TEST((said<list, is::max_length<0>>() == "at most 0 items"));
  BOOST_TEST((said<object, is::max_length<1>>() == "at most 1 entry"));
  BOOST_TEST((said<object, is::min_length<2>>() == "at least 2 entries"));
  BOOST_TEST((said<bytes, is::max_length<1024>>() == "at most 1024 bytes"));
  BOOST_TEST(
      (said<std::optional<secret<std::string>>, is::max_length<9>>() == "at most 9 characters"));
  BOOST_TEST((said<int, is::at_least<-5>>() == "at least -5"));
  BOOST_TEST((said<double, is::at_most<0.1>>() == "at most 0.1"));
  BOOST_TEST((said<std::string, is::one_of<"a", "b\"">>() == "one of a, b\""));
  BOOST_TEST((said<int, is::one_of<1, 2>>() == "one of 1, 2"));
  BOOST_TEST((said<std::string, is::email>() == "an e-mail address"));
  BOOST_TEST((said<std::string, is::matches<"^\\d+$">>() == "text that matches ^\\d+$"));
}

BOOST_AUTO_TEST_CASE(json_schema_is_told_the_truth) {
  using list = std::vector<int>;
  using object = std::map<std::string, int>;
  BOOST_TEST((schema<std::string, is::min_length<8>>() == "minLength: 8"));
  BOOST_TEST((schema<std::string, is::max_length<8>>() == "maxLength: 8"));
  BOOST_TEST((schema<list, is::min_length<1>>() == "minItems: 1"));
  BOOST_TEST((schema<list, is::max_length<1>>() == "maxItems: 1"));
  BOOST_TEST((schema<object, is::min_length<1>>() == "minProperties: 1"));
  BOOST_TEST((schema<object, is::max_length<1>>() == "maxProperties: 1"));
  BOOST_TEST((schema<bytes, is::max_length<1>>() == "")); // base64 is longer than its octets
  BOOST_TEST((schema<std::string, is::non_empty>() == "minLength: 1"));
  BOOST_TEST((schema<list, is::non_empty>() == "minItems: 1"));
  BOOST_TEST((schema<std::optional<secret<std::string>>, is::non_empty>() == "minLength: 1"));
  BOOST_TEST((schema<int, is::at_least<0>>() == "minimum: 0"));
  BOOST_TEST((schema<std::uint64_t, is::at_most<18446744073709551615U>>() ==
              "maximum: 18446744073709551615"));
  BOOST_TEST((schema<double, is::at_most<1e300>>() == "maximum: 1e+300"));
  BOOST_TEST((schema<double, is::at_least<-0.1>>() == "minimum: -0.1"));
  BOOST_TEST(
      (schema<double, is::at_least<0.30000000000000004>>() == "minimum: 0.30000000000000004"));
  BOOST_TEST(
      (schema<std::string, is::one_of<"a", "b\"\\\n">>() == "enum: [\"a\",\"b\\\"\\\\\\u000a\"]"));
  BOOST_TEST((schema<int, is::one_of<1, -2>>() == "enum: [1,-2]"));
  BOOST_TEST((schema<std::string, is::email>() == "format: \"email\""));
  BOOST_TEST((schema<std::string, is::matches<"^\\d+\"$">>() == "pattern: \"^\\\\d+\\\"$\""));
}

BOOST_AUTO_TEST_CASE(rows_check_by_address) {
  constexpr auto& rows = pando::rule_rows<std::string, is::non_empty, is::email>;
  static_assert(std::size(rows) == 3);
  BOOST_TEST(rows[0].name == "non_empty");
  BOOST_TEST(rows[1].name == "email");
  BOOST_TEST(rows[2].name.empty());
  BOOST_TEST((rows[2].holds == nullptr));
  std::string const text = "a";
  BOOST_TEST(rows[0].holds(&text));
  BOOST_TEST(!rows[1].holds(&text));
  // The wrapper and what it holds are at one address.
  checked<std::string, is::email> const wrapped = "a@b.c";
  BOOST_TEST(rows[1].holds(&wrapped.value_));
  BOOST_TEST((static_cast<void const*>(&wrapped) == static_cast<void const*>(&wrapped.value_)));
}

BOOST_AUTO_TEST_SUITE_END()
