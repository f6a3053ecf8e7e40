// JSON-RPC 2.0 as a program in any language sees it: over a real socket, byte for byte.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "socket/things.hpp"
#include "support/served_socket.hpp"

BOOST_AUTO_TEST_SUITE(json_rpc)

namespace {

using things::raw_client;
using support::comes_true;

/// A server of the things, and one connection to it.
struct rpc {
  explicit rpc(pando::link_limits limits = {})
      : door(served.routes, {.limits = limits}), client(door.path()) {}

  std::string ask(std::string_view text) { return client.ask(text); }
  /// Sends a request.
  void start(std::string_view id, std::string_view method, std::string_view params = "{}") {
    client.send(R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" +
                std::string(method) + R"(","params":)" + std::string(params) + "}\n");
  }
  /// A request with id 1, and what comes back without its first members.
  std::string call(std::string_view method, std::string_view params = {}) {
    std::string text = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + '"';
    if (!params.empty()) text += ",\"params\":" + std::string(params);
    return rest(ask(text + '}'));
  }
  static std::string rest(std::string const& answer) {
    std::string const begin = R"({"jsonrpc":"2.0","id":1,)";
    return answer.substr(0, begin.size()) == begin ? answer.substr(begin.size()) : answer;
  }

  things::probe seen;
  support::routes_of<std::remove_const_t<decltype(things::handlers)>, things::probe> served{
      things::handlers, seen};
  support::served_socket door;
  raw_client client;
};

std::string refused(std::string_view id, int code, std::string_view message) {
  return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"error":{"code":)" +
         std::to_string(code) + R"(,"message":")" + std::string(message) + "\"}}";
}

} // namespace

BOOST_AUTO_TEST_CASE(a_call_is_answered_under_its_id) {
  rpc it;
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","method":"thing.show","params":{"id":7},"id":1})") ==
             R"({"jsonrpc":"2.0","id":1,"result":{"id":7,"name":"thing"}})");
  BOOST_TEST(
      it.ask(
          R"(  { "id" : "a\u0041" ,"method":"thing.drop","params":{"id":7},"jsonrpc":"2.0"} )") ==
      R"({"jsonrpc":"2.0","id":"a\u0041","result":null})");
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","method":"pando.ping","id":-1.5e3})") ==
             R"({"jsonrpc":"2.0","id":-1.5e3,"result":"pong"})");
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","method":"\u0070ando.describe","id":null})") ==
             R"({"jsonrpc":"2.0","id":null,"result":{"app":"test"}})");
  BOOST_TEST(it.call("thing.wait", R"({"ms":1})") == R"("result":"waited 1"})");
}

BOOST_AUTO_TEST_CASE(every_violation_is_told) {
  rpc it;
  BOOST_TEST(it.call("thing.keep", R"({"name":"","size":"x"})") ==
             R"("error":{"code":-32602,"message":"the request is not valid","data":{)"
             R"("failure":"invalid_request","violations":[)"
             R"({"path":"/name","rule":"non_empty","message":"must be non-empty"},)"
             R"({"path":"/size","rule":"type","message":"must be a whole number from -2147483648 )"
             R"(to 2147483647, not text"},)"
             R"({"path":"/id","rule":"required","message":"is required: a whole number from )"
             R"(-9223372036854775808 to 9223372036854775807"}]}}})");
  BOOST_TEST(it.call("thing.keep").find("required") != std::string::npos);
  BOOST_TEST(it.call("thing.keep", "null").find("required") != std::string::npos);
  BOOST_TEST(it.call("thing.keep", "[1]") ==
             R"("error":{"code":-32602,"message":"\"params\" must be an object","data":{)"
             R"("failure":"invalid_request","violations":[)"
             R"({"path":"","rule":"type","message":"must be an object"}]}}})");
}

