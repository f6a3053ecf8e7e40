// Structures filled from texts: every kind, the same faults as JSON has, and what comes at the end.
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/contract/rules.hpp>
#include <pando/contract/values.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/text_source.hpp>

#include "support/allocations.hpp"

namespace text_source_test {

enum class Colour : std::uint8_t { red, green };

struct Point {
  int x = 0;
  int y = 0;
};
struct Filter {
  int from{};
  std::optional<double> to{};
};
struct Level {
  int value = 0;
};

struct Search {
  std::int64_t id{};
  std::optional<std::string> name{};
  std::vector<int> numbers{};
  std::map<std::string, int> weights{};
  Colour colour{};
  Filter filter{};
  std::optional<Filter> other{};
  std::array<int, 2> pair{};
  std::vector<bool> flags{};
  pando::defaulted<int, 25> page_size{};
  std::set<std::string> tags{};
  std::vector<Point> points{};
  std::variant<Point, std::string> shape{};
  pando::checked<int, pando::is::at_least<3>> depth{};
  pando::checked<std::vector<std::string>, pando::is::max_length<2>> words{};
  std::chrono::seconds pause{};
  pando::bytes raw{};
  Level level{};
  double ratio{};
  bool strict{};
};

using texts = std::vector<std::pair<std::string, std::string>>;

texts const all{{"id", "7"},          {"name", ""},          {"numbers", "1"},
                {"numbers", "-2"},    {"weights.a", "3"},    {"weights.b.c", "4"},
                {"colour", "green"},  {"filter.from", "1e2"}, {"filter.to", "0.5"},
                {"other.from", "2"},  {"pair", "1"},         {"pair", "2"},
                {"flags", "yes"},     {"flags", "off"},      {"tags", "b"},
                {"tags", "a"},        {"points", "{\"x\":1,\"y\":2}"},
                {"shape", "{\"type\":\"string\",\"value\":\"x\"}"},
                {"depth", "3"},       {"words", "w"},        {"words", "v"},
                {"pause", "PT5S"},    {"raw", "AQI="},       {"level", "low"},
                {"ratio", "-0.25"},   {"strict", "1"}};

template <class Type>
std::string faults_of(texts const& given,
                      pando::schema::naming names = pando::schema::naming::exact) {
  Type object{};
  pando::violations faults;
  pando::schema::text_source source(object, faults, names);
  for (auto const& [name, text] : given) {
    auto const before = faults.list.size();
    bool const taken = source.set(name, text);
    BOOST_TEST(taken == (faults.list.size() == before), name);
  }
  bool const finished = source.finish();
  BOOST_TEST(finished == faults.empty());
  std::string lines;
  for (auto const& one : faults.list) lines += one.path + " [" + one.rule + "]\n";
  return lines;
}

} // namespace text_source_test

template <>
struct pando::travels_as<text_source_test::Level> {
  using type = std::string;
  static text_source_test::Level from(type const& text) {
    if (text == "low") return {1};
    throw pando::refused{"is no level; there is only low"};
  }
  static type to(text_source_test::Level const&) { return "low"; }
};

