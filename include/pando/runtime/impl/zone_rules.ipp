// Reading a zone's file, and asking it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <ios>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <pando/runtime/zone_rules.hpp>

namespace pando {

namespace detail {

/// Reads a POSIX TZ text from its front. Every member gives false when that is not there.
class zone_text {
 public:
  explicit zone_text(std::string_view text) : rest_(text) {}
  bool at_end() const noexcept { return rest_.empty(); }

  bool skip(char what) noexcept {
    if (rest_.empty() || rest_.front() != what) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// `CET` or `<+0330>`.
  bool name() {
    bool const quoted = skip('<');
    std::size_t length = 0;
    while (length < rest_.size() && belongs(rest_[length], quoted)) ++length;
    rest_.remove_prefix(length);
    return length >= 3 && (!quoted || skip('>'));
  }
  bool number(int& value, int most) {
    std::size_t digits = 0;
    for (value = 0; digits < rest_.size() && digits < 4 && is_digit(rest_[digits]); ++digits)
      value = value * 10 + (rest_[digits] - '0');
    rest_.remove_prefix(digits);
    return digits != 0 && value <= most;
  }
  /// `[+-]hh[:mm[:ss]]`
  bool time(std::chrono::seconds& value, int most_hours) {
    bool const negative = skip('-');
    if (!negative) skip('+');
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!number(hours, most_hours)) return false;
    if (skip(':') && !number(minutes, 59)) return false;
    if (skip(':') && !number(seconds, 59)) return false;
    value = std::chrono::hours(hours) + std::chrono::minutes(minutes) +
            std::chrono::seconds(seconds);
    if (negative) value = -value;
    return true;
  }
  bool change(yearly_change& value) {
    using form = yearly_change::form;
    if (skip('M')) {
      value.how = form::month_week_day;
      if (!number(value.month, 12) || !skip('.') || !number(value.week, 5) || !skip('.') ||
          !number(value.day, 6) || value.month == 0 || value.week == 0)
        return false;
    } else {
      value.how = skip('J') ? form::day_of_365 : form::day_of_year;
      if (!number(value.day, 365) || (value.how == form::day_of_365 && value.day == 0))
        return false;
    }
    return !skip('/') || time(value.at, 167);
  }

 private:
  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  static bool belongs(char c, bool quoted) noexcept {
    bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (quoted && (is_digit(c) || c == '+' || c == '-'));
  }

  std::string_view rest_;
};

PANDO_INLINE std::chrono::local_seconds yearly_change::in(std::chrono::year which) const {
  using namespace std::chrono;
  local_days date;
  if (how == form::month_week_day) {
    auto const wanted = which / std::chrono::month(static_cast<unsigned>(month));
    weekday const on(static_cast<unsigned>(day));
    date = week == 5 ? local_days(wanted / on[last])
                     : local_days(wanted / on[static_cast<unsigned>(week)]);
  } else {
    // Jn counts from 1 and leaves the 29th of February out, n counts from 0 and leaves out none.
    bool const passes_leap_day = how == form::day_of_365 && day >= 60 && which.is_leap();
    date = local_days(which / January / 1) + days(how == form::day_of_365 ? day - 1 : day) +
           days(passes_leap_day ? 1 : 0);
  }
  return date + at;
}

PANDO_INLINE std::optional<yearly_rule> yearly_rule::read(std::string_view text) {
  zone_text from(text);
  yearly_rule rule;
  if (!from.name() || !from.time(rule.standard, 24)) return {};
  rule.standard = -rule.standard; // written as what is to be added to get UTC
  if (from.at_end()) return rule;
  rule.has_summer = true;
  if (!from.name()) return {};
  rule.summer = rule.standard + std::chrono::hours(1);
  if (!from.skip(',')) {
    if (!from.time(rule.summer, 24) || !from.skip(',')) return {};
    rule.summer = -rule.summer;
  }
  if (!from.change(rule.begin) || !from.skip(',') || !from.change(rule.end) || !from.at_end())
    return {};
  return rule;
}

/// The file's numbers are big-endian and of 4 or 8 octets.
class tzif_block {
 public:
  tzif_block(std::string_view octets, std::size_t time_size) : octets_(octets), size_(time_size) {}

  /// Gives false when it is no whole block.
  bool read_header() {
    if (octets_.size() < 44 || octets_.substr(0, 4) != "TZif") return false;
    version = octets_[4];
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] = static_cast<std::size_t>(number(20 + 4 * i, 4));
      if (counts_[i] > octets_.size()) return false; // below, no sum of these overflows
    }
    auto const [utc, standard, leaps, changes, types, names] = counts_;
    body_ = 44;
    size = body_ + changes * (size_ + 1) + types * 6 + names + leaps * (size_ + 4) + standard + utc;
    return types != 0 && size <= octets_.size();
  }
  std::size_t changes() const { return counts_[3]; }
  std::int64_t time(std::size_t change) const { return number(body_ + change * size_, size_); }
  /// Seconds from UTC from that change on; nothing when it names no type.
  std::optional<std::int64_t> offset_after(std::size_t change) const {
    return offset(static_cast<unsigned char>(octets_[body_ + changes() * size_ + change]));
  }
  std::optional<std::int64_t> offset(std::size_t type) const {
    if (type >= counts_[4]) return {};
    return number(body_ + changes() * (size_ + 1) + type * 6, 4);
  }

