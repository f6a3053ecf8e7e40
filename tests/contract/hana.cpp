// A contract's routes, errors and markers as lists of Boost.Hana, for metaprograms of one's own.
#include <string>
#include <type_traits>
#include <vector>

#include <boost/hana.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/cli/markers.hpp>
#include <pando/contract.hpp>
#include <pando/hana.hpp>
#include <pando/http/markers.hpp>

BOOST_AUTO_TEST_SUITE(hana_lists)

namespace hana_test {

namespace hana = boost::hana;

struct user {
  int id;
};
struct taken {
  int id;
};
struct missing {
  int id;
};
struct nobody {
  void check() const {}
};

using create = pando::route<"create", user(user), pando::http::post<"/">, pando::http::created,
                            pando::raises<taken, missing>, pando::cli::command<>>;
using list = pando::route<"list", std::vector<user>(), pando::blocking>;
using drop = pando::route<"drop", void(user), pando::raises<missing>, pando::cli::command<"rm">>;

struct Users : pando::controller<"user", create, pando::guarded_by<nobody>, list, drop> {};
struct Nothing : pando::controller<"nothing"> {};

// The routes, in their order; a guard is none.
static_assert(pando::routes_of<Users> == hana::tuple_t<create, list, drop>);
static_assert(hana::length(pando::routes_of<Users>) == hana::size_c<3>);
static_assert(hana::is_empty(pando::routes_of<Nothing>));

// The errors of each, without those that every route has.
static_assert(pando::errors_of<create> == hana::tuple_t<taken, missing>);
static_assert(hana::is_empty(pando::errors_of<list>));
static_assert(pando::errors_of<drop> == hana::tuple_t<missing>);

// The doors' markers of each; neither errors nor `blocking` are among them.
static_assert(pando::markers_of<create> ==
              hana::tuple_t<pando::http::post<"/">, pando::http::created, pando::cli::command<>>);
static_assert(hana::is_empty(pando::markers_of<list>));
static_assert(pando::markers_of<drop> == hana::tuple_t<pando::cli::command<"rm">>);

// A question about a contract, asked at compile time.
constexpr auto can_be_missing = [](auto route) {
  return hana::contains(pando::errors_of<typename decltype(route)::type>, hana::type_c<missing>);
};
static_assert(hana::filter(pando::routes_of<Users>, can_be_missing) ==
              hana::tuple_t<create, drop>);

} // namespace hana_test

BOOST_AUTO_TEST_CASE(routes_are_gone_through) {
  using namespace hana_test;
  std::string said;
  hana::for_each(pando::routes_of<Users>, [&said](auto route) {
    using type = typename decltype(route)::type;
    said += std::string(type::name.view()) + ":";
    hana::for_each(pando::errors_of<type>, [&said](auto error) {
      said += std::is_same_v<typename decltype(error)::type, missing> ? " missing" : " taken";
    });
    hana::for_each(pando::markers_of<type>, [&said](auto marker) {
      using door = typename decltype(marker)::type;
      said += " " + std::string(door::pando_marker("user", type::name.view()).door);
    });
    said += '\n';
  });
  BOOST_TEST(said == "create: taken missing http http cli\nlist:\ndrop: missing cli\n");
}

BOOST_AUTO_TEST_SUITE_END()
