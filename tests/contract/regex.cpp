// Patterns: against a slow oracle that follows the definition, what each sign means, what is
// refused and why, and that time grows with the text and not faster.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include <pando/contract/rules.hpp>

#include "pattern.hpp"

BOOST_AUTO_TEST_SUITE(regex)

using pando::detail::regex_fault;
using pando_test::pattern;

namespace {

template <pando::fixed_string Pattern>
bool found(std::string_view text) {
  bool const now = pando::is::matches<Pattern>::check(text);
  BOOST_TEST(pattern(Pattern.view()).found_in(text) == now); // the flat tables lose nothing
  return now;
}

std::string utf8_of(char32_t point) {
  auto const octet = [](char32_t bits) {
    return static_cast<char>(static_cast<unsigned char>(bits));
  };
  if (point < 0x80) return {octet(point)};
  if (point < 0x800) return {octet(0xc0 | point >> 6), octet(0x80 | (point & 0x3f))};
  return {octet(0xe0 | point >> 12), octet(0x80 | (point >> 6 & 0x3f)),
          octet(0x80 | (point & 0x3f))};
}

/// A pattern as a tree that knows its own text and, slowly, what it matches.
struct tree {
  enum class kind { character, begin, end, sequence, choice, repeat };
  kind what = kind::sequence;
  std::string text;          // of a character: how it is written
  std::u32string characters; // … and which ones it takes
  bool negated = false;
  std::vector<tree> parts;
  int least = 0;
  int most = 0; // -1: no end

  /// From each place of a set of places in `input`, the places that this part can end at.
  std::uint64_t ends(std::u32string const& input, std::uint64_t from) const {
    std::uint64_t const last = std::uint64_t{1} << input.size();
    switch (what) {
    case kind::begin:
      return from & 1;
    case kind::end:
      return from & last;
    case kind::character: {
      std::uint64_t result = 0;
      for (std::size_t at = 0; at < input.size(); ++at) {
        bool const takes = (characters.find(input[at]) != characters.npos) != negated;
        if ((from >> at & 1) != 0 && takes) result |= std::uint64_t{2} << at;
      }
      return result;
    }
    case kind::sequence:
      for (tree const& part : parts) from = part.ends(input, from);
      return from;
    case kind::choice: {
      std::uint64_t result = 0;
      for (tree const& part : parts) result |= part.ends(input, from);
      return result;
    }
    case kind::repeat: {
      for (int count = 0; count < least; ++count) from = parts[0].ends(input, from);
      std::uint64_t result = from;
      int const rounds = most < 0 ? static_cast<int>(input.size()) + 1 : most - least;
      for (int count = 0; count < rounds; ++count) {
        from = parts[0].ends(input, from);
        result |= from;
      }
      return result;
    }
    }
    return 0;
  }
  bool found_in(std::u32string const& input) const {
    return ends(input, (std::uint64_t{2} << input.size()) - 1) != 0;
  }

