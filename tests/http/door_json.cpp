// What the HTTP door takes for JSON: keys once, bounded depth, UTF-8, null for what is absent.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#include "support/served_door.hpp"

BOOST_AUTO_TEST_SUITE(http_door_json)

using raw_http::get;
using raw_http::post;

namespace letters {

struct Letter {
  std::string text;
  std::optional<std::string> to;
  pando::defaulted<int, 7> copies;
  std::optional<std::map<std::string, int>> marks;
};
struct Node {
  std::vector<Node> in;
};
struct Wanted {
  std::string name;
  std::optional<std::string> to;
};

struct Letters : pando::controller<
                     "letters", pando::route<"send", Letter(Letter), pando::http::post<"/">>,
                     pando::route<"nest", int(Node), pando::http::post<"/nest">>,
                     pando::route<"find", Wanted(Wanted), pando::http::get<"/{name}">>> {};

inline int depth_of(Node const& node) { return node.in.empty() ? 0 : 1 + depth_of(node.in[0]); }

inline auto const handlers = pando::implement<Letters>(
    pando::on<"send"> = [](Letter in) { return in; },
    pando::on<"nest"> = [](Node in) { return depth_of(in); },
    pando::on<"find"> = [](Wanted in) { return in; });

} // namespace letters

namespace {

struct letter_door {
  served_implementation<std::remove_const_t<decltype(letters::handlers)>> served{letters::handlers};
  served_door door{served.routes};

  raw_http::answer send(std::string_view body) { return door.ask(post("/letters", body)); }
};

/// The problem of a request with one violation or several, given as JSON.
std::string problem(int status, std::string const& violations) {
  return R"({"type":"urn:pando:failure:invalid_request","title":"The request is not valid",)"
         R"("status":)" +
         std::to_string(status) + R"(,"detail":"the request is not valid","errors":[)" +
         violations + "]}";
}

void refused(raw_http::answer const& answer, int status, std::string const& violations) {
  BOOST_TEST(answer.status == status);
  BOOST_TEST(answer.header("content-type") == "application/problem+json");
  BOOST_TEST(answer.body == problem(status, violations));
}

std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += R"({"in":[)";
  text += R"({"in":[]})";
  for (int i = 0; i < depth; ++i) text += "]}";
  return text;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_key_stands_once, letter_door) {
  auto const twice = R"({"path":"/text","rule":"duplicate","message":"is given twice"})";
  refused(send(R"({"text":"a","text":"b"})"), 422, twice);
  refused(send(R"({"text":"a","text":"a"})"), 422, twice);
  refused(send(R"({"text":"a","te\u0078t":"b"})"), 422, twice); // the same key in other letters
  refused(send(R"({"text":"a","to":null,"to":"b"})"), 422,
          R"({"path":"/to","rule":"duplicate","message":"is given twice"})");
  refused(send(R"({"text":"a","marks":{"x":1,"y":2,"x":3}})"), 422,
          R"({"path":"/marks/x","rule":"duplicate","message":"is given twice"})");
  // And everything else that is wrong is in the same answer.
  refused(send(R"({"text":"a","text":"b","copies":"many"})"), 422,
          std::string(twice) +
              R"(,{"path":"/copies","rule":"type","message":"must be a whole number from )"
              R"(-2147483648 to 2147483647, not text"})");
  BOOST_TEST(door.ask(get("/letters/a?to=b&to=c")).status == 422);
}

BOOST_FIXTURE_TEST_CASE(what_is_absent_may_be_null, letter_door) {
  auto const sent = R"({"text":"a","copies":7})";
  for (auto const* const body :
       {R"({"text":"a"})", R"({"text":"a","to":null})", R"({"to":null,"marks":null,"text":"a"})"}) {
    auto const answer = send(body);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.body == sent, body);
  }
  BOOST_TEST(send(R"({"text":"a","to":""})").body == R"({"text":"a","to":"","copies":7})");
  refused(send(R"({"text":null})"), 422,
          R"({"path":"/text","rule":"type","message":"must be text, not null"})");
  refused(send("{}"), 422, R"({"path":"/text","rule":"required","message":"is required: text"})");
  // In a query there is no null: it is a text of four letters.
  BOOST_TEST(door.ask(get("/letters/a")).body == R"({"name":"a"})");
  BOOST_TEST(door.ask(get("/letters/a?to=null")).body == R"({"name":"a","to":"null"})");
}

BOOST_FIXTURE_TEST_CASE(depth_is_bounded, letter_door) {
  // 32 objects and arrays in one another, and no more.
  auto const deepest = door.ask(post("/letters/nest", nested(15)));
  BOOST_TEST(deepest.status == 200);
  BOOST_TEST(deepest.body == "15");
  for (int const depth : {16, 100, 100'000}) {
    refused(door.ask(post("/letters/nest", nested(depth))), 422,
            R"({"path":"","rule":"depth","message":"objects and lists may stand in one another )"
            "32 deep, and go deeper at line 1, column 113 (offset 112)\"}");
  }
  // Also where nobody asked for anything.
  auto const unknown = send("{\"text\":\"a\",\"x\":" + std::string(40, '[') +
                            std::string(40, ']') + "}");
  BOOST_TEST(unknown.status == 422);
  BOOST_TEST(unknown.body.find(R"("rule":"depth")") != std::string::npos, unknown.body);
}

BOOST_FIXTURE_TEST_CASE(texts_are_utf_8, letter_door) {
  auto const body = [](std::string const& text) { return "{\"text\":\"" + text + "\"}"; };
  for (std::string const good : {"caf\xc3\xa9", "\xf0\x9f\x8c\xb3", "\\ud83c\\udf33", "\xef\xbf\xbd"})
    BOOST_TEST(send(body(good)).status == 200, good);
  BOOST_TEST(send(body("\\ud83c\\udf33")).body == "{\"text\":\"\xf0\x9f\x8c\xb3\",\"copies\":7}");
  auto const no_json = [](std::string const& why, std::size_t offset) {
    return R"({"path":"","rule":"syntax","message":"is no JSON: )" + why + " at line 1, column " +
           std::to_string(offset + 1) + " (offset " + std::to_string(offset) + ")\"}";
  };
  for (std::string const bad :
       {"\xff", "caf\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    auto const before = bad == "caf\xc3" ? 3U : 0U;
    refused(send(body(bad)), 400, no_json("no UTF-8", 9 + before));
    refused(send("{\"text\":\"a\",\"" + bad + "\":1}"), 400, no_json("no UTF-8", 13 + before));
  }
  // Half a pair of surrogates.
  refused(send(body("\\ud83c")), 400, no_json("unexpected character", 15));
  refused(send(body("\\udf33")), 400, no_json("unexpected character", 15));
  refused(send(body("\\ud83c\\u0041")), 400, no_json("unexpected character", 17));
  refused(door.ask(get("/letters/caf%C3")), 422,
          R"({"path":"/name","rule":"format","message":"is not UTF-8"})");
  refused(door.ask(get("/letters/a?to=%ff")), 422,
          R"({"path":"/to","rule":"format","message":"is not UTF-8"})");
}

BOOST_AUTO_TEST_SUITE_END()
