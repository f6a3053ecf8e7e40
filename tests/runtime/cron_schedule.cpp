// Cron expressions and the time zones they are read in.
#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <pando/runtime/cron_schedule.hpp>
#include <pando/runtime/zone_rules.hpp>

BOOST_AUTO_TEST_SUITE(runtime_cron)

namespace {

using namespace std::chrono;
using pando::cron_fault;
using pando::parse_cron;
using pando::read_cron;
using pando::zone_rules;

/// The C library's clock in a zone: what the tests compare with.
class library_zone {
 public:
  explicit library_zone(char const* name) {
    if (char const* const set = std::getenv("TZ")) before_ = set;
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  library_zone(library_zone const&) = delete;
  ~library_zone() {
    if (before_) ::setenv("TZ", before_->c_str(), 1);
    else ::unsetenv("TZ");
    ::tzset();
  }
  std::tm operator()(sys_seconds time) const {
    std::time_t const count = time.time_since_epoch().count();
    std::tm shown{};
    ::localtime_r(&count, &shown);
    return shown;
  }

 private:
  std::optional<std::string> before_;
};

sys_seconds utc(int y, unsigned m, unsigned d, int h = 0, int min = 0, int s = 0) {
  return sys_days(year(y) / month(m) / day(d)) + hours(h) + minutes(min) + seconds(s);
}

std::string text(std::optional<sys_seconds> time) {
  if (!time) return "never";
  std::time_t const count = time->time_since_epoch().count();
  std::tm shown{};
  ::gmtime_r(&count, &shown);
  std::array<char, 32> out{};
  std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%SZ", &shown);
  return out.data();
}

/// The next times of an expression.
std::string next_of(std::string_view expression, sys_seconds after, zone_rules const& zone = {},
                    int count = 1) {
  auto const schedule = parse_cron(expression);
  std::string all;
  for (; count != 0; --count) {
    auto const next = schedule.next(after, zone);
    all += (all.empty() ? "" : " ") + text(next);
    if (!next) break;
    after = *next;
  }
  return all;
}

constexpr char const* zones[] = {
    "Europe/Berlin",      "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
    "Asia/Kolkata",       "America/St_Johns", "America/Sao_Paulo",   "Pacific/Apia",
    "Europe/Dublin",      "Asia/Tehran",      "Antarctica/Troll",    "America/Godthab",
    "Pacific/Kiritimati", "Asia/Jerusalem",   "UTC",
};

} // namespace

// A text that is known when the program is compiled is read then.
static_assert(read_cron("0 3 * * *").fault == cron_fault::none);
static_assert(read_cron("0 3 * * *").schedule.hours == 8);
static_assert(read_cron("0 24 * * *").fault == cron_fault::out_of_range);
static_assert(read_cron("0 24 * * *").field == 2);

BOOST_AUTO_TEST_CASE(a_zone_says_what_the_c_library_says) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> any(utc(1940, 1, 1).time_since_epoch().count(),
                                                  utc(2200, 1, 1).time_since_epoch().count());
  for (char const* const name : zones) {
    auto const zone = zone_rules::named(name);
    library_zone const library(name);
    int differ = 0;
    for (int i = 0; i != 20'000; ++i) {
      sys_seconds const time{seconds(any(random))};
      auto const now = zone.at(time);
      differ += now.offset.count() != library(time).tm_gmtoff;
      if (now.until == sys_seconds::max()) continue;
      // Just before the change it still holds.
      differ += now.until <= time;
      differ += now.offset.count() != library(now.until - seconds(1)).tm_gmtoff;
    }
    BOOST_TEST(differ == 0, name << " differs " << differ << " times");
  }
}