BOOST_AUTO_TEST_CASE(errors_have_their_codes) {
  rpc it;
  BOOST_TEST(it.call("thing.show", R"({"id":404})") ==
             R"("error":{"code":-32000,"message":"Gone","data":{"error":"Gone",)"
             R"("value":{"id":404}}}})");
  BOOST_TEST(it.call("thing.none") ==
             R"("error":{"code":-32601,"message":"this app does not serve thing.none","data":{)"
             R"("failure":"no_such_route"}}})");
  auto const broken = it.call("thing.broken");
  BOOST_TEST(broken.find(R"("code":-32603)") != std::string::npos);
  BOOST_TEST(broken.find("secret") == std::string::npos);
  auto const id = broken.substr(broken.find(R"("id":")") + 6, 16);
  BOOST_TEST(it.door.log.says("thing.broken failed, id " + id));
  // NaN has no place in JSON: the same.
  BOOST_TEST(it.call("thing.wrong").find(R"("code":-32603)") != std::string::npos);
  BOOST_TEST(it.door.log.says("thing.wrong failed"));
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused_and_the_connection_goes_on) {
  rpc it;
  auto const parse = [](std::string_view why) { return refused("null", -32700, why); };
  auto const invalid = [](std::string_view why) { return refused("null", -32600, why); };
  for (auto const* const bad : {"{", "{]", R"({"a":})", R"({"a":1,})", "[1,", "[1 2]", "nul",
                                "{} {}", R"({"jsonrpc":"2.0","method":"x)", R"({"id":01})",
                                "{\"a\":\"\x01\"}",
                                R"({"a":"\x"})", R"({'a':1})", "[[[[[[[", "x"})
    BOOST_TEST(it.ask(bad) == parse("the line is no JSON"));
  BOOST_TEST(it.ask("{\"a\":\"\xff\"}") == parse("the line is not UTF-8"));
  std::string const deep(200, '[');
  BOOST_TEST(it.ask(deep + std::string(200, ']')) == parse("the line is no JSON"));
  for (auto const* const other : {"1", "\"text\"", "true", "null"})
    BOOST_TEST(it.ask(other) == invalid("a request is an object"));
  BOOST_TEST(it.ask("{}") == invalid(R"(\"jsonrpc\" must be \"2.0\")"));
  BOOST_TEST(it.ask(R"({"jsonrpc":2.0,"method":"pando.ping","id":5})") ==
             refused("5", -32600, R"(\"jsonrpc\" must be \"2.0\")"));
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","method":5,"id":5})") ==
             refused("5", -32600, R"(\"method\" must be text)"));
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","id":5})") ==
             refused("5", -32600, R"(\"method\" must be text)"));
  for (auto const* const id : {"{}", "[1]", "true"})
    BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","method":"pando.ping","id":)" + std::string(id) + "}") ==
               invalid(R"(\"id\" must be text of at most 254 bytes, a number or null)"));
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","method":"pando.ping","id":1,"id":2})") ==
             refused("2", -32600, "a member is given twice"));
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","id":3,"method":"pando.ping"})") ==
             R"({"jsonrpc":"2.0","id":3,"result":"pong"})");
}

BOOST_AUTO_TEST_CASE(notifications_are_never_answered) {
  rpc it;
  it.client.send("\n  \r\n");
  it.client.send(R"({"jsonrpc":"2.0","method":"thing.drop","params":{"id":1}})" "\n");
  it.client.send(R"({"jsonrpc":"2.0","method":"thing.none"})" "\n");
  it.client.send(R"({"jsonrpc":"2.0","method":"thing.keep","params":{}})" "\n");
  it.client.send(R"({"jsonrpc":"2.0","method":"thing.show","params":{"id":404}})" "\n");
  it.client.send(R"({"jsonrpc":"2.0","method":"thing.broken"})" "\n");
  it.client.send(R"({"jsonrpc":"2.0","method":"thing.count","params":{"count":5}})" "\n");
  it.client.send(R"({"jsonrpc":"2.0","method":"thing.wait","params":{"ms":1}})" "\n");
  it.client.send(R"({"jsonrpc":"2.0","method":"pando.ping"})" "\n");
  BOOST_TEST(it.call("pando.ping") == R"("result":"pong"})");
  BOOST_TEST(comes_true([&] { return it.seen.waiting == 1; }));
  BOOST_TEST(it.seen.made == 0);
}

