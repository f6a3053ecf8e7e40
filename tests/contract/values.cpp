// uuid, bytes, secret, defaulted and checked as people use them in a struct.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include <pando/contract/values.hpp>

BOOST_AUTO_TEST_SUITE(values)

namespace is = pando::is;
using pando::checked;
using pando::defaulted;
using pando::secret;
using pando::uuid;

namespace {

enum class color { red, green };

struct settings {
  defaulted<int, 25> port;
  defaulted<std::string, "localhost"> host;
  defaulted<bool, true> secure;
  defaulted<color, color::green> paint;
  defaulted<double, 2.5> factor;
  secret<std::string> password;
};

struct create_user {
  checked<std::string, is::email> email;
  checked<int, is::at_least<18>> age;
  checked<std::vector<std::string>, is::max_length<3>> tags;
};

template <class Stream, class T>
concept prints = requires(Stream& out, T const& value) {
  out << value;
};

template <class T>
concept ordered = requires(T const& value) {
  value < value;
};

struct no_order {
  int x;
  bool operator==(no_order const&) const = default;
};

template <class T>
bool same_layout() {
  using inner = typename T::pando_wrapped;
  return sizeof(T) == sizeof(inner) && alignof(T) == alignof(inner) &&
         std::is_standard_layout_v<T> == std::is_standard_layout_v<inner>;
}

std::string taken_by_value(std::string text) { return text; }
std::size_t taken_by_reference(std::string const& text) { return text.size(); }

} // namespace

BOOST_AUTO_TEST_CASE(wrappers_have_the_layout_of_what_they_hold) {
  BOOST_TEST((same_layout<checked<int, is::at_least<0>>>()));
  BOOST_TEST((same_layout<checked<std::string, is::email, is::non_empty>>()));
  BOOST_TEST((same_layout<checked<char>>()));
  BOOST_TEST((same_layout<defaulted<bool, true>>()));
  BOOST_TEST((same_layout<defaulted<std::string, "a long default that is allocated">>()));
  BOOST_TEST((same_layout<secret<std::string>>()));
  BOOST_TEST((same_layout<secret<double>>()));
  static_assert(std::is_trivially_copyable_v<checked<int, is::at_least<0>>>);
  static_assert(std::is_trivially_copyable_v<defaulted<int, 1>>);
  static_assert(std::is_nothrow_move_constructible_v<checked<std::string, is::email>>);
}

BOOST_AUTO_TEST_CASE(a_default_stands_until_something_else_is_put_in) {
  settings s;
  BOOST_TEST(s.port == 25);
  BOOST_TEST(s.host == "localhost");
  BOOST_TEST(s.secure.get());
  BOOST_TEST((s.paint == color::green));
  BOOST_TEST(s.factor == 2.5);
  s.port = 26;
  s.host = "example.org";
  s.secure = false;
  s.paint = color::red;
  s.factor = 1; // as a double takes an int
  BOOST_TEST(s.port == 26);
  BOOST_TEST(*s.host == "example.org");
  BOOST_TEST(s.host->size() == 11U);
  if (s.secure) BOOST_ERROR("it is false");
  BOOST_TEST((s.paint != color::green));
  BOOST_TEST(s.factor == 1.0);
  s.port = {};
  BOOST_TEST(s.port == 25);
  *s.port += 1;
  s.host.get() += "!";
  BOOST_TEST(s.port == 26);
  BOOST_TEST(s.host == "example.org!");
  BOOST_TEST((defaulted<int, 25>::fallback()) == 25);
}

BOOST_AUTO_TEST_CASE(defaults_of_every_kind) {
  BOOST_TEST((defaulted<std::uint8_t, 255>{} == 255));
  BOOST_TEST((defaulted<std::int64_t, -9223372036854775807 - 1>{} ==
              std::numeric_limits<std::int64_t>::min()));
  BOOST_TEST((defaulted<std::size_t, 18446744073709551615U>{} == 18446744073709551615U));
  BOOST_TEST((defaulted<double, -0.1>{} == -0.1));
  BOOST_TEST((defaulted<float, 0.1>{} == 0.1F));
  BOOST_TEST((defaulted<double, 3>{} == 3.0));
  BOOST_TEST((defaulted<char, 'x'>{} == 'x'));
  BOOST_TEST((defaulted<std::string, ""> {} -> empty()));
  BOOST_TEST((defaulted<std::chrono::seconds, 30>{} == std::chrono::milliseconds(30000)));
  BOOST_TEST((defaulted<checked<int, is::at_least<1>>, 7>{} == 7));
  BOOST_TEST((defaulted<checked<std::string, is::email>, "a@b.c">{} == "a@b.c"));
  BOOST_TEST((defaulted<secret<std::string>, "x">{}.get().reveal() == "x"));
  BOOST_TEST((checked<defaulted<int, 9>, is::at_least<1>>{} == 9));
  constexpr defaulted<int, 4> at_compile_time;
  static_assert(at_compile_time == 4 && at_compile_time < 5);
}

