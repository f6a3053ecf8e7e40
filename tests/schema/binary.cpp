// The binary codec: every kind there and back, damage of every sort, and builds that differ.
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/schema/binary.hpp>
#include <pando/schema/wire.hpp>
#include <pando/schema/shape.hpp>

namespace binary_test {

enum class Colour : std::uint8_t { red, green = 3, blue };

struct Point {
  std::int32_t x = 0;
  std::int16_t y = 0;
  friend bool operator==(Point const&, Point const&) = default;
};
struct Nothing {
  friend bool operator==(Nothing const&, Nothing const&) = default;
};
struct Tree {
  std::string name{};
  std::vector<Tree> children{};
  friend bool operator==(Tree const&, Tree const&) = default;
};

struct Metres {
  double value = 0;
  friend bool operator==(Metres const&, Metres const&) = default;
};

struct Everything {
  bool flag = false;
  std::int8_t tiny = 0;
  std::uint16_t small = 0;
  std::int64_t large = 0;
  std::uint64_t huge = 0;
  float narrow = 0;
  double wide = 0;
  std::string text{};
  Colour colour{};
  std::chrono::milliseconds pause{};
  std::chrono::sys_seconds when{};
  pando::uuid id{};
  pando::bytes raw{};
  std::optional<std::string> maybe{};
  std::optional<std::optional<int>> twice{};
  std::vector<double> numbers{};
  std::vector<bool> flags{};
  std::vector<std::string> words{};
  std::array<std::uint32_t, 3> three{};
  std::set<std::string> unique{};
  std::map<std::string, Point> places{};
  std::variant<std::string, Point, int> choice{};
  Point inner{};
  Nothing nothing{};
  std::vector<Nothing> nothings{};
  Tree tree{};
  Metres height{};
  pando::checked<std::string, pando::is::min_length<2>> code{"ok"};
  pando::defaulted<int, 7> seven{};
  pando::secret<std::string> hidden{};
};

} // namespace binary_test

template <>
struct pando::travels_as<binary_test::Metres> {
  using type = double;
  static binary_test::Metres from(double metres) {
    if (metres < 0) throw refused{"must not be below the ground"};
    return {metres};
  }
  static double to(binary_test::Metres const& height) { return height.value; }
};

BOOST_AUTO_TEST_SUITE(binary)

