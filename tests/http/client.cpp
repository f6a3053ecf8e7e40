// The HTTP client against scripted servers: what it sends, and what it makes of every answer.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <pando/http/client.hpp>

#include "http/shop.hpp"

BOOST_AUTO_TEST_SUITE(http_client)

namespace {

using namespace std::chrono_literals;
using namespace shop;
using pando::task;
using pando::http::client_options;
using scripted::answer;
using scripted::becomes_true;
using scripted::pause;
using scripted::peer;
using scripted::run;
using scripted::server;

constexpr std::string_view problem_json = "application/problem+json";
std::string const one_note = R"({"id":7,"text":"seven"})";

pando::client<Shop> client_of(boost::asio::io_context& io, server const& at,
                              client_options const& options = {}) {
  return pando::http::client<Shop>(io.get_executor(), at.url(), options);
}

/// What the client makes of this answer to `show` and nothing after it.
struct answered {
  pando::failure_code code{};
  std::string sentence{};
  pando::violations faults{};
  std::string id{};
  note result{};
  bool failed = false;
};
answered answer_with(std::string octets, client_options const& options = {}) {
  boost::asio::io_context io(1);
  server at(io, [&octets](peer& one) -> task<void> {
    (void)co_await one.request();
    co_await one.say(octets);
  });
  auto const api = client_of(io, at, options);
  answered seen;
  run(io, [&]() -> task<void> {
    try {
      seen.result = co_await api.call<"show">(7);
    } catch (pando::failure const& error) {
      seen.failed = true;
      seen.code = error.code();
      seen.sentence = error.what();
      seen.faults = error.faults();
      seen.id = error.id();
    }
  });
  return seen;
}

/// What is sent for a call that is answered with 204.
template <class Call>
std::string sent_by(Call call, client_options const& options = {}, std::string const& base = "") {
  boost::asio::io_context io(1);
  std::string sent;
  server at(io, server::answers([&sent](std::string const& asked) {
              sent = asked;
              return std::string("HTTP/1.1 204 No Content\r\n\r\n");
            }));
  auto const api = pando::http::client<Shop>(io.get_executor(), at.url() + base, options);
  run(io, [&]() -> task<void> {
    try {
      (void)co_await call(api);
    } catch (pando::incompatible const&) { // a result was expected
    }
  });
  auto const host = "Host: 127.0.0.1:" + std::to_string(at.port()) + "\r\n";
  auto const place = sent.find(host);
  if (place != sent.npos) sent.replace(place, host.size(), "Host: H\r\n");
  return sent;
}

} // namespace

