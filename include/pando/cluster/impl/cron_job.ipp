// The loop of a cron job. It is not cancelled itself: the user's function in it is.
#pragma once

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/post.hpp>

#include <pando/cluster/detail/cron_job.hpp>
#include <pando/handler/callback.hpp>
#include <pando/runtime/door_call.hpp>
#include <pando/store/storage_error.hpp>

namespace pando::cluster::detail {

inline constexpr std::chrono::milliseconds storage_retry{200};
/// A clock that is set, or was suspended, is noticed after that.
inline constexpr std::chrono::milliseconds longest_rest{10'000};

/// A plain function runs here, unless it blocks.
template <class Context>
task<void> call_user(sole_function<Context> const& body, std::shared_ptr<Context> context,
                     blocking_pool const* pool) {
  if (body.run) {
    co_await body.run(*context);
    co_return;
  }
  std::function<void()> work = [&body, context] { body.call(*context); };
  if (pool == nullptr)
    work();
  else
    co_await run_on_pool(*pool, std::move(work));
}

/// Says once that the storage is away.
struct cron_trouble {
  sole_run const& run;
  log const& events;
  bool is_told = false;
  void tell(std::string const& what) {
    if (std::exchange(is_told, true)) return;
    events.warning(run.title + " on " + run.place->address + ": the storage does not answer: " +
                   what + "; it is tried again while this runner owns the job");
  }
};

/// What was found; unknown when it is to end before the storage has answered.
struct loaded_record {
  bool is_known = false;
  std::optional<cron_record> found{};
};

PANDO_LAZY inline task<loaded_record> load_record(std::shared_ptr<sole_run> run,
                                                  log const& events) {
  cron_trouble trouble{*run, events};
  while (!run->is_asked && run->is_owner()) {
    std::string fault;
    try {
      auto const text = co_await run->value();
      loaded_record loaded{true, {}};
      if (text) loaded.found = read_cron_record(*text);
      if (text && !loaded.found)
        events.error(run->title + ": what is stored of it is not understood (\"" + *text +
                     "\"); it begins anew");
      co_return loaded;
    } catch (std::exception const& error) {
      fault = error.what();
    }
    trouble.tell(fault);
    co_await lease::pause(*run->place->time, storage_retry);
  }
  co_return loaded_record{};
}

/// Gives false when this runner owns the job no longer. Nothing is given up before that, unless the
/// run has not begun: then an end that was asked for is enough.
PANDO_LAZY inline task<bool> save_record(std::shared_ptr<sole_run> run, cron_record const& one,
                                         bool gives_up, log const& events) {
  cron_trouble trouble{*run, events};
  auto const text = text_of(one);
  while (run->is_owner() && !(gives_up && run->is_asked)) {
    std::string fault;
    try {
      std::string copy = text;
      bool const is_saved = co_await run->set_value(std::move(copy));
      co_return is_saved;
    } catch (std::exception const& error) {
      fault = error.what();
    }
    trouble.tell(fault);
    co_await lease::pause(*run->place->time, storage_retry);
  }
  co_return false;
}

/// One run, to its end. Gives what it threw.
PANDO_LAZY inline task<std::exception_ptr> run_once(std::shared_ptr<sole_run> run,
                                                    cron_work const& work, cron_step const& step) {
  auto const& home = run->place->home;
  auto const context = std::make_shared<cron_context>(run, step.due, step.is_repeated);
  auto const over = std::make_shared<one_shot>(home);
  auto const signal = std::make_shared<boost::asio::cancellation_signal>();
  run->signal = signal;
  auto const* const pool = work.is_on_pool ? run->place->pool : nullptr;
  pando::detail::spawn(
      home, call_user<cron_context>(work.body, context, pool),
      pando::detail::callback(
          [fire = fires_once(over), signal](std::exception_ptr error) mutable { fire(error); },
          signal->slot()));
  co_await over->wait();
  run->signal.reset();
  co_return over->error();
}

/// What is stored once the run of `due` is over. A schedule without a next time has that of nine
/// years from now, which it is not due at: then it is asked again.
inline cron_record record_after(cron_times const& times, std::chrono::sys_seconds due,
                                std::chrono::sys_seconds now) {
  auto const next = times.schedule.next((std::max)(now, due), times.zone);
  return {next.value_or(now + std::chrono::days(9 * 366)), false, now, times.text};
}

/// A run that was completed here is recorded, where nobody has begun another since. Gives false
/// when this runner owns the job no longer.
PANDO_LAZY inline task<bool> make_up_record(std::shared_ptr<sole_run> run, cron_times const& times,
                                            std::optional<std::chrono::sys_seconds>& completed,
                                            std::optional<cron_record>& stored,
                                            log const& events) {
  bool const is_it = stored && stored->is_begun && completed == stored->due;
  if (!is_it) {
    if (stored) completed.reset();
    co_return true;
  }
  auto const now = std::chrono::floor<std::chrono::seconds>(run->place->time->wall());
  auto record = record_after(times, stored->due, now);
  bool const is_saved = co_await save_record(run, record, true, events);
  if (!is_saved) co_return false;
  events.info(run->title + ": the run of " + text_of(stored->due) + " was completed on " +
              run->place->address + ", which is recorded now");
  completed.reset();
  stored = std::move(record);
  co_return true;
}

/// Gives whether the job goes on here.
PANDO_LAZY inline task<bool> carry_out(std::shared_ptr<sole_run> run, cron_work const& work,
                                       cron_times const& times, cron_step const& step,
                                       std::optional<std::chrono::sys_seconds>& completed,
                                       std::optional<cron_record>& stored, log const& events) {
  auto const& place = *run->place;
  auto const now = [&] { return std::chrono::floor<std::chrono::seconds>(place.time->wall()); };
  auto const which = run->title + ": the run of " + text_of(step.due);
  cron_record record{step.due, true, now(), times.text};
  bool const is_begun = co_await save_record(run, record, true, events);
  // Cancelled meanwhile: nothing would end it any more. It was not begun, which nobody knows.
  if (!is_begun || run->is_stopping || !run->is_owner()) co_return false;
  if (step.is_repeated)
    events.warning(which + " was begun before and not completed; it runs again, on " +
                   place.address);
  else
    events.info(which + " begins on " + place.address);
  auto const began = place.time->now();
  auto const thrown = co_await run_once(run, work, step);
  auto const took = std::to_string(place.time->now() - began) + " ms";
  if (run->is_stopping) {
    events.warning(which + " was cut off after " + took + " on " + place.address +
                   "; the next owner runs it again");
    co_return false;
  }
  completed = step.due;
  auto const next = times.schedule.next((std::max)(now(), step.due), times.zone);
  record = record_after(times, step.due, now());
  bool const is_saved = co_await save_record(run, record, false, events);
  if (is_saved) completed.reset();
  auto const then = next ? "; next at " + text_of(*next) : std::string("; it is not due again");
  if (thrown)
    events.error(which + " failed after " + took + " on " + place.address + ": " +
                 describe_exception(thrown) + then);
  else
    events.info(which + " is done after " + took + " on " + place.address + then);
  if (!is_saved)
    events.error(which + " has ended, but that is not recorded, since " + place.address +
                 " owns the job no longer: another owner runs it again");
  stored = std::move(record);
  co_return is_saved;
}

PANDO_LAZY_BODY task<void> keep_cron(std::shared_ptr<sole_run> run, cron_work const& work,
                                     cron_times const& times,
                                     std::optional<std::chrono::sys_seconds>& completed,
                                     log const& events) {
  auto loaded = co_await load_record(run, events);
  if (!loaded.is_known) co_return;
  auto stored = std::move(loaded.found);
  bool const is_recorded = co_await make_up_record(run, times, completed, stored, events);
  if (!is_recorded) co_return;
  bool is_first = true;
  while (!run->is_asked) {
    auto const shown = run->place->time->wall();
    auto const now = std::chrono::floor<std::chrono::seconds>(shown);
    auto step = next_step(times, stored, now);
    if (!step.why.empty())
      events.write(step.is_trouble ? log_level::warning : log_level::info,
                   run->title + ": " + step.why);
    using action = cron_step::action;
    if (step.what == action::end) {
      events.warning(run->title + ": it is never due again (" + times.text + ")");
      bool waits = true;
      while (waits) waits = co_await run->rest(longest_rest);
    } else if (step.what == action::store) {
      cron_record record{step.due, false, now, times.text};
      bool const is_saved = co_await save_record(run, record, true, events);
      if (!is_saved) co_return;
      stored = std::move(record);
    } else if (step.what == action::wait) {
      if (std::exchange(is_first, false))
        events.info(run->title + ": waits on " + run->place->address + ", next at " +
                    text_of(step.due));
      auto const left = step.due - shown;
      co_await run->rest(
          (std::min)(longest_rest, std::chrono::ceil<std::chrono::milliseconds>(left)));
    } else {
      is_first = false;
      bool const goes_on = co_await carry_out(run, work, times, step, completed, stored, events);
      if (!goes_on) co_return;
    }
  }
}

} // namespace pando::cluster::detail