  std::string written() const {
    std::string out;
    switch (what) {
    case kind::begin:
      return "^";
    case kind::end:
      return "$";
    case kind::character:
      return text;
    case kind::sequence:
      for (tree const& part : parts) out += part.written();
      return out;
    case kind::choice:
      for (tree const& part : parts) out += (out.empty() ? "(" : "|") + part.written();
      return out + ")";
    case kind::repeat:
      break;
    }
    out = "(?:" + parts[0].written() + ")";
    if (parts[0].what == kind::character) out = parts[0].written();
    if (least == 0 && most == -1) return out + "*";
    if (least == 1 && most == -1) return out + "+";
    if (least == 0 && most == 1) return out + "?";
    out += "{" + std::to_string(least);
    if (most != least) out += "," + (most < 0 ? std::string() : std::to_string(most));
    return out + "}";
  }
};

using random_source = std::mt19937;

tree random_character(random_source& random) {
  struct spelling {
    char const* text;
    char32_t const* characters;
    bool negated;
  };
  // Of the letters that texts are made of: a b c 7 - \n é
  static constexpr spelling spellings[] = {{"a", U"a", false},
                                           {"b", U"b", false},
                                           {"c", U"c", false},
                                           {"a", U"a", false},
                                           {"b", U"b", false},
                                           {".", U"\n", true},
                                           {"[ab]", U"ab", false},
                                           {"[^ab]", U"ab", true},
                                           {"[a-c]", U"abc", false},
                                           {"\\d", U"7", false},
                                           {"\\D", U"7", true},
                                           {"\\w", U"abc7", false},
                                           {"\\W", U"abc7", true},
                                           {"\\s", U"\n", false},
                                           {"\\S", U"\n", true},
                                           {"[\\d-]", U"7-", false},
                                           {"[^\\s\\d]", U"7\n", true},
                                           {"\u00e9", U"\u00e9", false},
                                           {"[b-\u00e9]", U"bc\u00e9", false},
                                           {"\\u00e9", U"\u00e9", false},
                                           {"[\\D]", U"7", true},
                                           {"\\x61", U"a", false},
                                           {"-", U"-", false},
                                           {"[^-]", U"-", true}};
  spelling const& one = spellings[random() % std::size(spellings)];
  tree made;
  made.what = tree::kind::character;
  made.text = one.text;
  made.characters = one.characters;
  made.negated = one.negated;
  return made;
}

tree random_tree(random_source& random, int depth) {
  tree made;
  std::uint32_t const roll = static_cast<std::uint32_t>(random() % 20);
  if (depth == 0 || roll < 7) return random_character(random);
  if (roll == 7) {
    made.what = tree::kind::begin;
  } else if (roll == 8) {
    made.what = tree::kind::end;
  } else if (roll < 13) {
    made.what = tree::kind::sequence;
    for (std::size_t count = random() % 4; count > 0; --count) {
      made.parts.push_back(random_tree(random, depth - 1));
    }
  } else if (roll < 16) {
    made.what = tree::kind::choice;
    for (std::size_t count = 1 + random() % 3; count > 0; --count) {
      made.parts.push_back(random_tree(random, depth - 1));
    }
  } else {
    made.what = tree::kind::repeat;
    static constexpr int bounds[][2] = {{0, -1}, {1, -1}, {0, 1},  {2, 2}, {0, 0},
                                        {1, 3},  {0, 2},  {2, -1}, {3, 5}, {0, -1}};
    auto const& chosen = bounds[random() % std::size(bounds)];
    made.least = chosen[0];
    made.most = chosen[1];
    made.parts.push_back(random_tree(random, depth - 1));
  }
  return made;
}

/// Of this process alone, so that a busy machine changes little; the least of a few.
double processor_time(pattern const& one, std::string const& text) {
  double best = 1e18;
  for (int round = 0; round < 3; ++round) {
    std::clock_t const from = std::clock();
    BOOST_TEST(!one.found_in(text));
    best = std::min(best, static_cast<double>(std::clock() - from));
  }
  return std::max(best, 1.0);
}

} // namespace

BOOST_AUTO_TEST_CASE(matches_what_the_definition_matches) {
  random_source random(20240229);
  std::u32string const letters = U"abc7-\n\u00e9aab";
  int matched = 0;
  int missed = 0;
  for (int round = 0; round < 3000; ++round) {
    tree const wanted = random_tree(random, 4);
    std::string const text = wanted.written();
    pattern const made(text);
    if (made.fault() == regex_fault::too_long) continue;
    BOOST_TEST_INFO_SCOPE("pattern " << text);
    BOOST_TEST((made.fault() == regex_fault::none));
    for (int each = 0; each < 12; ++each) {
      std::u32string input;
      std::string octets;
      for (std::size_t count = random() % 9; count > 0; --count) {
        input += letters[random() % letters.size()];
        octets += utf8_of(input.back());
      }
      bool const right = wanted.found_in(input);
      (right ? matched : missed) += 1;
      if (made.found_in(octets) != right) {
        BOOST_ERROR("pattern " << text << " in \"" << octets << "\" should be " << right);
      }
    }
  }
  BOOST_TEST(matched > 5000); // neither answer is rare, or the test says little
  BOOST_TEST(missed > 5000);
}

