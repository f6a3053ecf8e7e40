// Streams over the HTTP door: both formats, errors before and in the middle, consumers who leave or
// are slow.
#include <boost/test/unit_test.hpp>

#include <atomic>

#include "support/api.hpp"
#include "support/served_door.hpp"

BOOST_AUTO_TEST_SUITE(http_door_streams)

using raw_http::get;
using raw_http::post;

namespace {

struct endless {
  pando::defaulted<int, 0> fail_at;
  pando::defaulted<int, 1000> size;
};
struct line {
  std::int64_t number;
  std::string text;
};
struct numbers {
  std::atomic<std::int64_t> made{0};
  std::atomic<int> ended{0};
};

struct Source
    : pando::controller<
          "source", pando::route<"lines", pando::stream<line>(endless), pando::http::get<"/lines">>,
          pando::route<"texts", pando::stream<std::string>(), pando::http::get<"/texts">>,
          pando::route<"nans", pando::stream<double>(), pando::http::get<"/nans">>> {};

auto const handlers = pando::implement<Source>(
    pando::on<"lines"> = [](endless in, numbers& seen) -> pando::stream<line> {
      struct ending {
        numbers& seen;
        ~ending() { ++seen.ended; }
      } const guard{seen};
      std::string const text(static_cast<std::size_t>(in.size.get()), 'x');
      for (std::int64_t i = 1;; ++i) {
        if (i == in.fail_at.get()) throw std::runtime_error("the inside of the app");
        line item{i, text};
        ++seen.made;
        co_yield item;
      }
    },
    pando::on<"texts"> = []() -> pando::stream<std::string> {
      std::string item = "line\nbreak";
      co_yield item;
    },
    pando::on<"nans"> = []() -> pando::stream<double> {
      double item = 0.5;
      co_yield item;
      item = std::numeric_limits<double>::quiet_NaN();
      co_yield item;
    });

struct source_door {
  numbers seen;
  served_implementation<std::remove_const_t<decltype(handlers)>, numbers> served{handlers, seen};
  served_door door{served.routes};
};

struct api_door {
  api::probe seen;
  api::signed_in guard;
  served_implementation<std::remove_const_t<decltype(api::handlers)>, api::probe, api::signed_in>
      served{api::handlers, seen, guard};
  served_door door{served.routes};

  raw_http::answer count(std::string_view body, std::string_view lines = {}) {
    return door.ask(post("/api/count", body, lines));
  }
  api::probe probe() {
    return door.on_loop([this] { return seen; });
  }
};

std::string const padding(100, 'x');
std::string tick(int number) {
  return "{\"number\":" + std::to_string(number) + ",\"padding\":\"" + padding + "\"}";
}
constexpr std::string_view events = "Accept: text/event-stream\r\n";

} // namespace

BOOST_FIXTURE_TEST_CASE(items_are_lines_of_json, api_door) {
  auto const answer = count(R"({"last":3})");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.header("content-type") == "application/x-ndjson");
  BOOST_TEST(answer.header("transfer-encoding") == "chunked");
  BOOST_TEST(answer.header("cache-control") == "no-store");
  BOOST_TEST(answer.body == tick(1) + "\n" + tick(2) + "\n" + tick(3) + "\n");
  BOOST_TEST(answer.is_whole);
  auto const none = count(R"({"last":0})");
  BOOST_TEST(none.status == 200);
  BOOST_TEST(none.body == "");
  BOOST_TEST(probe().destroyed == 2);
}

BOOST_FIXTURE_TEST_CASE(items_are_events_for_those_who_ask, api_door) {
  auto const answer = count(R"({"last":2})", events);
  BOOST_TEST(answer.header("content-type") == "text/event-stream");
  BOOST_TEST(answer.body == "data: " + tick(1) + "\n\ndata: " + tick(2) +
                                "\n\nevent: end\ndata: {}\n\n");
  auto const type = [this](std::string_view accept) {
    return count(R"({"last":1})", "Accept: " + std::string(accept) + "\r\n").header("content-type");
  };
  BOOST_TEST(type("*/*") == "application/x-ndjson");
  BOOST_TEST(type("text/*") == "text/event-stream");
  BOOST_TEST(type("text/event-stream, */*") == "text/event-stream");
  BOOST_TEST(type("text/event-stream;q=0.5, application/x-ndjson;q=0.4") == "text/event-stream");
  BOOST_TEST(type("text/event-stream;q=0.4, application/x-ndjson;q=0.5") ==
             "application/x-ndjson");
  BOOST_TEST(type("text/event-stream;q=0, */*;q=0.1") == "application/x-ndjson");
  source_door source;
  BOOST_TEST(source.door.ask(get("/source/texts", events)).body ==
             "data: \"line\\nbreak\"\n\nevent: end\ndata: {}\n\n");
}

BOOST_FIXTURE_TEST_CASE(items_come_when_they_are_made, api_door) {
  auto connection = door.connect();
  connection.send(post("/api/count", R"({"last":3,"wait_ms":100})"));
  auto answer = connection.read_head();
  auto const begin = std::chrono::steady_clock::now();
  BOOST_TEST(connection.read_chunk(answer));
  BOOST_TEST(answer.body == tick(1) + "\n");
  while (connection.read_chunk(answer)) {
  }
  BOOST_TEST(answer.body == tick(1) + "\n" + tick(2) + "\n" + tick(3) + "\n");
  BOOST_TEST((std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(150)));
  // The connection serves on.
  BOOST_TEST(connection.ask(get("/api/note/1")).status == 200);
}

