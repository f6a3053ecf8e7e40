// The parts of the HTTP client without a socket: URLs, answers and events however they are cut.
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <pando/http/detail/client_request.hpp>
#include <pando/http/detail/client_url.hpp>
#include <pando/http/detail/event_reader.hpp>
#include <pando/http/detail/response_reader.hpp>

BOOST_AUTO_TEST_SUITE(http_client_parts)

namespace {

namespace detail = pando::http::detail;
using detail::event_reader;
using detail::response_reader;
using result = response_reader::result;

std::string refused(std::string_view url) {
  try {
    (void)detail::parse_client_url(url);
  } catch (std::invalid_argument const& error) {
    return error.what();
  }
  return "";
}

/// One answer, fed `step` octets at a time; its body is dropped as it comes where `drops`.
struct parsed {
  result outcome = result::incomplete;
  int status = 0;
  std::string type{};
  std::string body{};
  bool is_reusable = false;
  friend bool operator==(parsed const&, parsed const&) = default;
};
parsed feed(std::string_view octets, std::size_t step, std::size_t limit, bool drops,
            bool to_head) {
  response_reader reader;
  reader.restart(to_head);
  pando::buffer in;
  parsed out;
  bool has_head = false;
  while (true) {
    auto const piece = octets.substr(0, step);
    octets.remove_prefix(piece.size());
    in.append(piece);
    if (!has_head) {
      out.outcome = reader.read_head(in);
      has_head = out.outcome == result::complete;
      if (has_head) reader.begin_body(limit);
    }
    if (has_head) out.outcome = reader.read_body(in);
    if (has_head && drops && out.outcome != result::complete) {
      out.body.append(in.data(), reader.decoded());
      reader.drop(in, reader.decoded());
    }
    if (out.outcome != result::incomplete || octets.empty()) break;
  }
  if (out.outcome == result::incomplete && has_head) out.outcome = reader.end_of_input();
  out.status = has_head ? reader.status() : 0;
  out.type = has_head ? reader.content_type() : "";
  if (!drops || out.outcome == result::complete) out.body.append(in.data(), reader.decoded());
  if (!has_head) out.body.clear();
  out.is_reusable = out.outcome == result::complete && reader.is_reusable(in);
  return out;
}

/// The same outcome however it comes.
parsed one(std::string const& octets, std::size_t limit = 1000, bool to_head = false) {
  auto const whole = feed(octets, octets.size(), limit, false, to_head);
  for (std::size_t const step : {1, 2, 3, 7})
    for (bool const drops : {false, true}) {
      auto const in_parts = feed(octets, step, limit, drops, to_head);
      BOOST_TEST((in_parts.outcome == whole.outcome));
      if (whole.outcome != result::complete) continue;
      BOOST_TEST(in_parts.status == whole.status);
      BOOST_TEST(in_parts.body == whole.body);
      BOOST_TEST((in_parts.is_reusable == whole.is_reusable || octets.size() > 300));
    }
  return whole;
}

} // namespace

BOOST_AUTO_TEST_CASE(urls_taken_apart) {
  auto url = detail::parse_client_url("http://localhost:3000");
  BOOST_TEST(!url.is_tls);
  BOOST_TEST(url.host == "localhost");
  BOOST_TEST(url.port == "3000");
  BOOST_TEST(url.authority == "localhost:3000");
  BOOST_TEST(url.base == "");
  BOOST_TEST(url.origin == "http://localhost:3000");
  url = detail::parse_client_url("HTTP://example.org/api/v1//");
  BOOST_TEST(url.port == "80");
  BOOST_TEST(url.authority == "example.org");
  BOOST_TEST(url.base == "/api/v1");
  url = detail::parse_client_url("https://[2001:db8::1]/");
  BOOST_TEST(url.is_tls);
  BOOST_TEST(url.host == "2001:db8::1");
  BOOST_TEST(url.port == "443");
  BOOST_TEST(url.authority == "[2001:db8::1]");
  BOOST_TEST(url.base == "");
  url = detail::parse_client_url("https://[::1]:08443/a%20b");
  BOOST_TEST(url.port == "8443");
  BOOST_TEST(url.authority == "[::1]:8443");
  BOOST_TEST(url.base == "/a%20b");
  BOOST_TEST(detail::parse_client_url("http://a_b.c:80").origin == "http://a_b.c");
}

