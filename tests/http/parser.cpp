// The request parser: what it takes, what it refuses and with which status, however the octets
// come.
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <pando/http/detail/parser.hpp>

BOOST_AUTO_TEST_SUITE(http_parser)

namespace {

using namespace std::string_literals;
using pando::http::detail::request_limits;
using pando::http::detail::request_parser;
using result = request_parser::result;

/// What became of one request: its parts copied, or the status of its refusal (0: still
/// incomplete).
struct parsed {
  int status = 0;
  std::string reason{};
  std::string method{}, target{}, path{}, query{}, body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  bool is_http_1_0 = false, keep_alive = false, has_body = false;
  friend bool operator==(parsed const&, parsed const&) = default;
};

parsed outcome_of(request_parser const& parser, result found) {
  parsed out;
  if (found == result::refused) {
    out.status = parser.why().status;
    out.reason = parser.why().reason;
  } else if (found == result::complete) {
    auto const& message = parser.message();
    out.status = 200;
    out.method = message.method;
    out.target = message.target;
    out.path = message.path;
    out.query = message.query;
    out.body = message.body;
    for (auto const& line : message.headers) out.headers.emplace_back(line.name, line.value);
    out.is_http_1_0 = message.is_http_1_0;
    out.keep_alive = message.keep_alive;
    out.has_body = message.has_body;
  }
  return out;
}

/// All requests of a connection's octets, `step` octets at a time, as a connection feeds them: in a
/// buffer that moves whenever something comes.
std::vector<parsed> feed(std::string_view octets, std::size_t step, request_limits limits = {}) {
  request_parser parser(limits);
  std::vector<parsed> all;
  std::vector<char> held;
  while (!octets.empty()) {
    auto const piece = octets.substr(0, step);
    octets.remove_prefix(piece.size());
    std::vector<char> moved(held);
    moved.insert(moved.end(), piece.begin(), piece.end());
    held.swap(moved);
    moved.assign(moved.size(), '#'); // whoever still looks at the old place must notice
    for (;;) {
      std::size_t size = held.size();
      auto const found = parser.parse(held.data(), size);
      held.resize(size);
      if (found == result::incomplete) break;
      all.push_back(outcome_of(parser, found));
      if (found == result::refused) return all;
      held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(parser.used()));
      parser.next();
      if (held.empty()) break;
    }
  }
  all.push_back(parsed{}); // what is awaited now
  return all;
}

/// One request, and the same outcome whether it comes whole or octet by octet.
parsed one(std::string const& octets, request_limits limits = {}) {
  auto const whole = feed(octets, octets.size(), limits);
  for (std::size_t const step : {1U, 2U, 3U, 7U}) {
    auto const pieces = feed(octets, step, limits);
    BOOST_TEST(pieces.size() == whole.size());
    BOOST_TEST(pieces.front().status == whole.front().status, octets);
    if (whole.front().status == 200) BOOST_TEST((pieces == whole), octets);
  }
  return whole.front();
}

int status_of(std::string const& octets, request_limits limits = {}) {
  return one(octets, limits).status;
}

std::string with(std::string const& lines, std::string const& body = "") {
  return "POST /user HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n" + body;
}
std::string chunked(std::string const& body) {
  return with("Transfer-Encoding: chunked\r\n", body);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_request_is_taken_apart) {
  auto const got =
      one("GET /user/7%20?a=1&b=%32"s +
          " HTTP/1.1\r\nHost: localhost:3000\r\nX-Two:  words here \t\r\nEmpty:\r\n\r\n");
  BOOST_TEST(got.status == 200);
  BOOST_TEST(got.method == "GET");
  BOOST_TEST(got.target == "/user/7%20?a=1&b=%32");
  BOOST_TEST(got.path == "/user/7%20");
  BOOST_TEST(got.query == "a=1&b=%32");
  BOOST_TEST(got.body == "");
  BOOST_TEST(!got.is_http_1_0);
  BOOST_TEST(got.keep_alive);
  BOOST_TEST(!got.has_body);
  std::vector<std::pair<std::string, std::string>> const headers{
      {"Host", "localhost:3000"}, {"X-Two", "words here"}, {"Empty", ""}};
  BOOST_TEST((got.headers == headers));
}