BOOST_AUTO_TEST_CASE(a_batch_is_answered_by_one_line) {
  rpc it;
  BOOST_TEST(it.ask(R"([{"jsonrpc":"2.0","id":1,"method":"pando.ping"},)"
                    R"({"jsonrpc":"2.0","method":"thing.drop","params":{"id":1}},)"
                    R"( 5 ,)"
                    R"({"jsonrpc":"2.0","id":"slow","method":"thing.wait","params":{"ms":20}},)"
                    R"({"jsonrpc":"2.0","id":2,"method":"thing.show","params":{"id":404}},)"
                    R"({"jsonrpc":"2.0","id":3,"method":"thing.show","params":{"id":3}}])") ==
             R"([{"jsonrpc":"2.0","id":1,"result":"pong"},)" +
                 refused("null", -32600, "a request is an object") +
                 R"(,{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"Gone","data":{)"
                 R"("error":"Gone","value":{"id":404}}}},)"
                 R"({"jsonrpc":"2.0","id":3,"result":{"id":3,"name":"thing"}},)"
                 R"({"jsonrpc":"2.0","id":"slow","result":"waited 20"}])");
  BOOST_TEST(it.ask("[]") == refused("null", -32600, "the batch is empty"));
  it.client.send(R"([{"jsonrpc":"2.0","method":"pando.ping"},)"
                 R"({"jsonrpc":"2.0","method":"x"}])" "\n");
  BOOST_TEST(it.call("pando.ping") == R"("result":"pong"})"); // only notifications: nothing came
  std::string many = "[1";
  for (int i = 0; i < 1000; ++i) many += ",1";
  BOOST_TEST(it.ask(many + "]") ==
             refused("null", -32600, "a batch has at most 1000 requests"));
}

BOOST_AUTO_TEST_CASE(calls_end_in_their_own_order) {
  rpc it;
  it.client.send(R"({"jsonrpc":"2.0","id":"slow","method":"thing.wait","params":{"ms":100}})" "\n"
                 R"({"jsonrpc":"2.0","id":"fast","method":"thing.wait","params":{"ms":1}})" "\n");
  BOOST_TEST(*it.client.line() == R"({"jsonrpc":"2.0","id":"fast","result":"waited 1"})");
  BOOST_TEST(*it.client.line() == R"({"jsonrpc":"2.0","id":"slow","result":"waited 100"})");
}

BOOST_AUTO_TEST_CASE(a_call_is_cancelled_by_its_id) {
  rpc it;
  it.start(R"("w")", "thing.wait", R"({"ms":60000})");
  it.client.send(R"({"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":"other"}})" "\n");
  it.client.send(R"({"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":"w"}})" "\n");
  auto const answer = *it.client.line();
  BOOST_TEST(answer.find(R"("id":"w","error":{"code":-32003)") != std::string::npos);
  BOOST_TEST(comes_true([&] { return it.seen.cancelled == 1; }));
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_a_call) {
  rpc it;
  it.client.send(R"({"jsonrpc":"2.0","id":1,"method":"thing.wait","timeout_ms":50,)"
                 R"("params":{"ms":60000}})" "\n");
  it.client.send(R"({"jsonrpc":"2.0","id":2,"method":"thing.wait","timeout_ms":60000,)"
                 R"("params":{"ms":1}})" "\n");
  auto const first = *it.client.line();
  auto const second = *it.client.line();
  auto const& late = first.find("\"id\":1,") != first.npos ? first : second;
  auto const& fine = &late == &first ? second : first;
  BOOST_TEST(late.find("deadline_exceeded") != late.npos, late);
  BOOST_TEST(fine.find("\"result\"") != fine.npos, fine);
  BOOST_TEST(comes_true([&] { return it.seen.cancelled == 1; }));
}

