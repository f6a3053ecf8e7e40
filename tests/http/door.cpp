// What a caller of the HTTP door sees: every status, the pages of the door itself, routing, CORS.
#include <boost/test/unit_test.hpp>

#include <pando/schema/json.hpp>

#include "support/api.hpp"
#include "support/served_door.hpp"

#include "things.hpp"

BOOST_AUTO_TEST_SUITE(http_door)

using raw_http::get;
using raw_http::post;

namespace {

using api_routes = served_implementation<std::remove_const_t<decltype(api::handlers)>, api::probe,
                                         api::signed_in>;
using things_routes =
    served_implementation<std::remove_const_t<decltype(things::handlers)>, things::keyed>;
things::keyed a_guard;

/// The comprehensive API behind a door.
struct api_door {
  api::probe seen;
  api::signed_in guard;
  api_routes served{api::handlers, seen, guard};
  served_door door{served.routes};

  raw_http::answer ask(std::string_view request) { return door.ask(request); }
};

struct things_door {
  things_routes served{things::handlers, a_guard};
  served_door door{served.routes};

  raw_http::answer ask(std::string_view request) { return door.ask(request); }
};

/// The value of a problem's member that is a text.
std::string member(std::string const& body, std::string const& name) {
  auto const at = body.find("\"" + name + "\":\"");
  if (at == std::string::npos) return {};
  auto const from = at + name.size() + 4;
  return body.substr(from, body.find('"', from) - from);
}

} // namespace

BOOST_FIXTURE_TEST_CASE(results_are_json_with_200, api_door) {
  auto const answer = ask(get("/api/note/7"));
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.header("content-type") == "application/json");
  BOOST_TEST(answer.header("content-length") == "22");
  BOOST_TEST(answer.body == R"({"id":7,"text":"note"})");
  BOOST_TEST(answer.has("date"));
}

BOOST_FIXTURE_TEST_CASE(created_is_201_and_void_is_204, api_door) {
  auto const made =
      ask(post("/api/sign-up", R"({"email":"a@b.example","password":"longenough","age":20})"));
  BOOST_TEST(made.status == 201);
  BOOST_TEST(made.body == R"({"id":20})");
  auto const gone = ask(get("/api/note/7", {}, "DELETE"));
  BOOST_TEST(gone.status == 204);
  BOOST_TEST(gone.body == "");
  BOOST_TEST(!gone.has("content-length"));
  BOOST_TEST(!gone.has("content-type"));
}

BOOST_FIXTURE_TEST_CASE(declared_errors_have_their_status_and_value, api_door) {
  auto const missing = ask(get("/api/note/404"));
  BOOST_TEST(missing.status == 404);
  BOOST_TEST(missing.header("content-type") == "application/problem+json");
  BOOST_TEST(missing.body == R"({"type":"urn:pando:error:missing","title":"missing","status":404,)"
                             R"("value":{"id":404}})");
  auto const taken = ask(
      post("/api/sign-up", R"({"email":"taken@example.com","password":"longenough","age":20})"));
  BOOST_TEST(taken.status == 409);
  BOOST_TEST(taken.body == R"({"type":"urn:pando:error:taken","title":"taken","status":409,)"
                           R"("value":{"email":"taken@example.com"}})");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_json_is_400, api_door) {
  for (std::string_view const body : {"{\"id\":1", "nonsense", "{\"email\":\"a\",}", "{}{}"}) {
    auto const answer = ask(post("/api/sign-up", body));
    BOOST_TEST(answer.status == 400);
    BOOST_TEST(answer.header("content-type") == "application/problem+json");
    BOOST_TEST(member(answer.body, "rule") == "syntax");
  }
  auto const bad_escape = ask(get("/api/search/5?contains=%zz"));
  BOOST_TEST(bad_escape.status == 400);
  BOOST_TEST(member(bad_escape.body, "message") == "the query is not percent-encoded properly");
  auto const bad_path = ask(get("/api/note/%4"));
  BOOST_TEST(bad_path.status == 400);
  BOOST_TEST(member(bad_path.body, "path") == "/id");
}

