// Durations, times, base64, UUIDs and JSON pointers, to and from text.
#pragma once

#include <iterator>
#include <limits>

#include <pando/schema/text.hpp>

namespace pando::text {

namespace detail {

__extension__ using wide = unsigned __int128;
inline constexpr wide widest = ~wide{0};
inline constexpr std::int64_t day_seconds = 86400;
inline constexpr std::size_t fraction_limit = 18;

inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Products and sums that say when they do not fit.
inline bool multiply(wide& value, wide by) noexcept {
  if (by != 0 && value > widest / by) return false;
  value *= by;
  return true;
}
inline bool add(wide& value, wide more) noexcept {
  if (value > widest - more) return false;
  value += more;
  return true;
}
inline wide common_divisor(wide a, wide b) noexcept {
  while (b != 0) {
    wide const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
inline wide power_of_ten(std::size_t exponent) noexcept {
  wide value = 1;
  while (exponent-- > 0) value *= 10;
  return value;
}

/// `amount` / 10^`digits` seconds as a count of units. Gives false with `why` when there is none.
inline bool count_units(wide amount, std::size_t digits, bool negative, std::int64_t num,
                        std::int64_t den, std::int64_t& count, std::string_view& why) noexcept {
  wide divisor = power_of_ten(digits) * static_cast<wide>(num);
  wide factor = static_cast<wide>(den);
  if (divisor != 1) {
    wide common = common_divisor(factor, divisor);
    factor /= common;
    divisor /= common;
    common = common_divisor(amount, divisor);
    amount /= common;
    divisor /= common;
    if (divisor != 1) {
      why = "a whole number of the field's units of time";
      return false;
    }
  }
  wide const most = static_cast<wide>(std::numeric_limits<std::int64_t>::max()) + negative;
  if (!multiply(amount, factor) || amount > most) {
    why = "in the field's range";
    return false;
  }
  auto const magnitude = static_cast<std::uint64_t>(amount);
  count = static_cast<std::int64_t>(negative ? std::uint64_t{0} - magnitude : magnitude);
  return true;
}

/// A run of digits, and those behind a decimal sign. Trailing zeros of a fraction are dropped.
struct decimal {
  wide whole = 0;
  wide fraction = 0;
  std::size_t digits = 0; ///< of the fraction
  bool has_fraction = false;
};

inline bool take_digits(std::string_view& text, wide& value) noexcept {
  std::size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    if (!multiply(value, 10) || !add(value, static_cast<unsigned>(text[at] - '0'))) return false;
  }
  text.remove_prefix(at);
  return at > 0;
}

/// The digits behind a decimal sign; false when there are none, or more than fit.
inline bool take_fraction(std::string_view& text, decimal& number) noexcept {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  if (length == 0) return false;
  std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  while (!digits.empty() && digits.back() == '0') digits.remove_suffix(1);
  if (digits.size() > fraction_limit) return false;
  number.has_fraction = true;
  number.digits = digits.size();
  return digits.empty() || take_digits(digits, number.fraction);
}

inline char* write_number(char* out, wide number) noexcept {
  char reversed[40];
  std::size_t size = 0;
  do {
    reversed[size++] = static_cast<char>('0' + static_cast<int>(number % 10));
    number /= 10;
  } while (number != 0);
  while (size > 0) *out++ = reversed[--size];
  return out;
}

inline char* write_padded(char* out, std::int64_t number, int width) noexcept {
  for (int at = width - 1; at >= 0; --at) {
    out[at] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return out + width;
}

/// `.` and the decimal digits of `rest / den`, nothing for zero; nullptr when they do not end.
inline char* write_fraction(char* out, wide rest, wide den) noexcept {
  if (rest == 0) return out;
  *out++ = '.';
  for (std::size_t digit = 0; digit < fraction_limit && rest != 0; ++digit) {
    rest *= 10;
    *out++ = static_cast<char>('0' + static_cast<int>(rest / den));
    rest %= den;
  }
  return rest == 0 ? out : nullptr;
}

struct designator {
  char letter;
  bool is_time;
  std::uint32_t seconds;
};
inline constexpr designator designators[] = {
    {'W', false, 604800}, {'D', false, 86400}, {'H', true, 3600}, {'M', true, 60}, {'S', true, 1}};

/// One of `3H`, `1.5D` …, later in the order of designators than `next`.
inline bool take_component(std::string_view& text, bool in_time, std::size_t& next, wide& seconds,
                           decimal& last, std::string_view& why) noexcept {
  why = "an ISO 8601 duration like P1DT2H or PT0.5S";
  decimal number;
  if (text.empty() || !is_digit(text.front())) return false;
  if (!take_digits(text, number.whole)) {
    why = "in the field's range";
    return false;
  }
  if (!text.empty() && (text.front() == '.' || text.front() == ',')) {
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text.front())) return false;
    if (!take_fraction(text, number)) {
      why = "a whole number of the field's units of time";
      return false;
    }
  }
  if (text.empty()) return false;
  char const letter = text.front();
  text.remove_prefix(1);
  if (!in_time && (letter == 'Y' || letter == 'M')) {
    why = "a duration of fixed length; years and months have none, give days";
    return false;
  }
  for (; next < std::size(designators); ++next) {
    designator const& one = designators[next];
    if (one.letter != letter || one.is_time != in_time) continue;
    wide amount = number.whole;
    if (!multiply(amount, one.seconds) || !add(seconds, amount)) {
      why = "in the field's range";
      return false;
    }
    last = number;
    last.fraction *= one.seconds;
    // A week ends the duration: P2W1D is no ISO 8601.
    next = letter == 'W' ? std::size(designators) : next + 1;
    return true;
  }
  return false;
}

} // namespace detail

PANDO_INLINE bool parse_duration(std::string_view text, std::int64_t num, std::int64_t den,
                                 std::int64_t& count, std::string_view& why) noexcept {
  using namespace detail;
  constexpr std::string_view form = "an ISO 8601 duration like P1DT2H or PT0.5S";
  bool const negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  why = form;
  if (text.empty() || text.front() != 'P') return false;
  text.remove_prefix(1);
  if (text.empty()) return false;
  wide seconds = 0;
  decimal last;
  std::size_t next = 0;
  bool in_time = false;
  while (!text.empty()) {
    why = form;
    if (last.has_fraction) return false; // only the last part may have one
    if (!in_time && text.front() == 'T') {
      in_time = true;
      text.remove_prefix(1);
    }
    if (!take_component(text, in_time, next, seconds, last, why)) return false;
  }
  if (!multiply(seconds, power_of_ten(last.digits)) || !add(seconds, last.fraction)) {
    why = "in the field's range";
    return false;
  }
  return count_units(seconds, last.digits, negative, num, den, count, why);
}

PANDO_INLINE char* write_duration(char* out, std::int64_t count, std::int64_t num,
                                  std::int64_t den) noexcept {
  using namespace detail;
  auto const bits = static_cast<std::uint64_t>(count);
  wide const total = static_cast<wide>(count < 0 ? 0 - bits : bits) * static_cast<wide>(num);
  auto const unit = static_cast<wide>(den);
  wide const rest = total % unit;
  wide const whole = total / unit;
  wide const days = whole / day_seconds;
  auto const second = static_cast<std::int64_t>(whole % day_seconds);
  if (count < 0) *out++ = '-';
  *out++ = 'P';
  if (days != 0) {
    out = write_number(out, days);
    *out++ = 'D';
  }
  if (second == 0 && rest == 0 && days != 0) return out;
  *out++ = 'T';
  std::int64_t const parts[] = {second / 3600, second / 60 % 60, second % 60};
  bool const ends_in_seconds = parts[2] != 0 || rest != 0 || second == 0;
  if (parts[0] != 0) {
    out = write_number(out, static_cast<wide>(parts[0]));
    *out++ = 'H';
  }
  // RFC 3339, appendix A, as JSON Schema takes it, lets no seconds follow hours without minutes.
  if (parts[1] != 0 || (parts[0] != 0 && ends_in_seconds)) {
    out = write_number(out, static_cast<wide>(parts[1]));
    *out++ = 'M';
  }
  if (!ends_in_seconds) return out;
  out = write_fraction(write_number(out, static_cast<wide>(parts[2])), rest, unit);
  if (out != nullptr) *out++ = 'S';
  return out;
}

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
inline bool parse_offset(std::string_view text, std::int64_t& east, std::string_view& why) noexcept {
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
  if (text.size() != 6 || !has_at(text, 0, '+', '-') || text[3] != ':' || hours < 0 || minutes < 0) {
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

PANDO_INLINE bool append_duration(std::string& out, std::int64_t count, std::int64_t num,
                                  std::int64_t den) {
  char room[duration_room];
  char* const end = write_duration(room, count, num, den);
  if (end == nullptr) return false;
  out.append(room, end);
  return true;
}

PANDO_INLINE bool append_time(std::string& out, std::int64_t count, std::int64_t num,
                              std::int64_t den) {
  char room[time_room];
  char* const end = write_time(room, count, num, den);
  if (end == nullptr) return false;
  out.append(room, end);
  return true;
}

namespace detail {

inline constexpr char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct base64_table {
  std::uint8_t value[256]; ///< 64: no letter
  constexpr base64_table() : value{} {
    for (auto& each : value) each = 64;
    for (std::uint8_t at = 0; at < 64; ++at) {
      value[static_cast<unsigned char>(base64_letters[at])] = at;
    }
  }
};
inline constexpr base64_table base64_values;

} // namespace detail

PANDO_INLINE char* write_base64(char* out, std::byte const* octets, std::size_t size) noexcept {
  using detail::base64_letters;
  auto const octet = [&](std::size_t at) { return std::to_integer<std::uint32_t>(octets[at]); };
  std::size_t at = 0;
  for (; size - at >= 3; at += 3) {
    std::uint32_t const three = octet(at) << 16 | octet(at + 1) << 8 | octet(at + 2);
    *out++ = base64_letters[three >> 18];
    *out++ = base64_letters[three >> 12 & 63];
    *out++ = base64_letters[three >> 6 & 63];
    *out++ = base64_letters[three & 63];
  }
  if (at == size) return out;
  bool const two = size - at == 2;
  std::uint32_t const last = octet(at) << 16 | (two ? octet(at + 1) << 8 : 0);
  *out++ = base64_letters[last >> 18];
  *out++ = base64_letters[last >> 12 & 63];
  *out++ = two ? base64_letters[last >> 6 & 63] : '=';
  *out++ = '=';
  return out;
}

PANDO_INLINE void append_base64(std::string& out, std::byte const* octets, std::size_t size) {
  std::size_t const before = out.size();
  out.resize(before + base64_size(size));
  write_base64(out.data() + before, octets, size);
}

PANDO_INLINE bool parse_base64(std::string_view text, std::vector<std::byte>& octets,
                               std::string_view& why) {
  why = "base64: letters, digits, + and /, padded with = to a multiple of four";
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::size_t const letters = text.size() - padding;
  auto const value = [&](std::size_t at) -> std::uint32_t {
    return detail::base64_values.value[static_cast<unsigned char>(text[at])];
  };
  std::uint32_t seen = 0;
  for (std::size_t at = 0; at < letters; ++at) seen |= value(at);
  if ((seen & 64) != 0) return false;
  if (padding != 0 && (value(letters - 1) & (padding == 2 ? 15U : 3U)) != 0) {
    why = "base64 of whole bytes; the last letter has bits left over";
    return false;
  }
  octets.resize(text.size() / 4 * 3 - padding);
  std::byte* out = octets.data();
  std::size_t at = 0;
  for (; letters - at >= 4; at += 4) {
    std::uint32_t const bits = value(at) << 18 | value(at + 1) << 12 | value(at + 2) << 6 | value(at + 3);
    *out++ = static_cast<std::byte>(bits >> 16);
    *out++ = static_cast<std::byte>(bits >> 8 & 255);
    *out++ = static_cast<std::byte>(bits & 255);
  }
  if (at == letters) return true;
  std::uint32_t const bits = value(at) << 18 | value(at + 1) << 12 | (padding == 1 ? value(at + 2) << 6 : 0);
  *out++ = static_cast<std::byte>(bits >> 16);
  if (padding == 1) *out++ = static_cast<std::byte>(bits >> 8 & 255);
  return true;
}

PANDO_INLINE bool parse_uuid(std::string_view text, uuid& id, std::string_view& why) noexcept {
  auto const read = uuid::parse(text);
  if (read.has_value()) {
    id = *read;
  } else {
    why = "a UUID like 0190163d-8694-739b-aea5-966c26f8ad91";
  }
  return read.has_value();
}

PANDO_INLINE void append_pointer_step(std::string& pointer, std::string_view step) {
  pointer += '/';
  for (char const c : step) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

PANDO_INLINE void append_pointer_step(std::string& pointer, std::size_t index) {
  char digits[40];
  pointer += '/';
  pointer.append(digits, detail::write_number(digits, index));
}

} // namespace pando::text
