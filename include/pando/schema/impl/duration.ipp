// ISO 8601 durations, to and from text.
#pragma once

#include <iterator>

#include <pando/schema/detail/decimal.hpp>
#include <pando/schema/text.hpp>

namespace pando::text {

namespace detail {

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

PANDO_INLINE bool append_duration(std::string& out, std::int64_t count, std::int64_t num,
                                  std::int64_t den) {
  char room[duration_room];
  char* const end = write_duration(room, count, num, den);
  if (end == nullptr) return false;
  out.append(room, end);
  return true;
}

} // namespace pando::text
