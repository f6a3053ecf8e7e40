// Durations, times, base64, UUIDs and JSON pointers: what is read, refused and written.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <pando/schema/text.hpp>

BOOST_AUTO_TEST_SUITE(text_of_values)

namespace text = pando::text;

namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

struct unit {
  std::int64_t num;
  std::int64_t den;
};
constexpr unit days{86400, 1}, hours{3600, 1}, minutes{60, 1}, seconds{1, 1}, milliseconds{1, 1000},
    microseconds{1, 1000000}, nanoseconds{1, 1000000000}, thirds{1, 3},
    attoseconds{1, 1000000000000000000};
constexpr unit units[] = {days, hours, minutes, seconds, milliseconds, microseconds, nanoseconds};

using reader = bool(std::string_view, std::int64_t, std::int64_t, std::int64_t&,
                    std::string_view&) noexcept;

/// The count, or why there is none; what was to be filled must then be untouched.
std::string read_by(reader& read, std::string_view given, unit of) {
  std::int64_t count = 4711;
  std::string_view why;
  std::string const exact(given); // a sanitizer sees a read past its end
  if (read(std::string_view(exact.data(), exact.size()), of.num, of.den, count, why)) {
    return std::to_string(count);
  }
  BOOST_TEST(count == 4711);
  BOOST_TEST(!why.empty());
  return "not " + std::string(why);
}
std::string duration(std::string_view given, unit of) {
  return read_by(text::parse_duration, given, of);
}
std::string time_point(std::string_view given, unit of) {
  return read_by(text::parse_time, given, of);
}
std::string written_duration(std::int64_t count, unit of) {
  std::string out = ">";
  if (!text::append_duration(out, count, of.num, of.den)) return out + "none";
  BOOST_TEST(out.size() <= text::duration_room);
  return out.substr(1);
}
std::string written_time(std::int64_t count, unit of) {
  std::string out = ">";
  if (!text::append_time(out, count, of.num, of.den)) return out + "none";
  BOOST_TEST(out.size() <= text::time_room);
  return out.substr(1);
}

std::string const no_duration = "not an ISO 8601 duration like P1DT2H or PT0.5S";
std::string const no_time = "not an RFC 3339 time like 2024-02-29T12:00:00Z";
std::string const not_whole = "not a whole number of the field's units of time";
std::string const out_of_range = "not in the field's range";

std::vector<std::byte> octets_of(std::string_view given) {
  auto const* const from = reinterpret_cast<std::byte const*>(given.data());
  return {from, from + given.size()};
}
std::string base64(std::string_view given) {
  std::string out = ">";
  auto const octets = octets_of(given);
  text::append_base64(out, octets.data(), octets.size());
  return out.substr(1);
}
/// The octets as text, or "refused".
std::string from_base64(std::string_view given) {
  std::vector<std::byte> octets = octets_of("untouched");
  std::string_view why;
  std::string const exact(given);
  if (!text::parse_base64(std::string_view(exact.data(), exact.size()), octets, why)) {
    BOOST_TEST((octets == octets_of("untouched")));
    BOOST_TEST(why.starts_with("base64"));
    return "refused";
  }
  return {reinterpret_cast<char const*>(octets.data()), octets.size()};
}

} // namespace

BOOST_AUTO_TEST_CASE(durations_are_read) {
  BOOST_TEST(duration("PT1H30M", minutes) == "90");
  BOOST_TEST(duration("P1DT2H", hours) == "26");
  BOOST_TEST(duration("PT0.5S", milliseconds) == "500");
  BOOST_TEST(duration("PT0,5S", milliseconds) == "500");
  BOOST_TEST(duration("P2W", days) == "14");
  BOOST_TEST(duration("P1.5D", hours) == "36");
  BOOST_TEST(duration("PT1.5H", minutes) == "90");
  BOOST_TEST(duration("PT0.000000001S", nanoseconds) == "1");
  BOOST_TEST(duration("PT1.500000000000000000000000000000S", milliseconds) == "1500");
  BOOST_TEST(duration("PT90S", seconds) == "90");
  BOOST_TEST(duration("PT36H", hours) == "36"); // no part is bounded by the next larger
  BOOST_TEST(duration("PT0S", seconds) == "0");
  BOOST_TEST(duration("P0D", seconds) == "0");
  BOOST_TEST(duration("-PT0S", seconds) == "0");
  BOOST_TEST(duration("-PT1H30S", seconds) == "-3630");
  BOOST_TEST(duration("+PT1M", seconds) == "60");
  BOOST_TEST(duration("P1DT1H1M1S", seconds) == "90061");
  BOOST_TEST(duration("PT0000000000000000000000000000000000000000000000000000001S", seconds) ==
             "1");
  BOOST_TEST(duration("PT1S", thirds) == "3");
  BOOST_TEST(duration("PT1M", thirds) == "180");
}

