// Descriptions: what they say of every kind of type, that they travel, that bad ones are found.
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/contract.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/description.hpp>
#include <pando/schema/json.hpp>

BOOST_AUTO_TEST_SUITE(description)

namespace orders_app {

enum class Size { small, large };
struct Part {
  pando::checked<std::string, pando::is::min_length<2>, pando::is::max_length<5>> code;
  pando::defaulted<std::uint16_t, 3> count;
  std::optional<Size> size;
};
struct Tree {
  std::string name;
  std::vector<Tree> children;
};
struct Order {
  std::vector<Part> parts;
  std::array<std::int8_t, 3> triple;
  std::map<std::string, std::chrono::seconds> waits;
  std::variant<Part, std::string> choice;
  pando::secret<std::string> key;
  std::uint64_t big;
};
struct Refused {
  static constexpr int http_status = 409;
  static constexpr int exit_code = 9;
  std::string why;
};

struct Orders
    : pando::controller<"order", pando::route<"place", Tree(Order), pando::raises<Refused>>,
                        pando::route<"watch", pando::stream<Part>()>,
                        pando::route<"drop", void(Part), pando::cli::command<"rm">>> {};

void read_any(pando::marker_row const& marker, std::string_view route_name,
              pando::described_route& route) {
  route.endpoints.push_back(
      {std::string(marker.door), std::string(marker.kind), std::string(route_name)});
}

pando::described_app described() {
  pando::contract_row const* const contracts[]{&pando::contract_table<Orders>};
  pando::marker_reader const doors[]{&read_any};
  return pando::describe(contracts, "orders", "7", doors);
}

pando::described_type const& type_called(pando::described_app const& app, std::string_view name) {
  for (auto const& type : app.types)
    if (type.name == name) return type;
  throw std::out_of_range(std::string(name));
}

pando::described_field const& field(pando::described_type const& type, std::string_view name) {
  for (auto const& one : type.fields)
    if (one.name == name) return one;
  throw std::out_of_range(std::string(name));
}

std::string encoded(pando::described_app const& app) {
  pando::buffer text;
  pando::json::encode(app, text);
  return std::string(text.view());
}

} // namespace orders_app

using namespace orders_app;

BOOST_AUTO_TEST_CASE(routes_say_what_they_take_give_and_raise) {
  auto const app = described();
  BOOST_TEST(app.name == "orders");
  BOOST_TEST(app.version == "7");
  BOOST_REQUIRE_EQUAL(app.routes.size(), 3U);
  auto const& place = app.routes[0];
  BOOST_TEST(place.name == "order.place");
  BOOST_TEST(place.controller == "order");
  BOOST_TEST(app.types[place.request.value()].name == "Order");
  BOOST_TEST(app.types[place.result.value()].name == "Tree");
  BOOST_TEST(!place.streams);
  BOOST_REQUIRE_EQUAL(place.errors.size(), 1U);
  BOOST_TEST(place.errors[0].name == "Refused");
  BOOST_TEST(place.errors[0].http_status == 409);
  BOOST_TEST(place.errors[0].exit_code == 9);
  BOOST_TEST(app.types[place.errors[0].type].fields[0].name == "why");
  BOOST_TEST(place.endpoints.empty());
  auto const& watch = app.routes[1];
  BOOST_TEST(watch.streams);
  BOOST_TEST(!watch.request.has_value());
  BOOST_TEST(app.types[watch.result.value()].name == "Part");
  auto const& drop = app.routes[2];
  BOOST_TEST(!drop.result.has_value());
  BOOST_REQUIRE_EQUAL(drop.endpoints.size(), 1U);
  BOOST_TEST(drop.endpoints[0].door == "cli");
  BOOST_TEST(drop.endpoints[0].method == "command");
  BOOST_TEST(drop.endpoints[0].path == "drop");
}

BOOST_AUTO_TEST_CASE(types_are_described_once_and_may_hold_themselves) {
  auto const app = described();
  int trees = 0;
  int parts = 0;
  for (auto const& type : app.types) trees += type.name == "Tree", parts += type.name == "Part";
  BOOST_TEST(trees == 1);
  BOOST_TEST(parts == 1);
  auto const& tree = type_called(app, "Tree");
  auto const& children = app.types[field(tree, "children").type];
  BOOST_TEST((children.kind == pando::schema::kind::list));
  BOOST_TEST(app.types[children.element.value()].name == "Tree");
}

