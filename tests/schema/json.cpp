// JSON there and back: every kind, every fault, the limits, numbers to the last bit.
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/contract/rules.hpp>
#include <pando/contract/values.hpp>
#include <pando/schema/json.hpp>

#include "support/allocations.hpp"

namespace json_test {

enum class Colour : std::uint8_t { red, green = 3, blue };
enum class Sign : std::int16_t { minus = -1, none, plus };

struct Point {
  std::int32_t x = 0;
  std::int32_t y = 0;
};
struct Circle {
  Point centre{};
  double radius = 0;
};
struct Nothing {};
struct Tree {
  std::string name{};
  std::vector<Tree> children{};
};
using Shape = std::variant<Circle, Point, std::string, std::vector<int>, bool>;
struct Nested {
  std::optional<Shape> inner{};
  std::vector<Shape> more{};
};
struct Money {
  std::int64_t cents = 0;
  friend bool operator==(Money const&, Money const&) = default;
};
struct Celsius {
  double value = 0;
};
/// The wire of a wire is converted too.
struct Weather {
  Celsius high{};
};

struct Everything {
  bool flag = false;
  std::int8_t tiny = 0;
  std::uint8_t octet = 0;
  std::int16_t small = 0;
  std::uint16_t port = 0;
  std::int32_t medium = 0;
  std::uint32_t count = 0;
  std::int64_t large = 0;
  std::uint64_t huge = 0;
  float narrow = 0;
  double wide = 0;
  std::string text{};
  Colour colour{};
  Sign sign{};
  std::chrono::milliseconds pause{};
  std::chrono::sys_seconds when{};
  pando::uuid id{};
  pando::bytes raw{};
  std::optional<std::string> maybe{};
  std::vector<double> numbers{};
  std::vector<bool> flags{};
  std::vector<std::optional<int>> holes{};
  std::array<int, 3> three{};
  std::set<std::string> tags{};
  std::map<std::string, Point> points{};
  Shape shape{};
  Nothing nothing{};
  Money price{};
  pando::secret<std::string> password{};
  pando::defaulted<int, 25> smtp{};
  pando::checked<std::string, pando::is::min_length<2>> name{};
  Tree tree{};
};

/// `path [rule]` of each fault, in lines; empty when the text decodes.
template <class Type>
std::string faults_of(std::string_view text, pando::json::decode_options const& options = {}) {
  Type object{};
  pando::violations faults;
  bool const decoded = pando::json::decode(text, object, faults, options);
  BOOST_TEST(decoded == faults.empty());
  std::string all;
  for (auto const& one : faults.list) {
    BOOST_TEST(!one.message.empty());
    all += one.path + " [" + one.rule + "]\n";
  }
  return all;
}
template <class Type>
std::string message_of(std::string_view text) {
  Type object{};
  pando::violations faults;
  BOOST_TEST(!pando::json::decode(text, object, faults));
  return faults.empty() ? "" : faults.list.front().message;
}
template <class Type>
Type decoded(std::string_view text) {
  Type object{};
  pando::violations faults;
  BOOST_TEST_INFO(text);
  BOOST_TEST(pando::json::decode(text, object, faults));
  for (auto const& one : faults.list) BOOST_TEST_MESSAGE(one.path + " " + one.message);
  return object;
}
template <class Type>
std::string encoded(Type const& object, pando::json::encode_options const& options = {}) {
  pando::buffer out;
  pando::json::encode(object, out, options);
  return std::string(out.view());
}
template <class Type>
struct Box {
  Type value{};
};
template <class Type>
std::string boxed(std::string_view value) {
  return faults_of<Box<Type>>("{\"value\":" + std::string(value) + "}");
}

} // namespace json_test

template <>
struct pando::travels_as<json_test::Money> {
  using type = std::string;
  static json_test::Money from(type const& text) {
    std::int64_t cents = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), cents);
    if (read.ec != std::errc{} ||
        text.substr(static_cast<std::size_t>(read.ptr - text.data())) != "c")
      throw pando::refused{"is an amount in cents, like 250c"};
    return {cents};
  }
  static type to(json_test::Money const& money) { return std::to_string(money.cents) + "c"; }
};
template <>
struct pando::travels_as<json_test::Celsius> {
  using type = std::optional<double>;
  static json_test::Celsius from(type const& value) { return {value.value_or(-273.15)}; }
  static type to(json_test::Celsius const& value) { return value.value; }
};