BOOST_AUTO_TEST_CASE(what_is_no_duration_is_refused) {
  for (std::string const& bad : std::initializer_list<std::string>{
           "",         "P",       "-",        "-P",       "PT",       "P1DT",     "1H",
           "PT1",      "P1",      "T1H",      "PT1H30",   "PTS",      "PT.5S",    "PT5.S",
           "PT1.S",    "pt1h",    "PT1h",     "P1H",      "P1S",      "PT1D",     "PT1W",
           "PT1M1H",   "PT1S1M",  "PT1H1H",   "PT1S1S",   "P1D1D",    "P1W1D",    "P1D1W",
           "P1WT1H",   "PT1HT1M", "P1DT1H1D", "PT0.5H1M", "P0.5DT1H", "PT-1S",    "--PT1S",
           "P-1D",     "PT1S ",   " PT1S",    "PT 1S",    "PT1S\n",   "PT1e3S",   "PTinfS",
           "PT+1S",    "PT1_0S",  "PT1.5.5S", "PT1,5,5S", "P1D T1H",  "PT1H-30M", "PT0x1S",
           "P\xc3\xa9"}) {
    BOOST_TEST_INFO_SCOPE(bad);
    BOOST_TEST(duration(bad, seconds) == no_duration);
  }
  BOOST_TEST(duration(std::string_view("PT1S\0", 5), seconds) == no_duration);
  for (std::string const& bad :
       std::initializer_list<std::string>{"P1Y", "P1M", "P1Y2M3D", "P0.5Y", "-P1M", "P1MT1M"}) {
    BOOST_TEST(duration(bad, seconds) ==
               "not a duration of fixed length; years and months have none, give days");
  }
}

BOOST_AUTO_TEST_CASE(durations_must_be_exact_and_fit) {
  BOOST_TEST(duration("PT0.5S", seconds) == not_whole);
  BOOST_TEST(duration("PT1.0001S", milliseconds) == not_whole);
  BOOST_TEST(duration("PT90M", hours) == not_whole);
  BOOST_TEST(duration("PT1H", days) == not_whole);
  BOOST_TEST(duration("PT0.3333333333S", thirds) == not_whole);
  BOOST_TEST(duration("PT0.0000000000000000001S", nanoseconds) == not_whole);
  BOOST_TEST(duration("PT9223372036854775807S", seconds) == std::to_string(most));
  BOOST_TEST(duration("PT9223372036854775808S", seconds) == out_of_range);
  BOOST_TEST(duration("-PT9223372036854775808S", seconds) == std::to_string(least));
  BOOST_TEST(duration("-PT9223372036854775809S", seconds) == out_of_range);
  BOOST_TEST(duration("PT9223372036.854775807S", nanoseconds) == std::to_string(most));
  BOOST_TEST(duration("PT9223372036.854775808S", nanoseconds) == out_of_range);
  BOOST_TEST(duration("-PT9223372036.854775808S", nanoseconds) == std::to_string(least));
  BOOST_TEST(duration("P9223372036854775807D", days) == std::to_string(most));
  BOOST_TEST(duration("P9223372036854775807D", seconds) == out_of_range);
  BOOST_TEST(duration("P106752D", nanoseconds) == out_of_range);
  // Numbers of any length are refused, not wrapped.
  BOOST_TEST(duration("PT18446744073709551616S", seconds) == out_of_range);
  BOOST_TEST(duration("PT340282366920938463463374607431768211456S", seconds) == out_of_range);
  BOOST_TEST(duration("PT340282366920938463463374607431768211455S", seconds) == out_of_range);
  BOOST_TEST(duration("P340282366920938463463374607431768211455DT1S", seconds) == out_of_range);
  BOOST_TEST(duration("PT340282366920938463463374607431768211455.5S", milliseconds) ==
             out_of_range);
  BOOST_TEST(duration("PT" + std::string(5000, '9') + "S", seconds) == out_of_range);
  BOOST_TEST(duration("PT0." + std::string(5000, '0') + "S", seconds) == "0");
}