BOOST_AUTO_TEST_CASE(keep_alive_follows_version_and_connection) {
  BOOST_TEST(one("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keep_alive);
  BOOST_TEST(!one("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").keep_alive);
  BOOST_TEST(!one("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n").keep_alive);
  BOOST_TEST(!one("GET / HTTP/1.0\r\n\r\n").keep_alive);
  BOOST_TEST(one("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
  BOOST_TEST(one("GET / HTTP/1.0\r\n\r\n").is_http_1_0);
}

BOOST_AUTO_TEST_CASE(targets_have_three_forms) {
  auto const absolute = one("GET http://a:80/b?c HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_TEST(absolute.path == "/b");
  BOOST_TEST(absolute.query == "c");
  BOOST_TEST(one("GET HTTPS://a?c HTTP/1.1\r\nHost: a\r\n\r\n").path == "/");
  BOOST_TEST(one("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path == "*");
  for (std::string const target :
       {"*", "user", "a:80", "ftp://a/", "http:///b", "http://a b/", "http://u@a/", "/a#b", "?a"}) {
    BOOST_TEST(status_of("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n") == 400, target);
  }
  BOOST_TEST(status_of("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
}

BOOST_AUTO_TEST_CASE(bodies_have_a_length_or_chunks) {
  auto const sized = one(with("Content-Length: 5\r\n", "hello"));
  BOOST_TEST(sized.body == "hello");
  BOOST_TEST(sized.has_body);
  BOOST_TEST(one(with("Content-Length: 0\r\n")).has_body);
  BOOST_TEST(!one(with("")).has_body);
  BOOST_TEST(status_of(with("Content-Length: 6\r\n", "hello")) == 0);

  BOOST_TEST(one(chunked("5\r\nhello\r\n0\r\n\r\n")).body == "hello");
  BOOST_TEST(
      one(chunked("5;x=y;z=\"q\"\r\nhello\r\nA\r\n, chunked!\r\n00\r\nX-Sum: 1\r\n\r\n")).body ==
      "hello, chunked!");
  BOOST_TEST(one(chunked("0\r\n\r\n")).body == "");
  BOOST_TEST(one(with("transfer-encoding: Chunked\r\n", "1\r\na\r\n0\r\n\r\n")).body == "a");
  BOOST_TEST(status_of(chunked("5\r\nhello\r\n0\r\n\r")) == 0);
}

BOOST_AUTO_TEST_CASE(requests_are_found_one_after_another) {
  std::string const first = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string const all = first + with("Content-Length: 3\r\n", "abc") +
                          chunked("2\r\nhi\r\n0\r\n\r\n") + "\r\n" + first + "GET /half";
  for (std::size_t const step : {std::size_t{1}, std::size_t{5}, std::size_t{64}, all.size()}) {
    auto const got = feed(all, step);
    BOOST_REQUIRE(got.size() == 5U);
    BOOST_TEST(got[0].path == "/a");
    BOOST_TEST(got[1].body == "abc");
    BOOST_TEST(got[2].body == "hi");
    BOOST_TEST(got[3].path == "/a");
    BOOST_TEST(got[4].status == 0);
  }
}

BOOST_AUTO_TEST_CASE(both_lengths_are_refused) {
  BOOST_TEST(status_of(with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")) ==
             400);
  BOOST_TEST(status_of(with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n")) ==
             400);
  BOOST_TEST(status_of(with("Transfer-Encoding: gzip\r\nContent-Length: 3\r\n", "abc")) != 200);
}

BOOST_AUTO_TEST_CASE(several_lengths_are_refused) {
  BOOST_TEST(status_of(with("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd")) == 400);
  BOOST_TEST(status_of(with("Content-Length: 3\r\ncontent-length: 3\r\n", "abc")) == 400);
  BOOST_TEST(status_of(with("Content-Length: 3, 3\r\n", "abc")) == 400);
}

BOOST_AUTO_TEST_CASE(lengths_that_are_no_numbers_are_refused) {
  for (std::string const length : {"+3", "-3", "3x", "0x3", "3 3", "", "three", "3.0"})
    BOOST_TEST(status_of(with("Content-Length: " + length + "\r\n", "abc")) == 400, length);
  auto const huge = status_of(with("Content-Length: 99999999999999999999999\r\n", "abc"));
  BOOST_TEST((huge == 400 || huge == 413));
}

BOOST_AUTO_TEST_CASE(codings_other_than_chunked_are_refused) {
  for (std::string const coding :
       {"gzip, chunked", "chunked, identity", "xchunked", "identity", ""})
    BOOST_TEST(status_of(with("Transfer-Encoding: " + coding + "\r\n", "0\r\n\r\n")) == 501,
               coding);
  BOOST_TEST(status_of(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                            "0\r\n\r\n")) == 400);
  BOOST_TEST(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
}

BOOST_AUTO_TEST_CASE(malformed_chunks_are_refused) {
  for (std::string const body :
       {"x\r\n", "0x1\r\na\r\n0\r\n\r\n", " 1\r\na\r\n0\r\n\r\n", "1 \r\na\r\n0\r\n\r\n",
        "-1\r\na\r\n", "1\na\r\n0\r\n\r\n", "1;a\nb\r\na\r\n0\r\n\r\n", "1\r\nab\r\n0\r\n\r\n",
        "1\r\na0\r\n\r\n", "1\r\na\n0\r\n\r\n", "\r\n1\r\na\r\n", ";\r\n", "0\r\nno colon\r\n\r\n",
        "0\r\n: a\r\n\r\n", "0\r\na : b\r\n\r\n", "0\r\n\n", "1\r\na\r\n0\r\nA: b\n\r\n",
        "0\r\n\rX"})
    BOOST_TEST(status_of(chunked(body)) == 400, body);
  BOOST_TEST(status_of(chunked("1;a\0b\r\na\r\n0\r\n\r\n"s)) == 400);
  BOOST_TEST(status_of(chunked("10000000000000001\r\na\r\n0\r\n\r\n")) == 413);
  BOOST_TEST(status_of(chunked("fffffffffffffffff\r\n")) == 413);
}

BOOST_AUTO_TEST_CASE(lines_end_in_crlf_and_are_not_folded) {
  for (std::string const octets :
       {"GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\r\nHost: a\r\nB: c\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n d\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n", "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nB: c\rd\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n"})
    BOOST_TEST(status_of(octets) == 400, octets);
}

BOOST_AUTO_TEST_CASE(malformed_headers_are_refused) {
  for (std::string const line : {"A : b", "A\t: b", " : b", ": b", "A", "A b: c", "A(b): c",
                                 "\"A\": b", "A: b\x01", "A: \x7f", "A\x80: b", "A: b\x1b[0m"})
    BOOST_TEST(status_of(with(line + "\r\n")) == 400, line);
  BOOST_TEST(status_of(with("A: b\0c\r\n"s)) == 400);
  BOOST_TEST(status_of(with("A\0: b\r\n"s)) == 400);
  BOOST_TEST(one(with("A: \xc3\xa9\r\n")).headers.back().second == "\xc3\xa9");
}

BOOST_AUTO_TEST_CASE(there_is_exactly_one_host) {
  BOOST_TEST(status_of("GET / HTTP/1.1\r\n\r\n") == 400);
  BOOST_TEST(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
  BOOST_TEST(status_of("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
  for (std::string const host : {"a b", "u@a", "a/b", "a, b", "a\\b", "a\"b"})
    BOOST_TEST(status_of("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n") == 400, host);
  BOOST_TEST(status_of("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n") == 200);
  BOOST_TEST(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n") == 200);
}

BOOST_AUTO_TEST_CASE(malformed_request_lines_are_refused) {
  for (std::string const line :
       {"GET  / HTTP/1.1", "GET / HTTP/1.1 ", "GET /", "GET / http/1.1", "GET / HTTP/11",
        "GET / HTTP/1.", "G T / HTTP/1.1", "G@T / HTTP/1.1", " GET / HTTP/1.1",
        "GET /\x01 HTTP/1.1", "GET / HTTP/1.1x", "GET HTTP/1.1"})
    BOOST_TEST(status_of(line + "\r\nHost: a\r\n\r\n") == 400, line);
  BOOST_TEST(status_of("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s) == 400);
  BOOST_TEST(status_of("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  BOOST_TEST(status_of("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
  BOOST_TEST(status_of("\x16\x03\x01\x02") == 400); // TLS, spoken to a door without it
  for (std::string const version : {"2.0", "1.2", "0.9", "3.0"})
    BOOST_TEST(status_of("GET / HTTP/" + version + "\r\nHost: a\r\n\r\n") == 505, version);
}

BOOST_AUTO_TEST_CASE(limits_have_their_statuses) {
  request_limits const limits{
      .target_bytes = 100, .head_bytes = 400, .header_count = 3, .body_bytes = 10};
  auto const get = [](std::size_t target, std::string const& lines) {
    return "GET /" + std::string(target - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
  };
  BOOST_TEST(status_of(get(100, ""), limits) == 200);
  BOOST_TEST(status_of(get(101, ""), limits) == 414);
  BOOST_TEST(status_of("GET /" + std::string(300, 'a'), limits) == 414); // without waiting for more
  BOOST_TEST(status_of(get(1, "A: b\r\nC: d\r\n"), limits) == 200);
  BOOST_TEST(status_of(get(1, "A: b\r\nC: d\r\nE: f\r\n"), limits) == 431);
  BOOST_TEST(status_of(get(1, "A: " + std::string(340, 'b') + "\r\n"), limits) == 200);
  BOOST_TEST(status_of(get(1, "A: " + std::string(400, 'b') + "\r\n"), limits) == 431);
  BOOST_TEST(status_of("GET / HTTP/1.1\r\nA: " + std::string(500, 'b'), limits) == 431);
  BOOST_TEST(status_of(with("Content-Length: 10\r\n", "0123456789"), limits) == 200);
  BOOST_TEST(status_of(with("Content-Length: 11\r\n"), limits) == 413); // without waiting for it
  BOOST_TEST(status_of(chunked("5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"), limits) == 200);
  BOOST_TEST(status_of(chunked("5\r\nhello\r\n6\r\n"), limits) == 413);
  BOOST_TEST(status_of(chunked("b\r\n"), limits) == 413);
  BOOST_TEST(status_of(chunked(std::string(1000, '0')), limits) == 400);
  BOOST_TEST(status_of(chunked("1;" + std::string(1000, 'x')), limits) == 400);
  BOOST_TEST(status_of(chunked("0\r\nA: " + std::string(1000, 'x')), limits) == 400);
}

BOOST_AUTO_TEST_CASE(only_one_expectation_is_known) {
  BOOST_TEST(status_of(with("Expect: 200-ok\r\nContent-Length: 1\r\n", "a")) == 417);
  std::string octets = with("Expect: 100-Continue\r\nContent-Length: 1\r\n");
  request_parser parser{request_limits{}};
  std::size_t size = octets.size();
  BOOST_TEST((parser.parse(octets.data(), size) == result::incomplete));
  BOOST_TEST(parser.expects_continue());
  BOOST_TEST(parser.whole_size() == octets.size() + 1);
  octets += 'a';
  size = octets.size();
  BOOST_TEST((parser.parse(octets.data(), size) == result::complete));
  BOOST_TEST(parser.message().body == "a");
}

BOOST_AUTO_TEST_CASE(a_chunked_body_takes_no_more_room_than_its_data) {
  request_parser parser{request_limits{}};
  std::string held = chunked("");
  std::size_t const head = held.size();
  for (int i = 0; i < 2000; ++i) {
    held += "1;padding=padding\r\na\r\n";
    std::size_t size = held.size();
    // Extensions are bounded as the head is.
    if (parser.parse(held.data(), size) == result::refused) {
      BOOST_TEST(parser.why().status == 400);
      BOOST_TEST(i > 500);
      return;
    }
    held.resize(size);
    BOOST_TEST(held.size() == head + static_cast<std::size_t>(i) + 1);
  }
  BOOST_ERROR("endless extensions were taken");
}

BOOST_AUTO_TEST_SUITE_END()