BOOST_AUTO_TEST_CASE(requests_are_what_the_markers_say) {
  BOOST_TEST(sent_by([](auto const& api) { return api.template call<"show">(-7); }) ==
             "GET /shop/note/-7 HTTP/1.1\r\nHost: H\r\nAccept: application/json\r\n\r\n");
  BOOST_TEST(sent_by([](auto const& api) { return api.template call<"drop">(7); }, {}, "/api/") ==
             "DELETE /api/shop/note/7 HTTP/1.1\r\nHost: H\r\nAccept: application/json\r\n\r\n");
  BOOST_TEST(sent_by([](auto const& api) { return api.template call<"ping">(); }) ==
             "HEAD /shop/ping HTTP/1.1\r\nHost: H\r\nAccept: application/json\r\n\r\n");
  BOOST_TEST(sent_by([](auto const& api) { return api.template call<"touch">(); }) ==
             "POST /shop/touch HTTP/1.1\r\nHost: H\r\nAccept: application/json\r\n"
             "Content-Length: 0\r\n\r\n");
  // the first of two markers
  BOOST_TEST(sent_by([](auto const& api) { return api.template call<"add">(1, "\"a\""); }) ==
             "POST /shop HTTP/1.1\r\nHost: H\r\nAccept: application/json\r\n"
             "Content-Type: application/json\r\nContent-Length: 23\r\n\r\n"
             R"({"id":1,"text":"\"a\""})");
  BOOST_TEST(sent_by([](auto const& api) { return api.template call<"move">(3); }) ==
             "POST /shop/move/3 HTTP/1.1\r\nHost: H\r\nAccept: application/json\r\n"
             "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

BOOST_AUTO_TEST_CASE(fields_go_to_path_query_and_body) {
  edit change{"a/b c\xc3\xa9?", 9'007'199'254'740'993, std::nullopt, {1, 2}};
  auto sent = sent_by([&](auto const& api) { return api.template call<"put">(change); });
  BOOST_TEST(has(sent, "PUT /shop/a%2Fb%20c%C3%A9%3F/notes/9007199254740993 HTTP/1.1\r\n"));
  BOOST_TEST(has(sent, "\r\n\r\n{\"numbers\":[1,2]}"));
  change.owner = "..";
  change.text = "t";
  sent = sent_by([&](auto const& api) { return api.template call<"put">(change); });
  BOOST_TEST(has(sent, "PUT /shop/%2E%2E/notes/"));
  BOOST_TEST(has(sent, "\r\n\r\n{\"text\":\"t\",\"numbers\":[1,2]}"));

  search wanted{};
  wanted.words = "a b&c=d+\xc3\xa9";
  wanted.shades = {color::green, color::red};
  wanted.tags = {"x", "y"};
  wanted.flags = {true, false};
  wanted.least = 0.5;
  wanted.exact = true;
  wanted.age = 90s;
  wanted.near = {1, -2};
  sent = sent_by([&](auto const& api) { return api.template call<"search">(wanted); });
  BOOST_TEST(sent.substr(0, sent.find(" HTTP")) ==
             "GET /shop/search?words=a%20b%26c%3Dd%2B%C3%A9&shades=green&shades=red&tags=x&tags=y"
             "&flags=true&flags=false&limit=10&least=0.5&exact=true&age=PT1M30S"
             "&near=%7B%22x%22%3A1%2C%22y%22%3A-2%7D");
  wanted = {};
  wanted.owner = "";
  sent = sent_by([&](auto const& api) { return api.template call<"search">(wanted); });
  BOOST_TEST(has(sent, "?words=&owner=&limit=10&least=0&exact=false&age=PT0S&near="));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_sent_is_said_before_it_is) {
  boost::asio::io_context io(1);
  server at(io, server::answers([](auto const&) { return answer("200 OK", one_note); }));
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    edit change{"", 1, {}, {}};
    try {
      co_await api.call<"put">(change);
      BOOST_ERROR("an empty segment was sent");
    } catch (pando::invalid_request const& error) {
      BOOST_REQUIRE(error.faults().list.size() == 1U);
      BOOST_TEST(error.faults().list[0].path == "/owner");
      BOOST_TEST(error.faults().list[0].message == "is on the path, so it cannot be empty");
    }
    change = {"o", 1, "\xff", {}};
    try {
      co_await api.call<"put">(change);
      BOOST_ERROR("text that is no UTF-8 was sent");
    } catch (pando::invalid_request const& error) {
      BOOST_REQUIRE(error.faults().list.size() == 1U);
      BOOST_TEST(error.faults().list[0].path == "/text");
    }
    search wanted{};
    wanted.least = std::numeric_limits<double>::quiet_NaN();
    try {
      co_await api.call<"search">(wanted);
      BOOST_ERROR("NaN was sent");
    } catch (pando::invalid_request const& error) {
      BOOST_REQUIRE(error.faults().list.size() == 1U);
      BOOST_TEST(error.faults().list[0].path == "/least");
    }
    auto const hidden = [&] { return api.call<"hidden">(); };
    auto const why = co_await failing<pando::no_such_route>(hidden);
    BOOST_TEST(has(why, "shop.hidden has no HTTP marker"));
  });
  BOOST_TEST(at.accepted == 0);
}