BOOST_AUTO_TEST_CASE(a_checked_value_is_filled_as_its_inside_is) {
  create_user const in{.email = "a@b.c", .age = 18, .tags = {"x", "y"}};
  BOOST_TEST(in.email == "a@b.c");
  BOOST_TEST(in.age == 18);
  BOOST_TEST(in.tags->size() == 2U);
  create_user const empty{};
  BOOST_TEST(empty.email->empty());
  BOOST_TEST(empty.age == 0);
  create_user other;
  other.email = std::string("q@r.s");
  other.email = other.email;
  other.tags = {"only"};
  BOOST_TEST(other.tags.get().at(0) == "only");
  other.tags = std::vector<std::string>{"p", "q", "r", "s"}; // too many: holds it all the same
  BOOST_TEST(!pando::holds(other.tags));
}

BOOST_AUTO_TEST_CASE(a_checked_value_goes_where_its_inside_goes) {
  checked<std::string, is::email> email = "a@b.c";
  std::string const copied = email;
  std::string const constructed(email);
  std::string assigned;
  assigned = email;
  BOOST_TEST(copied + constructed + assigned == "a@b.ca@b.ca@b.c");
  BOOST_TEST(taken_by_value(email) == "a@b.c");
  BOOST_TEST(taken_by_reference(email) == 5U);
  std::string const moved = std::move(email).get();
  BOOST_TEST(moved == "a@b.c");
  checked<int, is::at_least<0>> const number = 3;
  BOOST_TEST(number + 1 == 4);
  double const wider = number;
  BOOST_TEST(wider == 3.0);
  std::vector<int> const five(static_cast<std::size_t>(*number) + 2);
  BOOST_TEST(five.size() == 5U);
  switch (checked<color> const one = color::green; one) {
  case color::green:
    break;
  case color::red:
    BOOST_ERROR("it is green");
  }
  std::optional<checked<std::string, is::email>> perhaps = "a@b.c";
  BOOST_TEST((perhaps == std::string("a@b.c")));
  std::ostringstream out;
  out << number << ' ' << defaulted<std::string, "x">{};
  BOOST_TEST(out.str() == "3 x");
}

BOOST_AUTO_TEST_CASE(wrappers_compare_as_what_they_hold) {
  checked<std::string, is::email> const a = "a";
  checked<std::string, is::email> const b = "b";
  checked<std::string, is::non_empty> const other = "a";
  defaulted<std::string, "a"> const fallback;
  BOOST_TEST(a == a);
  BOOST_TEST(a != b);
  BOOST_TEST(a < b);
  BOOST_TEST(((a <=> b) == std::strong_ordering::less));
  BOOST_TEST((a == "a" && "a" == a && a == std::string("a") && std::string_view("a") == a));
  BOOST_TEST((a < "b" && "b" > a && a <= "a" && "0" < a));
  BOOST_TEST((a == other && other == a));
  BOOST_TEST((a == fallback && fallback == a && fallback < b));
  checked<int, is::at_least<0>> const three = 3;
  BOOST_TEST((three == 3 && 3 == three && three != 4L && three < 3.5 && 2 < three));
  BOOST_TEST((three == defaulted<int, 3>{}));
  std::vector<checked<int, is::at_least<0>>> const list = {1, 2};
  BOOST_TEST((list == std::vector<checked<int, is::at_least<0>>>{1, 2}));
  BOOST_TEST((list < std::vector<checked<int, is::at_least<0>>>{1, 3}));
  std::set<checked<std::string, is::email>> const sorted = {b, a};
  BOOST_TEST(sorted.begin()->get() == "a");
  static_assert(std::is_same_v<bool, decltype(checked<no_order>{} == checked<no_order>{})>);
  static_assert(ordered<checked<int>> && !ordered<checked<no_order>>);
}

BOOST_AUTO_TEST_CASE(a_secret_is_revealed_only_by_name) {
  secret<std::string> password = "hunter2";
  BOOST_TEST(password.reveal() == "hunter2");
  password.reveal() += "!";
  BOOST_TEST((password == secret<std::string>("hunter2!")));
  BOOST_TEST((password != secret<std::string>("hunter2?")));
  BOOST_TEST((password != secret<std::string>("hunter2")));
  BOOST_TEST((secret<std::string>() == secret<std::string>("")));
  BOOST_TEST((secret<int>(4) == secret<int>(4)));
  BOOST_TEST((secret<int>(4) != secret<int>(5)));
  BOOST_TEST(
      (secret<pando::bytes>(pando::bytes::of("k")) != secret<pando::bytes>(pando::bytes::of("l"))));
  static_assert(!std::is_convertible_v<secret<std::string>, std::string>);
  static_assert(!std::is_convertible_v<secret<int>, int>);
  static_assert(!prints<std::ostream, secret<std::string>>);
  static_assert(!prints<std::ostream, checked<secret<std::string>, is::non_empty>>);
  static_assert(!prints<std::ostream, defaulted<secret<std::string>, "x">>);
  static_assert(prints<std::ostream, checked<std::string, is::non_empty>>);
  std::string const taken = std::move(password).reveal();
  BOOST_TEST(taken == "hunter2!");
}

