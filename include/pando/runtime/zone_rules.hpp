// A time zone of the system's database: for what is due by a calendar.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pando/config.hpp>

namespace pando {

namespace detail {

/// One end of a zone's summer time, every year: "the last Sunday of March, 2:00".
struct yearly_change {
  enum class form : std::uint8_t { month_week_day, day_of_365, day_of_year };
  form how = form::month_week_day;
  int month = 1;
  int week = 1; ///< 5: the last
  int day = 0;  ///< a weekday from Sunday, 0; or the day of the year
  std::chrono::seconds at = std::chrono::hours(2);

  /// When that is in a year, by the clock before the change.
  std::chrono::local_seconds in(std::chrono::year which) const;
};

/// What holds after the last change that is listed.
struct yearly_rule {
  std::chrono::seconds standard{};
  std::chrono::seconds summer{};
  bool has_summer = false;
  yearly_change begin{};
  yearly_change end{};

  /// Reads the text form. *Source*: POSIX.1-2017, 8.3, with the extensions of RFC 8536, 3.3.1.
  static std::optional<yearly_rule> read(std::string_view text);
};

} // namespace detail

/// How far the clocks of a place are from UTC, and when that changes. *Thread*: any; it is a value.
class zone_rules {
 public:
  using time_point = std::chrono::sys_seconds;

  /// UTC itself; needs no database.
  zone_rules() = default;

  /// By its name in the IANA database, "Europe/Berlin": the file of that name in $TZDIR, else in
  /// /usr/share/zoneinfo (on Debian: the package tzdata). *Throws* std::invalid_argument when there
  /// is none, or what it has is no time zone.
  static zone_rules named(std::string_view name);
  /// From the octets of such a file. *Throws* std::invalid_argument. *Source*: RFC 8536.
  static zone_rules from_tzif(std::string name, std::string_view octets);

  std::string const& name() const noexcept { return name_; }

  /// A time between two changes.
  struct period {
    std::chrono::seconds offset; ///< local time less UTC
    time_point until;            ///< `time_point::max()`: for ever
  };
  /// What holds at that time.
  period at(time_point time) const;

  /// When the clocks show that: the first of two times where they are put back, and the moment of
  /// the change for a time that they pass over. `is_skipped` says which.
  struct moment {
    time_point time;
    bool is_skipped;
  };
  moment when(std::chrono::local_seconds shown) const;

 private:
  struct change {
    time_point from;
    std::chrono::seconds offset;
  };

  std::string name_ = "UTC";
  std::chrono::seconds first_{}; ///< before the first change
  std::vector<change> changes_;  ///< in their order
  std::optional<detail::yearly_rule> after_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/zone_rules.ipp>
#endif
