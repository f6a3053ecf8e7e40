// UTF-8: what is and is not, at every alignment, against a table made the slow way.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <random>
#include <string>

#include <pando/meta/utf8.hpp>

BOOST_AUTO_TEST_SUITE(utf8)

namespace meta = pando::meta;

namespace {

std::string encoded(char32_t point) {
  auto const octet = [](char32_t bits) {
    return static_cast<char>(static_cast<unsigned char>(bits));
  };
  if (point < 0x80) return {octet(point)};
  if (point < 0x800) return {octet(0xc0 | point >> 6), octet(0x80 | (point & 0x3f))};
  if (point < 0x10000) {
    return {octet(0xe0 | point >> 12), octet(0x80 | (point >> 6 & 0x3f)),
            octet(0x80 | (point & 0x3f))};
  }
  return {octet(0xf0 | point >> 18), octet(0x80 | (point >> 12 & 0x3f)),
          octet(0x80 | (point >> 6 & 0x3f)), octet(0x80 | (point & 0x3f))};
}

bool is_scalar(char32_t point) { return point < 0xd800 || (point > 0xdfff && point <= 0x10ffff); }

} // namespace

BOOST_AUTO_TEST_CASE(decodes_every_code_point_and_nothing_else) {
  for (char32_t point = 0; point < 0x110800; ++point) {
    std::string const text = encoded(point);
    meta::decoded const got = meta::decode(text);
    bool const right =
        is_scalar(point) ? got.point == point && got.octets == text.size() : got.octets == 0;
    if (!right) BOOST_ERROR("code point " << static_cast<std::uint32_t>(point));
  }
}

BOOST_AUTO_TEST_CASE(counts_code_points) {
  static_assert(meta::code_points("") == 0);
  static_assert(meta::code_points("abc") == 3);
  BOOST_TEST(meta::code_points("\xc3\xa9") == 1U);
  BOOST_TEST(meta::code_points("a\xe2\x82\xac\xf0\x9f\x98\x80") == 3U);
  BOOST_TEST(meta::code_points("\xff\xfe") == 2U); // no UTF-8: each octet that continues nothing
}

BOOST_AUTO_TEST_CASE(finds_each_kind_of_fault_where_it_stands) {
  std::string const bad[] = {
      "\x80",             // continues nothing
      "\xbf",             //
      "\xc0\xaf",         // overlong, two octets
      "\xc1\xbf",         //
      "\xe0\x80\xaf",     // overlong, three
      "\xe0\x9f\xbf",     //
      "\xf0\x80\x80\xaf", // overlong, four
      "\xf0\x8f\xbf\xbf", //
      "\xed\xa0\x80",     // surrogates
      "\xed\xbf\xbf",     //
      "\xf4\x90\x80\x80", // past U+10FFFF
      "\xf5\x80\x80\x80", //
      "\xff",             //
      "\xc3",             // cut off
      "\xe2\x82",         //
      "\xf0\x9f\x98",     //
      "\xc3\x28",         // not continued
      "\xe2\x28\xa1",     //
      "\xf0\x9f\x98\x28", //
  };
  for (std::string const& fault : bad) {
    for (std::size_t before = 0; before < 20; ++before) {
      for (std::string const& lead :
           {std::string(before, 'a'), std::string(before, 'a') + "\xc3\xa9"}) {
        BOOST_TEST(meta::utf8_fault(lead + fault) == lead.size());
        BOOST_TEST(meta::utf8_fault(lead + fault + "aaaaaaaaaaaaaaaaaaaa") == lead.size());
        BOOST_TEST(!meta::valid_utf8(lead + fault));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(takes_what_is_utf8_at_every_length_and_place) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    std::size_t points = 0;
    for (std::size_t left = random() % 30; left > 0; --left) {
      static constexpr char32_t tops[] = {0x80, 0x80, 0x80, 0x800, 0xd800, 0x110000};
      char32_t const point = static_cast<char32_t>(random()) % tops[random() % 6];
      if (!is_scalar(point)) continue;
      text += encoded(point);
      ++points;
    }
    BOOST_TEST(meta::valid_utf8(text));
    BOOST_TEST(meta::code_points(text) == points);
    if (text.empty()) continue;
    // One octet spoilt: found there or, at the latest, by the code point it belongs to.
    std::size_t const at = random() % text.size();
    text[at] = '\xff';
    std::size_t const fault = meta::utf8_fault(text);
    BOOST_TEST((fault <= at && at - fault < 4));
  }
}

BOOST_AUTO_TEST_CASE(reads_no_octet_past_the_end) {
  std::string const euro = "\xe2\x82\xac";
  for (std::size_t size = 0; size < 3; ++size) {
    std::string const exact(euro.data(), size); // a sanitizer sees a read past this
    BOOST_TEST(meta::valid_utf8(exact) == (size == 0));
  }
}

BOOST_AUTO_TEST_SUITE_END()
