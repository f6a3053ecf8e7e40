// What a cron job is to do now, decided from what is stored of it. Pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/runtime/cron_schedule.hpp>
#include <pando/runtime/zone_rules.hpp>

namespace pando::cluster::detail {

/// What is stored of a job.
struct cron_record {
  std::chrono::sys_seconds due{}; ///< the run that is next, or was begun
  bool is_begun = false;
  std::chrono::sys_seconds written{}; ///< by the clock of who wrote it
  std::string schedule{};             ///< expression and zone, as they were
};

/// As it is stored, and back; nothing for a text that is none.
std::string text_of(cron_record const& one);
std::optional<cron_record> read_cron_record(std::string_view text);

/// A job's times.
struct cron_times {
  cron_schedule schedule{};
  zone_rules zone{};
  std::string text{}; ///< expression and zone
  std::chrono::milliseconds skip{};
};

/// The last time it is due at in (`from`, `upto`]. *Limit*: it is due then at least once.
std::chrono::sys_seconds last_due(cron_times const& times, std::chrono::sys_seconds from,
                                  std::chrono::sys_seconds upto);

struct cron_step {
  enum class action : std::uint8_t {
    wait,  ///< until `due`, or a change
    run,   ///< the run of `due`
    store, ///< that the next is `due`, which `why` explains; then ask again
    end,   ///< it is never due again
  };
  action what = action::wait;
  std::chrono::sys_seconds due{};
  bool is_repeated = false; ///< it was begun before
  std::string why{};        ///< for a person; empty: nothing to say
  bool is_trouble = false;  ///< `why` tells of a run that will not be
};

/// What to do, by a clock that shows `now`.
cron_step next_step(cron_times const& times, std::optional<cron_record> const& stored,
                    std::chrono::sys_seconds now);

/// A time as logs have it, in UTC: 2026-03-29T01:00:00Z.
std::string text_of(std::chrono::sys_seconds time);

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/cron_plan.ipp>
#endif