BOOST_FIXTURE_TEST_CASE(violations_are_422_and_all_listed, api_door) {
  auto const answer = ask(post("/api/sign-up", R"({"email":"nobody","password":"short","age":7})"));
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(answer.header("content-type") == "application/problem+json");
  BOOST_TEST(
      answer.body ==
      R"({"type":"urn:pando:failure:invalid_request","title":"The request is not valid",)"
      R"("status":422,"detail":"the request is not valid","errors":[)"
      R"({"path":"/email","rule":"email","message":"must be an e-mail address"},)"
      R"({"path":"/password","rule":"min_length","message":"must be at least 8 characters"},)"
      R"({"path":"/age","rule":"at_least","message":"must be at least 18"}]})");
  auto const empty = ask(post("/api/sign-up", ""));
  BOOST_TEST(empty.status == 422);
  for (std::string_view const path : {"/email", "/password", "/age"})
    BOOST_TEST(empty.body.find("{\"path\":\"" + std::string(path) + "\",\"rule\":\"required\"") !=
               std::string::npos);
  auto const mixed = ask(post("/api/sign-up", R"({"email":5,"password":"longenough","extra":1})"));
  BOOST_TEST(mixed.status == 422);
  BOOST_TEST(mixed.body.find(R"("path":"/email","rule":"type")") != std::string::npos);
  BOOST_TEST(mixed.body.find(R"("path":"/extra","rule":"unknown")") != std::string::npos);
  BOOST_TEST(mixed.body.find(R"("path":"/age","rule":"required")") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(path_and_query_are_checked_like_bodies, api_door) {
  auto const text = ask(get("/api/note/seven"));
  BOOST_TEST(text.status == 422);
  BOOST_TEST(member(text.body, "path") == "/id");
  auto const large = ask(get("/api/note/9223372036854775808"));
  BOOST_TEST(large.status == 422);
  BOOST_TEST(member(large.body, "rule") == "range");
  auto const both = ask(get("/api/search/x?limit=y&shades=mauve&nothing=1"));
  BOOST_TEST(both.status == 422);
  for (std::string_view const path : {"/owner", "/limit", "/shades/0", "/nothing"})
    BOOST_TEST(both.body.find("{\"path\":\"" + std::string(path) + "\"") != std::string::npos,
               path << " is missing in " << both.body);
}

BOOST_FIXTURE_TEST_CASE(a_field_of_the_path_may_not_be_in_the_body_too, api_door) {
  auto const answer = ask(post("/api/note/7", R"({"id":7,"text":"x"})", {}, "PUT"));
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(member(answer.body, "path") == "/id");
  auto const good = ask(post("/api/note/7", R"({"text":"x"})", {}, "PUT"));
  BOOST_TEST(good.status == 200);
  BOOST_TEST(good.body == R"({"id":7,"text":"x"})");
  auto const query = ask(get("/api/note/7?id=8"));
  BOOST_TEST(query.status == 422);
  BOOST_TEST(member(query.body, "path") == "/id");
}

BOOST_FIXTURE_TEST_CASE(guards_answer_401_and_403_before_the_request_is_decoded, api_door) {
  auto const nobody = ask(get("/api/whoami"));
  BOOST_TEST(nobody.status == 401);
  BOOST_TEST(nobody.header("www-authenticate") == "Bearer");
  BOOST_TEST(nobody.body ==
             R"({"type":"urn:pando:failure:unauthenticated","title":"Authentication is required",)"
             R"("status":401,"detail":"a bearer token is required"})");
  auto const wrong = ask(get("/api/whoami", "Authorization: Bearer nobody\r\n"));
  BOOST_TEST(wrong.status == 403);
  BOOST_TEST(!wrong.has("www-authenticate"));
  auto const right = ask(get("/api/whoami", "authorization: Bearer ada\r\n"));
  BOOST_TEST(right.status == 200);
  BOOST_TEST(right.body == R"({"transport":"http","principal":"ada"})");

  things_door things;
  BOOST_TEST(things.ask(post("/things/guarded", "no json")).status == 401);
  BOOST_TEST(things.ask(post("/things/guarded", "no json", "X-Key: open\r\n")).status == 400);
}

BOOST_FIXTURE_TEST_CASE(unknown_paths_are_404_and_methods_405_with_allow, api_door) {
  for (std::string_view const path : {"/", "/api", "/api/note", "/api/note/7/more", "/apinote/7",
                                      "/API/names", "/openapi.json/x"}) {
    auto const answer = ask(get(path));
    BOOST_TEST(answer.status == 404, path);
    BOOST_TEST(answer.header("content-type") == "application/problem+json");
  }
  auto const wrong = ask(post("/api/note/7", "{}"));
  BOOST_TEST(wrong.status == 405);
  BOOST_TEST(wrong.header("allow") == "GET, HEAD, PUT, DELETE, OPTIONS");
  BOOST_TEST(ask(get("/api/echo")).header("allow") == "POST, OPTIONS");
  BOOST_TEST(ask(get("/api/names", {}, "BREW")).status == 405);
  BOOST_TEST(ask(get("/healthz", {}, "DELETE")).header("allow") == "GET, HEAD, OPTIONS");
}

BOOST_FIXTURE_TEST_CASE(unacceptable_answers_are_406, api_door) {
  auto const status = [&](std::string_view accept) {
    return ask(get("/api/names", "Accept: " + std::string(accept) + "\r\n")).status;
  };
  BOOST_TEST(status("text/html") == 406);
  BOOST_TEST(status("text/html, application/json;q=0.1") == 200);
  BOOST_TEST(status("APPLICATION/JSON") == 200);
  BOOST_TEST(status("application/*") == 200);
  BOOST_TEST(status("text/html;level=1;q=0.5 , */* ; q=0.1") == 200);
  BOOST_TEST(status("*/*") == 200);
  BOOST_TEST(status("*/*;q=0") == 406);
  BOOST_TEST(status("application/json;q=0, */*") == 406); // the more precise range decides
  BOOST_TEST(status("application/json;q=0.000, text/*") == 406);
  BOOST_TEST(status("*/*;q=0, application/json") == 200);
  auto const stream = [&](std::string_view accept) {
    return ask(post("/api/count", R"({"last":1})", "Accept: " + std::string(accept) + "\r\n"));
  };
  BOOST_TEST(stream("application/json").status == 406);
  BOOST_TEST(stream("application/json").body.find("application/x-ndjson or text/event-stream") !=
             std::string::npos);
  BOOST_TEST(stream("application/x-ndjson").status == 200);
  // What answers with nothing has nothing to be refused.
  BOOST_TEST(ask(get("/api/note/7", "Accept: text/html\r\n", "DELETE")).status == 204);
}

BOOST_FIXTURE_TEST_CASE(bodies_that_are_no_json_are_415, api_door) {
  auto const status = [&](std::string_view type) {
    return ask(post("/api/note/7", R"({"text":"x"})",
                    "Content-Type: " + std::string(type) + "\r\n", "PUT"))
        .status;
  };
  BOOST_TEST(status("application/x-www-form-urlencoded") == 415);
  BOOST_TEST(status("text/plain") == 415);
  BOOST_TEST(status("application/json; charset=utf-8") == 200);
  BOOST_TEST(status("Application/JSON") == 200);
  BOOST_TEST(status("application/merge-patch+json") == 200);
  BOOST_TEST(status("application/vnd.shop+JSON ;v=1") == 200);
  // Without a body there is nothing to be of another type.
  BOOST_TEST(ask(post("/api/sign-up", "", "Content-Type: text/plain\r\n")).status == 422);
}

BOOST_FIXTURE_TEST_CASE(bodies_over_the_limit_are_413, api_door) {
  std::string const large(std::size_t{2} << 20, ' ');
  auto connection = door.connect();
  connection.send("POST /api/echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2097152\r\n\r\n");
  auto const answer = connection.read();
  BOOST_TEST(answer.status == 413);
  BOOST_TEST(answer.header("connection") == "close");
  BOOST_TEST(ask(post("/api/sign-up", std::string(1000, '[') + std::string(1000, ']'))).status ==
             422);
}

BOOST_FIXTURE_TEST_CASE(defects_are_500_with_an_id_that_the_log_has, api_door) {
  auto const answer = ask(get("/api/broken"));
  BOOST_TEST(answer.status == 500);
  auto const id = member(answer.body, "id");
  BOOST_TEST(id.size() == 16U);
  BOOST_TEST(answer.body.find("secret") == std::string::npos);
  BOOST_TEST(answer.body.find("runtime_error") == std::string::npos);
  auto const lines = door.log_lines();
  BOOST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines.front().find(id) != std::string::npos);
  BOOST_TEST(lines.front().find("api.broken") != std::string::npos);
  BOOST_TEST(lines.front().find("std::runtime_error: the secret of the app") != std::string::npos);
  BOOST_TEST(member(ask(get("/api/broken")).body, "id") != id);
}

BOOST_FIXTURE_TEST_CASE(failures_thrown_by_handlers_have_their_status, things_door) {
  BOOST_TEST(ask(get("/things/fails?how=overloaded")).status == 503);
  BOOST_TEST(ask(get("/things/fails?how=forbidden")).status == 403);
  BOOST_TEST(ask(get("/things/fails?how=too_large")).status == 413);
  auto const odd = ask(get("/things/fails?how=number"));
  BOOST_TEST(odd.status == 500);
  BOOST_TEST(door.log_lines().back().find("an exception of type int, which the route does not declare: raises<>") !=
             std::string::npos);
  // What cannot be written as JSON is the app's fault.
  auto const nan = ask(get("/things/fails?how=nan"));
  BOOST_TEST(nan.status == 500);
  BOOST_TEST(nan.body.find("nan") == std::string::npos);
  BOOST_TEST(door.log_lines().back().find("things.fails") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(everything_travels_both_ways, api_door) {
  pando::buffer text;
  pando::json::encode(api::example(), text);
  auto const answer = ask(post("/api/echo", text.view()));
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.body == std::string(text.view()));
  BOOST_TEST(answer.body.find("-9007199254740993") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(queries_fill_lists_optionals_and_defaults, api_door) {
  BOOST_TEST(ask(get("/api/search/5?contains=a+b%26c&shades=red&shades=blue&limit=3")).body ==
             R"({"owner":5,"contains":"a b&c","shades":["red","blue"],"limit":3})");
  BOOST_TEST(ask(get("/api/search/5")).body ==
             R"({"owner":5,"contains":"-","shades":[],"limit":10})");
  BOOST_TEST(ask(get("/api/search?shades=red")).status == 404);
  BOOST_TEST(ask(get("/api/search/5?shades=red")).body ==
             R"({"owner":5,"contains":"-","shades":["red"],"limit":10})");
  BOOST_TEST(ask(get("/api/search/5?shades=red&contains=")).body ==
             R"({"owner":5,"contains":"","shades":["red"],"limit":10})");
  BOOST_TEST(ask(get("/api/search/5?shades=red&contains=a&contains=b")).status == 422);
}

BOOST_FIXTURE_TEST_CASE(head_has_the_length_and_no_body, api_door) {
  auto connection = door.connect();
  auto const whole = connection.ask(get("/api/names"));
  auto const head = connection.ask(get("/api/names", {}, "HEAD"));
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.header("content-length") == std::to_string(whole.body.size()));
  BOOST_TEST(head.header("content-type") == "application/json");
  // Nothing of a body stands before the next answer.
  BOOST_TEST(connection.ask(get("/api/names")).body == whole.body);
  BOOST_TEST(connection.ask(get("/api/note/404", {}, "HEAD")).status == 404);
  BOOST_TEST(connection.ask(get("/nowhere", {}, "HEAD")).status == 404);
  BOOST_TEST(connection.ask(get("/healthz", {}, "HEAD")).header("content-length") == "15");
  BOOST_TEST(connection.ask(get("/api/names")).status == 200);

  things_door things;
  auto const own = things.ask(get("/things/headed", {}, "HEAD"));
  BOOST_TEST(own.status == 200);
  BOOST_TEST(things.ask(get("/things/headed")).header("allow") == "HEAD, OPTIONS");
}

BOOST_FIXTURE_TEST_CASE(options_tell_the_methods, api_door) {
  auto const answer = ask(get("/api/note/7", {}, "OPTIONS"));
  BOOST_TEST(answer.status == 204);
  BOOST_TEST(answer.header("allow") == "GET, HEAD, PUT, DELETE, OPTIONS");
  BOOST_TEST(ask(get("*", {}, "OPTIONS")).status == 204);
  BOOST_TEST(ask(get("/nowhere", {}, "OPTIONS")).status == 404);
  BOOST_TEST(ask(get("/readyz", {}, "OPTIONS")).header("allow") == "GET, HEAD, OPTIONS");
}

BOOST_FIXTURE_TEST_CASE(without_cors_no_origin_is_let_in, api_door) {
  std::string_view const lines =
      "Origin: https://shop.example\r\nAccess-Control-Request-Method: PUT\r\n";
  auto const answer = ask(get("/api/note/7", lines, "OPTIONS"));
  for (auto const& [name, value] : answer.headers)
    BOOST_TEST(name.find("access-control") == std::string::npos, name);
  BOOST_TEST(!ask(get("/api/note/7", lines)).has("access-control-allow-origin"));
}

BOOST_AUTO_TEST_CASE(cors_lets_the_origin_in) {
  things_routes served{things::handlers, a_guard};
  pando::http::door_options options;
  options.cors_origin = "https://shop.example";
  served_door door(served.routes, options);
  std::string_view const preflight =
      "Origin: https://shop.example\r\nAccess-Control-Request-Method: PATCH\r\n"
      "Access-Control-Request-Headers: x-key, content-type\r\n";
  auto const before = door.ask(get("/things/patched/1", preflight, "OPTIONS"));
  BOOST_TEST(before.status == 204);
  BOOST_TEST(before.header("access-control-allow-origin") == "https://shop.example");
  BOOST_TEST(before.header("vary") == "Origin");
  BOOST_TEST(before.header("access-control-allow-methods") == "PATCH, OPTIONS");
  BOOST_TEST(before.header("access-control-allow-headers") == "x-key, content-type");
  BOOST_TEST(before.has("access-control-max-age"));
  // Every answer has it, errors too, or pages could not read them.
  for (std::string_view const path : {"/things/first", "/nowhere", "/things/fails?how=overloaded",
                                      "/healthz"})
    BOOST_TEST(door.ask(get(path, "Origin: https://shop.example\r\n"))
                   .header("access-control-allow-origin") == "https://shop.example");
  auto const plain = door.ask(get("/things/patched/1", {}, "OPTIONS"));
  BOOST_TEST(!plain.has("access-control-allow-methods"));

  options.cors_origin = "*";
  served_door open(served.routes, options);
  auto const any = open.ask(get("/things/first", "Origin: https://a.example\r\n"));
  BOOST_TEST(any.header("access-control-allow-origin") == "*");
  BOOST_TEST(!any.has("vary"));
}

BOOST_AUTO_TEST_CASE(the_door_has_pages_of_its_own) {
  things_routes served{things::handlers, a_guard};
  pando::http::door_options options;
  options.openapi = R"({"openapi":"3.1.0"})";
  served_door door(served.routes, options);
  auto const document = door.ask(get("/openapi.json"));
  BOOST_TEST(document.status == 200);
  BOOST_TEST(document.header("content-type") == "application/json");
  BOOST_TEST(document.body == R"({"openapi":"3.1.0"})");
  BOOST_TEST(door.ask(get("/healthz")).body == R"({"status":"ok"})");
  BOOST_TEST(door.ask(get("/readyz")).body == R"({"status":"ready"})");
  door.door().not_ready();
  auto const stopping = door.ask(get("/readyz"));
  BOOST_TEST(stopping.status == 503);
  BOOST_TEST(stopping.body == R"({"status":"stopping"})");
  BOOST_TEST(door.ask(get("/healthz")).status == 200);
  BOOST_TEST(door.ask(get("/things/first")).status == 200);
}

BOOST_FIXTURE_TEST_CASE(literals_win_over_placeholders, things_door) {
  BOOST_TEST(ask(get("/things/first")).body == R"("the literal")");
  BOOST_TEST(ask(get("/things/first/")).body == R"("the literal")");
  BOOST_TEST(ask(get("//things//first//")).body == R"("the literal")");
  BOOST_TEST(ask(get("/th%69ngs/f%69rst")).body == R"("the literal")");
  BOOST_TEST(ask(get("/things/second")).body == R"({"name":"second","part":""})");
  BOOST_TEST(ask(get("/things/first/parts/x")).body == R"({"name":"first","part":"x"})");
  // Of two methods at one place each has its own route.
  BOOST_TEST(ask(get("/things/first", {}, "DELETE")).status == 405);
}

BOOST_FIXTURE_TEST_CASE(placeholders_are_decoded_one_segment_each, things_door) {
  BOOST_TEST(ask(get("/things/a%2Fb%20c/parts/%C3%A9+%25")).body ==
             "{\"name\":\"a/b c\",\"part\":\"\xc3\xa9+%\"}");
  BOOST_TEST(ask(get("/things/%2e%2e/parts/x")).body == R"({"name":"..","part":"x"})");
  BOOST_TEST(ask(get("/things/first%2Fparts%2Fx")).body == R"({"name":"first/parts/x","part":""})");
  auto const no_text = ask(get("/things/%FF"));
  BOOST_TEST(no_text.status == 422);
  BOOST_TEST(member(no_text.body, "path") == "/name");
  BOOST_TEST(ask(get("/things/a%00b")).status == 400);
}

BOOST_FIXTURE_TEST_CASE(every_method_has_its_marker, things_door) {
  BOOST_TEST(ask(post("/things/patched/4", R"({"text":"t"})", {}, "PATCH")).body == R"("4t")");
  auto const accepted = ask(post("/things/accepted", ""));
  BOOST_TEST(accepted.status == 202);
  BOOST_TEST(accepted.body == "");
  BOOST_TEST(accepted.header("content-length") == "0");
  // Two markers on one route: both places answer.
  BOOST_TEST(ask(get("/things/twice")).body == R"("twice")");
  BOOST_TEST(ask(post("/things/two-times", "")).body == R"("twice")");
}

BOOST_FIXTURE_TEST_CASE(handlers_read_headers_and_set_them, things_door) {
  auto const answer = ask(get("/things/parts-of-http", "X-Colour: green\r\nx-colour: blue\r\n"));
  BOOST_TEST(answer.status == 203);
  BOOST_TEST(answer.body == R"("green 2")");
  BOOST_TEST(answer.header("x-answer") == "42");
  BOOST_TEST(answer.headers.count("set-cookie") == 2U);
  BOOST_TEST(answer.headers.find("set-cookie")->second ==
             "session=abc; Path=/; HttpOnly; SameSite=Lax");
  // Nothing of it is in the next answer.
  auto connection = door.connect();
  connection.ask(get("/things/parts-of-http"));
  auto const next = connection.ask(get("/things/first"));
  BOOST_TEST(next.status == 200);
  BOOST_TEST(!next.has("x-answer"));
  // An error has its own status and type, whatever was set before.
  auto const failed = ask(get("/things/parts-of-http?fail=true"));
  BOOST_TEST(failed.status == 409);
  BOOST_TEST(failed.headers.count("content-type") == 1U);
  BOOST_TEST(failed.header("content-type") == "application/problem+json");
}

BOOST_FIXTURE_TEST_CASE(a_handler_may_be_for_this_door_only, things_door) {
  BOOST_TEST(ask(get("/things/by-door")).body == R"("over HTTP")");
  BOOST_TEST(ask(post("/things/by-door", "")).body == R"("over HTTP")");
}

BOOST_FIXTURE_TEST_CASE(blocking_handlers_run_on_the_pool, things_door) {
  auto const loop = door.on_loop([] { return things::this_thread(); });
  BOOST_TEST(ask(get("/things/where")).body == "\"" + loop + "\"");
  auto const pool = ask(get("/things/where-blocking")).body;
  BOOST_TEST(pool != "\"" + loop + "\"");
  BOOST_TEST(ask(get("/things/where-bound")).body != "\"" + loop + "\"");
  // While one blocks, the loop serves others.
  auto slow = door.connect();
  slow.send(get("/things/blocks?ms=400"));
  auto const before = std::chrono::steady_clock::now();
  BOOST_TEST(ask(get("/things/first")).status == 200);
  BOOST_TEST((std::chrono::steady_clock::now() - before < std::chrono::milliseconds(300)));
  BOOST_TEST(slow.read().body == "400");
  BOOST_TEST(ask(get("/things/blocks?ms=-1")).status == 500);
}

BOOST_AUTO_TEST_SUITE_END()
