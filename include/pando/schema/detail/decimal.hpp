// Exact decimals of 128 bits, for the texts of durations and times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

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

} // namespace detail
} // namespace pando::text
