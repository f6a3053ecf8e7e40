// When a cron expression is due. Read at compile time or at run time.
#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/runtime/zone_rules.hpp>

namespace pando {

/// Why a text is no cron expression.
enum class cron_fault : std::uint8_t {
  none,
  field_count,  ///< neither five fields nor six
  unknown_word, ///< a word that is no name of this field
  out_of_range,
  backwards, ///< a range that ends before it begins
  no_step,   ///< a step of 0, or of more than the field has
  unknown_macro,
  no_such_day, ///< a day that no month has
};

/// The times that a cron expression is due at, as sets of bits.
struct cron_schedule {
  std::uint64_t seconds = 1; ///< 0 to 59
  std::uint64_t minutes = 0; ///< 0 to 59
  std::uint64_t hours = 0;   ///< 0 to 23
  std::uint64_t days = 0;    ///< of the month, 1 to 31
  std::uint64_t months = 0;  ///< 1 to 12
  std::uint64_t weekdays = 0; ///< 0 to 6, from Sunday
  /// Both kinds of days are given: one of them is enough, as cron has always had it.
  bool either_day = false;
  /// The hours begin with `*`: it is due as time passes, in both of the hours that the clocks show
  /// twice. Else it is due by the clock: once where an hour is shown twice, and at the moment the
  /// clocks are put forward where they pass its time over.
  bool follows_time = false;

  /// The next time it is due after that one, in that zone. Nothing: not in the nine years after.
  std::optional<std::chrono::sys_seconds> next(std::chrono::sys_seconds after,
                                               zone_rules const& zone = {}) const;
};

/// What reading a text gave: a schedule, or a fault and its field.
struct cron_reading {
  cron_schedule schedule{};
  cron_fault fault = cron_fault::none;
  std::size_t field = 0; ///< second, minute, hour, day, month, weekday
};

namespace detail {

struct cron_field {
  std::string_view name;
  unsigned least;
  unsigned most;
  std::string_view names; ///< of three letters each, from `least`; empty: none
};
inline constexpr cron_field cron_fields[6] = {
    {"second", 0, 59, ""},
    {"minute", 0, 59, ""},
    {"hour", 0, 23, ""},
    {"day", 1, 31, ""},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"weekday", 0, 7, "sunmontuewedthufrisat"},
};

/// Reads one field: a list of `*`, `a`, `a-b`, each with `/step` or without.
class cron_field_reader {
 public:
  constexpr cron_field_reader(std::string_view text, cron_field const& of) : rest_(text), of_(of) {}

  constexpr cron_fault read(std::uint64_t& bits) {
    do {
      if (auto const fault = part(bits); fault != cron_fault::none) return fault;
    } while (skip(','));
    return rest_.size() == 0 ? cron_fault::none : cron_fault::unknown_word;
  }

 private:
  constexpr bool skip(char what) {
    if (rest_.size() == 0 || rest_.data()[0] != what) return false;
    rest_.remove_prefix(1);
    return true;
  }
  constexpr cron_fault part(std::uint64_t& bits) {
    unsigned from = of_.least;
    unsigned upto = of_.most;
    unsigned step = 1;
    bool const all = skip('*');
    if (!all) {
      if (auto const fault = value(from); fault != cron_fault::none) return fault;
      upto = from;
      if (skip('-')) {
        if (auto const fault = value(upto); fault != cron_fault::none) return fault;
        if (upto < from) return cron_fault::backwards;
      } else if (rest_.size() != 0 && rest_.data()[0] == '/') {
        upto = of_.most; // `a/n`: from there on
      }
    }
    if (skip('/')) {
      if (!number(step)) return cron_fault::unknown_word;
      if (step == 0 || step > of_.most) return cron_fault::no_step;
    }
    for (auto at = from; at <= upto; at += step) bits |= std::uint64_t{1} << at;
    return cron_fault::none;
  }
  constexpr cron_fault value(unsigned& found) {
    if (number(found))
      return found < of_.least || found > of_.most ? cron_fault::out_of_range : cron_fault::none;
    for (std::size_t at = 0; at < of_.names.size() && rest_.size() >= 3; at += 3) {
      if (!same(rest_.data(), of_.names.data() + at)) continue;
      found = of_.least + static_cast<unsigned>(at / 3);
      rest_.remove_prefix(3);
      return cron_fault::none;
    }
    return cron_fault::unknown_word;
  }
  constexpr bool number(unsigned& found) {
    std::size_t digits = 0;
    for (found = 0; digits < rest_.size() && digits < 4; ++digits) {
      char const c = rest_.data()[digits];
      if (c < '0' || c > '9') break;
      found = found * 10 + static_cast<unsigned>(c - '0');
    }
    rest_.remove_prefix(digits);
    return digits != 0;
  }
  static constexpr bool same(char const* left, char const* right) {
    for (int i = 0; i < 3; ++i) {
      char const c = left[i] >= 'A' && left[i] <= 'Z' ? static_cast<char>(left[i] + 32) : left[i];
      if (c != right[i]) return false;
    }
    return true;
  }