BOOST_AUTO_TEST_CASE(terms_that_make_no_sense_are_refused) {
  rpc it;
  auto const message =
      R"(\"door\" must be text, \"timeout_ms\" a whole number of milliseconds)";
  for (std::string const terms : {R"("timeout_ms":"5")", R"("timeout_ms":-1)", R"("timeout_ms":1.5)",
                                  R"("timeout_ms":99999999999)", R"("door":7)"})
    BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","id":1,"method":"thing.show","params":{"id":7},)" + terms +
                      "}") == refused("1", -32600, message));
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","id":1,"method":"thing.show","door":"cli",)"
                    R"("params":{"id":7}})") ==
             R"({"jsonrpc":"2.0","id":1,"result":{"id":7,"name":"thing"}})");
}

BOOST_AUTO_TEST_CASE(a_handler_for_the_command_line_answers_that_door_alone) {
  rpc it;
  auto const by = [&it](std::string const& door) {
    return rpc::rest(
        it.ask(R"({"jsonrpc":"2.0","id":1,"method":"thing.way")" + door + "}"));
  };
  BOOST_TEST(by(R"(,"door":"cli")") == R"("result":"the command line: cli"})");
  BOOST_TEST(by("") == R"("result":"every door: json-rpc"})");
  BOOST_TEST(by(R"(,"door":"http")") == R"("result":"every door: http"})");
  BOOST_TEST(by(R"(,"door":"CLI")") == R"("result":"every door: CLI"})");
  // Each request of a batch comes by its own door.
  BOOST_TEST(it.ask(R"([{"jsonrpc":"2.0","id":1,"method":"thing.way","door":"cli"},)"
                    R"({"jsonrpc":"2.0","id":2,"method":"thing.way"}])") ==
             R"([{"jsonrpc":"2.0","id":1,"result":"the command line: cli"},)"
             R"({"jsonrpc":"2.0","id":2,"result":"every door: json-rpc"}])");
}

BOOST_AUTO_TEST_CASE(a_stream_is_notifications_and_then_the_answer) {
  rpc it;
  it.start("9", "thing.count", R"({"count":3,"padding":1})");
  for (int i = 1; i <= 3; ++i)
    BOOST_TEST(*it.client.line() ==
               R"({"jsonrpc":"2.0","method":"stream.item","params":{"id":9,"item":{"number":)" +
                   std::to_string(i) + R"(,"padding":"x"}}})");
  BOOST_TEST(*it.client.line() == R"({"jsonrpc":"2.0","id":9,"result":null})");
  // An error in mid-stream comes behind what was sent.
  it.start("9", "thing.count", R"({"count":13})");
  for (int i = 1; i <= 13; ++i)
    BOOST_TEST(it.client.line()->find("stream.item") != std::string::npos);
  BOOST_TEST(it.client.line()->find(R"("error":"Gone","value":{"id":13})") != std::string::npos);
  BOOST_TEST(it.seen.ended == 2);
}

BOOST_AUTO_TEST_CASE(a_slow_reader_holds_the_producer_and_its_leaving_ends_it) {
  pando::link_limits limits;
  limits.pause_at = 64 << 10;
  rpc it(limits);
  it.start("9", "thing.count", R"({"count":900000,"padding":1000})");
  BOOST_TEST(it.client.line()->find("stream.item") != std::string::npos);
  int before = -1;
  BOOST_TEST(comes_true([&] { return std::exchange(before, it.seen.made.load()) == it.seen.made &&
                                       it.seen.made > 10; }));
  BOOST_TEST(it.seen.made < 2000); // the kernel's buffers and 64 KB of ours
  it.client.send(R"({"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":9}})" "\n");
  // Nothing is read from a slow reader; once it reads, it is heard.
  std::string last;
  while (auto line = it.client.line()) {
    last = *line;
    if (last.find("stream.item") == last.npos) break;
  }
  BOOST_TEST(last.find(R"("id":9,"error":{"code":-32003)") != std::string::npos);
  BOOST_TEST(it.seen.ended == 1);
  BOOST_TEST(it.seen.made < 900000);
}