namespace {

using namespace binary_test;
using pando::binary::form;
constexpr form both_forms[]{form::positional, form::tagged};

Everything sample() {
  Everything it;
  it.flag = true;
  it.tiny = -5;
  it.small = 65535;
  it.large = std::numeric_limits<std::int64_t>::min();
  it.huge = std::numeric_limits<std::uint64_t>::max();
  it.narrow = -1.5F;
  it.wide = 1e300;
  it.text = "gr\xc3\xbc\xc3\x9f";
  it.colour = Colour::green;
  it.pause = std::chrono::milliseconds(1500);
  it.when = std::chrono::sys_seconds(std::chrono::seconds(1700000000));
  it.id = *pando::uuid::parse("123e4567-e89b-12d3-a456-426614174000");
  it.raw = pando::bytes::of(std::string_view("\0\xff", 2));
  it.maybe = "there";
  it.twice.emplace(std::nullopt);
  it.numbers = {1, -2.25, 1e-300};
  it.flags = {true, false, true};
  it.words = {"a", "", std::string(300, 'x')};
  it.three = {1, 2, 0xffffffff};
  it.unique = {"b", "a"};
  it.places = {{"home", {1, 2}}, {"", {-3, -4}}};
  it.choice = Point{5, 6};
  it.inner = {7, 8};
  it.nothings.resize(3);
  it.tree = {"root", {{"leaf", {}}, {"branch", {{"twig", {}}}}}};
  it.height.value = 2.5;
  it.code = "fine";
  it.seven = 8;
  it.hidden = "whisper";
  return it;
}

template <class Type>
std::string written(Type const& value, form how = form::positional) {
  pando::buffer out;
  pando::binary::encode(value, out, how);
  return std::string(out.view());
}

/// The faults of decoding, one a line: "path rule".
template <class Type>
std::string faults_of(std::string_view octets, Type& value, form how = form::positional) {
  pando::violations faults;
  bool const fine = pando::binary::decode(octets, value, faults, how);
  BOOST_TEST(fine == faults.empty());
  std::string told;
  for (auto const& fault : faults.list)
    told += (told.empty() ? "" : "\n") + fault.path + ' ' + fault.rule;
  return told;
}
template <class Type>
std::string faults_of(std::string_view octets, form how = form::positional) {
  Type value{};
  return faults_of(octets, value, how);
}

template <class Type>
std::string shape_of() {
  pando::buffer out;
  pando::binary::write_shape(pando::type_of<Type>(), out);
  return std::string(out.view());
}

/// Empty when a reader of `Reader` understands what a writer of `Writer` sends.
template <class Writer, class Reader>
std::string why_incompatible() {
  std::string why;
  bool const fits = pando::binary::compatible(shape_of<Writer>(), shape_of<Reader>(), why);
  BOOST_TEST(fits == why.empty());
  return why;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_kind_goes_there_and_back) {
  auto const from = sample();
  for (auto const how : both_forms) {
    auto const octets = written(from, how);
    Everything to;
    BOOST_TEST(faults_of(octets, to, how) == "");
    BOOST_TEST(written(to, how) == octets);
    BOOST_TEST(to.large == from.large);
    BOOST_TEST(to.huge == from.huge);
    BOOST_TEST(to.tiny == from.tiny);
    BOOST_TEST(to.wide == from.wide);
    BOOST_TEST(to.text == from.text);
    BOOST_TEST((to.colour == from.colour && to.when == from.when && to.id == from.id));
    BOOST_TEST((to.pause == from.pause && to.raw == from.raw && to.maybe == from.maybe));
    BOOST_TEST((to.twice == from.twice && to.flags == from.flags && to.words == from.words));
    BOOST_TEST((to.unique == from.unique && to.places == from.places));
    BOOST_TEST((to.choice == from.choice && to.inner == from.inner && to.tree == from.tree));
    BOOST_TEST((to.numbers == from.numbers && to.three == from.three));
    BOOST_TEST(to.nothings.size() == 3U);
    BOOST_TEST(to.height.value == 2.5);
    BOOST_TEST((to.code == "fine" && to.seven == 8));
    BOOST_TEST(to.hidden.reveal() == "whisper");
  }
}

namespace the_octets_are_these_types {
struct Small {
  std::string name;
  std::int32_t count;
  std::optional<bool> flag;
  std::vector<std::uint16_t> list;
};
} // namespace the_octets_are_these_types
BOOST_AUTO_TEST_CASE(the_octets_are_these) {
  using namespace the_octets_are_these_types;
  Small const value{"ab", -2, true, {1, 0x203}};
  using namespace std::literals;
  BOOST_TEST(written(value) == "\x02"
                               "ab\xfe\xff\xff\xff\x01\x01\x02\x01\x00\x03\x02"sv);
  // Tagged: four fields, each a hash, a length and a value.
  auto const tagged = written(value, form::tagged);
  BOOST_TEST(tagged.size() == 1U + 4 * 5 + 3 + 1 + 1 + 4);
  BOOST_TEST(tagged.front() == '\4');
  std::uint32_t hash = 0;
  std::memcpy(&hash, tagged.data() + 1, 4);
  BOOST_TEST(hash == pando::wire::name_hash("name"));
  BOOST_TEST(pando::wire::name_hash("a") == 0xe40c292cU); // of the FNV authors' own list
}

BOOST_AUTO_TEST_CASE(cut_short_anywhere_it_is_damaged) {
  for (auto const how : both_forms) {
    auto const octets = written(sample(), how);
    for (std::size_t size = 0; size < octets.size(); ++size) {
      auto const told = faults_of<Everything>(std::string_view(octets).substr(0, size), how);
      if (told.find("syntax") == told.npos) BOOST_ERROR("cut at " << size << " gives: " << told);
    }
    BOOST_TEST(faults_of<Everything>(octets + '\0', how) == " syntax");
  }
}

BOOST_AUTO_TEST_CASE(any_octet_changed_never_harms) {
  for (auto const how : both_forms) {
    auto const octets = written(sample(), how);
    for (std::size_t at = 0; at < octets.size(); ++at)
      for (unsigned const bits : {0x01U, 0x80U, 0xffU}) {
        auto changed = octets;
        changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ bits);
        Everything to;
        pando::violations faults;
        if (pando::binary::decode(changed, to, faults, how)) written(to, how);
        else BOOST_TEST(!faults.empty());
      }
  }
}