BOOST_AUTO_TEST_CASE(headers_of_the_options_go_with_every_call) {
  std::string const secret = "Bearer abc";
  pando::http::header const lines[]{{"X-One", "1"}, {"X-Empty", ""}};
  auto sent = sent_by([](auto const& api) { return api.template call<"drop">(1); },
                      {.authorization = secret, .headers = lines});
  BOOST_TEST(has(sent, "\r\nAuthorization: Bearer abc\r\nX-One: 1\r\nX-Empty: \r\n"));
  static_assert(std::is_trivially_destructible_v<client_options>);

  boost::asio::io_context io(1);
  auto const refused = [&io](client_options const& options) {
    try {
      (void)pando::http::client<Shop>(io.get_executor(), "http://localhost", options);
    } catch (std::invalid_argument const& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  pando::http::header const bad_name[]{{"X One", "1"}};
  pando::http::header const own[]{{"content-length", "1"}};
  BOOST_TEST(has(refused({.headers = bad_name}), "\"X One\" cannot be a header"));
  BOOST_TEST(has(refused({.headers = own}), "the client writes it itself"));
  BOOST_TEST(has(refused({.authorization = "a\r\nb: c"}), "holds a control character"));
  BOOST_TEST(has(refused({.max_connections = 0}), "at least one connection"));
}

BOOST_AUTO_TEST_CASE(results_come_in_every_framing) {
  std::string const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  auto seen = answer_with(answer("201 Created", one_note));
  BOOST_TEST(seen.result.text == "seven");
  seen = answer_with(head + "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\n{\"id\"\r\n12\r\n"
                            ":7,\"text\":\"seven\"}\r\n0\r\nTrailer: x\r\n\r\n");
  BOOST_TEST(seen.result.text == "seven");
  seen = answer_with(head + "\r\n" + one_note); // to the end of the connection
  BOOST_TEST(seen.result.text == "seven");
  seen = answer_with("HTTP/1.0 200 OK\r\n\r\n" + one_note);
  BOOST_TEST(seen.result.text == "seven");
  seen = answer_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
                     answer("200 OK", one_note));
  BOOST_TEST(seen.result.text == "seven");
  // what a newer server adds is passed over
  seen = answer_with(answer("200 OK", R"({"id":8,"new":{"id":[1]},"text":"eight"})"));
  BOOST_TEST(seen.result.text == "eight");
}

BOOST_AUTO_TEST_CASE(declared_errors_arrive_as_themselves) {
  boost::asio::io_context io(1);
  std::string next;
  server at(io, server::answers([&next](auto const&) { return next; }));
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    next = answer("409 Conflict",
                  R"({"type":"urn:pando:error:taken","title":"taken","status":409,)"
                  R"("value":{"email":"a@b.c","more":1}})",
                  problem_json);
    try {
      co_await api.call<"add">(1, "x");
      BOOST_ERROR("no error");
    } catch (taken const& error) {
      BOOST_TEST(error.email == "a@b.c");
    }
    auto const as_value = co_await api.attempt().call<"add">(1, "x");
    BOOST_REQUIRE(as_value.error<taken>() != nullptr);
    BOOST_TEST(as_value.error<taken>()->email == "a@b.c");

    // not declared by this route
    auto const show = [&] { return api.call<"show">(1); };
    auto why = co_await failing<pando::incompatible>(show);
    BOOST_TEST(has(why, "the error taken, which this contract does not declare"));
    next = answer("404 Not Found", R"({"type":"urn:pando:error:missing","value":{"id":"x"}})",
                  "application/problem+json; charset=utf-8");
    why = co_await failing<pando::incompatible>(show);
    BOOST_TEST(has(why, "missing with a value that is not this contract's: /value/id"));
    next = answer("404 Not Found", R"({"value":{"id":5},"type":"urn:pando:error:missing"})",
                  "Application/Problem+JSON");
    try {
      co_await api.call<"show">(5);
      BOOST_ERROR("no error");
    } catch (missing const& error) {
      BOOST_TEST(error.id == 5);
    }
    next = "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n" + one_note + " ";
    note good = co_await api.call<"show">(5);
    BOOST_TEST(good.id == 7);
  });
  BOOST_TEST(at.accepted == 1);
}