BOOST_AUTO_TEST_CASE(uuids_are_read_and_written) {
  auto const id = uuid::parse("0190163D-8694-739b-aea5-966c26f8ad91");
  BOOST_TEST_REQUIRE(id.has_value());
  BOOST_TEST(id->to_string() == "0190163d-8694-739b-aea5-966c26f8ad91");
  BOOST_TEST(id->version() == 7);
  BOOST_TEST(int{id->octets[0]} == 0x01);
  BOOST_TEST(int{id->octets[15]} == 0x91);
  BOOST_TEST(uuid{}.is_nil());
  BOOST_TEST(uuid{}.to_string() == "00000000-0000-0000-0000-000000000000");
  static_assert(uuid::parse("ffffffff-ffff-ffff-ffff-ffffffffffff")->octets[7] == 255);
}

BOOST_AUTO_TEST_CASE(what_is_no_uuid_is_refused) {
  std::string const good = "0190163d-8694-739b-aea5-966c26f8ad91";
  BOOST_TEST(uuid::parse(good).has_value());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (char const c : {'g', '-', 'x', ' ', '\0', '/', ':', '@', '`'}) {
      std::string bad = good;
      if (bad[at] == c) continue;
      bad[at] = c;
      BOOST_TEST(!uuid::parse(bad).has_value());
    }
    BOOST_TEST(!uuid::parse(good.substr(0, at)).has_value());
  }
  for (std::string const& bad :
       {good + "0", "{" + good + "}", std::string("0190163d8694739baea5966c26f8ad91"),
        "urn:uuid:" + good, " " + good.substr(1), std::string(36, '-'), std::string(36, '0')}) {
    BOOST_TEST(!uuid::parse(bad).has_value());
  }
}

BOOST_AUTO_TEST_CASE(uuids_order_as_their_text_and_hash) {
  std::mt19937_64 random(3);
  std::vector<uuid> ids;
  std::unordered_set<uuid> distinct;
  for (int each = 0; each < 300; ++each) {
    uuid const id = uuid::random(random);
    BOOST_TEST(id.version() == 4);
    BOOST_TEST((id.octets[8] & 0xc0) == 0x80);
    BOOST_TEST((uuid::parse(id.to_string()) == id));
    ids.push_back(id);
    distinct.insert(id);
  }
  BOOST_TEST(distinct.size() == ids.size());
  for (std::size_t at = 1; at < ids.size(); ++at) {
    BOOST_TEST((ids[at - 1] < ids[at]) == (ids[at - 1].to_string() < ids[at].to_string()));
  }
  // Every octet may be any value, all but the six fixed bits: none is left out by the generator.
  for (std::size_t octet = 0; octet < 16; ++octet) {
    std::set<int> seen;
    for (uuid const& id : ids) seen.insert(id.octets[octet]);
    BOOST_TEST(seen.size() > (octet == 6 ? 10U : octet == 8 ? 40U : 100U));
  }
  std::mt19937 narrow(1);
  std::mt19937 same(1);
  BOOST_TEST((uuid::random(narrow) == uuid::random(same)));
  std::uint64_t counter = 0;
  uuid const counted = uuid::random([&]() -> std::uint64_t { return ++counter; });
  BOOST_TEST(counted.to_string() == "01000000-0200-4000-8300-000004000000");
}

BOOST_AUTO_TEST_CASE(bytes_compare_and_are_a_range) {
  auto const abc = pando::bytes::of("abc");
  BOOST_TEST(abc.size() == 3U);
  BOOST_TEST(abc.as_text() == "abc");
  BOOST_TEST((abc[1] == std::byte{'b'}));
  BOOST_TEST((abc == pando::bytes(std::vector{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}})));
  BOOST_TEST((abc != pando::bytes::of("abd")));
  BOOST_TEST((abc < pando::bytes::of("abd") && abc > pando::bytes::of("ab")));
  BOOST_TEST((pando::bytes::of("\xff") > pando::bytes::of("\x01"))); // unsigned
  BOOST_TEST(pando::bytes{}.empty());
  BOOST_TEST(pando::bytes{}.as_text().empty());
  std::size_t sum = 0;
  for (std::byte const each : abc) sum += std::to_integer<std::size_t>(each);
  BOOST_TEST(sum == 294U);
}

BOOST_AUTO_TEST_SUITE_END()