namespace json_test {

BOOST_AUTO_TEST_SUITE(json)

std::string const everything =
    R"({"flag":true,"tiny":-128,"octet":255,"small":-32768,"port":65535,"medium":-2147483648,)"
    R"("count":4294967295,"large":-9223372036854775808,"huge":18446744073709551615,"narrow":0.1,)"
    R"("wide":-1.5e-300,"text":"a\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00","colour":"green",)"
    R"("sign":"minus","pause":"PT1.5S","when":"2024-02-29T12:00:00Z",)"
    R"("id":"123e4567-e89b-12d3-a456-426614174000","raw":"AP8=","maybe":"x","numbers":[1,2.5],)"
    R"("flags":[true,false],"holes":[1,null],"three":[1,2,3],"tags":["b","a"],)"
    R"("points":{"k\n":{"x":1,"y":2}},"shape":{"type":"Circle","value":{"centre":{"x":1,"y":2},)"
    R"("radius":2}},"nothing":{},"price":"250c","password":"s3cret","smtp":587,"name":"zo",)"
    R"("tree":{"name":"root","children":[{"name":"leaf","children":[]}]}})";

BOOST_AUTO_TEST_CASE(every_kind_there) {
  auto const all = decoded<Everything>(everything);
  BOOST_TEST(all.flag);
  BOOST_TEST(all.tiny == -128);
  BOOST_TEST(all.octet == 255);
  BOOST_TEST(all.small == -32768);
  BOOST_TEST(all.port == 65535);
  BOOST_TEST(all.medium == std::numeric_limits<std::int32_t>::min());
  BOOST_TEST(all.count == 4294967295U);
  BOOST_TEST(all.large == std::numeric_limits<std::int64_t>::min());
  BOOST_TEST(all.huge == std::numeric_limits<std::uint64_t>::max());
  BOOST_TEST(all.narrow == 0.1F);
  BOOST_TEST(all.wide == -1.5e-300);
  BOOST_TEST(all.text == "a\"\\/\b\f\n\r\tA\xc3\xa9\xf0\x9f\x98\x80");
  BOOST_TEST((all.colour == Colour::green));
  BOOST_TEST((all.sign == Sign::minus));
  BOOST_TEST(all.pause.count() == 1500);
  BOOST_TEST(all.when.time_since_epoch().count() == 1709208000);
  BOOST_TEST(all.id.to_string() == "123e4567-e89b-12d3-a456-426614174000");
  BOOST_TEST((all.raw == pando::bytes::of(std::string_view("\0\xff", 2))));
  BOOST_TEST(*all.maybe == "x");
  BOOST_TEST((all.numbers == std::vector<double>{1, 2.5}));
  BOOST_TEST((all.flags == std::vector<bool>{true, false}));
  BOOST_TEST((all.holes == std::vector<std::optional<int>>{1, std::nullopt}));
  BOOST_TEST((all.three == std::array{1, 2, 3}));
  BOOST_TEST((all.tags == std::set<std::string>{"a", "b"}));
  BOOST_TEST(all.points.at("k\n").y == 2);
  BOOST_TEST(std::get<Circle>(all.shape).radius == 2);
  BOOST_TEST(all.price.cents == 250);
  BOOST_TEST(all.password.reveal() == "s3cret");
  BOOST_TEST(*all.smtp == 587);
  BOOST_TEST(*all.name == "zo");
  BOOST_TEST(all.tree.children.at(0).name == "leaf");
}

BOOST_AUTO_TEST_CASE(every_kind_back) {
  auto const text = encoded(decoded<Everything>(everything));
  BOOST_TEST(
      text ==
      R"({"flag":true,"tiny":-128,"octet":255,"small":-32768,"port":65535,"medium":-2147483648,)"
      R"("count":4294967295,"large":-9223372036854775808,"huge":18446744073709551615,)"
      R"("narrow":0.1,"wide":-1.5e-300,"text":"a\"\\/\b\f\n\r\tA)"
      "\xc3\xa9\xf0\x9f\x98\x80"
      R"(","colour":"green","sign":"minus","pause":"PT1.5S","when":"2024-02-29T12:00:00Z",)"
      R"("id":"123e4567-e89b-12d3-a456-426614174000","raw":"AP8=","maybe":"x","numbers":[1,2.5],)"
      R"("flags":[true,false],"holes":[1,null],"three":[1,2,3],"tags":["a","b"],)"
      R"("points":{"k\n":{"x":1,"y":2}},"shape":{"type":"Circle","value":{"centre":{"x":1,"y":2},)"
      R"("radius":2}},"nothing":{},"price":"250c","password":"s3cret","smtp":587,"name":"zo",)"
      R"("tree":{"name":"root","children":[{"name":"leaf","children":[]}]}})");
  BOOST_TEST(encoded(decoded<Everything>(text)) == text);
}

BOOST_AUTO_TEST_CASE(any_order_and_blanks) {
  BOOST_TEST(decoded<Point>(" {\n\t\"y\" : 2 ,\r \"x\":1 } ").y == 2);
  BOOST_TEST(decoded<Point>(R"({"\u0079":2,"x":1})").y == 2);
  BOOST_TEST(decoded<Point>(R"({"\u0079":2,"\u0078":1})").x == 1);
}

BOOST_AUTO_TEST_CASE(the_whole_need_not_be_an_object) {
  BOOST_TEST(decoded<int>("-5") == -5);
  BOOST_TEST(decoded<std::string>("\"x\"") == "x");
  BOOST_TEST(decoded<std::vector<std::string>>(R"(["a","b\n"])").at(1) == "b\n");
  BOOST_TEST(!decoded<std::optional<int>>("null").has_value());
  BOOST_TEST(decoded<std::optional<int>>("3").value() == 3);
  BOOST_TEST(decoded<Money>("\"7c\"").cents == 7);
  BOOST_TEST(faults_of<int>("\"x\"") == " [type]\n");
  BOOST_TEST(encoded(std::optional<int>{}) == "null");
  BOOST_TEST(encoded(std::vector<int>{}) == "[]");
  BOOST_TEST(encoded(std::map<std::string, int>{}) == "{}");
}