BOOST_AUTO_TEST_CASE(calls_of_a_slow_reader_are_run_as_their_answers_are_read) {
  pando::link_limits limits;
  limits.pause_at = 64 << 10;
  rpc it(limits);
  std::string all;
  for (int i = 0; i < 500; ++i)
    all += R"({"jsonrpc":"2.0","id":)" + std::to_string(i) +
           R"(,"method":"thing.large","params":{"bytes":100000}})" "\n";
  it.client.send(all + R"({"jsonrpc":"2.0","id":500,"method":"pando.ping"})"); // without an end
  it.client.half_close();
  int before = -1;
  BOOST_TEST(comes_true([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return it.seen.made > 0 && std::exchange(before, it.seen.made.load()) == it.seen.made;
  }));
  BOOST_TEST(it.seen.made < 20); // 2 MB of 50
  bool in_order = true;
  for (int i = 0; i < 500; ++i) {
    auto const line = it.client.line().value_or("");
    in_order = in_order && line.size() > 100'000 &&
               line.starts_with(R"({"jsonrpc":"2.0","id":)" + std::to_string(i) + ",");
  }
  BOOST_TEST(in_order);
  BOOST_TEST(it.client.line().value_or("lost") == R"({"jsonrpc":"2.0","id":500,"result":"pong"})");
  BOOST_TEST(it.client.is_closed());
}

BOOST_AUTO_TEST_CASE(the_answers_of_a_batch_are_bounded) {
  pando::link_limits limits;
  limits.max_frame = 100'000;
  rpc it(limits);
  std::string batch = "[";
  for (int i = 0; i < 50; ++i)
    batch += (i == 0 ? "" : ",") + std::string(R"({"jsonrpc":"2.0","id":)") + std::to_string(i) +
             R"(,"method":"thing.large","params":{"bytes":60000}})";
  auto const answer = it.ask(batch + "]");
  BOOST_TEST(it.seen.made == 2);
  BOOST_TEST(answer.size() < 200'000U);
  BOOST_TEST(answer.find(R"({"jsonrpc":"2.0","id":2,"error":{"code":-32008,"message":")"
                         R"(the answers of this batch are longer than 100000 bytes")") !=
             std::string::npos);
  BOOST_TEST(answer.find(R"({"jsonrpc":"2.0","id":49,"error":{"code":-32008)") != answer.npos);
}