  char version = 0;
  std::size_t size = 0;

 private:
  std::int64_t number(std::size_t from, std::size_t octets) const {
    std::uint64_t value = (static_cast<unsigned char>(octets_[from]) & 0x80U) != 0
                              ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < octets; ++i)
      value = value << 8 | static_cast<unsigned char>(octets_[from + i]);
    return static_cast<std::int64_t>(value);
  }

  std::string_view octets_;
  std::size_t size_;
  std::size_t body_ = 0;
  std::array<std::size_t, 6> counts_{};
};

} // namespace detail

PANDO_INLINE zone_rules zone_rules::from_tzif(std::string name, std::string_view octets) {
  auto const refuse = [&] {
    return std::invalid_argument("the file of time zone " + name + " is none (TZif, RFC 8536)");
  };
  detail::tzif_block block(octets, 4);
  if (!block.read_header()) throw refuse();
  std::string_view footer;
  if (block.version >= '2') {
    octets.remove_prefix(block.size);
    block = detail::tzif_block(octets, 8);
    if (!block.read_header()) throw refuse();
    footer = octets.substr(block.size);
    if (footer.size() < 2 || footer.front() != '\n') throw refuse();
    footer.remove_prefix(1);
    auto const end = footer.find('\n');
    if (end == footer.npos) throw refuse();
    footer = footer.substr(0, end);
  }
  zone_rules made;
  made.first_ = std::chrono::seconds(block.offset(0).value_or(0));
  for (std::size_t i = 0; i < block.changes(); ++i) {
    auto const offset = block.offset_after(i);
    time_point const from{std::chrono::seconds(block.time(i))};
    if (!offset || (!made.changes_.empty() && made.changes_.back().from >= from)) throw refuse();
    made.changes_.push_back({from, std::chrono::seconds(*offset)});
  }
  if (!footer.empty()) {
    made.after_ = detail::yearly_rule::read(footer);
    if (!made.after_) throw refuse();
  }
  made.name_ = std::move(name);
  return made;
}

PANDO_INLINE zone_rules zone_rules::named(std::string_view name) {
  if (name == "UTC") return {};
  auto const unknown = [&](std::string const& why) {
    return std::invalid_argument("there is no time zone \"" + std::string(name) + "\"" + why);
  };
  bool const leaves = name.empty() || name.front() == '/' || name.find("..") != name.npos;
  if (leaves) throw unknown("; write a name like Europe/Berlin");
  char const* const set = std::getenv("TZDIR");
  std::string const folder = set != nullptr && *set != 0 ? set : "/usr/share/zoneinfo";
  std::ifstream file(folder + '/' + std::string(name), std::ios::binary);
  std::string octets(std::size_t{1} << 20, '\0'); // the largest there are have some 4,000
  file.read(octets.data(), static_cast<std::streamsize>(octets.size()));
  octets.resize(static_cast<std::size_t>(file.gcount()));
  if (octets.empty())
    throw unknown(" in " + folder +
                  "; write a name like Europe/Berlin, and install the database (package tzdata)");
  return from_tzif(std::string(name), octets);
}

PANDO_INLINE zone_rules::period zone_rules::at(time_point time) const {
  auto const next = std::upper_bound(
      changes_.begin(), changes_.end(), time,
      [](time_point left, change const& right) { return left < right.from; });
  if (next != changes_.end())
    return {next == changes_.begin() ? first_ : std::prev(next)->offset, next->from};
  auto const last = changes_.empty() ? first_ : changes_.back().offset;
  if (!after_) return {last, (time_point::max)()};
  if (!after_->has_summer) return {after_->standard, (time_point::max)()};

  // The changes of this year and of those beside it, which another year's rule may reach into.
  std::array<change, 6> around{};
  auto const year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year();
  for (int i = 0; i < 3; ++i) {
    auto const which = year + std::chrono::years(i - 1);
    auto const utc = [](std::chrono::local_seconds shown, std::chrono::seconds offset) {
      return time_point(shown.time_since_epoch() - offset);
    };
    auto const at = static_cast<std::size_t>(2 * i);
    around[at] = {utc(after_->begin.in(which), after_->standard), after_->summer};
    around[at + 1] = {utc(after_->end.in(which), after_->summer), after_->standard};
  }
  std::sort(around.begin(), around.end(),
            [](change const& left, change const& right) { return left.from < right.from; });
  auto offset = around.front().offset;
  for (auto const& one : around) {
    if (one.from > time) return {offset, one.from};
    offset = one.offset;
  }
  return {offset, (time_point::max)()}; // not reached: the year after this one has changes
}

PANDO_INLINE zone_rules::moment zone_rules::when(std::chrono::local_seconds shown) const {
  using std::chrono::days;
  // No place is a day away from UTC.
  time_point const as_utc(shown.time_since_epoch());
  auto const before = at(as_utc - days(1));
  auto const after = at(as_utc + days(1));
  auto const early = as_utc - before.offset;
  if (before.offset == after.offset || early < before.until) return {early, false};
  auto const late = as_utc - after.offset;
  if (late >= before.until) return {late, false};
  return {before.until, true};
}

} // namespace pando