BOOST_AUTO_TEST_CASE(what_is_missing_null_or_default) {
  struct Partial {
    std::optional<int> a{7};
    pando::defaulted<int, 5> b{};
    std::optional<std::optional<int>> c{};
    int d{};
  };
  BOOST_TEST(faults_of<Partial>("{}") == "/d [required]\n");
  auto const part = decoded<Partial>(R"({"a":null,"c":null,"d":1})");
  BOOST_TEST(!part.a.has_value());
  BOOST_TEST(*part.b == 5);
  BOOST_TEST(!part.c.has_value());
  BOOST_TEST(encoded(part) == R"({"b":5,"d":1})");
  BOOST_TEST(faults_of<Partial>(R"({"b":null,"d":null})") == "/b [type]\n/d [type]\n");
  BOOST_TEST(encoded(Box<std::optional<int>>{}) == "{}");
}

BOOST_AUTO_TEST_CASE(every_violation_at_once) {
  BOOST_TEST(
      faults_of<Everything>(
          R"({"flag":1,"tiny":128,"octet":-1,"port":"80","medium":1.5,"wide":"x","nmae":1,)"
          R"("colour":"gren","pause":"1h","id":"x","raw":"A","numbers":[1,"x",null],)"
          R"("three":[1,2],"tags":["a","a"],"points":{"p":{"x":1,"z":2}},"shape":)"
          R"({"type":"Cirle","value":{}},"nothing":[],"price":"x","name":"z","flag":true})") ==
      "/flag [type]\n/tiny [range]\n/octet [range]\n/port [type]\n/medium [type]\n"
      "/wide [type]\n/nmae [unknown]\n/colour [one_of]\n/pause [format]\n/id [format]\n"
      "/raw [format]\n/numbers/1 [type]\n/numbers/2 [type]\n/three [length]\n"
      "/tags/1 [duplicate]\n/points/p/z [unknown]\n/points/p/y [required]\n"
      "/shape/type [one_of]\n/nothing [type]\n/price [format]\n/name [min_length]\n"
      "/flag [duplicate]\n/small [required]\n/count [required]\n/large [required]\n"
      "/huge [required]\n/narrow [required]\n/text [required]\n/sign [required]\n"
      "/when [required]\n/flags [required]\n/holes [required]\n/password [required]\n"
      "/tree [required]\n");
}

BOOST_AUTO_TEST_CASE(sentences) {
  BOOST_TEST(message_of<Point>(R"({"x":1,"y":2,"yy":3})") ==
             R"("yy" is no field here; did you mean "y"?)");
  BOOST_TEST(message_of<Point>(R"({"x":1,"y":2,"colour":3})") == R"("colour" is no field here)");
  BOOST_TEST(message_of<Point>(R"({"x":1})") ==
             "is required: a whole number from -2147483648 to 2147483647");
  BOOST_TEST(message_of<Box<std::uint8_t>>(R"({"value":256})") ==
             "must be a whole number from 0 to 255");
  BOOST_TEST(message_of<Box<Colour>>(R"({"value":"gren"})") ==
             R"(must be one of red, green, blue; did you mean "green"?)");
  BOOST_TEST(message_of<Box<std::string>>(R"({"value":{"a":[1]}})") ==
             "must be text, not an object");
  BOOST_TEST(message_of<Box<std::vector<int>>>(R"({"value":null})") == "must be a list, not null");
  BOOST_TEST(message_of<Box<Money>>(R"({"value":"x"})") == "is an amount in cents, like 250c");
  BOOST_TEST(message_of<Box<Shape>>(R"({"value":{"type":"Cirle","value":1}})") ==
             "must be one of Circle, Point, string, list, boolean; did you mean \"Circle\"?");
}

BOOST_AUTO_TEST_CASE(unknown_keys) {
  pando::json::decode_options const newer{.ignore_unknown = true};
  BOOST_TEST(faults_of<Point>(R"({"x":1,"z":{"a":[1,{"b":null}],"x":[]},"y":2})", newer) == "");
  BOOST_TEST(faults_of<Point>(R"({"x":1,"z":{"a":[1,{"b":null}],"x":[]},"y":2})") ==
             "/z [unknown]\n");
  BOOST_TEST(faults_of<Box<Shape>>(R"({"value":{"extra":[{}],"type":"boolean","value":true}})",
                                   newer) == "");
  BOOST_TEST(faults_of<Box<Shape>>(R"({"value":{"extra":1,"type":"boolean","value":true}})") ==
             "/value/extra [unknown]\n");
  BOOST_TEST(faults_of<Point>(R"({"x":1,"y":2,"a/b~":3})") == "/a~1b~0 [unknown]\n");
}

BOOST_AUTO_TEST_CASE(duplicate_keys) {
  BOOST_TEST(faults_of<Point>(R"({"x":1,"x":2,"y":3})") == "/x [duplicate]\n");
  BOOST_TEST(faults_of<Point>(R"({"x":1,"\u0078":2,"y":3})") == "/x [duplicate]\n");
  BOOST_TEST((faults_of<std::map<std::string, int>>(R"({"a":1,"b":2,"a":3})")) ==
             "/a [duplicate]\n");
  BOOST_TEST((faults_of<std::unordered_map<std::string, int>>(R"({"a\n":1,"a\u000a":3})")) ==
             "/a\n [duplicate]\n");
  BOOST_TEST(faults_of<Shape>(R"({"type":"Point","type":"Point","value":{"x":1,"y":1}})") ==
             "/type [duplicate]\n");
}

BOOST_AUTO_TEST_CASE(paths_through_keys_with_escapes) {
  using maps = std::map<std::string, std::map<std::string, Point>>;
  BOOST_TEST(faults_of<maps>(R"({"\nk":{"a\tb":{"x":1,"y":2,"z":3},"\u0063":5},"p":[]})") ==
             "/\nk/a\tb/z [unknown]\n/\nk/c [type]\n/p [type]\n");
}

