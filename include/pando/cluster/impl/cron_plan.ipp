// The next step of a cron job, and the text of what is stored of it.
#pragma once

#include <array>
#include <charconv>
#include <cstdio>

#include <pando/cluster/detail/cron_plan.hpp>

namespace pando::cluster::detail {

PANDO_INLINE std::string text_of(std::chrono::sys_seconds time) {
  auto const day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const clock(time - day);
  std::array<char, 64> text{};
  auto const length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(length));
}

// The form: "1 DUE BEGUN WRITTEN SCHEDULE", the first being the form's number.

PANDO_INLINE std::string text_of(cron_record const& one) {
  return "1 " + std::to_string(one.due.time_since_epoch().count()) +
         (one.is_begun ? " 1 " : " 0 ") +
         std::to_string(one.written.time_since_epoch().count()) + ' ' + one.schedule;
}

PANDO_INLINE std::optional<cron_record> read_cron_record(std::string_view text) {
  std::array<std::int64_t, 4> numbers{};
  for (auto& number : numbers) {
    auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    auto const length = static_cast<std::size_t>(end - text.data());
    if (fault != std::errc() || length == text.size() || *end != ' ') return {};
    text.remove_prefix(length + 1);
  }
  if (numbers[0] != 1 || (numbers[2] != 0 && numbers[2] != 1)) return {};
  using std::chrono::seconds;
  return cron_record{std::chrono::sys_seconds(seconds(numbers[1])), numbers[2] == 1,
                     std::chrono::sys_seconds(seconds(numbers[3])), std::string(text)};
}

/// `next` grows with where it begins, so that is halved.
PANDO_INLINE std::chrono::sys_seconds last_due(cron_times const& times,
                                               std::chrono::sys_seconds from,
                                               std::chrono::sys_seconds upto) {
  auto low = from; // it is due after that, and by `upto`
  auto high = upto;
  while (high - low > std::chrono::seconds(1)) {
    auto const middle = low + (high - low) / 2;
    auto const next = times.schedule.next(middle, times.zone);
    (next && *next <= upto ? low : high) = middle;
  }
  return times.schedule.next(low, times.zone).value_or(upto);
}

inline constexpr std::chrono::hours most_clocks_differ{1};

PANDO_INLINE cron_step next_step(cron_times const& times, std::optional<cron_record> const& stored,
                                 std::chrono::sys_seconds now) {
  using action = cron_step::action;
  auto const after = [&](std::chrono::sys_seconds time) {
    return times.schedule.next(time, times.zone);
  };
  auto const store = [&](std::string why, bool is_trouble = false) {
    auto const next = after(now);
    return next ? cron_step{action::store, *next, false, std::move(why), is_trouble}
                : cron_step{action::end, now, false, std::move(why), is_trouble};
  };
  auto const is_too_old = [&](std::chrono::sys_seconds due) { return now - due > times.skip; };
  auto const skipped = [&](std::chrono::sys_seconds due, char const* what) {
    return store("the run of " + text_of(due) + what + " is left out: it is older than " +
                     std::to_string(times.skip.count() / 1000) + " s (skip_if_older_than)",
                 true);
  };
  if (!stored) return store("");
  auto const due = stored->due;
  if (stored->is_begun) {
    if (is_too_old(due)) return skipped(due, ", which was begun and not completed,");
    return {action::run, due, true, {}, false};
  }
  // What is stored may be of another schedule, or of another edition of the zones.
  bool const is_known = after(due - std::chrono::seconds(1)) == due;
  bool const is_same = stored->schedule == times.text;
  if (!is_known)
    return store(is_same ? std::string()
                         : "its schedule is \"" + times.text + "\" now, and was \"" +
                               stored->schedule + '"');
  if (now + most_clocks_differ < stored->written)
    return store("the clock here is more than an hour behind " + text_of(stored->written) +
                     ", when its next run was stored; that is decided anew",
                 true);
  if (!is_same) {
    if (auto const next = after(now); due > now && next && *next < due)
      return store("its schedule is \"" + times.text + "\" now, and was \"" + stored->schedule +
                   '"');
  }
  if (due > now) return {action::wait, due, false, {}, false};
  auto const last = last_due(times, due - std::chrono::seconds(1), now);
  if (is_too_old(last)) return skipped(last, ", which was missed,");
  cron_step step{action::run, last, false, {}, false};
  if (last != due)
    step.why = "its runs from " + text_of(due) + " on were missed; the last of them is made up for";
  else if (now - due > std::chrono::seconds(30))
    step.why = "the run of " + text_of(due) + " is late";
  return step;
}

} // namespace pando::cluster::detail
