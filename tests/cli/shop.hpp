// The contracts the command line's tests are about: every kind of field, every kind of route.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <pando/cli/describe.hpp>
#include <pando/contract.hpp>
#include <pando/schema/description.hpp>

namespace shop {

struct CreateUser {
  pando::checked<std::string, pando::is::email> email;
  pando::secret<pando::checked<std::string, pando::is::min_length<8>>> password;
};
struct UserId {
  std::int64_t id;
};
struct User {
  std::int64_t id;
  std::string email;
};
struct EmailTaken {
  static constexpr int http_status = 409;
  std::string email;
};
struct NoSuchUser {
  static constexpr int http_status = 404;
  static constexpr int exit_code = 4;
  std::int64_t id;
};
struct ImportUsers {
  std::vector<std::string> lines;
};

enum class Color { red, green, dark_blue };
struct Address {
  std::string street;
  std::optional<std::string> zipCode;
};
struct Circle {
  double radius;
};
struct Square {
  double side;
  bool filled;
};
struct Item {
  std::string sku;
  pando::defaulted<std::uint32_t, 1> count;
};
struct Everything {
  bool active;
  std::uint8_t age;
  std::int64_t amount;
  double ratio;
  Color color;
  std::chrono::milliseconds max_wait;
  std::chrono::system_clock::time_point since;
  pando::uuid token;
  pando::bytes avatar;
  Address home;
  std::optional<Address> work;
  std::vector<std::string> tags;
  std::vector<Item> items;
  std::array<std::int32_t, 2> range;
  std::set<std::string> groups;
  std::map<std::string, std::int32_t> labels;
  std::map<std::string, Address> places;
  std::variant<Circle, Square> shape;
  std::optional<std::variant<std::int64_t, std::string>> ref;
};
struct Optionals {
  std::optional<std::string> name;
  pando::defaulted<int, 25> port;
  pando::defaulted<bool, true> tls;
  std::optional<bool> verbose;
  std::optional<Color> color;
  pando::defaulted<std::string, "plain"> style;
  std::optional<std::chrono::seconds> wait;
  std::optional<std::vector<std::int32_t>> levels;
};
struct Node {
  std::string name;
  std::vector<Node> children;
};
struct Limits {
  std::optional<pando::checked<int, pando::is::at_least<1>, pando::is::at_most<65535>>> port;
  std::optional<pando::checked<double, pando::is::at_most<0.5>>> share;
  std::optional<pando::checked<std::string, pando::is::one_of<"small", "large">>> size;
  std::optional<pando::checked<std::string, pando::is::max_length<3>>> code;
  std::optional<pando::checked<std::string, pando::is::matches<"^[a-z]{2}-[0-9]+$">>> part;
  std::vector<pando::checked<int, pando::is::at_least<0>>> counts;
  pando::secret<pando::defaulted<std::string, "hush">> word;
};
struct Add {
  std::int64_t by;
};
struct Report {
  std::string title;
  Address address;
  std::vector<User> users;
  std::optional<pando::secret<std::string>> key;
};

struct Users
    : pando::controller<
          "user",
          pando::route<"create", User(CreateUser),
                       pando::cli::command<"", pando::cli::summary<"Adds a user.">>,
                       pando::raises<EmailTaken>>,
          pando::route<"show", User(UserId),
                       pando::cli::command<"show", pando::cli::positional<"id">>,
                       pando::raises<NoSuchUser>>,
          pando::route<"list", std::vector<User>(), pando::cli::command<>>,
          pando::route<"list_admins", std::vector<User>(), pando::cli::command<"list admins">>,
          pando::route<"remove", void(UserId),
                       pando::cli::command<"rm", pando::cli::positional<"id">>>,
          pando::route<"import", pando::stream<User>(ImportUsers),
                       pando::cli::command<"import", pando::cli::positional<"lines">>>,
          pando::route<"internal", void()>> {};
struct Things
    : pando::controller<"thing",
                        pando::route<"make", Everything(Everything), pando::cli::command<>>,
                        pando::route<"tune", Optionals(Optionals), pando::cli::command<>>,
                        pando::route<"plant", Node(Node), pando::cli::command<>>,
                        pando::route<"report", Report(), pando::cli::command<>>,
                        pando::route<"count", std::int64_t(Add),
                                     pando::cli::command<"add", pando::cli::positional<"by">>>,
                        pando::route<"limit", void(Limits), pando::cli::command<>>,
                        pando::route<"take_over", void(), pando::cli::command<>>,
                        pando::route<"echo", std::string(std::string), pando::cli::command<>>> {};

inline pando::described_app described() {
  pando::contract_row const* const contracts[]{&pando::contract_table<Users>,
                                               &pando::contract_table<Things>};
  pando::marker_reader const doors[]{&pando::cli::describe_marker};
  return pando::describe(contracts, "shop", "1.2.3", doors);
}

} // namespace shop