BOOST_AUTO_TEST_CASE(durations_are_written) {
  BOOST_TEST(written_duration(0, seconds) == "PT0S");
  BOOST_TEST(written_duration(0, days) == "PT0S");
  BOOST_TEST(written_duration(90, minutes) == "PT1H30M");
  BOOST_TEST(written_duration(26, hours) == "P1DT2H");
  BOOST_TEST(written_duration(30, days) == "P30D");
  BOOST_TEST(written_duration(500, milliseconds) == "PT0.5S");
  BOOST_TEST(written_duration(-1500, milliseconds) == "-PT1.5S");
  BOOST_TEST(written_duration(1, nanoseconds) == "PT0.000000001S");
  BOOST_TEST(written_duration(3600, seconds) == "PT1H");
  BOOST_TEST(written_duration(3630, seconds) == "PT1H0M30S"); // RFC 3339 asks for the minutes
  BOOST_TEST(written_duration(86401, seconds) == "P1DT1S");
  BOOST_TEST(written_duration(86400250, milliseconds) == "P1DT0.25S");
  BOOST_TEST(written_duration(most, seconds) == "P106751991167300DT15H30M7S");
  BOOST_TEST(written_duration(least, seconds) == "-P106751991167300DT15H30M8S");
  BOOST_TEST(written_duration(least, nanoseconds) == "-P106751DT23H47M16.854775808S");
  BOOST_TEST(written_duration(least, {most, 1}).starts_with("-P"));
  BOOST_TEST(written_duration(most, attoseconds) == "PT9.223372036854775807S");
  BOOST_TEST(written_duration(3, thirds) == "PT1S");
  BOOST_TEST(written_duration(1, thirds) == ">none"); // no decimal fraction: nothing is written
  BOOST_TEST(written_duration(1, {1, std::int64_t{1} << 30}) == ">none");
}

BOOST_AUTO_TEST_CASE(durations_come_back) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 20000; ++round) {
    unit const of = units[random() % std::size(units)];
    auto const count = static_cast<std::int64_t>(random() >> (random() % 64));
    for (std::int64_t const each :
         {count, static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(count))}) {
      std::string const out = written_duration(each, of);
      if (duration(out, of) != std::to_string(each)) BOOST_ERROR(out << " was " << each);
    }
  }
}

BOOST_AUTO_TEST_CASE(times_are_read) {
  BOOST_TEST(time_point("1970-01-01T00:00:00Z", seconds) == "0");
  BOOST_TEST(time_point("2024-02-29T12:00:00Z", seconds) == "1709208000");
  BOOST_TEST(time_point("2024-02-29t12:00:00z", seconds) == "1709208000");
  BOOST_TEST(time_point("2024-02-29T12:00:00.5Z", milliseconds) == "1709208000500");
  BOOST_TEST(time_point("2024-02-29T12:00:00.000Z", seconds) == "1709208000");
  BOOST_TEST(time_point("1969-12-31T23:59:59.5Z", milliseconds) == "-500");
  BOOST_TEST(time_point("1969-12-31T23:59:59.999999999Z", nanoseconds) == "-1");
  BOOST_TEST(time_point("2024-01-01T00:00:00+05:30", seconds) == "1704047400");
  BOOST_TEST(time_point("2024-01-01T00:00:00-05:30", seconds) == "1704087000");
  BOOST_TEST(time_point("2024-01-01T00:00:00+23:59", seconds) == "1703980860");
  BOOST_TEST(time_point("2024-01-01T00:00:00-00:00", seconds) == "1704067200");
  BOOST_TEST(time_point("1970-01-01T00:30:00+01:00", seconds) == "-1800");
  BOOST_TEST(time_point("2000-02-29T00:00:00Z", days) == "11016");
  BOOST_TEST(time_point("0000-01-01T00:00:00Z", seconds) == "-62167219200");
  BOOST_TEST(time_point("0000-01-01T00:00:00+23:59", seconds) == "-62167305540");
  BOOST_TEST(time_point("9999-12-31T23:59:59.999Z", milliseconds) == "253402300799999");
  BOOST_TEST(time_point("9999-12-31T23:59:59-23:59", seconds) == "253402387139");
}