BOOST_AUTO_TEST_CASE(whole_numbers) {
  BOOST_TEST(decoded<int>("1.0") == 1);
  BOOST_TEST(decoded<int>("1e3") == 1000);
  BOOST_TEST(decoded<int>("-12.50E1") == -125);
  BOOST_TEST(decoded<int>("1200e-2") == 12);
  BOOST_TEST(decoded<int>("0e99999999") == 0);
  BOOST_TEST(decoded<int>("-0") == 0);
  BOOST_TEST(decoded<std::uint8_t>("-0.0") == 0);
  BOOST_TEST(decoded<std::int64_t>("9007199254740993") == 9007199254740993);
  BOOST_TEST(decoded<std::int64_t>("9007199254740993.0") == 9007199254740993);
  BOOST_TEST(decoded<std::int64_t>("9.007199254740993e15") == 9007199254740993);
  BOOST_TEST(decoded<std::int64_t>("-9223372036854775808") ==
             std::numeric_limits<std::int64_t>::min());
  BOOST_TEST(decoded<std::int64_t>("-9223372036854775808.000") ==
             std::numeric_limits<std::int64_t>::min());
  BOOST_TEST(decoded<std::uint64_t>("18446744073709551615") ==
             std::numeric_limits<std::uint64_t>::max());
  BOOST_TEST(decoded<std::uint64_t>("1844674407370955161.5e1") ==
             std::numeric_limits<std::uint64_t>::max());
  for (auto const* const over : {"9223372036854775808", "-9223372036854775809", "1e19", "1e400",
                                 "99999999999999999999999999", "-1e2147483647"})
    BOOST_TEST(faults_of<std::int64_t>(over) == " [range]\n", over);
  for (auto const* const over : {"18446744073709551616", "-1", "-1e0", "1844674407370955161.6e1"})
    BOOST_TEST(faults_of<std::uint64_t>(over) == " [range]\n", over);
  for (auto const* const broken : {"1.5", "1e-1", "-0.1", "12345.000001", "1e-2147483647"})
    BOOST_TEST(faults_of<std::int64_t>(broken) == " [type]\n", broken);
}

template <class Integer>
void check_bounds() {
  using limits = std::numeric_limits<Integer>;
  for (auto const edge : {limits::min(), limits::max(), Integer{0}, Integer{1}, Integer{99}}) {
    BOOST_TEST(+decoded<Integer>(std::to_string(edge)) == +edge);
    BOOST_TEST(encoded(edge) == std::to_string(edge));
  }
  if constexpr (sizeof(Integer) < 8) {
    BOOST_TEST(faults_of<Integer>(std::to_string(std::int64_t{limits::max()} + 1)) == " [range]\n");
    BOOST_TEST(faults_of<Integer>(std::to_string(std::int64_t{limits::min()} - 1)) == " [range]\n");
  }
}

BOOST_AUTO_TEST_CASE(bounds_of_every_width) {
  check_bounds<std::int8_t>();
  check_bounds<std::uint8_t>();
  check_bounds<std::int16_t>();
  check_bounds<std::uint16_t>();
  check_bounds<std::int32_t>();
  check_bounds<std::uint32_t>();
  check_bounds<std::int64_t>();
  check_bounds<std::uint64_t>();
  std::uint64_t power = 1;
  for (int digits = 1; digits < 20; ++digits, power *= 10)
    for (std::uint64_t const number : {power - 1, power, power + 1, power * 7 / 3})
      BOOST_TEST(encoded(number) == std::to_string(number));
}

BOOST_AUTO_TEST_CASE(doubles_are_exact) {
  for (auto const* const token :
       {"0.1", "0.30000000000000004", "2.2250738585072011e-308", "4.9406564584124654e-324",
        "1.7976931348623157e308", "9007199254740993", "123456789012345678", "-0", "-0.0", "1e22",
        "1e23", "8.442911973260991817129021e-309", "0.1000000000000000055511151231257827021181",
        "1e-7", "9.999999999999999e22", "179769313486231580793e288", "5e-324", "1e-22", "4.35"}) {
    double expected = 0;
    std::from_chars(token, token + std::string_view(token).size(), expected);
    auto const got = decoded<double>(token);
    BOOST_TEST(std::bit_cast<std::uint64_t>(got) == std::bit_cast<std::uint64_t>(expected), token);
  }
  BOOST_TEST(decoded<double>("1e-400") == 0);
  BOOST_TEST(std::signbit(decoded<double>("-1e-400")));
  BOOST_TEST(decoded<double>("0." + std::string(400, '0') + "1e401") == 1);
  for (auto const* const over : {"1e309", "-1e309", "1e999999999"})
    BOOST_TEST(faults_of<double>(over) == " [range]\n", over);
  BOOST_TEST(faults_of<float>("1e39") == " [range]\n");
  BOOST_TEST(decoded<float>("16777217") == 16777216.0F);
  BOOST_TEST(decoded<float>("1.00000017881393432617187499") == 1.00000011920928955F);
  for (auto const* const none : {"NaN", "Infinity", "-Infinity", "+1", "01", ".5", "1.", "1e"})
    BOOST_TEST(faults_of<double>(none) == " [syntax]\n", none);
}

