// `pando::cron<"nightly", "0 3 * * *">(run)`: what runs in one place of the cluster, on time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <pando/cluster/detail/cron_sentences.hpp>
#include <pando/cluster/sole_context.hpp>
#include <pando/contract/entity.hpp>
#include <pando/contract/parts.hpp>
#include <pando/meta/fixed_string.hpp>
#include <pando/runtime/cron_schedule.hpp>

namespace pando {

/// Of a cron job: the expression is read in this zone of the IANA database. Default: UTC.
/// `serve` *throws* std::invalid_argument where the machine does not know it.
template <fixed_string Name>
struct time_zone {
  static_assert(Name.size() != 0, "pando: time_zone<\"\"> has no name; leave it out for UTC");
  static constexpr std::string_view pando_time_zone = Name.view();
};

/// Of a cron job: a run that could not begin within that time (nobody served) is not made up for,
/// and one that was begun and not completed is not run again.
/// Default: a day. `skip_if_older_than<never>` makes up for any.
template <idle_time Age>
struct skip_if_older_than {
  static_assert(Age.milliseconds > 0, "pando: skip_if_older_than is a time above 0, or never");
  static constexpr std::int64_t pando_skip_ms = Age.milliseconds;
};

/// What a cron job may ask for beside services: `pando::cron_context&`.
class cron_context : public cluster::sole_context {
 public:
  cron_context(std::shared_ptr<cluster::detail::sole_run> run, std::chrono::sys_seconds scheduled,
               bool is_repeated) noexcept
      : sole_context(std::move(run)), scheduled_(scheduled), is_repeated_(is_repeated) {}

  /// The time that this run was due at. It tells runs apart: the same again is the same run.
  std::chrono::sys_seconds scheduled() const noexcept { return scheduled_; }
  /// The run was begun before, and whether it was carried out is not known.
  bool is_repeated() const noexcept { return is_repeated_; }

 private:
  std::chrono::sys_seconds scheduled_;
  bool is_repeated_;
};

namespace cluster {

/// A function that runs on time, as an app takes it. Made by `pando::cron`.
template <fixed_string Name, fixed_string Expression, class Function, class... Options>
struct cron_item {
  using function = Function;
  using context = cron_context;
  static constexpr auto name = Name;
  static constexpr std::string_view expression = Expression.view();
  static constexpr cron_schedule schedule = read_cron(Expression.view()).schedule;
  static constexpr bool blocks = (pando::detail::blocking_part<Options> || ...);
  static constexpr std::string_view zone = detail::zone_among<Options...>();
  static constexpr std::chrono::milliseconds skip{detail::skip_among<Options...>()};
  Function run;
};

} // namespace cluster

/// What runs in one place of the cluster, at the times that a cron expression is due at (see
/// `read_cron`), by the clock of the machine that owns it; one that is set is noticed within ten
/// seconds. `run` is as that of `pando::singleton`, with `pando::cron_context&`. `Options` are
/// `pando::time_zone<"Europe/Berlin">`, `pando::skip_if_older_than<10min>` and `pando::blocking`.
/// - A run has returned, or ended in an error (which is logged): it is done, and never run again
///   once that is recorded. Where the storage is away for longer than the lease, its own process
///   still knows, and another owner runs it again.
/// - Its owner died in it, or it was cancelled: the next owner runs it again, with the same
///   `scheduled()`, whatever it did after that, unless it is too old.
/// - Times that passed while nobody served: the last of them is run once, unless it is too old.
/// - Times that pass while a run goes on are passed over: runs never overlap.
/// - On a hand-over a run that goes on may end within the drain time; then it is cancelled.
/// *Compiles only if* the expression is one.
template <fixed_string Name, fixed_string Expression, class... Options, class Function>
  requires(!cluster::detail::cron_item_fault<Name, Expression, Options...>::found)
constexpr auto cron(Function run) {
  return cluster::cron_item<Name, Expression, Function, Options...>{std::move(run)};
}
template <fixed_string Name, fixed_string Expression, class... Options, class Function>
  requires cluster::detail::cron_item_fault<Name, Expression, Options...>::found
pando::detail::sentence<cluster::detail::cron_item_fault<Name, Expression, Options...>,
                        cluster::detail::faulty_job>
cron(Function run);

} // namespace pando
