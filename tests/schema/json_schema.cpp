// JSON Schema of types: exact text, and a judge from npm (ajv) that must agree with the decoder.
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/contract/rules.hpp>
#include <pando/contract/values.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/json_schema.hpp>

#include "support/npm.hpp"
#include "support/skip.hpp"

namespace schema_test {

enum class Colour : std::uint8_t { red, green };
struct Point {
  std::int32_t x{};
  std::optional<double> y{};
};
namespace other {
struct Point {
  std::string text{};
};
template <class Item>
struct page {
  std::vector<Item> items{};
};
} // namespace other
struct Nothing {};
struct Tree {
  std::string name{};
  std::vector<Tree> children{};
};
struct Even {
  static constexpr bool check(int value) { return value % 2 == 0; }
  static constexpr std::string_view describe() { return "even"; }
};
struct Money {
  std::int64_t cents{};
  friend bool operator==(Money const&, Money const&) = default;
};
struct Positive {
  static constexpr bool check(Money const& value) { return value.cents > 0; }
  static constexpr std::string_view describe() { return "positive"; }
};

struct Everything {
  bool flag{};
  std::int8_t tiny{};
  std::uint64_t huge{};
  float narrow{};
  std::string text{};
  Colour colour{};
  std::chrono::seconds pause{};
  std::chrono::sys_seconds when{};
  pando::uuid id{};
  pando::bytes raw{};
  std::optional<pando::checked<std::string, pando::is::email>> email{};
  std::vector<std::optional<int>> holes{};
  std::array<int, 2> pair{};
  std::set<std::string> tags{};
  std::map<std::string, Point> points{};
  std::variant<Point, std::int64_t> choice{};
  other::Point elsewhere{};
  other::page<Tree> page{};
  Nothing nothing{};
  std::vector<bool> flags{};
  pando::secret<std::string> password{};
  pando::defaulted<int, 25> port{};
  pando::defaulted<Colour, Colour::green> shade{};
  pando::checked<int, pando::is::at_least<3>, pando::is::at_most<9>> level{};
  pando::checked<std::string, pando::is::min_length<2>, pando::is::matches<"^a">> name{};
  pando::checked<std::string, pando::is::one_of<"a", "b">> letter{};
};

} // namespace schema_test

template <>
struct pando::travels_as<schema_test::Money> {
  using type = std::int64_t;
  static schema_test::Money from(type const& cents) { return {cents}; }
  static type to(schema_test::Money const& money) { return money.cents; }
};