BOOST_AUTO_TEST_CASE(numbers_return_to_the_last_bit) {
  std::mt19937_64 random(20240229);
  for (int i = 0; i < 20000; ++i) {
    auto const bits = random();
    auto const number = std::bit_cast<double>(bits);
    if (std::isfinite(number))
      BOOST_TEST_REQUIRE(std::bit_cast<std::uint64_t>(decoded<double>(encoded(number))) == bits);
    auto const narrow = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (std::isfinite(narrow))
      BOOST_TEST_REQUIRE(std::bit_cast<std::uint32_t>(decoded<float>(encoded(narrow))) ==
                         static_cast<std::uint32_t>(bits));
    // as people write them: few places, of every size
    auto const places = std::pow(10.0, static_cast<double>(bits % 9));
    auto const price =
        static_cast<double>(static_cast<std::int64_t>(bits >> 20 >> bits % 40)) / places;
    auto const text = encoded(price);
    BOOST_TEST_REQUIRE(decoded<double>(text) == price);
    char shortest[64];
    auto const end = std::to_chars(shortest, shortest + 64, price, std::chars_format::fixed).ptr;
    if (price < 1e9) BOOST_TEST_REQUIRE(text.size() <= static_cast<std::size_t>(end - shortest));
  }
}

BOOST_AUTO_TEST_CASE(syntax_is_one_violation_with_its_place) {
  BOOST_TEST(message_of<Point>("{\"x\":\"bad\",\n  \"y\" 2}") ==
             "is no JSON: unexpected character at line 2, column 7 (offset 18)");
  BOOST_TEST(message_of<Point>("") ==
             "is no JSON: nothing is there at line 1, column 1 (offset 0)");
  BOOST_TEST(message_of<Point>(R"({"x":1,"y":2} x)") ==
             "is no JSON: something follows the value at line 1, column 15 (offset 14)");
  BOOST_TEST(message_of<Point>(R"({"x":1)") ==
             "is no JSON: the text ends too early at line 1, column 7 (offset 6)");
  BOOST_TEST(message_of<std::string>("\"\xff\"") ==
             "is no JSON: no UTF-8 at line 1, column 2 (offset 1)");
  for (auto const* const bad :
       {"{\"x\":1,}", "[1,2", "{'x':1}", "{\"x\":1 \"y\":2}", "{\"x\":tru}", "\"\x01\"", "\"\\x\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "nul", "// x\n1",
        "\"\\u12g4\"", "\"a\xe2\x82\"", "\xef\xbb\xbf{}", "\"\\n\xff\"", "\"\\n\xe2\x28\xa1\""})
    BOOST_TEST(faults_of<Point>(bad) == " [syntax]\n", bad);
  BOOST_TEST(faults_of<Point>(std::string("{\"x\":1,\"y\":2}\0", 14)) == " [syntax]\n");
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  auto const deep = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  pando::json::decode_options const ignoring{.ignore_unknown = true};
  BOOST_TEST(faults_of<Point>("{\"x\":1,\"y\":2,\"z\":" + deep(31) + "}", ignoring) == "");
  BOOST_TEST(faults_of<Point>("{\"x\":1,\"y\":2,\"z\":" + deep(32) + "}", ignoring) ==
             " [depth]\n");
  BOOST_TEST(faults_of<Point>(deep(3), {.max_depth = 2}) == " [depth]\n");
  BOOST_TEST(faults_of<Point>(deep(100000), {.max_depth = 1000000}) == " [depth]\n");
  std::string tree;
  for (int i = 0; i < 200; ++i) tree += R"({"name":"n","children":[)";
  for (int i = 0; i < 200; ++i) tree += "]}";
  auto const read = faults_of<Tree>(tree, {.max_depth = 400});
  BOOST_TEST(read == "");
  Tree wide{};
  pando::violations faults;
  BOOST_TEST(pando::json::decode(tree, wide, faults, {.max_depth = 400}));
  BOOST_TEST(encoded(wide) == tree);
  Tree endless{};
  for (auto* at = &endless; at != nullptr;) {
    static int left = 300;
    at = --left > 0 ? &at->children.emplace_back() : nullptr;
  }
  BOOST_CHECK_THROW(encoded(endless), pando::json::unencodable);
}

BOOST_AUTO_TEST_CASE(violations_are_bounded) {
  std::string many = "[";
  for (int i = 0; i < 500; ++i) many += "\"x\",";
  many += "broken";
  std::vector<int> list;
  pando::violations faults;
  BOOST_TEST(!pando::json::decode(many, list, faults));
  BOOST_TEST(faults.list.size() == pando::violations::limit);
  BOOST_TEST(faults.list.back().path == "/99");
  BOOST_TEST(!pando::json::decode("[1", list, faults)); // no room for one more, yet no success
  BOOST_TEST(faults.list.size() == pando::violations::limit);

  std::string const key(100000, 'k');
  pando::violations of_long;
  Point point{};
  BOOST_TEST(!pando::json::decode("{\"" + key + "\":1}", point, of_long));
  BOOST_TEST(of_long.list.at(0).path.size() < 600);
  BOOST_TEST(of_long.list.at(0).message.size() < 200);
}

