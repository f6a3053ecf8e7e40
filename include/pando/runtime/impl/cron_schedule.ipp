// The next time a schedule is due, and what is said of a text that is none.
#pragma once

#include <stdexcept>

#include <pando/runtime/cron_schedule.hpp>

namespace pando {

namespace detail {

/// The lowest bit from there on; 64 when there is none.
inline unsigned next_bit(std::uint64_t bits, unsigned from) noexcept {
  if (from > 63) return 64;
  return static_cast<unsigned>(std::countr_zero(bits >> from << from));
}

/// The first time of day from that one on.
inline std::optional<std::chrono::seconds> due_in_day(cron_schedule const& of,
                                                      std::chrono::seconds from) {
  std::chrono::hh_mm_ss const shown(from);
  auto const at_hour = static_cast<unsigned>(shown.hours().count());
  auto const at_minute = static_cast<unsigned>(shown.minutes().count());
  auto const at_second = static_cast<unsigned>(shown.seconds().count());
  for (auto hour = next_bit(of.hours, at_hour); hour < 24; hour = next_bit(of.hours, hour + 1)) {
    bool const this_hour = hour == at_hour;
    for (auto minute = next_bit(of.minutes, this_hour ? at_minute : 0); minute < 60;
         minute = next_bit(of.minutes, minute + 1)) {
      bool const this_minute = this_hour && minute == at_minute;
      auto const second = next_bit(of.seconds, this_minute ? at_second : 0);
      if (second < 60)
        return std::chrono::hours(hour) + std::chrono::minutes(minute) +
               std::chrono::seconds(second);
    }
  }
  return {};
}

inline bool is_due_on(cron_schedule const& of, std::chrono::local_days day) {
  std::chrono::year_month_day const date(day);
  if ((of.months >> static_cast<unsigned>(date.month()) & 1U) == 0) return false;
  bool const by_day = (of.days >> static_cast<unsigned>(date.day()) & 1U) != 0;
  bool const by_weekday = (of.weekdays >> std::chrono::weekday(day).c_encoding() & 1U) != 0;
  return of.either_day ? by_day || by_weekday : by_day && by_weekday;
}

/// The first time from that one on at which clocks that are never changed show what is due.
inline std::optional<std::chrono::local_seconds> next_shown(cron_schedule const& of,
                                                            std::chrono::local_seconds from) {
  auto day = std::chrono::floor<std::chrono::days>(from);
  auto const last = day + std::chrono::days(9 * 366); // between 2096 and 2104 there is no leap year
  for (auto time = from - day; day <= last; ++day, time = std::chrono::seconds(0)) {
    if (!is_due_on(of, day)) continue;
    if (auto const found = due_in_day(of, time)) return day + *found;
  }
  return {};
}

} // namespace detail

PANDO_INLINE std::optional<std::chrono::sys_seconds>
cron_schedule::next(std::chrono::sys_seconds after, zone_rules const& zone) const {
  using std::chrono::local_seconds;
  auto const last = after + std::chrono::days(9 * 366);
  auto from = after + std::chrono::seconds(1);
  while (follows_time && from <= last) {
    auto const now = zone.at(from);
    auto const shown =
        detail::next_shown(*this, local_seconds((from + now.offset).time_since_epoch()));
    if (!shown) return {};
    auto const found = std::chrono::sys_seconds(shown->time_since_epoch()) - now.offset;
    if (found < now.until) return found;
    from = now.until;
  }
  if (follows_time) return {};

  // From before what the clocks show, by more than any are ever put forward or back.
  auto shown = local_seconds((from + zone.at(from).offset).time_since_epoch()) -
               std::chrono::hours(3);
  for (;;) {
    auto const next = detail::next_shown(*this, shown);
    if (!next) return {};
    if (auto const found = zone.when(*next).time; found > after) return found;
    shown = *next + std::chrono::seconds(1);
  }
}

PANDO_INLINE cron_schedule parse_cron(std::string_view text) {
  auto const read = read_cron(text);
  if (read.fault == cron_fault::none) return read.schedule;
  auto const& field = detail::cron_fields[read.field];
  auto const range = std::to_string(field.least) + " to " + std::to_string(field.most);
  std::string why = "the " + std::string(field.name) + ' ';
  switch (read.fault) {
  case cron_fault::field_count:
    why = "it has five fields, minute hour day month weekday, or a second before these";
    break;
  case cron_fault::unknown_word:
    why += "takes numbers from " + range +
           (field.names.empty() ? "" : ", names like " + std::string(field.names.substr(0, 3))) +
           ", *, ranges like 1-5 and steps like */2, with commas between";
    break;
  case cron_fault::out_of_range: why += "must be from " + range; break;
  case cron_fault::backwards: why += "has a range that ends before it begins"; break;
  case cron_fault::no_step:
    why += "has a step that must be from 1 to " + std::to_string(field.most);
    break;
  case cron_fault::unknown_macro:
    why = "there are @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly";
    break;
  case cron_fault::no_such_day: why = "none of its months has that day"; break;
  case cron_fault::none: break;
  }
  throw std::invalid_argument("cron \"" + std::string(text) + "\": " + why);
}

} // namespace pando