BOOST_AUTO_TEST_CASE(is_searched_for_unless_anchored) {
  BOOST_TEST(found<"b">("abc"));
  BOOST_TEST(!found<"^b">("abc"));
  BOOST_TEST(!found<"b$">("abc"));
  BOOST_TEST(found<"^abc$">("abc"));
  BOOST_TEST(!found<"^abc$">("abcabc"));
  BOOST_TEST(!found<"^abc$">("abc\n")); // $ is the end, not the end of a line
  BOOST_TEST(!found<"^b">("a\nb"));
  BOOST_TEST(found<"^a|b$">("xb"));
  BOOST_TEST(found<"^a|b$">("ax"));
  BOOST_TEST(!found<"^(a|b)$">("ax"));
  BOOST_TEST(found<"">("anything"));
  BOOST_TEST(found<"">(""));
  BOOST_TEST(found<"^$">(""));
  BOOST_TEST(!found<"^$">("a"));
  BOOST_TEST(found<"$">("a"));
  BOOST_TEST(found<"a|^$">(""));
  BOOST_TEST(!found<"a$b">("ab"));
  BOOST_TEST(!found<"a^b">("ab"));
  BOOST_TEST(found<"(^a|b)c">("ac"));
  BOOST_TEST(!found<"(^a|b)c">("xac"));
  BOOST_TEST(found<"(^|-)a">("b-a"));
  BOOST_TEST(found<"a($|-)">("ba"));
}

BOOST_AUTO_TEST_CASE(repeats) {
  BOOST_TEST(found<"^a{3}$">("aaa"));
  BOOST_TEST(!found<"^a{3}$">("aa"));
  BOOST_TEST(!found<"^a{3}$">("aaaa"));
  BOOST_TEST(found<"^a{0}b$">("b"));
  BOOST_TEST(!found<"^a{0}b$">("ab"));
  BOOST_TEST(!found<"^(a+){0}b$">("bb")); // what is left out leaves nothing behind
  BOOST_TEST(!found<"^(a+){0}b$">("a"));
  BOOST_TEST(!found<"^(ab){0}cd?e$">("cde" "de"));
  BOOST_TEST(found<"^(ab){2,}$">("ababab"));
  BOOST_TEST(!found<"^(ab){2,}$">("ab"));
  BOOST_TEST(found<"^(a{2,3}b){2}$">("aabaaab"));
  BOOST_TEST(!found<"^(a{2,3}b){2}$">("aabab"));
  BOOST_TEST(found<"^(a*)*$">(""));
  BOOST_TEST(found<"^(a|b?)+c$">("abbac"));
  BOOST_TEST(found<"^a+?b??$">("aaa"));
  std::string const limit(255, 'x');
  BOOST_TEST(found<"^x{0,255}$">(limit));
  BOOST_TEST(!found<"^x{0,255}$">(limit + "x"));
  BOOST_TEST(found<"^x{256}$">(limit + "x"));
  BOOST_TEST(!found<"^x{256}$">(limit));
}

BOOST_AUTO_TEST_CASE(classes_and_escapes) {
  BOOST_TEST(found<"^[a-c0-2_]+$">("a1_c"));
  BOOST_TEST(!found<"^[a-c0-2_]+$">("a3"));
  BOOST_TEST(found<"^[^a-c]$">("d"));
  BOOST_TEST(!found<"^[^a-c]$">("b"));
  BOOST_TEST(found<"^[-a]+[a-]+[\\-]$">("-a-"));
  BOOST_TEST(found<"^[[.*+?(){}|^$/]+$">("[.*+?(){}|^$/"));
  BOOST_TEST(found<"^[\\]\\\\]+$">("]\\"));
  BOOST_TEST(found<"^\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/$">("^$\\.*+?()[]{}|/"));
  BOOST_TEST(found<"^\\d\\D\\w\\W\\s\\S$">("5x_- y"));
  BOOST_TEST(!found<"^\\w$">("\xc3\xa9")); // ASCII, as in ECMAScript
  BOOST_TEST(!found<"^\\d$">("\xd9\xa3")); // an Arabic digit
  BOOST_TEST(found<"^[\\d\\s]+$">("1 2"));
  BOOST_TEST(found<"^[^\\d\\s]+$">("ab"));
  BOOST_TEST(found<"^[\\s\\S]$">("\n"));
  BOOST_TEST(found<"^\\t\\n\\v\\f\\r$">("\t\n\v\f\r"));
  BOOST_TEST(found<"^\\0$">(std::string_view("\0", 1)));
  BOOST_TEST(found<"^\\x41\\u0042\\u{43}\\u{0001F600}\\uD83D\\uDE00$">(
      "ABC\xf0\x9f\x98\x80\xf0\x9f\x98\x80"));
  for (char const* space : {"\t", "\n", "\v", "\f", "\r", " ", "\xc2\xa0", "\xe1\x9a\x80",
                            "\xe2\x80\x80", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9",
                            "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf"}) {
    BOOST_TEST(found<"^\\s$">(space));
    BOOST_TEST(!found<"^\\S$">(space));
  }
  BOOST_TEST(found<"^\\S$">("\xe2\x80\x8b")); // a space of no width is none
}

