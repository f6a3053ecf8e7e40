// A cron job where it is owned: waits until it is due, runs, records that.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <pando/cluster/detail/cron_plan.hpp>
#include <pando/cluster/detail/sole_run.hpp>
#include <pando/cluster/sole_work.hpp>
#include <pando/config.hpp>
#include <pando/runtime/log.hpp>
#include <pando/runtime/threads.hpp>

namespace pando::cluster::detail {

/// The user's function of a run, as a coroutine that is cancelled where it is spawned. `pool`:
/// where a plain function runs; null: here.
template <class Context>
task<void> call_user(sole_function<Context> const& body, std::shared_ptr<Context> context,
                     blocking_pool const* pool);

/// Goes on until it is asked to end, or owns the job no longer. What it is given outlives it.
/// `completed`: the run that this process has completed and could not record, if there is one.
PANDO_LAZY task<void> keep_cron(std::shared_ptr<sole_run> run, cron_work const& work,
                                cron_times const& times,
                                std::optional<std::chrono::sys_seconds>& completed,
                                log const& events);

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/cron_job.ipp>
#endif