  std::string_view rest_;
  cron_field const& of_;
};

constexpr std::string_view cron_macro(std::string_view name) {
  if (name == "@yearly" || name == "@annually") return "0 0 1 1 *";
  if (name == "@monthly") return "0 0 1 * *";
  if (name == "@weekly") return "0 0 * * 0";
  if (name == "@daily" || name == "@midnight") return "0 0 * * *";
  if (name == "@hourly") return "0 * * * *";
  return {};
}

/// Whether some month has one of the days.
constexpr bool has_its_day(cron_schedule const& of) {
  constexpr unsigned lengths[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (unsigned month = 1; month <= 12; ++month)
    if ((of.months >> month & 1U) != 0 &&
        static_cast<unsigned>(std::countr_zero(of.days)) <= lengths[month - 1])
      return true;
  return false;
}

} // namespace detail

/// Reads "minute hour day month weekday", with a second before these where there are six fields,
/// or `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`. A field is
/// a list of `*`, numbers, names (`jan`, `mon`; in any case) and ranges, each with `/step` or
/// without; Sunday is 0 or 7. Where both day and weekday are given, one of them is enough.
/// *Source*: crontab(5) of Vixie cron, and POSIX.1-2017 crontab.
constexpr cron_reading read_cron(std::string_view text) {
  cron_reading read;
  if (text.size() != 0 && text.data()[0] == '@') {
    text = detail::cron_macro(text);
    if (text.size() == 0) return {{}, cron_fault::unknown_macro, 0};
  }
  std::string_view words[7];
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size() && count < 7;) {
    auto const from = at;
    while (at < text.size() && text.data()[at] != ' ' && text.data()[at] != '\t') ++at;
    if (at != from) words[count++] = {text.data() + from, at - from};
    else ++at;
  }
  if (count != 5 && count != 6) return {{}, cron_fault::field_count, 0};

  std::uint64_t bits[6] = {count == 5 ? std::uint64_t{1} : 0, 0, 0, 0, 0, 0};
  std::size_t const first = 6 - count;
  for (std::size_t i = 0; i < count; ++i) {
    detail::cron_field_reader reader(words[i], detail::cron_fields[first + i]);
    if (auto const fault = reader.read(bits[first + i]); fault != cron_fault::none)
      return {{}, fault, first + i};
  }
  auto const is_open = [&](std::size_t field) { return words[field - first].data()[0] == '*'; };
  auto& made = read.schedule;
  made.seconds = bits[0];
  made.minutes = bits[1];
  made.hours = bits[2];
  made.days = bits[3];
  made.months = bits[4];
  made.weekdays = (bits[5] | bits[5] >> 7) & 0x7fU;
  made.either_day = !is_open(3) && !is_open(5);
  made.follows_time = is_open(2);
  if (!made.either_day && !detail::has_its_day(made)) return {{}, cron_fault::no_such_day, 3};
  return read;
}

/// The schedule of a text. *Throws* std::invalid_argument with a sentence that says the field and
/// what it takes.
cron_schedule parse_cron(std::string_view text);

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/cron_schedule.ipp>
#endif