BOOST_AUTO_TEST_CASE(a_reader_that_stops_is_given_up) {
  pando::link_limits limits;
  limits.stall = std::chrono::milliseconds(100);
  rpc it(limits);
  it.start("9", "thing.large", R"({"bytes":5000000})");
  BOOST_TEST(it.door.log.says("it has read nothing for 100 ms"));
  BOOST_TEST(it.client.is_closed());
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_reader_is_bounded) {
  pando::link_limits limits;
  limits.max_outgoing = 1 << 20;
  rpc it(limits);
  it.start("9", "thing.chatter", R"({"count":3000,"padding":1000})");
  BOOST_TEST(it.door.log.says("it reads too slowly"));
  BOOST_TEST(it.client.is_closed());
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_ends_the_connection) {
  pando::link_limits limits;
  limits.max_frame = 1000;
  rpc it(limits);
  std::string const ping = R"({"jsonrpc":"2.0","id":3,"method":"pando.ping"})";
  BOOST_TEST(it.ask(ping + std::string(1000 - ping.size(), ' ')).find("pong") != std::string::npos);
  auto const answer = it.ask(ping + std::string(1001 - ping.size(), ' '));
  BOOST_TEST(answer.find(R"({"code":-32008,"message":"a line is longer than 1000 bytes")") !=
             std::string::npos);
  BOOST_TEST(it.client.is_closed());
  // Without an end it is no different.
  raw_client other(it.door.path());
  other.send("{" + std::string(5000, ' '));
  BOOST_TEST(other.all().find("-32008") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_has_said_all_is_still_answered) {
  rpc it;
  it.client.send(R"({"jsonrpc":"2.0","id":1,"method":"thing.wait","params":{"ms":50}})" "\n"
                 R"([{"jsonrpc":"2.0","id":2,"method":"pando.ping"},)"
                 R"({"jsonrpc":"2.0","id":3,"method":"thing.show","params":{"id":3}}])");
  it.client.half_close();
  BOOST_TEST(it.client.all() ==
             R"([{"jsonrpc":"2.0","id":2,"result":"pong"},)"
             R"({"jsonrpc":"2.0","id":3,"result":{"id":3,"name":"thing"}}])" "\n"
             R"({"jsonrpc":"2.0","id":1,"result":"waited 50"})" "\n");
  raw_client silent(it.door.path());
  silent.send(" ");
  silent.half_close();
  BOOST_TEST(silent.is_closed());
}

BOOST_AUTO_TEST_CASE(who_leaves_cancels_what_it_called) {
  rpc it;
  it.client.send(
      R"({"jsonrpc":"2.0","id":1,"method":"thing.wait","params":{"ms":60000}})"
      "\n"
      R"({"jsonrpc":"2.0","id":2,"method":"thing.ask"})"
      "\n"
      R"({"jsonrpc":"2.0","id":3,"method":"thing.count","params":{"count":900000,"padding":1000}})"
      "\n");
  BOOST_TEST(comes_true([&] { return it.seen.waiting == 1 && it.seen.made > 10; }));
  it.client.close();
  BOOST_TEST(comes_true([&] { return it.seen.cancelled == 1 && it.seen.ended == 1; }));
  BOOST_TEST(comes_true([&] { return it.door.server().connections() == 0; }));
  // One that had half closed before is noticed too.
  raw_client half(it.door.path());
  half.send(R"({"jsonrpc":"2.0","id":1,"method":"thing.wait","params":{"ms":60000}})" "\n");
  half.half_close();
  BOOST_TEST(comes_true([&] { return it.seen.waiting == 2; }));
  half.close();
  BOOST_TEST(comes_true([&] { return it.seen.cancelled == 2; }));
}

BOOST_AUTO_TEST_CASE(handlers_show_and_ask) {
  rpc it;
  it.start(R"("q")", "thing.ask");
  auto const next = [&] { return it.client.line().value_or("closed"); };
  std::string const head = R"({"jsonrpc":"2.0","method":"io.)";
  BOOST_TEST(next() == head + R"(log","params":{"id":"q","text":"a line"}})");
  BOOST_TEST(next() == head + R"(error","params":{"id":"q","text":"trouble"}})");
  BOOST_TEST(next() ==
             head + R"(progress","params":{"id":"q","text":"asking","done":1,"total":3}})");
  BOOST_TEST(next() == head + R"(table","params":{"id":"q","rows":[{"id":1},{"id":2}]}})");
  std::string const asks = R"(","method":"io.prompt","params":{"id":"q","kind":")";
  BOOST_TEST(next() == R"({"jsonrpc":"2.0","id":"prompt-1)" + asks +
                           R"(text","text":"Your name?"}})");
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","id":"prompt-1","result":"Ann"})") ==
             R"({"jsonrpc":"2.0","id":"prompt-2)" + asks + R"(secret","text":"The word?"}})");
  it.client.send(R"({"jsonrpc":"2.0","id":"prompt-1","result":"late"})" "\n");
  it.client.send(R"({"jsonrpc":"2.0","id":"prompt-77","result":"no one's"})" "\n");
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","id":"prompt-2","result":"hush"})") ==
             R"({"jsonrpc":"2.0","id":"prompt-3)" + asks + R"(confirm","text":"Sure?"}})");
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","id":"prompt-3","result":true})") ==
             R"({"jsonrpc":"2.0","id":"q","result":"Ann/hush!"})");
}

