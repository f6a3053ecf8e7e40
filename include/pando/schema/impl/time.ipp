// RFC 3339 times, to and from text.
#pragma once

#include <pando/schema/detail/decimal.hpp>
#include <pando/schema/text.hpp>

namespace pando::text {

namespace detail {

/// Days from 1970-01-01 to a day of the Gregorian calendar, years 0 to 9999. Years begin in March
/// here, so that the leap day is the last of its year, and 400 later, so that none is negative.
inline std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
  constexpr std::int64_t days_before_1970 = 865565;
  std::int64_t const y = (month > 2 ? year : year - 1) + 400;
  std::int64_t const m = month > 2 ? month - 3 : month + 9;
  std::int64_t const in_year = (153 * m + 2) / 5 + day - 1;
  return 365 * y + y / 4 - y / 100 + y / 400 + in_year - days_before_1970;
}

struct calendar_day {
  std::int64_t year, month, day;
};

inline calendar_day day_of(std::int64_t days) noexcept {
  // The estimate is right or a year too late, for every day of those years.
  std::int64_t year = ((days + 719528) * 400 + 399) / 146097;
  if (days_of(year, 1, 1) > days) --year;
  std::int64_t month = 12;
  while (days_of(year, month, 1) > days) --month;
  return {year, month, days - days_of(year, month, 1) + 1};
}

inline std::int64_t days_in(std::int64_t year, std::int64_t month) noexcept {
  if (month == 2) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  }
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// The number in the `width` characters at `at`, or -1.
inline std::int64_t number_at(std::string_view text, std::size_t at, std::size_t width) noexcept {
  if (text.size() < at + width) return -1;
  std::int64_t number = 0;
  for (char const c : text.substr(at, width)) {
    if (!is_digit(c)) return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

inline bool has_at(std::string_view text, std::size_t at, char c, char other) noexcept {
  return at < text.size() && (text[at] == c || text[at] == other);
}

/// `Z` or `+hh:mm` at the end of a time, in seconds east of UTC.
inline bool parse_offset(std::string_view text, std::int64_t& east,
                         std::string_view& why) noexcept {
  if (text == "Z" || text == "z") {
    east = 0;
    return true;
  }
  if (text.empty()) {
    why = "an RFC 3339 time; it lacks its offset, Z or +02:00";
    return false;
  }
  std::int64_t const hours = number_at(text, 1, 2);
  std::int64_t const minutes = number_at(text, 4, 2);
  if (text.size() != 6 || !has_at(text, 0, '+', '-') || text[3] != ':' || hours < 0 ||
      minutes < 0) {
    why = "an RFC 3339 time like 2024-02-29T12:00:00Z";
    return false;
  }
  if (hours > 23 || minutes > 59) {
    why = "a time whose offset exists; offsets end at 23:59";
    return false;
  }
  east = (hours * 60 + minutes) * 60 * (text[0] == '-' ? -1 : 1);
  return true;
}

} // namespace detail

PANDO_INLINE bool parse_time(std::string_view text, std::int64_t num, std::int64_t den,
                             std::int64_t& count, std::string_view& why) noexcept {
  using namespace detail;
  constexpr std::string_view form = "an RFC 3339 time like 2024-02-29T12:00:00Z";
  std::int64_t const year = number_at(text, 0, 4);
  std::int64_t const month = number_at(text, 5, 2);
  std::int64_t const day = number_at(text, 8, 2);
  std::int64_t const hour = number_at(text, 11, 2);
  std::int64_t const minute = number_at(text, 14, 2);
  std::int64_t const second = number_at(text, 17, 2);
  why = form;
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return false;
  if (text[4] != '-' || text[7] != '-' || !has_at(text, 10, 'T', 't')) return false;
  if (text[13] != ':' || text[16] != ':') return false;
  text.remove_prefix(19);
  decimal fraction;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text.front())) return false;
    if (!take_fraction(text, fraction)) {
      why = "a whole number of the field's units of time";
      return false;
    }
  }
  std::int64_t east = 0;
  if (!parse_offset(text, east, why)) return false;
  if (month < 1 || month > 12 || day < 1 || day > days_in(year, month)) {
    why = "a day that the calendar has";
    return false;
  }
  if (second == 60) {
    why = "a time that can be counted; leap seconds cannot";
    return false;
  }
  if (hour > 23 || minute > 59 || second > 59) {
    why = "a time of day between 00:00:00 and 23:59:59";
    return false;
  }
  std::int64_t const seconds =
      days_of(year, month, day) * day_seconds + hour * 3600 + minute * 60 + second - east;
  wide const scale = power_of_ten(fraction.digits);
  bool const negative = seconds < 0;
  // Before 1970 the fraction shortens the distance to it.
  wide const distance = static_cast<wide>(negative ? -seconds : seconds) * scale;
  wide const amount = negative ? distance - fraction.fraction : distance + fraction.fraction;
  return count_units(amount, fraction.digits, negative, num, den, count, why);
}

PANDO_INLINE char* write_time(char* out, std::int64_t count, std::int64_t num,
                              std::int64_t den) noexcept {
  using namespace detail;
  constexpr std::int64_t first = -62167219200; // 0000-01-01T00:00:00Z
  constexpr std::int64_t end = 253402300800;   // 10000-01-01T00:00:00Z
  auto const bits = static_cast<std::uint64_t>(count);
  wide const total = static_cast<wide>(count < 0 ? 0 - bits : bits) * static_cast<wide>(num);
  auto const unit = static_cast<wide>(den);
  wide const whole = total / unit;
  wide rest = total % unit;
  if (whole > static_cast<wide>(end)) return nullptr;
  auto seconds = static_cast<std::int64_t>(whole);
  if (count < 0) {
    seconds = -seconds - (rest != 0);
    rest = rest == 0 ? 0 : unit - rest;
  }
  if (seconds < first || seconds >= end) return nullptr;
  std::int64_t const in_day = (seconds - first) % day_seconds;
  calendar_day const date = day_of((seconds - in_day) / day_seconds);
  out = write_padded(out, date.year, 4);
  *out++ = '-';
  out = write_padded(out, date.month, 2);
  *out++ = '-';
  out = write_padded(out, date.day, 2);
  *out++ = 'T';
  out = write_padded(out, in_day / 3600, 2);
  *out++ = ':';
  out = write_padded(out, in_day / 60 % 60, 2);
  *out++ = ':';
  out = write_fraction(write_padded(out, in_day % 60, 2), rest, unit);
  if (out != nullptr) *out++ = 'Z';
  return out;
}

PANDO_INLINE bool append_time(std::string& out, std::int64_t count, std::int64_t num,
                              std::int64_t den) {
  char room[time_room];
  char* const end = write_time(room, count, num, den);
  if (end == nullptr) return false;
  out.append(room, end);
  return true;
}

} // namespace pando::text