BOOST_AUTO_TEST_CASE(shown_times_are_found_again) {
  std::mt19937_64 random(8);
  std::uniform_int_distribution<std::int64_t> any(utc(1970, 1, 1).time_since_epoch().count(),
                                                  utc(2100, 1, 1).time_since_epoch().count());
  for (char const* const name : zones) {
    auto const zone = zone_rules::named(name);
    int wrong = 0;
    for (int i = 0; i != 5'000; ++i) {
      // Half of them near a change.
      sys_seconds time{seconds(any(random))};
      auto const until = zone.at(time).until;
      if (i % 2 == 0 && until < utc(2150, 1, 1)) time = until + seconds(i % 9000 - 4500);
      auto const offset = zone.at(time).offset;
      auto const found = zone.when(local_seconds((time + offset).time_since_epoch()));
      // It was shown, so it is not skipped; the first time it was shown is at most a day before.
      wrong += found.is_skipped || found.time > time || time - found.time > hours(25);
      wrong += found.time + zone.at(found.time).offset != time + offset;
    }
    BOOST_TEST(wrong == 0, name << " is wrong " << wrong << " times");
  }
  auto const berlin = zone_rules::named("Europe/Berlin");
  auto const passed_over = berlin.when(local_days(year(2026) / 3 / 29) + hours(2) + minutes(30));
  BOOST_TEST(passed_over.is_skipped);
  BOOST_TEST(text(passed_over.time) == "2026-03-29T01:00:00Z");
  auto const twice = berlin.when(local_days(year(2026) / 10 / 25) + hours(2) + minutes(30));
  BOOST_TEST(text(twice.time) == "2026-10-25T00:30:00Z");
}

BOOST_AUTO_TEST_CASE(zones_that_are_none_are_told) {
  auto const says = [](std::string const& what) {
    return [what](std::invalid_argument const& error) {
      return std::string(error.what()).find(what) != std::string::npos;
    };
  };
  for (char const* const name : {"Europe/Atlantis", "", "/etc/passwd", "../../etc/passwd", "Europe"})
    BOOST_CHECK_EXCEPTION((void)zone_rules::named(name), std::invalid_argument,
                          says("write a name like Europe/Berlin"));
  BOOST_CHECK_EXCEPTION((void)zone_rules::from_tzif("x", "TZif2"), std::invalid_argument,
                        says("the file of time zone x is none"));
}