BOOST_AUTO_TEST_CASE(failures_of_the_framework_keep_name_sentence_and_violations) {
  for (auto const& row : pando::failure_rows) {
    auto const seen = answer_with(
        answer(std::to_string(row.http_status) + " x",
               R"({"type":"urn:pando:failure:)" + std::string(row.name) +
                   R"(","title":"t","status":400,"detail":"the sentence","id":"ab12",)"
                   R"("errors":[{"path":"/email","rule":"email","message":"must be one"},)"
                   R"({"path":"/age","rule":"at_least","message":"must be 18"}]})",
               problem_json));
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(seen.failed);
      BOOST_TEST(pando::row_of_failure(seen.code).name == row.name);
      BOOST_TEST(seen.sentence == "the sentence");
      BOOST_TEST(seen.id == "ab12");
      BOOST_REQUIRE(seen.faults.list.size() == 2U);
      BOOST_TEST(seen.faults.list[1].path == "/age");
      BOOST_TEST(seen.faults.list[1].rule == "at_least");
      BOOST_TEST(seen.faults.list[1].message == "must be 18");
    }
  }
  auto seen = answer_with(
      answer("403 Forbidden", R"({"type":"urn:pando:failure:forbidden"})", problem_json));
  BOOST_TEST(seen.sentence == "This is not allowed");
  // of a proxy: by its status, with what it says
  seen = answer_with(answer("413 Content Too Large",
                            R"({"type":"about:blank","detail":"too much","errors":"odd"})",
                            problem_json));
  BOOST_TEST((seen.code == pando::failure_code::too_large));
  BOOST_TEST(has(seen.sentence, "answered 413 Content Too Large: too much"));
  seen = answer_with(answer("500 Oh", R"({"type":"urn:pando:failure:of_tomorrow"})", problem_json));
  BOOST_TEST((seen.code == pando::failure_code::internal));
  seen = answer_with(answer("503 No", "no JSON at all", problem_json));
  BOOST_TEST((seen.code == pando::failure_code::overloaded));
}

BOOST_AUTO_TEST_CASE(other_statuses_are_failures_that_name_status_and_url) {
  using enum pando::failure_code;
  std::pair<int, pando::failure_code> const known[]{
      {302, internal},          {400, invalid_request}, {401, unauthenticated},
      {403, forbidden},         {404, no_such_route},   {405, no_such_route},
      {408, deadline_exceeded}, {413, too_large},       {415, incompatible},
      {418, internal},          {422, invalid_request}, {429, overloaded},
      {500, internal},          {502, disconnected},    {503, overloaded},
      {504, deadline_exceeded}};
  for (auto const& [status, code] : known) {
    auto const seen = answer_with(answer(std::to_string(status) + " Words", "<html>", "text/html"));
    BOOST_TEST_CONTEXT(status) {
      BOOST_TEST(seen.failed);
      BOOST_TEST((seen.code == code));
      BOOST_TEST(has(seen.sentence, "answered " + std::to_string(status)));
      BOOST_TEST(has(seen.sentence, "GET http://127.0.0.1:"));
      BOOST_TEST(has(seen.sentence, "/shop/note/7"));
    }
  }
  // secrets are not repeated: neither on the path nor in the query
  boost::asio::io_context io(1);
  server at(io, server::answers([](auto const&) { return answer("500 No", ""); }));
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    auto const call = [&] { return api.call<"hush">("pathword", "queryword"); };
    auto const why = co_await failing<pando::internal_failure>(call);
    BOOST_TEST(has(why, "/shop/hush/*** answered 500"));
    BOOST_TEST(!has(why, "word"));
  });
}