namespace text_source_test {

BOOST_AUTO_TEST_SUITE(text_source)

BOOST_AUTO_TEST_CASE(every_kind) {
  Search search{};
  pando::violations faults;
  pando::schema::text_source source(search, faults);
  for (auto const& [name, text] : all) BOOST_TEST(source.set(name, text), name);
  BOOST_TEST(source.finish());
  BOOST_TEST(faults.empty());
  pando::buffer out;
  pando::json::encode(search, out);
  BOOST_TEST(out.view() ==
             R"({"id":7,"name":"","numbers":[1,-2],"weights":{"a":3,"b.c":4},"colour":"green",)"
             R"("filter":{"from":100,"to":0.5},"other":{"from":2},"pair":[1,2],)"
             R"("flags":[true,false],"page_size":25,"tags":["a","b"],"points":[{"x":1,"y":2}],)"
             R"("shape":{"type":"string","value":"x"},"depth":3,"words":["w","v"],"pause":"PT5S",)"
             R"("raw":"AQI=","level":"low","ratio":-0.25,"strict":true})");
}

BOOST_AUTO_TEST_CASE(faults) {
  BOOST_TEST(faults_of<Search>({{"id", "7.5"},
                                {"nmae", "x"},
                                {"numbers", "1"},
                                {"numbers", "one"},
                                {"weights.a", "3"},
                                {"weights.a", "4"},
                                {"colour", "gren"},
                                {"filter.frm", "1"},
                                {"other.to", "0.5"},
                                {"other.to", "0.6"},
                                {"pair", "1"},
                                {"flags", "perhaps"},
                                {"page_size", "1e99"},
                                {"tags", "a"},
                                {"tags", "a"},
                                {"points", "{\"x\":1,\"y\":null}"},
                                {"points", "{"},
                                {"shape", "{}"},
                                {"depth", "2"},
                                {"words", "u"},
                                {"words", "v"},
                                {"words", "w"},
                                {"pause", "5s"},
                                {"raw", "AQI"},
                                {"level", "high"},
                                {"ratio", "nan"},
                                {"ratio", "1"},
                                {"id.x", "1"},
                                {"name", "\xff"}}) ==
             "/id [type]\n/nmae [unknown]\n/numbers/1 [type]\n/weights/a [duplicate]\n"
             "/colour [one_of]\n/filter/frm [unknown]\n/other/to [duplicate]\n/flags/0 [type]\n"
             "/page_size [range]\n/tags/1 [duplicate]\n/points/0/y [type]\n/points/1 [syntax]\n"
             "/shape/type [required]\n/depth [at_least]\n/pause [format]\n/raw [format]\n"
             "/level [format]\n/ratio [type]\n/ratio [duplicate]\n/id [type]\n/name [format]\n"
             "/strict [required]\n/filter/from [required]\n/other/from [required]\n"
             "/pair [length]\n/words [max_length]\n");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_told_by_its_leaves) {
  BOOST_TEST(faults_of<Search>({}) ==
             "/id [required]\n/numbers [required]\n/weights [required]\n/colour [required]\n"
             "/filter/from [required]\n/pair [required]\n/flags [required]\n/tags [required]\n"
             "/points [required]\n/shape [required]\n/depth [required]\n/words [required]\n"
             "/pause [required]\n/raw [required]\n/level [required]\n/ratio [required]\n"
             "/strict [required]\n");
}

BOOST_AUTO_TEST_CASE(lists_may_be_left_empty) {
  struct Lists {
    std::vector<int> numbers{};
    std::set<std::string> tags{};
    std::vector<bool> flags{};
    std::array<int, 2> pair{};
    pando::checked<std::vector<int>, pando::is::min_length<1>> some{};
    pando::checked<std::vector<int>, pando::is::min_length<1>> others{};
  };
  Lists lists{};
  pando::violations faults;
  pando::schema::text_source source(lists, faults);
  BOOST_TEST(source.set("some", "1"));
  source.leave_lists_empty();
  BOOST_TEST(!source.finish());
  BOOST_TEST(faults.list.size() == 2U);
  BOOST_TEST(faults.list.at(0).path == "/pair");
  BOOST_TEST(faults.list.at(1).path == "/others");
  BOOST_TEST(faults.list.at(1).rule == "min_length");
}

BOOST_AUTO_TEST_CASE(names_of_command_lines) {
  using pando::schema::naming;
  struct Settings {
    std::string smtp_host{};
    pando::defaulted<int, 25> smtp_port{};
  };
  BOOST_TEST(faults_of<Settings>({{"smtp-host", "h"}, {"SMTP_PORT", "1"}}, naming::loose) == "");
  BOOST_TEST(faults_of<Settings>({{"smtp-host", "h"}}) ==
             "/smtp-host [unknown]\n/smtp_host [required]\n");
}

BOOST_AUTO_TEST_CASE(a_part_beside_a_body) {
  Point point{};
  pando::violations faults;
  pando::schema::text_source path(point, faults);
  BOOST_TEST(path.set_field(1, "5"));
  BOOST_TEST(path.finish_part());
  BOOST_TEST(path.present() == 2U);
  BOOST_TEST(pando::json::decode(R"({"x":4})", point, faults, {.present = path.present()}));
  BOOST_TEST(point.x == 4);
  BOOST_TEST(point.y == 5);
  BOOST_TEST(!pando::json::decode(R"({"x":4,"y":1})", point, faults, {.present = path.present()}));
}

BOOST_AUTO_TEST_CASE(secrets_are_never_told) {
  struct Login {
    pando::secret<int> pin{};
    pando::secret<Colour> colour{};
    pando::secret<Level> level{};
  };
  Login login{};
  pando::violations faults;
  pando::schema::text_source source(login, faults);
  BOOST_TEST(!source.set("pin", "12x4"));
  BOOST_TEST(!source.set("colour", "gren"));
  BOOST_TEST(!source.set("level", "1234"));
  for (auto const& one : faults.list) {
    BOOST_TEST(one.message.find("mean") == std::string::npos);
    BOOST_TEST(one.message.find("there is only low") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(no_allocation_for_scalars) {
  struct Query {
    std::int64_t identifier_of_the_account{};
    std::optional<bool> active{};
    Colour colour{};
    std::chrono::seconds pause{};
    pando::checked<int, pando::is::at_least<3>> depth{};
  };
  auto const before = pando_test::allocations();
  Query query{};
  pando::violations faults;
  pando::schema::text_source source(query, faults);
  bool good = source.set("identifier_of_the_account", "12345678901");
  good = source.set("active", "true") && good;
  good = source.set("colour", "red") && good;
  good = source.set("pause", "PT1M") && good;
  good = source.set("depth", "3") && good;
  good = source.finish() && good;
  auto const made = pando_test::allocations() - before;
  BOOST_TEST(good);
  BOOST_TEST(made == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace text_source_test
