// Structs adapted with the macros of Boost.Hana and Boost.Describe are taken as they are.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>
#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/define_struct.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/contract/rules.hpp>
#include <pando/contract/values.hpp>
#include <pando/schema/binary.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/json_schema.hpp>

namespace adapted_test {

using text = pando::checked<std::string, pando::is::non_empty>;
using count = pando::checked<std::int16_t, pando::is::at_least<1>>;

/// BOOST_HANA_DEFINE_STRUCT, in a class that is no aggregate and has what Hana is not told of.
class defined {
 public:
  defined() : untold_(7) {}
  BOOST_HANA_DEFINE_STRUCT(defined, (text, name), (count, size));
  int untold() const { return untold_; }

 private:
  int untold_;
};

/// BOOST_HANA_ADAPT_STRUCT, from outside, in an order of its own.
struct adapted {
  adapted() : size(std::int16_t{3}) {}
  count size;
  text name;
};

/// BOOST_DESCRIBE_STRUCT with a base that is described itself.
struct named {
  text name{};
};
BOOST_DESCRIBE_STRUCT(named, (), (name))
struct described : named {
  count size{};
};
BOOST_DESCRIBE_STRUCT(described, (named), (size))

/// BOOST_DESCRIBE_CLASS: nothing of it is public but its constructors and questions.
class closed {
 public:
  closed() = default;
  closed(std::string_view name, std::int16_t size) : name_(std::string(name)), size_(size) {}
  std::string const& name() const { return name_; }
  std::int16_t size() const { return size_; }

 protected:
  text name_{};

 private:
  count size_{};
  BOOST_DESCRIBE_CLASS(closed, (), (), (name_), (size_))
};

/// All of them as fields of an aggregate that nobody adapted.
struct together {
  defined one{};
  adapted two{};
  std::vector<described> three{};
  closed four{};
};

} // namespace adapted_test

BOOST_HANA_ADAPT_STRUCT(adapted_test::adapted, name, size);

BOOST_AUTO_TEST_SUITE(adapted_structs)

namespace {

using namespace adapted_test;

template <class Type>
Type read(std::string_view json) {
  Type object{};
  pando::violations faults;
  BOOST_TEST(pando::json::decode(json, object, faults), json);
  return object;
}

template <class Type>
std::string written(Type const& object) {
  pando::buffer out;
  pando::json::encode(object, out);
  return std::string(out.view());
}

/// `path rule;` of each fault.
std::string listed(pando::violations const& faults) {
  std::string all;
  for (auto const& one : faults.list) all += one.path + " " + std::string(one.rule) + ";";
  return all;
}

template <class Type>
std::string faults_of(std::string_view json) {
  Type object{};
  pando::violations faults;
  BOOST_TEST(!pando::json::decode(json, object, faults), json);
  return listed(faults);
}

/// There and back by the binary codec, given as JSON.
template <class Type>
std::string by_binary(Type const& object, pando::binary::form how) {
  pando::buffer out;
  pando::binary::encode(object, out, how);
  Type back{};
  pando::violations faults;
  BOOST_TEST(pando::binary::decode(out.view(), back, faults, how));
  return written(back);
}

template <class Type>
std::string schema_of() {
  pando::buffer out;
  pando::schema::json_schema<Type>(out);
  return std::string(out.view());
}

/// What holds of each, whoever told its fields: `name` and `size` are what they are called.
template <class Type>
void is_taken(std::string const& name, std::string const& size) {
  auto const with = [&](std::string const& a, std::string const& b) {
    return "{\"" + name + "\":" + a + ",\"" + size + "\":" + b + "}";
  };
  auto const whole = with("\"oak\"", "12");
  auto const object = read<Type>(whole);
  BOOST_TEST(written(object) == whole);
  for (auto const how : {pando::binary::form::positional, pando::binary::form::tagged})
    BOOST_TEST(by_binary(object, how) == whole);

  BOOST_TEST(faults_of<Type>(with("\"\"", "0")) ==
             "/" + name + " non_empty;/" + size + " at_least;");
  BOOST_TEST(faults_of<Type>(with("\"oak\"", "99999")) == "/" + size + " range;");
  BOOST_TEST(faults_of<Type>(with("5", "1")) == "/" + name + " type;");
  BOOST_TEST(faults_of<Type>("{\"" + size + "\":1}") == "/" + name + " required;");
  BOOST_TEST(faults_of<Type>("{\"" + name + "\":\"a\",\"" + size + "\":1,\"untold_\":1}") ==
             "/untold_ unknown;");

  auto const schema = schema_of<Type>();
  BOOST_TEST(schema.find("\"properties\":{\"" + name +
                         R"(":{"type":"string","minLength":1},")" + size +
                         R"(":{"type":"integer","maximum":32767,"minimum":1}},)"
                         R"("required":[")" + name + "\",\"" + size + "\"]") != schema.npos,
             schema);
}

} // namespace

BOOST_AUTO_TEST_CASE(hana_define_struct) {
  is_taken<defined>("name", "size");
  auto const object = read<defined>(R"({"size":12,"name":"oak"})");
  BOOST_TEST((object.name == "oak" && object.size == 12 && object.untold() == 7));
}

BOOST_AUTO_TEST_CASE(hana_adapt_struct) {
  is_taken<adapted>("name", "size");
  auto const object = read<adapted>(R"({"size":12,"name":"oak"})");
  BOOST_TEST((object.name == "oak" && object.size == 12));
}

BOOST_AUTO_TEST_CASE(describe_struct_with_a_base) {
  is_taken<described>("name", "size");
  auto const object = read<described>(R"({"size":12,"name":"oak"})");
  BOOST_TEST((object.name == "oak" && object.size == 12));
}

BOOST_AUTO_TEST_CASE(describe_class_with_private_members) {
  is_taken<closed>("name_", "size_");
  auto const object = read<closed>(R"({"size_":12,"name_":"oak"})");
  BOOST_TEST((object.name() == "oak" && object.size() == 12));
  BOOST_TEST(written(closed("elm", 4)) == R"({"name_":"elm","size_":4})");
}

BOOST_AUTO_TEST_CASE(all_of_them_in_one) {
  std::string const whole = R"({"one":{"name":"a","size":1},"two":{"name":"b","size":2},)"
                            R"("three":[{"name":"c","size":3},{"name":"d","size":4}],)"
                            R"("four":{"name_":"e","size_":5}})";
  auto const object = read<together>(whole);
  BOOST_TEST(written(object) == whole);
  for (auto const how : {pando::binary::form::positional, pando::binary::form::tagged})
    BOOST_TEST(by_binary(object, how) == whole);
  BOOST_TEST(faults_of<together>(R"({"one":{"name":"","size":1},"two":{"name":"b","size":0},)"
                                 R"("three":[{"name":"c","size":3},{"name":"","size":4}],)"
                                 R"("four":{"name_":"e","size_":-5}})") ==
             "/one/name non_empty;/two/size at_least;/three/1/name non_empty;"
             "/four/size_ at_least;");
  // A broken rule is refused when it came as binary too.
  together broken{};
  broken.one = read<defined>(R"({"size":12,"name":"oak"})");
  pando::buffer out;
  pando::binary::encode(broken, out, pando::binary::form::tagged);
  pando::violations faults;
  together back{};
  BOOST_TEST(!pando::binary::decode(out.view(), back, faults, pando::binary::form::tagged));
  BOOST_TEST(listed(faults) == "/two/name non_empty;/four/name_ non_empty;/four/size_ at_least;");
}

BOOST_AUTO_TEST_SUITE_END()