BOOST_AUTO_TEST_CASE(a_length_is_compared_with_what_is_there) {
  std::string const most = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  BOOST_TEST(faults_of<std::string>(most) == " syntax");
  BOOST_TEST(faults_of<std::vector<double>>(most) == " syntax");
  BOOST_TEST(faults_of<std::vector<std::string>>(most) == " syntax");
  BOOST_TEST((faults_of<std::map<std::string, int>>(most)) == " syntax");
  BOOST_TEST(faults_of<std::vector<Nothing>>(most) == " syntax");
  BOOST_TEST(faults_of<pando::bytes>(most) == " syntax");
  // No varint: longer than need be, past 64 bits, without an end.
  using namespace std::literals;
  for (auto const no_number :
       {"\x81\x00"sv, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv, "\x80"sv})
    BOOST_TEST(faults_of<std::string>(no_number) == " syntax");
}

BOOST_AUTO_TEST_CASE(memory_and_depth_are_bounded) {
  std::vector<Everything> many(50);
  auto const octets = written(many);
  std::vector<Everything> to;
  pando::violations faults;
  pando::binary::decode_options options;
  options.max_memory = 10 * sizeof(Everything);
  BOOST_TEST(!pando::binary::decode(octets, to, faults, form::positional, options));
  BOOST_TEST(faults.list.at(0).rule == "size");

  Tree deep;
  for (int i = 0; i < 100; ++i) {
    Tree above;
    above.children.push_back(std::move(deep));
    deep = std::move(above);
  }
  Tree read;
  faults = {};
  BOOST_TEST(!pando::binary::decode(written(deep), read, faults));
  BOOST_TEST(faults.list.at(0).rule == "depth");
  faults = {};
  options = {};
  options.max_depth = 300;
  BOOST_TEST(pando::binary::decode(written(deep), read, faults, form::positional, options));
  BOOST_TEST((read == deep));
}

namespace values_that_are_none_are_told_and_the_rest_is_read_types {
struct Row {
  bool flag;
  Colour colour;
  std::string text;
  double number;
  std::chrono::seconds pause;
  int last;
};
} // namespace values_that_are_none_are_told_and_the_rest_is_read_types
BOOST_AUTO_TEST_CASE(values_that_are_none_are_told_and_the_rest_is_read) {
  using namespace values_that_are_none_are_told_and_the_rest_is_read_types;
  std::string octets = "\x02\x01\x02\xc3\x28";
  octets += std::string_view("\0\0\0\0\0\0\xf0\x7f", 8); // infinity
  octets += "\x03"
            "1 s";
  octets += std::string_view("\x09\0\0\0", 4);
  Row row{};
  BOOST_TEST(faults_of(octets, row) == "/flag type\n/colour one_of\n/text type\n/number range\n"
                                       "/pause format");
  BOOST_TEST(row.last == 9);
}

namespace rules_are_checked_and_their_place_is_told_types {
struct Item {
  pando::checked<std::string, pando::is::non_empty> name;
  pando::checked<std::vector<pando::checked<int, pando::is::at_most<10>>>,
                 pando::is::max_length<3>>
      marks;
  std::map<std::string, pando::checked<double, pando::is::at_least<0>>> sizes;
};
struct Order {
  std::vector<Item> items;
};
} // namespace rules_are_checked_and_their_place_is_told_types
BOOST_AUTO_TEST_CASE(rules_are_checked_and_their_place_is_told) {
  using namespace rules_are_checked_and_their_place_is_told_types;
  Order order;
  order.items.resize(2);
  order.items[0].name = "fine";
  order.items[1].marks = {1, 11, 12, 3};
  order.items[1].sizes["a/b"] = -1;
  for (auto const how : both_forms)
    BOOST_TEST(faults_of<Order>(written(order, how), how) ==
               "/items/1/name non_empty\n/items/1/marks/1 at_most\n/items/1/marks/2 at_most\n"
               "/items/1/sizes/a~1b at_least");
  order.items[1].marks = {1, 2, 3, 4}; // the list's own rule is asked when its elements are fine
  BOOST_TEST(faults_of<Order>(written(order)) ==
             "/items/1/name non_empty\n/items/1/marks max_length\n/items/1/sizes/a~1b at_least");
}

namespace rules_of_an_absent_optional_say_nothing_types {
struct Row {
  pando::checked<std::optional<int>, pando::is::at_least<5>> number;
};
} // namespace rules_of_an_absent_optional_say_nothing_types
BOOST_AUTO_TEST_CASE(rules_of_an_absent_optional_say_nothing) {
  using namespace rules_of_an_absent_optional_say_nothing_types;
  for (auto const how : both_forms) {
    BOOST_TEST(faults_of<Row>(written(Row{}, how), how) == "");
    BOOST_TEST(faults_of<Row>(written(Row{std::optional<int>(4)}, how), how) ==
               "/number at_least");
  }
}