BOOST_AUTO_TEST_CASE(variants_in_either_order) {
  using list = std::vector<int>;
  BOOST_TEST(std::get<Point>(decoded<Shape>(R"({"value":{"y":2,"x":1},"type":"Point"})")).y == 2);
  BOOST_TEST(
      (std::get<list>(decoded<Shape>(R"({"value" : [1, 2] ,"type":"list"})")) == list{1, 2}));
  BOOST_TEST(std::get<std::string>(decoded<Shape>(R"({"value":"a\nb","type":"string"})")) ==
             "a\nb");
  BOOST_TEST(std::get<bool>(decoded<Shape>(R"({"type":"\u0062oolean","value":true})")));
  BOOST_TEST(faults_of<Shape>(R"({"value":{"x":"a"},"type":"Point"})") ==
             "/value/x [type]\n/value/y [required]\n");
  BOOST_TEST(faults_of<Shape>(R"({"value":1})") == "/type [required]\n");
  BOOST_TEST(faults_of<Shape>(R"({"type":"Point"})") == "/value [required]\n");
  BOOST_TEST(faults_of<Shape>(R"({})") == "/type [required]\n");
  BOOST_TEST(faults_of<Shape>(R"({"type":5,"value":true})") == "/type [type]\n");
  BOOST_TEST(faults_of<Shape>(R"({"type":{},"value":true})") == "/type [type]\n");
  BOOST_TEST(faults_of<Shape>(R"({"v\u0061lue":true,"type":"boolean"})") == "/value [type]\n");
  BOOST_TEST(faults_of<Shape>(R"({"\u0076alue":true,"type":"boolean"})") == "/value [type]\n");
  BOOST_TEST(faults_of<Shape>(R"({"type":"boolean","v\u0061lue":true})") == "");
  auto const deep = decoded<Nested>(
      R"({"more":[{"value":"a","type":"string"},{"value":{"radius":1,"centre":{"x":1,"y":1}},)"
      R"("type":"Circle"}],"inner":{"value":[3],"type":"list"}})");
  BOOST_TEST(std::get<Circle>(deep.more.at(1)).radius == 1);
  BOOST_TEST(std::get<list>(*deep.inner).at(0) == 3);
  BOOST_TEST(faults_of<Nested>(R"({"more":[{"value":{"radius":1,"centre":{"x":1,"y":"b"}},)"
                               R"("type":"Circle"}]})") == "/more/0/value/centre/y [type]\n");
  BOOST_TEST(encoded(Nothing{}) == "{}");
}

BOOST_AUTO_TEST_CASE(rules_everywhere) {
  using Even = pando::checked<int, pando::is::at_least<2>>;
  using Short = pando::checked<std::string, pando::is::max_length<2>>;
  BOOST_TEST(boxed<Even>("1") == "/value [at_least]\n");
  BOOST_TEST(boxed<Even>("2") == "");
  BOOST_TEST(boxed<std::vector<Even>>("[2,1,0]") == "/value/1 [at_least]\n/value/2 [at_least]\n");
  BOOST_TEST(boxed<std::set<Even>>("[2,1]") == "/value/1 [at_least]\n");
  BOOST_TEST((boxed<std::map<std::string, Short>>(R"({"a":"abc"})")) == "/value/a [max_length]\n");
  BOOST_TEST((boxed<std::variant<Short, int>>(R"({"type":"string","value":"abc"})")) ==
             "/value/value [max_length]\n");
  BOOST_TEST(boxed<std::optional<Even>>("1") == "/value [at_least]\n");
  BOOST_TEST((boxed<pando::checked<std::optional<int>, pando::is::at_least<2>>>("1")) ==
             "/value [at_least]\n");
  BOOST_TEST((boxed<pando::checked<std::optional<int>, pando::is::at_least<2>>>("null")) == "");
  using Few = pando::checked<std::vector<Even>, pando::is::max_length<1>>;
  BOOST_TEST(boxed<Few>("[2,3]") == "/value [max_length]\n");
  BOOST_TEST(boxed<Few>("[2,1]") == "/value/1 [at_least]\n"); // of a faulty list no more is asked
  BOOST_TEST((boxed<pando::checked<std::vector<int>, pando::is::max_length<2>>>("[1,2]")) == "");
  using Both = pando::checked<std::string, pando::is::min_length<3>, pando::is::matches<"^a">>;
  BOOST_TEST(boxed<Both>("\"b\"") == "/value [min_length]\n/value [matches]\n");
  BOOST_TEST(boxed<Both>("\"b\\u0041\"") == "/value [min_length]\n/value [matches]\n");
  BOOST_TEST(boxed<Both>("5") == "/value [type]\n"); // of no text no rule of texts is asked
  BOOST_TEST((boxed<pando::defaulted<Even, 4>>("1")) == "/value [at_least]\n");
  BOOST_TEST(message_of<Box<Even>>(R"({"value":1})") == "must be at least 2");
}

BOOST_AUTO_TEST_CASE(answers_are_not_held_to_rules) {
  using Even = pando::checked<int, pando::is::at_least<2>>;
  BOOST_TEST(faults_of<Box<Even>>(R"({"value":1})", {.rules = false}) == "");
  BOOST_TEST(faults_of<std::vector<Even>>("[1,\"x\"]", {.rules = false}) == "/1 [type]\n");
}