BOOST_AUTO_TEST_CASE(what_is_no_time_is_refused) {
  std::string const good = "2024-02-29T12:00:00.25+01:00";
  BOOST_TEST(time_point(good, milliseconds) == "1709204400250");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (char const c : {'x', ' ', '\0', '/', '\xc3'}) {
      std::string bad = good;
      bad[at] = c;
      BOOST_TEST_INFO_SCOPE(bad);
      BOOST_TEST(time_point(bad, milliseconds).starts_with("not "));
    }
    BOOST_TEST(time_point(good.substr(0, at), milliseconds).starts_with("not "));
    BOOST_TEST(time_point(good + good.substr(0, at + 1), milliseconds).starts_with("not "));
  }
  for (std::string const& bad :
       std::initializer_list<std::string>{"",
                                          "2024-02-29",
                                          "12:00:00Z",
                                          "2024-02-29 12:00:00Z",
                                          "24-02-29T12:00:00Z",
                                          "2024-2-29T12:00:00Z",
                                          "+2024-02-29T12:00:00Z",
                                          "-2024-02-29T12:00:00Z",
                                          "12024-02-29T12:00:00Z",
                                          "20240229T120000Z",
                                          "2024-02-29T12:00Z",
                                          "2024-02-29T12:00:00.Z",
                                          "2024-02-29T12:00:00,5Z",
                                          "2024-02-29T12:00:00+0100",
                                          "2024-02-29T12:00:00+01",
                                          "2024-02-29T12:00:00+1:00",
                                          "2024-02-29T12:00:00 Z",
                                          "2024-02-29T12:00:00ZZ",
                                          "2024-02-29T12:00:00UTC",
                                          "2024-060T12:00:00Z",
                                          "2024-W09-4T12:00:00Z",
                                          "2024-02-29T12:00:00Z[Europe/Paris]",
                                          "\xe2\x88\x92"
                                          "024-02-29T12:00:00Z"}) {
    BOOST_TEST_INFO_SCOPE(bad);
    BOOST_TEST(time_point(bad, seconds) == no_time);
  }
  BOOST_TEST(time_point("2024-02-29T12:00:00", seconds) ==
             "not an RFC 3339 time; it lacks its offset, Z or +02:00");
  BOOST_TEST(time_point("2024-02-29T12:00:00.5", milliseconds) ==
             "not an RFC 3339 time; it lacks its offset, Z or +02:00");
}

BOOST_AUTO_TEST_CASE(times_that_never_were_are_refused) {
  std::string const no_day = "not a day that the calendar has";
  for (std::string const& day : std::initializer_list<std::string>{
           "2023-02-29", "1900-02-29", "2100-02-29", "2024-02-30", "2024-04-31", "2024-06-31",
           "2024-09-31", "2024-11-31", "2024-01-32", "2024-00-10", "2024-13-01", "2024-01-00",
           "2024-99-99"}) {
    BOOST_TEST(time_point(day + "T00:00:00Z", seconds) == no_day);
  }
  for (std::string const& day : std::initializer_list<std::string>{
           "2000-02-29", "2400-02-29", "2024-01-31", "2024-12-31", "0000-02-29"}) {
    BOOST_TEST(!time_point(day + "T00:00:00Z", seconds).starts_with("not"));
  }
  std::string const no_hour = "not a time of day between 00:00:00 and 23:59:59";
  for (std::string const& of_day : std::initializer_list<std::string>{
           "24:00:00", "25:00:00", "00:60:00", "00:00:61", "99:99:99"}) {
    BOOST_TEST(time_point("2024-01-01T" + of_day + "Z", seconds) == no_hour);
  }
  BOOST_TEST(time_point("2016-12-31T23:59:60Z", seconds) ==
             "not a time that can be counted; leap seconds cannot");
  std::string const no_offset = "not a time whose offset exists; offsets end at 23:59";
  BOOST_TEST(time_point("2024-01-01T00:00:00+24:00", seconds) == no_offset);
  BOOST_TEST(time_point("2024-01-01T00:00:00-01:60", seconds) == no_offset);
}

BOOST_AUTO_TEST_CASE(times_must_be_exact_and_fit) {
  BOOST_TEST(time_point("2024-01-01T00:00:00.5Z", seconds) == not_whole);
  BOOST_TEST(time_point("2024-01-01T00:00:01Z", minutes) == not_whole);
  BOOST_TEST(time_point("2024-01-01T00:00:00+01:00", days) == not_whole);
  BOOST_TEST(time_point("2024-01-01T00:00:00.1234567891234567891Z", nanoseconds) == not_whole);
  BOOST_TEST(time_point("2262-04-11T23:47:16.854775807Z", nanoseconds) == std::to_string(most));
  BOOST_TEST(time_point("2262-04-11T23:47:16.854775808Z", nanoseconds) == out_of_range);
  BOOST_TEST(time_point("1677-09-21T00:12:43.145224192Z", nanoseconds) == std::to_string(least));
  BOOST_TEST(time_point("1677-09-21T00:12:43.145224191Z", nanoseconds) == out_of_range);
  BOOST_TEST(time_point("0000-01-01T00:00:00Z", nanoseconds) == out_of_range);
}