BOOST_AUTO_TEST_CASE(answers_that_are_none) {
  using enum pando::failure_code;
  std::string const head = "HTTP/1.1 200 OK\r\n";
  auto const code_of = [](std::string octets, client_options const& options = {}) {
    auto const seen = answer_with(std::move(octets), options);
    BOOST_TEST(seen.failed);
    BOOST_TEST(!seen.sentence.empty());
    return seen.code;
  };
  for (std::string const garbage :
       {"SSH-2.0-OpenSSH_9.2\r\n", "\1\2\3", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n", "\r\n\r\n"})
    BOOST_TEST_CONTEXT(garbage) { BOOST_TEST((code_of(garbage) == incompatible)); }
  std::string interim;
  for (int i = 0; i < 17; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  BOOST_TEST((code_of(interim) == incompatible));

  // well-formed, but not what the contract says
  BOOST_TEST((code_of(answer("200 OK", "<html>", "text/html")) == incompatible));
  BOOST_TEST((code_of(answer("200 OK", R"({"id":"x","text":"y"})")) == incompatible));
  BOOST_TEST((code_of(answer("200 OK", R"({"id":1})")) == incompatible));
  BOOST_TEST((code_of("HTTP/1.1 204 No Content\r\n\r\n") == incompatible));

  // over the limits
  client_options const small{.max_response_bytes = 1000};
  std::string const much(1001, ' ');
  BOOST_TEST((code_of(head + "Content-Length: 1001\r\n\r\n", small) == too_large));
  BOOST_TEST((code_of(head + "Content-Length: 99999999999999999999\r\n\r\n") == incompatible));
  BOOST_TEST((code_of(head + "Content-Length: 9999999999999999999\r\n\r\n") == too_large));
  BOOST_TEST((code_of(head + "\r\n" + much, small) == too_large));
  BOOST_TEST((code_of(head + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", small) == too_large));
  BOOST_TEST((code_of(head + "X: " + std::string(70'000, 'x')) == too_large));
  std::string lines = head;
  for (int i = 0; i < 9'000; ++i) lines += "X: 12345\r\n";
  BOOST_TEST((code_of(lines) == too_large));

  // cut off
  BOOST_TEST((code_of("") == disconnected));
  BOOST_TEST((code_of("HTTP/1.1 20") == disconnected));
  BOOST_TEST(
      (code_of(head + "Content-Length: 20\r\n\r\n" + one_note.substr(0, 19)) == disconnected));
  BOOST_TEST(
      (code_of(head + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n") == disconnected));
}

BOOST_AUTO_TEST_CASE(an_answer_that_comes_octet_by_octet) {
  boost::asio::io_context io(1);
  server at(io, [](peer& one) -> task<void> {
    std::string const octets =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" // the last chunk in pieces, too
        "17\r\n{\"id\":7,\"text\":\"seven\"}\r\n0\r\n\r\n";
    for (;;) {
      std::string const asked = co_await one.request();
      if (asked.empty()) co_return;
      for (char const c : octets) {
        std::string const octet(1, c);
        co_await one.say(octet);
        co_await one.pause(0);
      }
    }
  });
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    for (int i = 0; i < 3; ++i) {
      note got = co_await api.call<"show">(7);
      BOOST_TEST(got.text == "seven");
    }
  });
  BOOST_TEST(at.accepted == 1);
}

BOOST_AUTO_TEST_CASE(a_server_killed_in_the_middle_of_its_answer) {
  boost::asio::io_context io(1);
  scripted::tcp::acceptor listening(io, {boost::asio::ip::address_v4::loopback(), 0});
  auto const port = listening.local_endpoint().port();
  auto const child = ::fork();
  if (child == 0) {
    int const one = ::accept(listening.native_handle(), nullptr, nullptr);
    char room[4096];
    auto taken = ::read(one, room, sizeof room);
    constexpr std::string_view half = "HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{\"id\":";
    taken = ::write(one, half.data(), half.size());
    ::kill(::getpid(), SIGKILL);
    ::_exit(static_cast<int>(taken));
  }
  listening.close();
  auto const api =
      pando::http::client<Shop>(io.get_executor(), "http://127.0.0.1:" + std::to_string(port));
  run(io, [&]() -> task<void> {
    auto const call = [&] { return api.call<"show">(7); };
    auto why = co_await failing<pando::disconnected>(call);
    BOOST_TEST(has(why, "broke off in the middle of the answer"));
    // Until it has ended, the kernel may still connect to it.
    int status = 0;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFSIGNALED(status));
    why = co_await failing<pando::not_running>(call);
    BOOST_TEST(has(why, "no app answers at http://127.0.0.1:"));
  });
}

BOOST_AUTO_TEST_CASE(large_requests_and_peers_that_do_not_read_them) {
  boost::asio::io_context io(1);
  std::string const large(8'000'000, 'x');
  std::size_t took = 0;
  server at(io, [&](peer& one) -> task<void> {
    if (one.number == 1) { // slow to read
      co_await one.pause(50);
      std::string const asked = co_await one.request();
      took = asked.size();
      co_await one.say(answer("200 OK", one_note));
      co_return;
    }
    (void)co_await one.more(); // answers before it has all, and then reads on
    co_await one.say(answer("413 Content Too Large", ""));
    co_await one.until_gone();
  });
  auto const api = client_of(io, at);
  run(io, [&]() -> task<void> {
    note in{1, large};
    note got = co_await api.call<"add">(in);
    BOOST_TEST(got.id == 7);
    BOOST_TEST(took > large.size());
    auto const call = [&] { return api.call<"add">(in); };
    (void)co_await failing<pando::too_large>(call);
    bool const gone = co_await becomes_true([&] { return at.open == 0; });
    BOOST_TEST(gone, "a connection with half a request on it is closed");
  });
}

BOOST_AUTO_TEST_SUITE_END()