BOOST_AUTO_TEST_CASE(converted_values) {
  BOOST_TEST(decoded<std::vector<Money>>(R"(["1c","\u0032c"])").at(1).cents == 2);
  BOOST_TEST((decoded<std::map<std::string, Money>>(R"({"a":"1c"})").at("a").cents) == 1);
  BOOST_TEST(faults_of<std::vector<Money>>(R"(["1c","2d",3])") == "/1 [format]\n/2 [type]\n");
  BOOST_TEST(decoded<Weather>(R"({"high":null})").high.value == -273.15);
  BOOST_TEST(decoded<Weather>(R"({"high":21.5})").high.value == 21.5);
  BOOST_TEST(encoded(Weather{{20}}) == R"({"high":20})");
  BOOST_TEST(faults_of<Weather>("{}") == "/high [required]\n");
  BOOST_TEST(encoded(std::vector<bool>{true, false}) == "[true,false]");
  BOOST_TEST(faults_of<std::vector<bool>>("[true,1]") == "/1 [type]\n");
}

BOOST_AUTO_TEST_CASE(secrets_are_never_told) {
  struct Login {
    pando::secret<std::string> password{};
    pando::secret<Money> amount{};
    pando::secret<Colour> colour{};
    std::optional<pando::secret<std::map<std::string, int>>> keys{};
  };
  Login login{};
  pando::violations faults;
  BOOST_TEST(!pando::json::decode(R"({"password":["hunter2"],"amount":"hunter2","colour":"gren",)"
                                  R"("keys":{"hunter2":"x","a":1,"a":1}})",
                                  login, faults));
  BOOST_TEST(faults.list.size() == 5);
  for (auto const& one : faults.list) {
    BOOST_TEST(one.path.find("hunter2") == std::string::npos);
    BOOST_TEST(one.message.find("hunter2") == std::string::npos);
    BOOST_TEST(one.message.find("did you mean") == std::string::npos);
  }
  BOOST_TEST(faults.list.at(3).path == "/keys");
  login = {{"p"}, {Money{5}}, {Colour::blue}, std::map<std::string, int>{{"k", 1}}};
  BOOST_TEST(encoded(login) ==
             R"({"password":"p","amount":"5c","colour":"blue","keys":{"k":1}})");
  BOOST_TEST(encoded(login, {.mask_secrets = true}) ==
             R"({"password":"***","amount":"***","colour":"***","keys":"***"})");
  BOOST_TEST(encoded(std::vector<pando::secret<int>>{7, 8}, {.mask_secrets = true}) ==
             R"(["***","***"])");
}

BOOST_AUTO_TEST_CASE(fields_from_elsewhere) {
  pando::json::decode_options const with_x{.present = 1};
  BOOST_TEST(faults_of<Point>(R"({"y":2})", with_x) == "");
  BOOST_TEST(faults_of<Point>(R"({})", with_x) == "/y [required]\n");
  BOOST_TEST(faults_of<Point>(R"({"x":1,"y":2})", with_x) == "/x [duplicate]\n");
  // only of the whole, not of what is inside
  BOOST_TEST(faults_of<Circle>(R"({"centre":{"x":1,"y":2}})", {.present = 2}) == "");
  Point kept{.x = 9};
  pando::violations faults;
  BOOST_TEST(pando::json::decode(R"({"y":2})", kept, faults, with_x));
  BOOST_TEST(kept.x == 9);
  BOOST_TEST(faults_of<Point>(R"({"x":1,"y":"a"})", {.path = "/params"}) == "/params/y [type]\n");
  BOOST_TEST(faults_of<Point>("x", {.path = "/params"}) == "/params [syntax]\n");
}

BOOST_AUTO_TEST_CASE(names_of_every_length) {
  struct Names {
    int a, ab, abc, abcd, abcdefg, abcdefgh, abcdefghabcdefgh, abcdefghabcdefghi;
    int abcdefghabcdefghabcdefghabcdefgh, abcdefghabcdefghabcdefghabcdefghi;
  };
  std::string const letters = "abcdefghabcdefghabcdefghabcdefghi";
  std::vector<std::string> names;
  for (std::size_t const length : {1U, 2U, 3U, 4U, 7U, 8U, 16U, 17U, 32U, 33U})
    names.push_back(letters.substr(0, length == 17 ? 16 : length) + (length == 17 ? "i" : ""));
  auto const text = [](std::vector<std::string> const& keys) {
    std::string all;
    for (auto const& key : keys) all += (all.empty() ? "{\"" : ",\"") + key + "\":5";
    return all + "}";
  };
  BOOST_TEST(encoded(decoded<Names>(text(names))) == text(names));
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t at = 0; at < names[i].size(); ++at) {
      auto keys = names;
      keys[i][at] = 'z';
      BOOST_TEST(faults_of<Names>(text(keys)) ==
                 "/" + keys[i] + " [unknown]\n/" + names[i] + " [required]\n");
    }
  }
}

BOOST_AUTO_TEST_CASE(sixty_four_fields_at_most) {
  struct Wide {
    int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9;
    int c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0, d1;
  };
  std::string text = "{";
  for (char const ten : {'a', 'b', 'c', 'd'})
    for (char one = '0'; one <= (ten == 'd' ? '1' : '9'); ++one)
      text += (text.size() > 1 ? ",\"" : "\"") + std::string{ten, one} + "\":" + one;
  text += "}";
  BOOST_TEST(encoded(decoded<Wide>(text)) == text);
  BOOST_TEST(faults_of<Wide>(R"({"d1":1,"a0":1})").size() ==
             std::string("/a0 [required]\n").size() * 30);
}