BOOST_AUTO_TEST_CASE(counts_code_points_not_octets) {
  BOOST_TEST(found<"^.$">("\xc3\xa9"));
  BOOST_TEST(found<"^.{3}$">("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
  BOOST_TEST(found<"^[\xc3\xa0-\xc3\xbf]+$">("\xc3\xa9\xc3\xa8"));
  BOOST_TEST(!found<"^[\xc3\xa0-\xc3\xbf]+$">("e"));
  BOOST_TEST(found<"^[^a]$">("\xf4\x8f\xbf\xbf"));
  BOOST_TEST(!found<"^.$">("\n"));
  BOOST_TEST(!found<"^.$">("\r"));
  BOOST_TEST(!found<"^.$">("\xe2\x80\xa8"));
  BOOST_TEST(!found<"^.$">("\xe2\x80\xa9"));
  // What is no UTF-8 is one U+FFFD an octet: it is seen, and it cannot hide.
  BOOST_TEST(found<"^.{2}$">("\xff\xfe"));
  BOOST_TEST(found<"^\\ufffd$">("\x80"));
  BOOST_TEST(!found<"^[a-z]+$">("abc\xff"));
  BOOST_TEST(found<"^a.b$">("a\xc3"
                            "b"));
}

BOOST_AUTO_TEST_CASE(what_is_no_pattern_is_refused_for_what_it_is) {
  struct {
    char const* text;
    regex_fault fault;
  } const bad[] = {
      {"\xff", regex_fault::text},
      {"[\xc3]", regex_fault::text},
      {"(", regex_fault::group_open},
      {"a(b|(c)", regex_fault::group_open},
      {"(?:a", regex_fault::group_open},
      {")", regex_fault::group_closed},
      {"a)b", regex_fault::group_closed},
      {"(?=a)", regex_fault::group_kind},
      {"(?!a)", regex_fault::group_kind},
      {"(?<=a)", regex_fault::group_kind},
      {"(?<name>a)", regex_fault::group_kind},
      {"(?", regex_fault::group_kind},
      {"(?i)a", regex_fault::group_kind},
      {"[a", regex_fault::class_open},
      {"[a-", regex_fault::class_open},
      {"[", regex_fault::class_open},
      {"[^", regex_fault::class_open},
      {"[]", regex_fault::class_empty},
      {"[^]", regex_fault::class_empty},
      {"[b-a]", regex_fault::class_range},
      {"[a-\\d]", regex_fault::class_range},
      {"[\\d-z]", regex_fault::class_range},
      {"]", regex_fault::lone_bracket},
      {"}", regex_fault::lone_bracket},
      {"{", regex_fault::lone_bracket},
      {"a|{2}", regex_fault::lone_bracket},
      {"\\", regex_fault::escape},
      {"[\\", regex_fault::escape},
      {"\\q", regex_fault::escape},
      {"\\-", regex_fault::escape},
      {"\\\xc3\xa9", regex_fault::escape},
      {"\\x4", regex_fault::escape},
      {"\\xg0", regex_fault::escape},
      {"\\u004", regex_fault::escape},
      {"\\u{}", regex_fault::escape},
      {"\\u{", regex_fault::escape},
      {"\\u{110000}", regex_fault::escape},
      {"\\u{41", regex_fault::escape},
      {"\\uD83D", regex_fault::escape},
      {"\\uDE00", regex_fault::escape},
      {"\\uD83D\\u0041", regex_fault::escape},
      {"\\01", regex_fault::escape},
      {"\\b", regex_fault::boundary},
      {"\\B", regex_fault::boundary},
      {"(a)\\1", regex_fault::boundary},
      {"\\p{L}", regex_fault::boundary},
      {"\\k<a>", regex_fault::boundary},
      {"\\cA", regex_fault::boundary},
      {"*", regex_fault::repeat_nothing},
      {"a|+", regex_fault::repeat_nothing},
      {"(?)", regex_fault::group_kind},
      {"(*)", regex_fault::repeat_nothing},
      {"a**", regex_fault::repeat_nothing},
      {"a++", regex_fault::repeat_nothing},
      {"a{2}*", regex_fault::repeat_nothing},
      {"^*", regex_fault::repeat_nothing},
      {"${2}", regex_fault::repeat_nothing},
      {"a{", regex_fault::repeat_bounds},
      {"a{}", regex_fault::repeat_bounds},
      {"a{,2}", regex_fault::repeat_bounds},
      {"a{x}", regex_fault::repeat_bounds},
      {"a{2,1}", regex_fault::repeat_bounds},
      {"a{2", regex_fault::repeat_bounds},
      {"a{2,", regex_fault::repeat_bounds},
      {"a{2,3", regex_fault::repeat_bounds},
      {"a{-1}", regex_fault::repeat_bounds},
      {"a{257}", regex_fault::too_long},
      {"(a{16}){17}", regex_fault::too_long},
      {"a{99999999999999999999}", regex_fault::too_long},
      {"(a{0,99999}){0,99999}", regex_fault::too_long},
  };
  for (auto const& one : bad) {
    BOOST_TEST_INFO_SCOPE("pattern " << one.text);
    BOOST_TEST(static_cast<int>(pattern(one.text).fault()) == static_cast<int>(one.fault));
  }
}

BOOST_AUTO_TEST_CASE(limits_are_limits) {
  auto const fault_of = [](std::string const& text) {
    return static_cast<int>(pattern(text).fault());
  };
  auto const none = static_cast<int>(regex_fault::none);
  BOOST_TEST(fault_of(std::string(256, 'a')) == none);
  BOOST_TEST(fault_of(std::string(257, 'a')) == static_cast<int>(regex_fault::too_long));
  BOOST_TEST(fault_of(std::string(600, '|')) == static_cast<int>(regex_fault::too_long));
  BOOST_TEST(fault_of(std::string(512, '|')) == none);
  std::string const open(32, '(');
  std::string const close(32, ')');
  BOOST_TEST(fault_of(open + "a" + close) == none);
  BOOST_TEST(fault_of(open + "(a)" + close) == static_cast<int>(regex_fault::group_depth));
  std::string many;
  for (char32_t point = 0x100; point < 0x100 + 97; ++point) many += utf8_of(point);
  BOOST_TEST(fault_of(many) == static_cast<int>(regex_fault::too_many_classes));
  many.clear();
  for (char32_t point = 0x100; point < 0x100 + 2 * 193; point += 2) many += utf8_of(point);
  BOOST_TEST(fault_of("[" + many + "]") == static_cast<int>(regex_fault::too_many_classes));
  // Parts without characters are not written out: this ends at once.
  BOOST_TEST(fault_of("((((^{0})){99999}|(?:){99999}){99999}){99999}") ==
             static_cast<int>(regex_fault::repeat_nothing));
  BOOST_TEST(fault_of("((((?:^)){0,99999}|(?:){99999}){99999}){99999}") == none);
}

BOOST_AUTO_TEST_CASE(faults_in_random_patterns_never_escape) {
  random_source random(5);
  std::string const signs = "ab()[]{}*+?|^$\\.-,27:dwsDux=!<>\xc3\xa9";
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 12, ' ');
    for (char& c : text) c = signs[random() % signs.size()];
    pattern const made(text);
    if (made.fault() != regex_fault::none) continue;
    (void)made.found_in("ab-27 \xc3\xa9(");
    (void)made.found_in("");
  }
}

BOOST_AUTO_TEST_CASE(takes_time_in_proportion_to_the_text) {
  char const* const patterns[] = {
      "(a|a)*b",           "^(a+)+$",          "(a*)*b",           "^(a|aa)+$",
      "(.*)(.*)(.*)(.*)b", "(a{0,15}){0,16}b", "^([a-z]+)*[0-9]$", "a?a?a?a?a?a?a?a?aaaaaaaab"};
  std::string const shorter(1 << 15, 'a');
  std::string const longer(1 << 20, 'a');
  for (char const* text : patterns) {
    pattern const one(text);
    BOOST_TEST_INFO_SCOPE(text);
    BOOST_TEST_REQUIRE((one.fault() == regex_fault::none));
    double const few = processor_time(one, shorter + "!");
    double const many = processor_time(one, longer + "!");
    BOOST_TEST(many < few * 32 * 6); // 32 times the text; squared would be 1,024 times
  }
}

BOOST_AUTO_TEST_CASE(long_repeats_take_few_jumps) {
  BOOST_TEST(pattern("^[a-z]{1,200}b").jumps() <= 2U);
  BOOST_TEST(pattern("^[a-z]{3,64}$").jumps() == 0U);
  BOOST_TEST(pattern("^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$").jumps() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