BOOST_AUTO_TEST_CASE(times_are_written_in_utc) {
  BOOST_TEST(written_time(0, seconds) == "1970-01-01T00:00:00Z");
  BOOST_TEST(written_time(-1, nanoseconds) == "1969-12-31T23:59:59.999999999Z");
  BOOST_TEST(written_time(1709208000500, milliseconds) == "2024-02-29T12:00:00.5Z");
  BOOST_TEST(written_time(11016, days) == "2000-02-29T00:00:00Z");
  BOOST_TEST(written_time(-62167219200, seconds) == "0000-01-01T00:00:00Z");
  BOOST_TEST(written_time(-62167219201, seconds) == ">none");
  BOOST_TEST(written_time(-62167219200001, milliseconds) == ">none");
  BOOST_TEST(written_time(253402300799999, milliseconds) == "9999-12-31T23:59:59.999Z");
  BOOST_TEST(written_time(253402300800, seconds) == ">none");
  BOOST_TEST(written_time(most, seconds) == ">none");
  BOOST_TEST(written_time(least, seconds) == ">none");
  BOOST_TEST(written_time(least, {most, 1}) == ">none");
  BOOST_TEST(written_time(least, nanoseconds) == "1677-09-21T00:12:43.145224192Z");
  BOOST_TEST(written_time(most, attoseconds) == "1970-01-01T00:00:09.223372036854775807Z");
  BOOST_TEST(written_time(1, thirds) == ">none");
  BOOST_TEST(written_time(-1, thirds) == ">none");
}