BOOST_AUTO_TEST_CASE(large_lists) {
  std::vector<std::int64_t> numbers(5000);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<std::int64_t>(i * i) - 7;
    texts.push_back(std::string(i % 70, 'x') + (i % 7 == 0 ? "\"" : ""));
  }
  BOOST_TEST((decoded<std::vector<std::int64_t>>(encoded(numbers)) == numbers));
  BOOST_TEST((decoded<std::vector<std::string>>(encoded(texts)) == texts));
  for (std::size_t size = 0; size < 40; ++size) {
    numbers.resize(size);
    BOOST_TEST((decoded<std::vector<std::int64_t>>(encoded(numbers)) == numbers));
  }
}

BOOST_AUTO_TEST_CASE(every_text_is_escaped_wherever_it_stands) {
  for (unsigned code = 0; code < 128; ++code) {
    for (std::size_t at : {0U, 1U, 3U, 7U, 8U, 15U, 16U, 17U, 33U}) {
      for (std::size_t after : {0U, 1U, 5U, 8U, 16U, 40U}) {
        std::string const text =
            std::string(at, 'x') + static_cast<char>(code) + std::string(after, '\x7f');
        auto const out = encoded(text);
        BOOST_TEST_REQUIRE(decoded<std::string>(out) == text);
        auto const bad = out.substr(1, out.size() - 2).find_first_of(std::string("\0\n\x1f", 3));
        BOOST_TEST_REQUIRE(bad == std::string::npos);
      }
    }
  }
  BOOST_TEST(encoded(std::string("\x01\x1f")) == R"("\u0001\u001f")");
  std::string const mixed = "Stra\xc3\x9f"
                            "e \xe2\x82\xac \xf0\x9f\x98\x80 and more than sixteen\n";
  BOOST_TEST(decoded<std::string>(encoded(mixed)) == mixed);
}

BOOST_AUTO_TEST_CASE(what_json_cannot_say) {
  auto const why = [](auto const& object) -> std::string {
    pando::buffer out;
    out.append("kept");
    try {
      pando::json::encode(object, out);
    } catch (pando::json::unencodable const& no) {
      BOOST_TEST(out.view() == "kept");
      return no.path + ": " + no.why;
    }
    return "encoded";
  };
  double const nan = std::numeric_limits<double>::quiet_NaN();
  BOOST_TEST(why(nan) == ": not a number");
  BOOST_TEST(why(-std::numeric_limits<float>::infinity()) == ": infinite");
  BOOST_TEST(why(Box<std::vector<double>>{{1, nan}}) == "/value/1: not a number");
  BOOST_TEST(why(std::map<std::string, double>{{"a/b", nan}}) == "/a~1b: not a number");
  BOOST_TEST(why(std::map<std::string, int>{{"\xff", 1}}) == "/?: text that is not UTF-8");
  BOOST_TEST(why(Box<Shape>{Circle{{}, nan}}) == "/value/value/radius: not a number");
  for (auto const* const bad : {"\xff", "x\xc0\x80", "\xed\xa0\x80", "0123456789abcdef\xe2\x82"})
    BOOST_TEST(why(std::string(bad)) == ": text that is not UTF-8");
  BOOST_TEST(why(static_cast<Colour>(77)) == ": a value of an enumeration that has no name");
  BOOST_TEST(why(std::chrono::sys_seconds(std::chrono::seconds(400'000'000'000))) ==
             ": out of the range that has a text");
  pando::buffer out;
  pando::json::encode_text("a\"b", out);
  BOOST_TEST(out.view() == R"("a\"b")");
  BOOST_CHECK_THROW(pando::json::encode_text("\xff", out), pando::json::unencodable);
  BOOST_TEST(out.view() == R"("a\"b")");
}

BOOST_AUTO_TEST_CASE(no_allocation_for_fields_of_fixed_size) {
  struct Fixed {
    std::int64_t id{};
    std::string name{}; // fits into the object itself
    double ratio{};
    float narrow{};
    bool flag{};
    Colour colour{};
    std::chrono::sys_seconds when{};
    std::chrono::milliseconds pause{};
    pando::uuid key{};
    std::array<int, 4> four{};
    std::optional<std::uint16_t> port{};
    std::variant<Point, std::int64_t> where{};
    Circle circle{};
    pando::checked<int, pando::is::at_least<1>> checked{};
    pando::defaulted<int, 5> five{};
  };
  std::string const text =
      R"({"id":12345678901,"name":"a\nb","ratio":0.123456789012345678,"narrow":1.5,"flag":true,)"
      R"("colour":"blue","when":"2024-02-29T12:00:00Z","pause":"PT1.5S",)"
      R"("key":"123e4567-e89b-12d3-a456-426614174000","four":[1,2,3,4],"port":null,)"
      R"("where":{"value":{"x":1,"y":2},"type":"Point"},"circle":{"centre":{"x":1,"y":2},)"
      R"("radius":1e-3},"checked":3})";
  pando::buffer out;
  out.reserve(4096); // its memory is its owner's
  pando::violations faults;
  std::string first;
  for (int round = 0; round < 3; ++round) {
    auto const before = pando_test::allocations();
    Fixed fixed{};
    bool const good = pando::json::decode(text, fixed, faults);
    out.clear();
    pando::json::encode(fixed, out);
    auto const made = pando_test::allocations() - before;
    BOOST_TEST(good);
    BOOST_TEST(made == 0U);
    if (round == 0) first = out.view();
    BOOST_TEST(out.view() == first);
  }
  auto const before = pando_test::allocations();
  BOOST_TEST(std::string(100, 'x').size() == 100U); // the counter counts
  BOOST_TEST(pando_test::allocations() > before);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace json_test