BOOST_AUTO_TEST_CASE(urls_refused_with_what_is_wrong) {
  auto const says = [](std::string_view url, std::string_view part) {
    auto const why = refused(url);
    BOOST_TEST(why.find(part) != why.npos, url << " says: " << why);
  };
  BOOST_TEST(
      refused("localhost:3000") ==
      "pando: \"localhost:3000\" is not the URL of an app: it does not begin with http:// or "
      "https://");
  says("", "does not begin with http://");
  says("ftp://host", "does not begin with http://");
  says("http:/host", "does not begin with http://");
  says("http://", "it has no host");
  says("http:///path", "it has no host");
  says("http://:80", "it has no host");
  says("http://ho st", "a character that no name of a host has");
  says("http://h\xc3\xb6st", "a character that no name of a host has");
  says("http://host:", "");
  BOOST_TEST(refused("http://host:") == "");
  for (auto const* port : {"0", "65536", "99999999999", "-1", "+1", "1x", "x", " 1"})
    says("http://host:" + std::string(port), "the port is not a number from 1 to 65535");
  says("http://[::1", "the bracket before the IPv6 address is not closed");
  says("http://[::1]x", "something between the address and the port");
  says("http://[::g]", "is not an IPv6 address");
  says("http://[127.0.0.1]", "is not an IPv6 address");
  says("http://[fe80::1%25eth0]", "is not an IPv6 address");
  says("http://host/?a=b", "a query or a fragment");
  says("http://host#a", "a query or a fragment");
  says("http://host/a b", "must be percent-encoded");
  says("http://host/a\r\nX: y", "must be percent-encoded");
  says("http://host/\xc3\xa9", "must be percent-encoded");
  says("http://me:password@host/", "it has a user");
  BOOST_TEST(refused("http://me:password@host/").find("password") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(answers_however_they_are_cut) {
  std::string const ok = "HTTP/1.1 200 OK\r\n";
  auto got = one(ok + "Content-Type: text/plain; a=b\r\nContent-Length: 5\r\n\r\nhello");
  BOOST_TEST((got.outcome == result::complete));
  BOOST_TEST(got.status == 200);
  BOOST_TEST(got.type == "text/plain; a=b");
  BOOST_TEST(got.body == "hello");
  BOOST_TEST(got.is_reusable);
  got = one(ok + "Content-Length: 0\r\n\r\n");
  BOOST_TEST((got.outcome == result::complete));
  BOOST_TEST(got.is_reusable);
  got = one(ok + "transfer-encoding: Chunked\r\n\r\n3;a=b\r\nhel\r\n02\r\nlo\r\n0\r\nT: t\r\n\r\n");
  BOOST_TEST((got.outcome == result::complete));
  BOOST_TEST(got.body == "hello");
  BOOST_TEST(got.is_reusable);
  got = one("HTTP/1.0 404 Not Found\r\n\r\nhello");
  BOOST_TEST((got.outcome == result::complete));
  BOOST_TEST(got.status == 404);
  BOOST_TEST(got.body == "hello");
  BOOST_TEST(!got.is_reusable);
  got = one("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhe");
  BOOST_TEST(got.is_reusable);
  got = one(ok + "Connection: close\r\nContent-Length: 2\r\n\r\nhe");
  BOOST_TEST((got.outcome == result::complete));
  BOOST_TEST(!got.is_reusable);
  got = one("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  BOOST_TEST((got.outcome == result::complete));
  BOOST_TEST(got.status == 204);
  BOOST_TEST(got.is_reusable);
  got = one("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n");
  BOOST_TEST((got.outcome == result::complete));
  got = one(ok + "Content-Length: 10\r\n\r\n", 1000, true); // of HEAD
  BOOST_TEST((got.outcome == result::complete));
  BOOST_TEST(got.body == "");
  BOOST_TEST(got.is_reusable);
  got = one(ok + "\r\n", 1000, true);
  BOOST_TEST((got.outcome == result::complete));
  BOOST_TEST(got.is_reusable);
}

BOOST_AUTO_TEST_CASE(what_is_no_answer) {
  std::string const ok = "HTTP/1.1 200 OK\r\n";
  for (std::string const text :
       {"x", "HTTX", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n"})
    BOOST_TEST_CONTEXT(text) { BOOST_TEST((one(text).outcome == result::malformed)); }
  BOOST_TEST((one(ok + "Transfer-Encoding: chunked\r\n\r\n;\r\n").outcome == result::malformed));
  BOOST_TEST((one(ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nab").outcome == result::malformed));
  BOOST_TEST((one(ok + "Content-Length: 2\r\n\r\nx").outcome == result::incomplete));
  BOOST_TEST((one(ok + "Content-Le").outcome == result::incomplete));
  BOOST_TEST((one(ok + "Content-Length: 6\r\n\r\n", 5).outcome == result::too_large));
  BOOST_TEST((one(ok + "Transfer-Encoding: chunked\r\n\r\n6\r\n", 5).outcome == result::too_large));
  BOOST_TEST((one(ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n").outcome ==
              result::too_large));
  auto const at_limit = one(ok + "Content-Length: 5\r\n\r\nhello", 5);
  BOOST_TEST((at_limit.outcome == result::complete));
  std::string const line = "X: " + std::string(100, 'x') + "\r\n";
  std::string head = ok;
  while (head.size() <= response_reader::head_limit) head += line;
  BOOST_TEST((feed(head, head.size(), 10, false, false).outcome == result::too_large));
  BOOST_TEST((feed(head, 100, 10, false, false).outcome == result::too_large));
}

BOOST_AUTO_TEST_CASE(events_however_they_are_cut) {
  std::string const text = "\xef\xbb\xbf"
                           "data: one\n\ndata:two\r\n: comment\r\ndata\r\n\r\n"
                           "event: error\rdata:  x\r\r\n\n\nevent: end\n\nid: 3\n\ndata: last\n";
  std::vector<std::string> const expected{":one", ":two\n", "error: x", "end:"};
  for (std::size_t step = 1; step <= text.size(); ++step) {
    event_reader reader;
    reader.restart(100);
    std::vector<std::string> all;
    std::string held;
    for (std::size_t at = 0; at < text.size(); at += step) {
      held += text.substr(at, step);
      for (;;) {
        std::size_t used = 0;
        auto const found = reader.read(held, used);
        held.erase(0, used);
        BOOST_REQUIRE((found != event_reader::result::too_large));
        if (found == event_reader::result::incomplete) break;
        all.push_back(std::string(reader.name()) + ":" + std::string(reader.data()));
      }
    }
    BOOST_TEST(all == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(events_are_bounded) {
  auto const outcome = [](std::string const& text) {
    event_reader reader;
    reader.restart(20);
    std::size_t used = 0;
    return reader.read(text, used);
  };
  BOOST_TEST((outcome("data: 12345678901234\n\n") == event_reader::result::event));
  BOOST_TEST((outcome("data: 123456789012345\n\n") == event_reader::result::too_large));
  BOOST_TEST((outcome("data: 123456789012345") == event_reader::result::too_large));
  BOOST_TEST((outcome("data: 12345678\ndata: 1234567\n") == event_reader::result::too_large));
  BOOST_TEST((outcome("data: 12345678\ndata: 12345\n") == event_reader::result::incomplete));
}

BOOST_AUTO_TEST_CASE(percent_encoding_leaves_the_unreserved) {
  std::string out;
  detail::append_percent_encoded(out, std::string_view("aZ09-._~ /?#[]@!$&'()*+,;=%\"\0\xff", 30));
  BOOST_TEST(out == "aZ09-._~%20%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%22%00%FF");
}

BOOST_AUTO_TEST_SUITE_END()
