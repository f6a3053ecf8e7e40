// A struct with Pando's value types in it is counted field by field by a probe that converts to
// everything: the wrappers neither swallow it nor find it ambiguous.
#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include <pando/contract/values.hpp>

BOOST_AUTO_TEST_SUITE(counting)

namespace is = pando::is;
using pando::checked;
using pando::defaulted;
using pando::secret;

namespace {

// Defined, though never called: Clang refuses an undefined one for types of a nameless namespace,
// and instantiates it where the probe goes through a constructor of std::optional.
struct probe {
  template <class Type>
  operator Type() const noexcept {
    __builtin_unreachable();
  }
};

template <class Type, class... Probes>
concept made_of = requires {
  Type{Probes{}...};
};

template <class Type, class... Probes>
constexpr std::size_t fields() {
  if constexpr (made_of<Type, Probes..., probe>) {
    return fields<Type, Probes..., probe>();
  } else {
    return sizeof...(Probes);
  }
}

template <class Field>
struct one {
  Field field;
};
template <class Field>
struct three {
  int before;
  Field field;
  std::string after;
};
template <class Field>
constexpr bool counts = fields<one<Field>>() == 1 && fields<three<Field>>() == 3;

enum class color { red, green };
struct inner {
  int number;
  checked<std::string, is::email> email;
};
using short_text = checked<std::string, is::max_length<8>>;

static_assert(counts<checked<int, is::at_least<0>>>);
static_assert(counts<short_text>);
static_assert(counts<checked<std::string>>);
static_assert(counts<checked<std::string, is::matches<"^a+$">, is::non_empty, is::email>>);
static_assert(counts<checked<std::vector<std::string>, is::non_empty>>);
static_assert(counts<checked<std::map<std::string, int>, is::non_empty>>);
static_assert(counts<checked<std::optional<std::string>, is::non_empty>>);
static_assert(counts<checked<color>>);
static_assert(counts<checked<inner>>);
static_assert(counts<checked<secret<std::string>, is::min_length<8>>>);
static_assert(counts<checked<defaulted<int, 4>, is::at_least<1>>>);
static_assert(counts<defaulted<int, 25>>);
static_assert(counts<defaulted<bool, true>>);
static_assert(counts<defaulted<double, 0.5>>);
static_assert(counts<defaulted<color, color::green>>);
static_assert(counts<defaulted<std::string, "x">>);
static_assert(counts<defaulted<short_text, "x">>);
static_assert(counts<defaulted<std::chrono::seconds, 30>>);
static_assert(counts<secret<std::string>>);
static_assert(counts<secret<short_text>>);
static_assert(counts<secret<int>>);
static_assert(counts<pando::uuid>);
static_assert(counts<pando::bytes>);
static_assert(counts<std::optional<short_text>>);
static_assert(counts<std::optional<pando::uuid>>);
static_assert(counts<std::optional<pando::bytes>>);
static_assert(counts<std::optional<secret<std::string>>>);
static_assert(counts<std::optional<inner>>);
static_assert(counts<std::vector<short_text>>);
static_assert(counts<std::vector<inner>>);
static_assert(counts<std::set<std::string>>);
static_assert(counts<std::map<std::string, short_text>>);
static_assert(counts<std::map<std::string, inner>>);
static_assert(counts<std::array<short_text, 3>>);
static_assert(counts<std::array<int, 3>>);
static_assert(counts<std::variant<int, std::string, inner>>);
static_assert(counts<std::variant<short_text, pando::uuid>>);
static_assert(counts<std::chrono::milliseconds>);
static_assert(counts<std::chrono::sys_time<std::chrono::milliseconds>>);
static_assert(counts<color>);
static_assert(counts<inner>);
static_assert(counts<std::string_view>);

struct everything {
  defaulted<int, 25> a;
  defaulted<std::string, "x"> b;
  defaulted<double, 2.5> c;
  defaulted<bool, true> d;
  defaulted<color, color::green> e;
  short_text f;
  checked<int, is::at_least<0>> g;
  checked<std::vector<std::string>> h;
  secret<std::string> i;
  pando::uuid j;
  pando::bytes k;
  std::optional<short_text> l;
  std::vector<inner> m;
  std::map<std::string, inner> n;
  std::variant<int, std::string, inner> o;
  color p;
  inner q;
  std::optional<int> r;
  std::chrono::seconds s;
  bool t;
  double u;
  char v;
};
static_assert(fields<everything>() == 22);

struct initialised {
  defaulted<int, 25> a = 26;
  short_text b = "x";
  std::vector<short_text> c = {"a", "b"};
  secret<std::string> d{"hush"};
};
static_assert(fields<initialised>() == 4);

} // namespace

BOOST_AUTO_TEST_CASE(members_keep_their_own_initialisers) {
  initialised const it;
  BOOST_TEST(it.a == 26);
  BOOST_TEST(it.b == "x");
  BOOST_TEST(it.c.size() == 2U);
  BOOST_TEST(it.d.reveal() == "hush");
}

BOOST_AUTO_TEST_CASE(structured_bindings_see_the_wrappers) {
  everything whole{};
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v] = whole;
  static_assert(std::is_same_v<decltype(b), defaulted<std::string, "x">>);
  static_assert(std::is_same_v<decltype(i), secret<std::string>>);
  std::ignore = std::tie(c, d, e, g, h, j, k, l, m, n, o, p, r, s, t, u, v);
  f = "changed";
  q.email = "a@b.c";
  BOOST_TEST(a == 25);
  BOOST_TEST(whole.f == "changed");
  BOOST_TEST(whole.q.email == "a@b.c");
}

BOOST_AUTO_TEST_SUITE_END()
