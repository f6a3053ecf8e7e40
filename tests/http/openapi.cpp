// The OpenAPI document: what stands where, and a validator from npm that must find it valid.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/contract.hpp>
#include <pando/http/openapi.hpp>
#include <pando/schema/table.hpp>

#include "support/api.hpp"
#include "support/npm.hpp"
#include "support/skip.hpp"

BOOST_AUTO_TEST_SUITE(openapi)

namespace openapi_test {

enum class Order : std::uint8_t { newest, oldest };

struct User {
  std::int64_t id{};
  std::string email{};
};
struct UserId {
  std::int64_t id{};
};
struct Rename {
  std::int64_t user{};
  pando::checked<std::string, pando::is::min_length<2>> name{};
  std::optional<std::string> reason{};
};
struct Touch {
  std::int64_t id{};
};
struct Find {
  std::string text{};
  std::optional<Order> order{};
  std::vector<std::string> tags{};
  pando::defaulted<int, 20> limit{};
};
struct Gone {
  static constexpr int http_status = 404;
  std::int64_t id{};
};
struct Never {
  static constexpr int http_status = 404;
};
struct Unfit {
  static constexpr int http_status = 422;
  std::string why{};
};
namespace old {
struct User {
  std::string nick{};
};
} // namespace old

namespace http = pando::http;
struct Users
    : pando::controller<
          "user",
          pando::route<"show", User(UserId), http::get<"/{id}">, http::head<"/{id}/">,
                       pando::raises<Gone, Never>>,
          pando::route<"rename", User(Rename), http::put<"/{user}">, pando::raises<Unfit, Gone>>,
          pando::route<"remove", void(UserId), http::del<"/{id}">>,
          pando::route<"touch", void(Touch), http::post<"/{id}/touch">>,
          pando::route<"find", std::vector<User>(Find), http::get<"/">>,
          pando::route<"create", User(User), http::post<"/">, http::created>,
          pando::route<"old", old::User(), http::get<"/old">>,
          pando::route<"watch", pando::stream<User>(), http::get<"/watch">>,
          pando::route<"inside", int()>> {};
struct Hidden : pando::controller<"hidden", pando::route<"only", int()>> {};

std::string document(std::span<pando::contract_row const* const> contracts,
                     http::openapi_info const& info = {}) {
  pando::buffer out;
  http::openapi(contracts, info, out);
  return std::string(out.view());
}
std::string of_users() {
  pando::contract_row const* const all[]{&pando::contract_table<Users>,
                                         &pando::contract_table<Hidden>};
  return document(all, {.title = "A \"shop\"", .version = "2.1", .description = "All of it."});
}
/// What stands at a JSON pointer, as text; "" where nothing does.
std::string at(std::string_view pointer) {
  static auto const whole = boost::json::parse(of_users());
  boost::json::error_code none;
  auto const* const found = whole.find_pointer(pointer, none);
  return found == nullptr ? "" : boost::json::serialize(*found);
}

BOOST_AUTO_TEST_CASE(the_frame) {
  BOOST_TEST(at("/openapi") == "\"3.1.0\"");
  BOOST_TEST(at("/info") ==
             R"({"title":"A \"shop\"","version":"2.1","description":"All of it."})");
  BOOST_TEST(at("/tags") == R"([{"name":"user"}])"); // of what has no HTTP route, nothing
  BOOST_TEST(of_users().find("hidden") == std::string::npos);
  BOOST_TEST(of_users().find("user.inside") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_place_is_one_path) {
  BOOST_TEST(at("/paths/~1user~1{id}/get/operationId") == R"("user.show")");
  BOOST_TEST(at("/paths/~1user~1{id}/head/operationId") == R"("user.show_2")");
  BOOST_TEST(at("/paths/~1user~1{id}/put/operationId") == R"("user.rename")");
  BOOST_TEST(at("/paths/~1user~1{id}/delete/operationId") == R"("user.remove")");
  BOOST_TEST(at("/paths/~1user~1{user}") == "");
  BOOST_TEST(at("/paths/~1user/get/operationId") == R"("user.find")");
  BOOST_TEST(at("/paths/~1user/post/tags") == R"(["user"])");
}

BOOST_AUTO_TEST_CASE(parameters) {
  auto const id = R"("schema":{"type":"integer","format":"int64","minimum":-9223372036854775808,)"
                  R"("maximum":9223372036854775807}})";
  auto const in_path = std::string(R"({"name":"id","in":"path","required":true,)") + id;
  BOOST_TEST(at("/paths/~1user~1{id}/get/parameters") == "[" + in_path + "]");
  BOOST_TEST(at("/paths/~1user~1{id}/put/parameters") == "[" + in_path + "]");
  BOOST_TEST(at("/paths/~1user/get/parameters/0") ==
             R"({"name":"text","in":"query","required":true,"schema":{"type":"string"}})");
  BOOST_TEST(at("/paths/~1user/get/parameters/1") ==
             R"({"name":"order","in":"query","schema":{"$ref":"#/components/schemas/Order"}})");
  BOOST_TEST(at("/paths/~1user/get/parameters/2") ==
             R"({"name":"tags","in":"query","schema":{"type":"array","items":{"type":"string"}}})");
  BOOST_TEST(at("/paths/~1user/get/parameters/3/schema/default") == "20");
  BOOST_TEST(at("/paths/~1user/post/parameters") == "");
}

BOOST_AUTO_TEST_CASE(bodies) {
  BOOST_TEST(at("/paths/~1user/post/requestBody") ==
             R"({"required":true,"content":{"application/json":{"schema":)"
             R"({"$ref":"#/components/schemas/User"}}}})");
  BOOST_TEST(at("/paths/~1user~1{id}/put/requestBody/content/application~1json/schema") ==
             R"({"type":"object","properties":{"name":{"type":"string","minLength":2},)"
             R"("reason":{"type":"string"}},"required":["name"],"additionalProperties":false})");
  BOOST_TEST(at("/paths/~1user~1{id}~1touch/post/requestBody") == "");
  BOOST_TEST(at("/paths/~1user~1{id}/get/requestBody") == "");
}

BOOST_AUTO_TEST_CASE(answers) {
  auto const user = R"({"schema":{"$ref":"#/components/schemas/User"}})";
  BOOST_TEST(at("/paths/~1user/post/responses/201/content/application~1json") == user);
  BOOST_TEST(at("/paths/~1user/post/responses/200") == "");
  BOOST_TEST(at("/paths/~1user~1{id}/get/responses/200/content/application~1json") == user);
  BOOST_TEST(at("/paths/~1user~1{id}/head/responses/200/content") == "");
  BOOST_TEST(at("/paths/~1user~1{id}/delete/responses/204") == R"({"description":"Done."})");
  BOOST_TEST(at("/paths/~1user~1watch/get/responses/200/content") ==
             std::string(R"({"application/x-ndjson":)") + user + R"(,"text/event-stream":)" + user +
                 "}");
  BOOST_TEST(at("/paths/~1user~1old/get/responses/200/content/application~1json/schema") ==
             R"({"$ref":"#/components/schemas/User_2"})");
  BOOST_TEST(at("/components/schemas/User_2/properties") == R"({"nick":{"type":"string"}})");
}

BOOST_AUTO_TEST_CASE(errors) {
  auto const schema = "/content/application~1problem+json/schema";
  auto const show = std::string("/paths/~1user~1{id}/get/responses/404");
  BOOST_TEST(at(show + "/description") == R"("Gone or Never")");
  BOOST_TEST(at(show + schema + "/oneOf/0/properties/type") ==
             R"({"const":"urn:pando:error:Gone"})");
  BOOST_TEST(at(show + schema + "/oneOf/1/properties/status") == R"({"const":404})");
  auto const rename = std::string("/paths/~1user~1{id}/put/responses");
  BOOST_TEST(at(rename + "/404" + schema + "/properties/value") ==
             R"({"$ref":"#/components/schemas/Gone"})");
  BOOST_TEST(at(rename + "/422" + schema + "/oneOf/0/properties/value") ==
             R"({"$ref":"#/components/schemas/Unfit"})");
  BOOST_TEST(at(rename + "/422" + schema + "/oneOf/1/required") ==
             R"(["type","title","status","errors"])");
  BOOST_TEST(at("/paths/~1user/post/responses/422") ==
             R"({"$ref":"#/components/responses/InvalidRequest"})");
  BOOST_TEST(at("/paths/~1user~1old/get/responses/422") == ""); // it takes nothing
  BOOST_TEST(at("/paths/~1user~1old/get/responses/default") ==
             R"({"$ref":"#/components/responses/Problem"})");
}

BOOST_AUTO_TEST_CASE(another_validator_finds_it_valid) {
  if (!pando_test::has_npm())
    return support::skip("npm is not here, so no other validator judges the documents");
  pando_test::npm_folder const judge("openapi", "@seriousme/openapi-schema-validator@2");
  BOOST_TEST_REQUIRE(judge.is_ready(), judge.log());
  constexpr std::string_view script = R"(
    import {Validator} from '@seriousme/openapi-schema-validator';
    import {readFileSync} from 'fs';
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(readFileSync(process.argv[2], 'utf8')));
    console.log(result.valid, validator.version, JSON.stringify(result.errors));
    process.exit(result.valid && validator.version === '3.1' ? 0 : 1);
  )";
  pando::contract_row const* const comprehensive[]{&pando::contract_table<api::Api>};
  for (auto const& one : {of_users(), document(comprehensive), document({})}) {
    auto const result = judge.run("valid", script, one);
    BOOST_TEST(result.status == 0, result.output);
  }
  auto broken = of_users();
  broken.replace(broken.find("schemas/User\""), 12, "schemas/Uzer");
  auto const refused = judge.run("broken", script, broken);
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(refused.output.find("Uzer") != std::string::npos, refused.output);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace openapi_test