namespace what_travels_as_another_may_refuse_types {
struct Peak {
  Metres height;
  pando::secret<Metres> below;
};
} // namespace what_travels_as_another_may_refuse_types
BOOST_AUTO_TEST_CASE(what_travels_as_another_may_refuse) {
  using namespace what_travels_as_another_may_refuse_types;
  Peak const deep{{-1}, pando::secret<Metres>(Metres{-2})};
  pando::violations faults;
  Peak to{};
  BOOST_TEST(!pando::binary::decode(written(deep), to, faults));
  BOOST_REQUIRE_EQUAL(faults.list.size(), 2U);
  BOOST_TEST((faults.list[0] ==
              pando::violation{"/height", "format", "must not be below the ground"}));
  BOOST_TEST((faults.list[1] == pando::violation{"/below", "format", "is not accepted"}));
}

BOOST_AUTO_TEST_CASE(repeats_are_refused) {
  BOOST_TEST(faults_of<std::set<std::uint8_t>>("\x02\x05\x05") == "/1 duplicate");
  using table = std::map<std::string, std::uint8_t>;
  BOOST_TEST(faults_of<table>("\x02\x01k\x05\x01k\x06") == "/k duplicate");
  BOOST_TEST(faults_of<table>("\x01\x01\xff\x05") == "/? syntax");
}

namespace what_has_no_place_on_the_wire_is_not_written_types {
struct Row {
  std::vector<double> numbers{};
  std::map<std::string, std::string> words{};
  Colour colour = Colour::red;
};
} // namespace what_has_no_place_on_the_wire_is_not_written_types
BOOST_AUTO_TEST_CASE(what_has_no_place_on_the_wire_is_not_written) {
  using namespace what_has_no_place_on_the_wire_is_not_written_types;
  auto const place_of = [](auto const& value) {
    pando::buffer out;
    out.append("before");
    try {
      pando::binary::encode(value, out);
    } catch (pando::binary::unencodable const& no) {
      BOOST_TEST(out.view() == "before");
      return no.path + ": " + no.why;
    }
    return std::string("written");
  };
  Row row;
  BOOST_TEST(place_of(row) == "written");
  row.numbers = {1, std::numeric_limits<double>::quiet_NaN()};
  BOOST_TEST(place_of(row) == "/numbers/1: not a finite number");
  row.numbers.clear();
  row.words["key"] = "\xff";
  BOOST_TEST(place_of(row) == "/words/key: text that is not UTF-8");
  row.words.clear();
  row.colour = static_cast<Colour>(1);
  BOOST_TEST(place_of(row) == "/colour: not one of its enumeration's values");
}

namespace old_build {
enum class Colour : std::uint8_t { green, red };
struct Part {
  std::int32_t id;
};
struct Order {
  std::int32_t id;
  std::string name;
  std::vector<Part> parts;
  Colour colour;
  std::variant<int, Part> choice;
};
} // namespace old_build
namespace new_build {
enum class Colour : std::uint16_t { red, blue, green };
struct Part {
  std::optional<std::string> label;
  std::int64_t id;
};
struct Order {
  pando::defaulted<int, 5> priority;
  std::vector<Part> parts;
  std::variant<std::string, Part, int> choice;
  std::optional<std::string> note;
  Colour colour;
  std::int64_t id;
};
} // namespace new_build

BOOST_AUTO_TEST_CASE(builds_that_differ_read_one_another_in_the_tagged_form) {
  old_build::Order const from{
      -70000, "bolts", {{1}, {2}}, old_build::Colour::green, old_build::Part{3}};
  new_build::Order to;
  BOOST_TEST(faults_of(written(from, form::tagged), to, form::tagged) == "");
  BOOST_TEST(to.id == -70000);
  BOOST_TEST(to.priority.get() == 5);
  BOOST_TEST(!to.note.has_value());
  BOOST_TEST(to.parts.at(1).id == 2);
  BOOST_TEST((to.colour == new_build::Colour::green));
  BOOST_TEST(std::get<new_build::Part>(to.choice).id == 3);

  // Back: the name is required there, a blue and a number of 40 bits are not known.
  to.colour = new_build::Colour::blue;
  to.id = std::int64_t{1} << 40;
  to.choice = "text";
  BOOST_TEST(faults_of<old_build::Order>(written(to, form::tagged), form::tagged) ==
             "/choice one_of\n/colour one_of\n/id range\n/name required");
}

