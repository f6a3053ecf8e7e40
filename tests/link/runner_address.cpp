// Addresses of runners: what is read prints the same, and each wrong part has its own message.
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include <pando/link/runner_address.hpp>

BOOST_AUTO_TEST_SUITE(runner_address)

namespace {

void expect_read(std::string const& text, pando::runner_address const& wanted) {
  BOOST_TEST_CONTEXT(text) {
    BOOST_TEST(pando::why_no_runner_address(text) == "");
    BOOST_TEST((pando::parse_runner_address(text) == wanted));
  }
}

/// What is wrong with it, without the words before.
std::string wrong(std::string const& text) {
  auto const why = pando::why_no_runner_address(text);
  auto shown = text;
  std::replace(shown.begin(), shown.end(), '\0', '?');
  std::string const before = "'" + shown + "' is no address of a runner: ";
  BOOST_TEST(why.substr(0, before.size()) == before);
  BOOST_CHECK_EXCEPTION((void)pando::parse_runner_address(text), std::invalid_argument,
                        [&](auto const& error) { return error.what() == why; });
  return why.substr((std::min)(why.size(), before.size()));
}

} // namespace

BOOST_AUTO_TEST_CASE(hosts_ports_and_paths_are_read_and_printed) {
  expect_read("shop.example:4370", {"shop.example", 4370, ""});
  expect_read("10.0.0.7:1", {"10.0.0.7", 1, ""});
  expect_read("[::1]:65535", {"::1", 65535, ""});
  expect_read("[fe80::1%lo]:4370", {"fe80::1%lo", 4370, ""});
  expect_read("my_host-2:0", {"my_host-2", 0, ""});
  expect_read("/run/shop.sock", {"", 0, "/run/shop.sock"});
  expect_read("/a:b", {"", 0, "/a:b"});
  for (std::string const text :
       {"shop.example:4370", "10.0.0.7:1", "[::1]:65535", "/run/a strange [name]:7.sock"})
    BOOST_TEST(pando::print_runner_address(pando::parse_runner_address(text)) == text);
  BOOST_TEST(pando::print_runner_address(pando::parse_runner_address("unix:/run/shop.sock")) ==
             "/run/shop.sock");
  BOOST_TEST(pando::parse_runner_address("/x").is_path());
  BOOST_TEST(!pando::parse_runner_address("x:1").is_path());
}

BOOST_AUTO_TEST_CASE(each_part_that_is_wrong_has_its_message) {
  BOOST_TEST(wrong("") == "it is empty; it is host:port, [v6]:port or the path of a socket");
  BOOST_TEST(wrong("shop") == "its port is missing, as in shop.example:4370");
  BOOST_TEST(wrong("shop:") == "its port is missing behind the ':'");
  BOOST_TEST(wrong("shop:http") == "its port, 'http', is no number");
  BOOST_TEST(wrong("shop:-1") == "its port, '-1', is no number");
  BOOST_TEST(wrong("shop: 1") == "its port, ' 1', is no number");
  BOOST_TEST(wrong("shop:65536") == "its port, 65536, is above 65535");
  BOOST_TEST(wrong("shop:99999999999999999999") ==
             "its port, 99999999999999999999, is above 65535");
  BOOST_TEST(wrong(":4370") == "its host is missing before the ':'");
  BOOST_TEST(wrong("a b:1") == "its host has letters, digits, '-', '_' and '.', and nothing else");
  BOOST_TEST(wrong("user@shop:1") ==
             "its host has letters, digits, '-', '_' and '.', and nothing else");
  BOOST_TEST(wrong("run/shop.sock:1") ==
             "its host has letters, digits, '-', '_' and '.', and nothing else");
  BOOST_TEST(wrong("a..b:1") == "its host has a dot with nothing before it");
  BOOST_TEST(wrong(std::string(254, 'a') + ":1") ==
             "its host has 254 characters, and a name has at most 253");
  BOOST_TEST(wrong("::1:4370") ==
             "it has more than one ':'; an IPv6 address goes in brackets, as in [::1]:4370");
  BOOST_TEST(wrong("[::1") == "its '[' has no ']'");
  BOOST_TEST(wrong("[::g]:1") == "'::g' in its brackets is no IPv6 address");
  BOOST_TEST(wrong("[10.0.0.7]:1") == "'10.0.0.7' in its brackets is no IPv6 address");
  BOOST_TEST(wrong("[]:1") == "'' in its brackets is no IPv6 address");
  BOOST_TEST(wrong("[::1]") ==
             "behind its ']' a ':' and the port are missing, as in [::1]:4370");
  BOOST_TEST(wrong("[::1]4370") ==
             "behind its ']' a ':' and the port are missing, as in [::1]:4370");
  BOOST_TEST(wrong("[::1]:") == "its port is missing behind the ':'");
  BOOST_TEST(wrong("unix:run/x") ==
             "the path of a socket begins with '/', as in unix:/run/shop.sock");
  BOOST_TEST(wrong("unix:") == "the path of a socket begins with '/', as in unix:/run/shop.sock");
  BOOST_TEST(wrong(std::string("/a\0b", 4)) == "its path has a NUL in it");
  BOOST_TEST(wrong("/" + std::string(107, 'x')) ==
             "its path has 108 bytes, and a Unix socket's has at most 107");
  BOOST_TEST(pando::why_no_runner_address("/" + std::string(106, 'x')) == "");
}

BOOST_AUTO_TEST_SUITE_END()