BOOST_AUTO_TEST_CASE(fields_have_limits_rules_defaults_and_secrets) {
  auto const app = described();
  auto const& part = type_called(app, "Part");
  auto const& code = field(part, "code");
  BOOST_TEST(code.required);
  BOOST_TEST(!code.default_value.has_value());
  auto const& rules = app.types[code.type].rules;
  BOOST_REQUIRE_EQUAL(rules.size(), 2U);
  BOOST_TEST(rules[0].name == "min_length");
  BOOST_TEST(rules[0].sentence == "at least 2 characters");
  BOOST_TEST(rules[0].keyword == "minLength");
  BOOST_TEST(rules[0].value == "2");
  auto const& count = field(part, "count");
  BOOST_TEST(!count.required);
  BOOST_TEST(count.default_value.value() == "3");
  BOOST_TEST(app.types[count.type].least == "0");
  BOOST_TEST(app.types[count.type].most == "65535");
  auto const& size = app.types[field(part, "size").type];
  BOOST_TEST((size.kind == pando::schema::kind::optional));
  BOOST_TEST(app.types[size.element.value()].enumerators ==
                 (std::vector<std::string>{"small", "large"}),
             boost::test_tools::per_element());
  auto const& order = type_called(app, "Order");
  auto const& triple = app.types[field(order, "triple").type];
  BOOST_TEST((triple.kind == pando::schema::kind::fixed_list));
  BOOST_TEST(triple.count == 3U);
  BOOST_TEST(app.types[triple.element.value()].least == "-128");
  BOOST_TEST(app.types[triple.element.value()].most == "127");
  auto const& waits = app.types[field(order, "waits").type];
  BOOST_TEST((waits.kind == pando::schema::kind::map));
  BOOST_TEST(app.types[waits.element.value()].format == "duration");
  BOOST_TEST(app.types[waits.element.value()].example == "PT1H30M");
  auto const& choice = app.types[field(order, "choice").type];
  BOOST_REQUIRE_EQUAL(choice.alternatives.size(), 2U);
  BOOST_TEST(app.types[choice.alternatives[0]].name == "Part");
  BOOST_TEST(app.types[field(order, "key").type].secret);
  BOOST_TEST(app.types[field(order, "big").type].most == "18446744073709551615");
}

BOOST_AUTO_TEST_CASE(a_description_travels_as_json) {
  auto const app = described();
  auto const sent = encoded(app);
  pando::described_app arrived;
  pando::violations faults;
  BOOST_TEST(pando::json::decode(sent, arrived, faults));
  BOOST_TEST(faults.list.size() == 0U);
  BOOST_TEST(encoded(arrived) == sent);
  BOOST_TEST(pando::holds_together(arrived));
}

BOOST_AUTO_TEST_CASE(a_description_can_be_added_to) {
  pando::describer more(described());
  auto const before = more.app().types.size();
  auto const place = more.add(pando::type_of<Tree>());
  BOOST_TEST(place == before);
  BOOST_TEST(more.add(pando::type_of<Tree>()) == place);
  BOOST_TEST(pando::holds_together(more.take()));
}

BOOST_AUTO_TEST_CASE(what_does_not_hold_together_is_found) {
  BOOST_TEST(pando::holds_together(pando::described_app{}));
  auto const broken = [](auto change) {
    auto app = described();
    change(app);
    return !pando::holds_together(app);
  };
  using app = pando::described_app;
  BOOST_TEST(broken([](app& a) { a.routes[0].request = 999; }));
  BOOST_TEST(broken([](app& a) { a.routes[0].result = 999; }));
  BOOST_TEST(broken([](app& a) { a.routes[0].errors[0].type = 999; }));
  BOOST_TEST(broken([](app& a) { a.types[0].fields[0].type = 999; }));
  BOOST_TEST(broken([](app& a) {
    for (auto& type : a.types) type.alternatives.clear();
  }));
  BOOST_TEST(broken([](app& a) {
    for (auto& type : a.types) type.element.reset();
  }));
  BOOST_TEST(broken([](app& a) {
    a.types.emplace_back().kind = pando::schema::kind::optional;
    a.types.back().element = static_cast<std::uint32_t>(a.types.size() - 1);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