BOOST_FIXTURE_TEST_CASE(an_error_before_the_first_item_has_its_status, source_door) {
  auto const answer = door.ask(get("/source/lines?fail_at=1"));
  BOOST_TEST(answer.status == 500);
  BOOST_TEST(answer.header("content-type") == "application/problem+json");
  BOOST_TEST(answer.body.find("inside") == std::string::npos);
  BOOST_TEST(door.log_lines().size() == 1U);
  BOOST_TEST(door.ask(get("/source/lines?fail_at=x")).status == 422);
  BOOST_TEST(seen.ended == 1);
}

BOOST_FIXTURE_TEST_CASE(an_error_in_mid_stream_is_the_last_line_or_event, api_door) {
  std::string const problem = R"({"type":"urn:pando:error:taken","title":"taken","status":409,)"
                              R"("value":{"email":"stream"}})";
  auto const lines = count(R"({"last":9,"fail_after":2})");
  BOOST_TEST(lines.status == 200);
  BOOST_TEST(lines.body == tick(1) + "\n" + tick(2) + "\n{\"error\":" + problem + "}\n");
  BOOST_TEST(lines.is_whole);
  auto const as_events = count(R"({"last":9,"fail_after":1})", events);
  BOOST_TEST(as_events.body ==
             "data: " + tick(1) + "\n\nevent: error\ndata: " + problem + "\n\n");

  source_door source;
  auto const nan = source.door.ask(get("/source/nans"));
  BOOST_TEST(nan.status == 200);
  BOOST_TEST(nan.body.substr(0, 13) == "0.5\n{\"error\":");
  BOOST_TEST(nan.body.find("\"status\":500") != std::string::npos);
  BOOST_TEST(source.door.log_lines().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_consumer_who_leaves_ends_the_producer, api_door) {
  for (bool const killed : {true, false}) {
    auto connection = door.connect();
    connection.send(post("/api/count", R"({"last":1000000000,"wait_ms":5})"));
    auto answer = connection.read_head();
    connection.read_chunk(answer);
    if (killed) connection.reset();
    else connection.close();
    BOOST_TEST(comes_true([this] {
      auto const now = probe();
      return now.started == now.destroyed;
    }));
  }
  BOOST_TEST(probe().destroyed == 2);
}

BOOST_FIXTURE_TEST_CASE(a_deadline_ends_a_stream, api_door) {
  auto const answer = count(R"({"last":1000000000,"wait_ms":20})", "Pando-Timeout-Ms: 120\r\n");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.is_whole);
  BOOST_TEST(answer.body.find("\n{\"error\":{\"type\":\"urn:pando:failure:deadline_exceeded\"") !=
             std::string::npos);
  BOOST_TEST(comes_true([this] { return probe().destroyed == 1; }));
  auto const before = count(R"({"last":10,"wait_ms":10000})", "Pando-Timeout-Ms: 50\r\n");
  BOOST_TEST(before.status == 504);
  BOOST_TEST(comes_true([this] { return probe().destroyed == 2; }));
}

BOOST_FIXTURE_TEST_CASE(a_slow_consumer_holds_the_producer_back, source_door) {
  raw_http::connection connection(door.port(), 4096);
  connection.send(get("/source/lines"));
  // The producer goes on until the buffers between are full, and then stands still.
  std::int64_t made = 0;
  BOOST_TEST(comes_true([&] {
    auto const before = std::exchange(made, seen.made.load());
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return made != 0 && before == made;
  }));
  // What the kernel keeps of a loopback connection, and 64 KB and one item of ours.
  constexpr std::int64_t most = std::int64_t{8} << 20;
  BOOST_TEST(made * 1000 < most);
  // Others are served meanwhile.
  BOOST_TEST(door.ask(get("/source/texts")).status == 200);
  // When it reads again it gets every item in order.
  auto answer = connection.read_head();
  std::size_t const enough = static_cast<std::size_t>(made) * 1000 + 3'000'000;
  std::int64_t number = 0;
  std::string text;
  for (std::size_t total = 0; total < enough; total += answer.body.size()) {
    answer.body.clear();
    BOOST_REQUIRE(connection.read_chunk(answer));
    text += answer.body;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      auto const start = "{\"number\":" + std::to_string(++number) + ",";
      BOOST_REQUIRE(text.substr(0, start.size()) == start);
      text.erase(0, end + 1);
    }
  }
  BOOST_TEST(seen.made > made);
  connection.reset();
  BOOST_TEST(comes_true([this] { return seen.ended == 1; }));
}

BOOST_FIXTURE_TEST_CASE(head_of_a_stream_makes_no_items, source_door) {
  auto connection = door.connect();
  auto const answer = connection.ask(get("/source/lines", {}, "HEAD"));
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.header("content-type") == "application/x-ndjson");
  BOOST_TEST(connection.ask(get("/source/texts")).body == "\"line\\nbreak\"\n");
  BOOST_TEST(seen.made == 0);
}

BOOST_FIXTURE_TEST_CASE(http_1_0_gets_the_items_unchunked, source_door) {
  auto connection = door.connect();
  connection.send("GET /source/texts HTTP/1.0\r\n\r\n");
  auto const answer = connection.read();
  BOOST_TEST(!answer.has("transfer-encoding"));
  BOOST_TEST(answer.body == "\"line\\nbreak\"\n");
}

BOOST_AUTO_TEST_SUITE_END()