// What is damaged is refused or read, and nothing else (run under the sanitizers).
BOOST_AUTO_TEST_CASE(damaged_files_do_no_harm) {
  std::string octets("TZif2", 5);
  octets.resize(44);
  auto const put = [&](std::size_t at, unsigned char value) {
    octets[at] = static_cast<char>(value);
  };
  std::mt19937_64 random(9);
  int read = 0;
  int refused = 0;
  for (int i = 0; i != 100'000; ++i) {
    octets.resize(44 + random() % 120);
    for (std::size_t at = 20; at < octets.size(); ++at)
      put(at, random() % 4 == 0 ? static_cast<unsigned char>(random() % 3) : 0);
    put(39, 1); // one type
    if (octets.size() > 100) octets.replace(50, 5, "TZif2");
    if (i % 3 == 0) put(4, 0); // the first version: the block of 4-octet times is all
    try {
      auto const zone = zone_rules::from_tzif("damaged", octets);
      (void)zone.at(utc(2026, 1, 1));
      (void)zone.when(local_seconds(utc(2026, 1, 1).time_since_epoch()));
      ++read;
    } catch (std::invalid_argument const&) {
      ++refused;
    }
  }
  BOOST_TEST(read > 1'000);
  BOOST_TEST(refused > 1'000);
}

BOOST_AUTO_TEST_CASE(the_fields_and_what_they_take) {
  auto const now = utc(2026, 11, 21, 10, 15, 30); // a Saturday
  BOOST_TEST(next_of("* * * * *", now) == "2026-11-21T10:16:00Z");
  BOOST_TEST(next_of("* * * * * *", now) == "2026-11-21T10:15:31Z");
  BOOST_TEST(next_of("*/20 * * * * *", now, {}, 3) ==
             "2026-11-21T10:15:40Z 2026-11-21T10:16:00Z 2026-11-21T10:16:20Z");
  BOOST_TEST(next_of("0 3 * * *", now) == "2026-11-22T03:00:00Z");
  BOOST_TEST(next_of("15 10 * * *", now) == "2026-11-22T10:15:00Z");
  BOOST_TEST(next_of("16,18 10-11 * * *", now, {}, 3) ==
             "2026-11-21T10:16:00Z 2026-11-21T10:18:00Z 2026-11-21T11:16:00Z");
  BOOST_TEST(next_of("5/25 * * * *", now, {}, 3) ==
             "2026-11-21T10:30:00Z 2026-11-21T10:55:00Z 2026-11-21T11:05:00Z");
  BOOST_TEST(next_of("0 0 1-7/3 * *", now, {}, 3) ==
             "2026-12-01T00:00:00Z 2026-12-04T00:00:00Z 2026-12-07T00:00:00Z");
  BOOST_TEST(next_of("0 0 * JAN-feb Mon", now) == "2027-01-04T00:00:00Z");
  BOOST_TEST(next_of("0 0 * * 7", now) == "2026-11-22T00:00:00Z");
  BOOST_TEST(next_of("0 0 * * 5-7", now, {}, 3) ==
             "2026-11-22T00:00:00Z 2026-11-27T00:00:00Z 2026-11-28T00:00:00Z");
  BOOST_TEST(next_of(" 0\t0  29 2 * ", now) == "2028-02-29T00:00:00Z");
  BOOST_TEST(next_of("0 0 29 2 *", utc(2096, 3, 1)) == "2104-02-29T00:00:00Z");
  // Both days given: either.
  BOOST_TEST(next_of("0 0 24 * mon", now, {}, 3) ==
             "2026-11-23T00:00:00Z 2026-11-24T00:00:00Z 2026-11-30T00:00:00Z");
  BOOST_TEST(next_of("0 0 31 2 mon", now) == "2027-02-01T00:00:00Z");
  // One of them with a star: both.
  BOOST_TEST(next_of("0 0 */2 * tue", now, {}, 2) == "2026-12-01T00:00:00Z 2026-12-15T00:00:00Z");
  BOOST_TEST(next_of("@hourly", now) == "2026-11-21T11:00:00Z");
  BOOST_TEST(next_of("@daily", now) == "2026-11-22T00:00:00Z");
  BOOST_TEST(next_of("@midnight", now) == "2026-11-22T00:00:00Z");
  BOOST_TEST(next_of("@weekly", now) == "2026-11-22T00:00:00Z");
  BOOST_TEST(next_of("@monthly", now) == "2026-12-01T00:00:00Z");
  BOOST_TEST(next_of("@yearly", now) == "2027-01-01T00:00:00Z");
  BOOST_TEST(next_of("@annually", now) == "2027-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(what_is_no_expression_is_told) {
  auto const fault_of = [](std::string_view expression) -> std::string {
    try {
      (void)parse_cron(expression);
    } catch (std::invalid_argument const& error) {
      return error.what();
    }
    return "";
  };
  std::string const fields =
      "it has five fields, minute hour day month weekday, or a second before these";
  BOOST_TEST(fault_of("") == "cron \"\": " + fields);
  BOOST_TEST(fault_of("* * * *") == "cron \"* * * *\": " + fields);
  BOOST_TEST(fault_of("* * * * * * *") == "cron \"* * * * * * *\": " + fields);
  BOOST_TEST(fault_of("60 * * * *") == "cron \"60 * * * *\": the minute must be from 0 to 59");
  BOOST_TEST(fault_of("* * 0 * *") == "cron \"* * 0 * *\": the day must be from 1 to 31");
  BOOST_TEST(fault_of("* * * 13 *") == "cron \"* * * 13 *\": the month must be from 1 to 12");
  BOOST_TEST(fault_of("99999 * * * *") != "");
  BOOST_TEST(fault_of("* * * * fri-mon") ==
             "cron \"* * * * fri-mon\": the weekday has a range that ends before it begins");
  BOOST_TEST(fault_of("*/0 * * * *") ==
             "cron \"*/0 * * * *\": the minute has a step that must be from 1 to 59");
  BOOST_TEST(fault_of("* * * * funday") ==
             "cron \"* * * * funday\": the weekday takes numbers from 0 to 7, names like sun, *, "
             "ranges like 1-5 and steps like */2, with commas between");
  for (char const* const wrong : {"a * * * *", "1- * * * *", ", * * * *", "1, * * * *", "** * * * *",
                                  "1/ * * * *", "-1 * * * *", "* * * * monday", "1.5 * * * *"})
    BOOST_TEST(fault_of(wrong).find(" takes numbers from ") != std::string::npos, wrong);
  BOOST_TEST(fault_of("@reboot") ==
             "cron \"@reboot\": there are @yearly, @annually, @monthly, @weekly, @daily, @midnight "
             "and @hourly");
  BOOST_TEST(fault_of("0 0 30 2 *") == "cron \"0 0 30 2 *\": none of its months has that day");
  BOOST_TEST(fault_of("0 0 31 4,6,9,11 *") != "");
}

// In Berlin the clocks went from 2 to 3 on the 29th of March, and from 3 to 2 on the 25th of October.
BOOST_AUTO_TEST_CASE(clocks_that_are_changed) {
  auto const berlin = zone_rules::named("Europe/Berlin");
  // By the clock: what is passed over is due at the change, and what is shown twice once.
  BOOST_TEST(next_of("30 2 * * *", utc(2026, 3, 28, 0), berlin, 3) ==
             "2026-03-28T01:30:00Z 2026-03-29T01:00:00Z 2026-03-30T00:30:00Z");
  BOOST_TEST(next_of("*/20 2 * * *", utc(2026, 3, 29, 0), berlin, 2) ==
             "2026-03-29T01:00:00Z 2026-03-30T00:00:00Z");
  BOOST_TEST(next_of("30 2 * * *", utc(2026, 10, 24, 12), berlin, 2) ==
             "2026-10-25T00:30:00Z 2026-10-26T01:30:00Z");
  BOOST_TEST(next_of("0 3 * * *", utc(2026, 3, 28, 12), berlin, 2) ==
             "2026-03-29T01:00:00Z 2026-03-30T01:00:00Z");
  // As time passes: every quarter of an hour, whatever is shown.
  BOOST_TEST(next_of("*/30 * * * *", utc(2026, 3, 29, 0, 1), berlin, 3) ==
             "2026-03-29T00:30:00Z 2026-03-29T01:00:00Z 2026-03-29T01:30:00Z");
  BOOST_TEST(next_of("*/30 * * * *", utc(2026, 10, 25, 0, 1), berlin, 5) ==
             "2026-10-25T00:30:00Z 2026-10-25T01:00:00Z 2026-10-25T01:30:00Z "
             "2026-10-25T02:00:00Z 2026-10-25T02:30:00Z");
  // A day that a place left out: Samoa had no 30th of December 2011.
  BOOST_TEST(next_of("0 12 30 12 *", utc(2011, 12, 1), zone_rules::named("Pacific/Apia"), 2) ==
             "2011-12-30T10:00:00Z 2012-12-29T22:00:00Z");
}

// Against a search of every minute of more than a year, in the C library's words.
BOOST_AUTO_TEST_CASE(a_search_of_every_minute_finds_the_same) {
  constexpr char const* expressions[] = {"*/7 * * * *",   "13 */5 * * *",     "5,35 * 1-7 * mon",
                                         "0 * */3 feb *", "59 * 29 feb,mar *", "0 * * */4 sat,sun"};
  for (char const* const name : {"America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"}) {
    auto const zone = zone_rules::named(name);
    library_zone const library(name);
    for (char const* const expression : expressions) {
      auto const schedule = parse_cron(expression);
      BOOST_REQUIRE(schedule.follows_time);
      auto expected = schedule.next(utc(2027, 1, 1), zone);
      int wrong = 0;
      for (auto time = utc(2027, 1, 1) + minutes(1); time < utc(2028, 3, 15); time += minutes(1)) {
        auto const shown = library(time);
        auto const has = [](std::uint64_t bits, int at) { return (bits >> at & 1U) != 0; };
        bool const by_day = has(schedule.days, shown.tm_mday);
        bool const by_weekday = has(schedule.weekdays, shown.tm_wday);
        bool const due = has(schedule.minutes, shown.tm_min) &&
                         has(schedule.hours, shown.tm_hour) &&
                         has(schedule.months, shown.tm_mon + 1) &&
                         (schedule.either_day ? by_day || by_weekday : by_day && by_weekday);
        if (!due) continue;
        wrong += expected != time;
        expected = schedule.next(time, zone);
      }
      BOOST_TEST(wrong == 0, name << ' ' << expression << " is wrong " << wrong << " times");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