namespace schema_test {

template <class Type>
std::string schema_of() {
  pando::buffer out;
  pando::schema::json_schema<Type>(out);
  constexpr std::string_view start =
      R"({"$schema":"https://json-schema.org/draft/2020-12/schema",)";
  BOOST_TEST(out.view().substr(0, start.size()) == start);
  return "{" + std::string(out.view().substr(start.size()));
}

BOOST_AUTO_TEST_SUITE(json_schema)

BOOST_AUTO_TEST_CASE(scalars) {
  BOOST_TEST(schema_of<bool>() == R"({"type":"boolean"})");
  BOOST_TEST(schema_of<std::int8_t>() == R"({"type":"integer","minimum":-128,"maximum":127})");
  BOOST_TEST(schema_of<std::uint64_t>() ==
             R"({"type":"integer","format":"uint64","minimum":0,"maximum":18446744073709551615})");
  BOOST_TEST(schema_of<std::int64_t>() ==
             R"({"type":"integer","format":"int64","minimum":-9223372036854775808,)"
             R"("maximum":9223372036854775807})");
  BOOST_TEST(schema_of<double>() == R"({"type":"number","format":"double"})");
  BOOST_TEST(schema_of<pando::bytes>() == R"({"type":"string","contentEncoding":"base64"})");
  BOOST_TEST(schema_of<pando::secret<std::string>>() ==
             R"({"type":"string","format":"password"})");
  BOOST_TEST(schema_of<Colour>() ==
             R"({"$ref":"#/$defs/Colour","$defs":{"Colour":{"type":"string","enum":["red",)"
             R"("green"]}}})");
}

BOOST_AUTO_TEST_CASE(rules_are_keywords) {
  using namespace pando;
  BOOST_TEST((schema_of<checked<int, is::at_least<3>>>()) ==
             R"({"type":"integer","format":"int32","maximum":2147483647,"minimum":3})");
  BOOST_TEST((schema_of<checked<std::vector<bool>, is::max_length<3>>>()) ==
             R"({"allOf":[{"type":"array","items":{"type":"boolean"}}],)"
             R"("description":"must be at most 3 items"})");
  BOOST_TEST((schema_of<checked<std::vector<int>, is::non_empty, is::min_length<3>>>()) ==
             R"({"type":"array","items":{"type":"integer","format":"int32",)"
             R"("minimum":-2147483648,"maximum":2147483647},"minItems":1,)"
             R"("allOf":[{"minItems":3}]})");
  BOOST_TEST((schema_of<checked<int, Even>>()) ==
             R"({"type":"integer","format":"int32","minimum":-2147483648,"maximum":2147483647,)"
             R"("description":"must be even"})");
  BOOST_TEST((schema_of<checked<Money, Positive>>()) ==
             R"({"allOf":[{"type":"integer","format":"int64","minimum":-9223372036854775808,)"
             R"("maximum":9223372036854775807}],"description":"must be positive"})");
  BOOST_TEST((schema_of<checked<std::optional<std::string>, is::min_length<2>>>()) ==
             R"({"anyOf":[{"type":"string","minLength":2},{"type":"null"}]})");
}

BOOST_AUTO_TEST_CASE(names_and_recursion) {
  BOOST_TEST(schema_of<Tree>() ==
             R"({"$ref":"#/$defs/Tree","$defs":{"Tree":{"type":"object","properties":{)"
             R"("name":{"type":"string"},"children":{"type":"array","items":)"
             R"({"$ref":"#/$defs/Tree"}}},"required":["name","children"],)"
             R"("additionalProperties":false}}})");
  auto const all = schema_of<Everything>();
  BOOST_TEST(all.find(R"("elsewhere":{"$ref":"#/$defs/Point_2"})") != std::string::npos);
  BOOST_TEST(all.find(R"("page":{"$ref":"#/$defs/page_schema_test_Tree"})") != std::string::npos);
  BOOST_TEST(all.find(R"("shade":{"$ref":"#/$defs/Colour","default":"green"})") !=
             std::string::npos);
  BOOST_TEST(all.find(R"("default":25)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(fields_left_out_and_fields_alone) {
  pando::schema::json_schemas all("#/x/");
  pando::buffer out;
  all.write_fields(pando::type_of<Point>(), 1, out);
  BOOST_TEST(out.view() == R"({"type":"object","properties":{"y":{"type":"number",)"
                           R"("format":"double"}},"additionalProperties":false})");
  out.clear();
  all.write_field(pando::type_of<Everything>(), 21, out);
  BOOST_TEST(out.view().ends_with(R"("default":25})"));
  out.clear();
  all.write_named(out);
  BOOST_TEST(out.view() == "{}");
}

/// Changes of a good value, each with whether it is still one.
struct change {
  std::string_view member;
  std::string_view value; ///< empty: the member is left out
};
constexpr change changes[]{
    {"", ""},
    {"flag", "1"},
    {"flag", ""},
    {"tiny", "128"},
    {"tiny", "127"},
    {"tiny", "1.5"},
    {"tiny", "1.0"},
    {"huge", "-1"},
    {"narrow", "\"1\""},
    {"text", "null"},
    {"colour", "\"grey\""},
    {"pause", "\"1 hour\""},
    {"pause", "\"P1DT2H\""},
    {"when", "\"yesterday\""},
    {"id", "\"123\""},
    {"email", "\"nobody\""},
    {"email", ""},
    {"holes", "[1,null]"},
    {"holes", "[1,\"x\"]"},
    {"pair", "[1]"},
    {"pair", "[1,2,3]"},
    {"tags", "[\"a\",\"a\"]"},
    {"points", R"({"a":{"x":1,"z":2}})"},
    {"points", R"({"a":{"x":1,"y":2}})"},
    {"points", R"({"a":{"y":1}})"},
    {"choice", R"({"type":"Point","value":{"x":1}})"},
    {"choice", R"({"type":"Point","value":7})"},
    {"choice", R"({"type":"Line","value":7})"},
    {"choice", R"({"type":"integer"})"},
    {"choice", R"({"type":"integer","value":7,"more":1})"},
    {"elsewhere", R"({"x":1})"},
    {"page", R"({"items":[{"name":"a","children":[{"name":"b","children":[]}]}]})"},
    {"page", R"({"items":[{"name":"a","children":[{"name":"b"}]}]})"},
    {"nothing", R"({"a":1})"},
    {"nothing", "[]"},
    {"flags", "[true,0]"},
    {"password", "5"},
    {"port", ""},
    {"port", "null"},
    {"shade", "\"red\""},
    {"level", "2"},
    {"level", "10"},
    {"level", "9"},
    {"name", "\"a\""},
    {"name", "\"ba\""},
    {"name", "\"a\\u00e9\""},
    {"letter", "\"c\""},
    {"unknown", "1"},
};

/// A JSON list of [value, whether the decoder takes it].
std::string judged_values() {
  boost::json::value const good = boost::json::parse(
      R"({"flag":true,"tiny":1,"huge":2,"narrow":0.5,"text":"x","colour":"red","pause":"PT5S",)"
      R"("when":"2024-02-29T12:00:00Z","id":"123e4567-e89b-12d3-a456-426614174000","raw":"AP8=",)"
      R"("email":"a@b.example","holes":[1],"pair":[1,2],"tags":["a"],"points":{},)"
      R"("choice":{"type":"integer","value":7},"elsewhere":{"text":"t"},"page":{"items":[]},)"
      R"("nothing":{},"flags":[true],"password":"p","port":1,"shade":"green","level":3,)"
      R"("name":"abc","letter":"a"})");
  std::string all;
  int taken = 0;
  for (auto const& [member, value] : changes) {
    auto changed = good.as_object();
    if (!member.empty() && value.empty()) changed.erase(member);
    else if (!member.empty()) changed[member] = boost::json::parse(value);
    auto const text = boost::json::serialize(changed);
    Everything object{};
    pando::violations faults;
    bool const fits = pando::json::decode(text, object, faults);
    taken += fits ? 1 : 0;
    all += (all.empty() ? "[[" : ",[") + text + (fits ? ",true]" : ",false]");
  }
  BOOST_TEST(taken > 10);
  BOOST_TEST(taken < 30);
  return all + "]";
}

BOOST_AUTO_TEST_CASE(another_validator_agrees_with_the_decoder) {
  if (!pando_test::has_npm())
    return support::skip("npm is not here, so ajv does not judge the schemas");
  pando_test::npm_folder const judge("schema", "ajv@8 ajv-formats@3");
  BOOST_TEST_REQUIRE(judge.is_ready(), judge.log());
  pando::buffer schema;
  pando::schema::json_schema<Everything>(schema);
  auto const result = judge.run("ajv", R"(
    import Ajv from 'ajv/dist/2020.js';
    import formats from 'ajv-formats';
    import {readFileSync} from 'fs';
    const {schema, values} = JSON.parse(readFileSync(process.argv[2], 'utf8'));
    const ajv = new Ajv({strict: true, strictTypes: false, allErrors: true});
    formats(ajv);
    const any = {type: 'number', validate: () => true};
    for (const bits of ['uint32', 'uint64']) ajv.addFormat(bits, any);
    const validate = ajv.compile(schema);
    let faults = 0;
    for (const [value, expected] of values) {
      if (validate(value) === expected) continue;
      ++faults;
      console.log(JSON.stringify(value), 'decodes:', expected, JSON.stringify(validate.errors));
    }
    console.log(values.length + ' values, ' + faults + ' disagreements');
    process.exit(faults ? 1 : 0);
  )",
                                R"({"schema":)" + std::string(schema.view()) + R"(,"values":)" +
                                    judged_values() + "}");
  BOOST_TEST(result.status == 0, result.output);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace schema_test
