// What answers are made of: headers, cookies, heads and chunks; and what targets say, decoded.
#include <boost/test/unit_test.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <pando/http/detail/target.hpp>
#include <pando/http/detail/write.hpp>
#include <pando/http/headers.hpp>
#include <pando/http/response.hpp>

BOOST_AUTO_TEST_SUITE(http_answers)

namespace http = pando::http;
namespace detail = pando::http::detail;

namespace {

std::string head_of(detail::answer_head const& head) {
  pando::buffer out;
  detail::append_head(out, head, "Date: now\r\n");
  return std::string(out.view());
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> all;
  for (;;) {
    auto const segment = detail::next_segment(path);
    if (segment.empty()) return all;
    all.emplace_back(segment);
  }
}

std::vector<std::string> pairs_of(std::string_view query) {
  std::vector<std::string> all;
  detail::query_reader reader(query);
  while (reader.next())
    all.push_back(std::string(reader.key()) + ":" + std::string(reader.value()));
  if (reader.failed()) all.emplace_back("failed");
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(headers_are_found_in_either_case) {
  std::array const lines{http::header{"Accept", "a"}, http::header{"X-Twice", "1"},
                         http::header{"x-twice", "2"}};
  http::headers const headers(lines);
  BOOST_TEST(headers.get("ACCEPT").value() == "a");
  BOOST_TEST(headers.get("X-TWICE").value() == "1");
  BOOST_TEST(headers.count("x-Twice") == 2U);
  BOOST_TEST(!headers.get("X-Twic").has_value());
  BOOST_TEST(!headers.contains("X-Thrice"));
  BOOST_TEST(headers.get("none", "otherwise") == "otherwise");
  BOOST_TEST(headers.size() == 3U);
  BOOST_TEST(http::headers{}.empty());
  BOOST_TEST(!http::same_name("@", "`")); // they differ in the bit that tells letters' cases apart
}

BOOST_AUTO_TEST_CASE(a_response_keeps_what_is_set) {
  http::response response;
  BOOST_TEST(!response.status().has_value());
  response.status(202).set("X-A", "1").add("x-a", "2").set("X-B", "b").set("X-a", "3");
  BOOST_TEST(response.status().value() == 202);
  BOOST_TEST(response.lines() == "X-B: b\r\nX-a: 3\r\n");
  BOOST_TEST(response.contains("x-b"));
  BOOST_TEST(!response.contains("b"));
  response.clear();
  BOOST_TEST(response.lines() == "");
  BOOST_TEST(!response.status().has_value());
}

BOOST_AUTO_TEST_CASE(no_header_can_be_smuggled_into_a_response) {
  http::response response;
  response.set("X-Kept", "as it was");
  using namespace std::string_literals;
  for (std::string const& value :
       {"a\r\nSet-Cookie: b"s, "a\nb"s, "a\rb"s, "a\0b"s, "a\x7f"s, "\x1b[0m"s})
    BOOST_CHECK_THROW(response.set("X-Kept", value), std::invalid_argument);
  for (std::string const name : {"", "X A", "X:", "X\r\nY", "X\n", "\xc3\xa9"})
    BOOST_CHECK_THROW(response.add(name, "a"), std::invalid_argument);
  for (std::string const name : {"Content-Length", "transfer-encoding", "Connection", "Date"})
    BOOST_CHECK_THROW(response.set(name, "1"), std::invalid_argument);
  for (int const status : {0, 100, 199, 600, -1})
    BOOST_CHECK_THROW(response.status(status), std::invalid_argument);
  BOOST_TEST(response.lines() == "X-Kept: as it was\r\n");
}

BOOST_AUTO_TEST_CASE(cookies_are_written_and_checked) {
  http::response response;
  http::cookie session{.name = "session", .value = "abc=", .path = "/", .secure = true};
  session.max_age = std::chrono::hours{1};
  response.set_cookie(session);
  response.set_cookie(
      {.name = "b", .value = "", .http_only = false, .restriction = http::same_site::unset});
  BOOST_TEST(response.lines() ==
             "Set-Cookie: session=abc=; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax\r\n"
             "Set-Cookie: b=\r\n");
  for (std::string const value : {"a;b", "a b", "a,b", "\"a\"", "a\r\nb", "a\\b", "\xc3\xa9"})
    BOOST_CHECK_THROW(response.set_cookie({.name = "a", .value = value}), std::invalid_argument);
  BOOST_CHECK_THROW(response.set_cookie({.name = "a=b", .value = "c"}), std::invalid_argument);
  BOOST_CHECK_THROW(response.set_cookie({.name = "a", .value = "b", .path = "/; HttpOnly"}),
                    std::invalid_argument);
  BOOST_CHECK_THROW(response.set_cookie({.name = "a", .value = "b", .domain = "x\r\nY: z"}),
                    std::invalid_argument);
  BOOST_CHECK_THROW(
      response.set_cookie({.name = "a", .value = "b", .restriction = http::same_site::none}),
      std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(heads_say_how_the_answer_goes_on) {
  BOOST_TEST(head_of({.status = 200, .content_type = "application/json", .length = 40}) ==
             "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: application/json\r\nContent-Length: "
             "40\r\n\r\n");
  BOOST_TEST(head_of({.status = 204}) == "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n");
  BOOST_TEST(
      head_of({.status = 418, .lines = "A: b\r\n", .keep_alive = false}) ==
      "HTTP/1.1 418 \r\nDate: now\r\nA: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  BOOST_TEST(head_of({.how = detail::framing::chunked}) ==
             "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n");
  BOOST_TEST(head_of({.how = detail::framing::to_end, .keep_alive = false}) ==
             "HTTP/1.1 200 OK\r\nDate: now\r\nConnection: close\r\n\r\n");
  BOOST_TEST(head_of({.peer_is_http_1_0 = true}) ==
             "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  BOOST_TEST(head_of({.status = 503}).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
}

BOOST_AUTO_TEST_CASE(chunks_and_problems) {
  pando::buffer out;
  detail::append_chunk(out, "0123456789abcdefg");
  detail::append_chunk(out, "");
  detail::append_last_chunk(out);
  BOOST_TEST(out.view() == "11\r\n0123456789abcdefg\r\n0\r\n\r\n");
  out.clear();
  detail::append_problem(out, 413, "too much");
  BOOST_TEST(
      out.view() ==
      R"({"type":"about:blank","title":"Content Too Large","status":413,"detail":"too much"})");
  out.clear();
  detail::append_decimal(out, 0);
  detail::append_decimal(out, 18446744073709551615U);
  BOOST_TEST(out.view() == "018446744073709551615");
}

BOOST_AUTO_TEST_CASE(dates_are_those_of_http) {
  detail::date_line date;
  BOOST_TEST(date.at(0) == "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
  BOOST_TEST(date.at(784111777) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  BOOST_TEST(date.at(1709251199) == "Date: Thu, 29 Feb 2024 23:59:59 GMT\r\n");
  BOOST_TEST(date.now().size() == 37U);
}

BOOST_AUTO_TEST_CASE(paths_are_split_before_they_are_decoded) {
  BOOST_TEST(segments_of("/user/7") == (std::vector<std::string>{"user", "7"}),
             boost::test_tools::per_element());
  BOOST_TEST(segments_of("/user//7/") == (std::vector<std::string>{"user", "7"}),
             boost::test_tools::per_element());
  BOOST_TEST(segments_of("/").empty());
  BOOST_TEST(segments_of("/a%2Fb").size() == 1U);

  std::string out = "x";
  BOOST_TEST(detail::append_percent_decoded(out, "a%2Fb%c3%A9+"));
  BOOST_TEST(out == "xa/b\xc3\xa9+");
  for (std::string const bad : {"%", "%4", "a%4", "%zz", "%4g", "%%41", "%00", "a%00b"}) {
    BOOST_TEST(!detail::append_percent_decoded(out, bad), bad);
    BOOST_TEST(out == "xa/b\xc3\xa9+");
  }
}

BOOST_AUTO_TEST_CASE(queries_are_read_in_order) {
  auto const pairs = [](std::string_view query) { return pairs_of(query); };
  using list = std::vector<std::string>;
  BOOST_TEST(pairs("a=1&b=2&a=3") == (list{"a:1", "b:2", "a:3"}), boost::test_tools::per_element());
  BOOST_TEST(pairs("a=x+y%2B&%61=%26") == (list{"a:x y+", "a:&"}),
             boost::test_tools::per_element());
  BOOST_TEST(pairs("flag&&=v&a==&") == (list{"flag:", ":v", "a:="}),
             boost::test_tools::per_element());
  BOOST_TEST(pairs("").empty());
  BOOST_TEST(pairs("a=1&b=%4&c=2") == (list{"a:1", "failed"}), boost::test_tools::per_element());
  BOOST_TEST(pairs("%zz=1") == list{"failed"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