namespace a_field_twice_is_damage_types {
struct One {
  std::int32_t x;
};
} // namespace a_field_twice_is_damage_types
BOOST_AUTO_TEST_CASE(a_field_twice_is_damage) {
  using namespace a_field_twice_is_damage_types;
  auto octets = written(One{1}, form::tagged);
  octets += octets.substr(1);
  octets.front() = '\2';
  BOOST_TEST(faults_of<One>(octets, form::tagged) == "/x syntax");
}

namespace fingerprints_tell_layouts_apart_types {
struct A {
  int x;
  std::string y;
};
struct SameAsA {
  int x;
  std::string y;
};
struct Renamed {
  int x;
  std::string z;
};
struct Swapped {
  std::string y;
  int x;
};
struct Wider {
  std::int64_t x;
  std::string y;
};
struct Checked {
  pando::checked<int, pando::is::at_most<3>> x;
  std::string y;
};
} // namespace fingerprints_tell_layouts_apart_types
BOOST_AUTO_TEST_CASE(fingerprints_tell_layouts_apart) {
  using namespace fingerprints_tell_layouts_apart_types;
  auto const print = [](auto value) {
    return pando::binary::fingerprint(pando::type_of<decltype(value)>());
  };
  BOOST_TEST(print(A{}) == print(SameAsA{}));
  BOOST_TEST(print(A{}) == print(Checked{}));
  BOOST_TEST(print(A{}) != print(Renamed{}));
  BOOST_TEST(print(A{}) != print(Swapped{}));
  BOOST_TEST(print(A{}) != print(Wider{}));
  BOOST_TEST(print(old_build::Colour{}) != print(Colour{}));
  BOOST_TEST(print(Tree{}) == print(Tree{})); // holds itself, and yet ends
}

namespace compatible_says_what_does_not_fit_types {
struct Now {
  std::int32_t id;
  std::string name;
};
struct Added {
  std::int32_t id;
  std::string name;
  std::optional<int> more;
  pando::defaulted<bool, true> flag;
};
struct Demanding {
  std::int32_t id;
  std::string name;
  int more;
};
struct Wide {
  std::int64_t id;
  std::string name;
};
struct Other {
  std::string id;
  std::string name;
};
struct Loose {
  std::int32_t id;
  std::optional<std::string> name;
};
} // namespace compatible_says_what_does_not_fit_types
BOOST_AUTO_TEST_CASE(compatible_says_what_does_not_fit) {
  using namespace compatible_says_what_does_not_fit_types;
  BOOST_TEST((why_incompatible<Now, Now>()) == "");
  BOOST_TEST((why_incompatible<Now, Added>()) == "");
  BOOST_TEST((why_incompatible<Added, Now>()) == "");
  BOOST_TEST((why_incompatible<Now, Wide>()) == "");
  BOOST_TEST((why_incompatible<Now, Loose>()) == "");
  BOOST_TEST((why_incompatible<Demanding, Now>()) == "");
  BOOST_TEST((why_incompatible<Now, Demanding>()) == "more: is required and not sent");
  BOOST_TEST((why_incompatible<Loose, Now>()) == "name: is required and may be left out");
  BOOST_TEST((why_incompatible<Wide, Now>()) ==
             "id: is sent as a whole number of 64 bits and read as a whole number of 32 bits");
  BOOST_TEST((why_incompatible<std::vector<Other>, std::vector<Now>>()) ==
             "[].id: is sent as text and read as a whole number of 32 bits");
  BOOST_TEST((why_incompatible<old_build::Colour, new_build::Colour>()) == "");
  BOOST_TEST((why_incompatible<new_build::Colour, old_build::Colour>()) ==
             "\"blue\" is sent and not known");
  BOOST_TEST((why_incompatible<Tree, Tree>()) == "");
  BOOST_TEST((why_incompatible<old_build::Order, new_build::Order>()) == "");
  BOOST_TEST((why_incompatible<std::chrono::seconds, std::chrono::sys_seconds>()) ==
             "is sent as text like a duration and read as text like a date-time");
}

BOOST_AUTO_TEST_CASE(what_is_no_shape_fits_nothing) {
  auto const shape = shape_of<Everything>();
  std::string why;
  for (std::size_t size = 0; size < shape.size(); ++size)
    BOOST_TEST(!pando::binary::compatible(shape.substr(0, size), shape, why));
  BOOST_TEST(pando::binary::compatible(shape, shape, why));
  BOOST_TEST(!pando::binary::compatible(shape + '\0', shape, why));
  BOOST_TEST(!pando::binary::compatible(std::string(100000, '\x08'), shape, why)); // lists of lists
}

BOOST_AUTO_TEST_SUITE_END()