BOOST_AUTO_TEST_CASE(days_are_the_calendars) {
  auto const is_right = [](std::chrono::sys_days day) {
    std::chrono::year_month_day const date(day);
    char expected[64];
    std::snprintf(expected, sizeof expected, "%04d-%02u-%02uT00:00:00Z",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
    char got[text::time_room + 1] = {};
    std::int64_t const count = day.time_since_epoch().count();
    text::write_time(got, count, days.num, days.den);
    std::int64_t back = 0;
    std::string_view why;
    bool const read = text::parse_time(expected, days.num, days.den, back, why);
    if (std::string_view(got) == expected && read && back == count) return;
    BOOST_ERROR(expected << " is written " << got << " and read as " << back);
  };
  using std::chrono::year;
  std::chrono::days const one(1);
  std::chrono::sys_days const end = year(10000) / 1 / 1;
  for (std::chrono::sys_days day = year(0) / 1 / 1; day < end; day += 9 * one) is_right(day);
  for (year each(0); each < year(9999); ++each) {
    is_right(each / 1 / 1);
    is_right(each / 12 / 31);
    is_right(std::chrono::sys_days(each / 3 / 1) - one);
    is_right(each / 3 / 1);
    char leap_day[32];
    std::snprintf(leap_day, sizeof leap_day, "%04d-02-29T00:00:00Z", static_cast<int>(each));
    std::int64_t count = 0;
    std::string_view why;
    if (text::parse_time(leap_day, days.num, days.den, count, why) != each.is_leap()) {
      BOOST_ERROR(leap_day);
    }
  }
}

BOOST_AUTO_TEST_CASE(times_come_back) {
  std::mt19937_64 random(23);
  for (int round = 0; round < 20000; ++round) {
    std::int64_t const second = static_cast<std::int64_t>(random() % 315569520000) - 62167219200;
    std::int64_t const milli = second * 1000 + static_cast<std::int64_t>(random() % 1000);
    std::string const out = written_time(milli, milliseconds);
    if (time_point(out, milliseconds) != std::to_string(milli))
      BOOST_ERROR(out << " was " << milli);
    auto const nano = static_cast<std::int64_t>(random());
    std::string const fine = written_time(nano, nanoseconds);
    if (time_point(fine, nanoseconds) != std::to_string(nano)) BOOST_ERROR(fine << " was " << nano);
  }
}

BOOST_AUTO_TEST_CASE(random_texts_are_read_or_refused_and_nothing_else) {
  std::mt19937 random(29);
  std::string const signs = "PTDHMSWY0123456789.,-+:Z ";
  for (int round = 0; round < 50000; ++round) {
    std::string given = random() % 2 != 0 ? "2024-02-29T12:00:00.25+01:00" : "P1DT2H3M4.5S";
    for (std::size_t changes = random() % 4; changes > 0; --changes) {
      given[random() % given.size()] = signs[random() % signs.size()];
    }
    for (reader* const read : {&text::parse_duration, &text::parse_time}) {
      std::int64_t count = 0;
      std::string_view why;
      if (!read(given, 1, 1000, count, why)) continue;
      std::string const out = read == &text::parse_time ? written_time(count, milliseconds)
                                                        : written_duration(count, milliseconds);
      if (out != ">none" && read_by(*read, out, milliseconds) != std::to_string(count)) {
        BOOST_ERROR(given << " is " << count << ", written " << out);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(base64_as_in_the_rfc) {
  std::pair<char const*, char const*> const vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (auto const& [plain, coded] : vectors) {
    BOOST_TEST(base64(plain) == coded);
    BOOST_TEST(from_base64(coded) == plain);
    BOOST_TEST(text::base64_size(std::string_view(plain).size()) == std::string_view(coded).size());
  }
  BOOST_TEST(base64("\xff\xff\xff\xfb\xf0") == "////+/A=");
  BOOST_TEST(from_base64("////+/A=") == "\xff\xff\xff\xfb\xf0");
}

BOOST_AUTO_TEST_CASE(base64_is_read_strictly) {
  for (std::string const& bad : std::initializer_list<std::string>{
           "Z",       "Zg",   "Zg=",      "Zm8",    "Zm9vY",     "=",     "==",      "===",
           "====",    "Z===", "Zg==Zg==", "Zg==\n", "Zm9v\nYg=", "Zm 9",  "Zm9-",    "Zm_v",
           "Zm9\xc3", "Z=g=", "Zg=g",     "=Zg=",   "Zm8=Zm8=",  "Zm9v=", "Zm9v===="}) {
    BOOST_TEST_INFO_SCOPE(bad);
    BOOST_TEST(from_base64(bad) == "refused");
  }
  BOOST_TEST(from_base64(std::string_view("Zm\0v", 4)) == "refused");
  // Bits that belong to no octet must be zero, or two texts would be one value.
  BOOST_TEST(from_base64("Zw==") == "g");
  BOOST_TEST(from_base64("Zx==") == "refused");
  BOOST_TEST(from_base64("Z/==") == "refused");
  BOOST_TEST(from_base64("Zm9=") == "refused");
  BOOST_TEST(from_base64("Zm+=") == "refused");
}

BOOST_AUTO_TEST_CASE(base64_comes_back) {
  std::mt19937 random(31);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string plain(size, ' ');
    for (char& c : plain) c = static_cast<char>(random());
    std::string const coded = base64(plain);
    BOOST_TEST(coded.size() == text::base64_size(size));
    BOOST_TEST((from_base64(coded) == plain));
    if (coded.empty()) continue;
    std::string spoilt = coded;
    spoilt[random() % spoilt.size()] = "\n-_.\x80"[random() % 5];
    BOOST_TEST(from_base64(spoilt) == "refused");
  }
}

BOOST_AUTO_TEST_CASE(uuids_are_read) {
  pando::uuid id;
  std::string_view why;
  BOOST_TEST(text::parse_uuid("0190163d-8694-739b-aea5-966c26f8ad91", id, why));
  BOOST_TEST(id.to_string() == "0190163d-8694-739b-aea5-966c26f8ad91");
  BOOST_TEST(!text::parse_uuid("0190163d8694739baea5966c26f8ad91", id, why));
  BOOST_TEST(why == "a UUID like 0190163d-8694-739b-aea5-966c26f8ad91");
  BOOST_TEST(id.to_string() == "0190163d-8694-739b-aea5-966c26f8ad91"); // untouched
}

BOOST_AUTO_TEST_CASE(json_pointers_are_escaped) {
  std::string pointer;
  text::append_pointer_step(pointer, "lines");
  text::append_pointer_step(pointer, std::size_t{0});
  text::append_pointer_step(pointer, "a/b~c");
  text::append_pointer_step(pointer, "");
  text::append_pointer_step(pointer, std::numeric_limits<std::size_t>::max());
  text::append_pointer_step(pointer, "~1");
  BOOST_TEST(pointer == "/lines/0/a~1b~0c//18446744073709551615/~01");
}

BOOST_AUTO_TEST_SUITE_END()