BOOST_AUTO_TEST_CASE(choices_are_places) {
  rpc it;
  it.start("1", "thing.choose");
  BOOST_TEST(*it.client.line() ==
             R"({"jsonrpc":"2.0","id":"prompt-1","method":"io.prompt","params":{"id":1,)"
             R"("kind":"choose_one","text":"One?","options":["red","green","blue"]}})");
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","id":"prompt-1","result":2})")
                 .find(R"("kind":"choose_many")") != std::string::npos);
  BOOST_TEST(it.ask(R"({"jsonrpc":"2.0","id":"prompt-2","result":[0,1]})") ==
             R"({"jsonrpc":"2.0","id":1,"result":[2,0,1]})");
}

BOOST_AUTO_TEST_CASE(a_question_that_is_not_answered_is_cancelled) {
  for (auto const* const reply :
       {R"("result":null)", R"("result":5)", R"("error":{"code":1,"message":"no"})"}) {
    rpc it;
    it.start("1", "thing.ask");
    for (int i = 0; i < 5; ++i) it.client.line();
    auto const answer =
        it.ask(R"({"jsonrpc":"2.0","id":"prompt-1",)" + std::string(reply) + "}");
    BOOST_TEST(answer.find(R"("error":{"code":-32003)") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_handler_on_the_pool_shows_too) {
  rpc it;
  it.start("1", "thing.work", R"({"ms":41})");
  BOOST_TEST(*it.client.line() ==
             R"({"jsonrpc":"2.0","method":"io.log","params":{"id":1,)"
             R"("text":"from a thread of the pool"}})");
  BOOST_TEST(*it.client.line() == R"({"jsonrpc":"2.0","id":1,"result":42})");
}

BOOST_AUTO_TEST_CASE(too_many_calls_at_once_are_refused) {
  pando::link_limits limits;
  limits.max_calls = 2;
  rpc it(limits);
  for (int i = 0; i < 2; ++i)
    it.start("5", "thing.wait", R"({"ms":60000})");
  BOOST_TEST(it.call("thing.show", R"({"id":1})").find("-32007") != std::string::npos);
  it.client.send(R"({"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":5}})" "\n");
  BOOST_TEST(it.client.line()->find("-32003") != std::string::npos);
  BOOST_TEST(it.call("thing.show", R"({"id":1})").find("thing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_end_in_order_answers_what_runs) {
  rpc it;
  it.start("1", "thing.wait", R"({"ms":100})");
  raw_client idle(it.door.path());
  auto const pong = idle.ask(R"({"jsonrpc":"2.0","id":1,"method":"pando.ping"})");
  BOOST_TEST(pong.find("pong") != std::string::npos);
  BOOST_TEST(comes_true([&] { return it.seen.waiting == 1; }));
  BOOST_TEST(it.door.stop());
  BOOST_TEST(it.client.all() == R"({"jsonrpc":"2.0","id":1,"result":"waited 100"})" "\n");
  BOOST_TEST(idle.is_closed());
}

BOOST_AUTO_TEST_CASE(an_end_cuts_off_what_takes_too_long) {
  rpc it;
  it.start("1", "thing.wait", R"({"ms":60000})");
  BOOST_TEST(comes_true([&] { return it.seen.waiting == 1; }));
  BOOST_TEST(!it.door.stop(std::chrono::milliseconds(50)));
  BOOST_TEST(it.client.is_closed());
  BOOST_TEST(comes_true([&] { return it.seen.cancelled == 1; }));
}

BOOST_AUTO_TEST_SUITE_END()
