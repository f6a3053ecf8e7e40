// Singletons and cron jobs as data: what runs, under which name, and when.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include <pando/cluster/cron.hpp>
#include <pando/cluster/singleton.hpp>
#include <pando/handler/task.hpp>
#include <pando/runtime/cron_schedule.hpp>

namespace pando::cluster {

/// A user's function: one of the two. *Throws* what it throws.
template <class Context>
struct sole_function {
  std::function<task<void>(Context&)> run{};
  std::function<void(Context&)> call{}; ///< a plain function
};

/// What a singleton's name, or a cron job's, points to outlives the work.
struct singleton_work {
  std::string_view name;
  bool is_on_pool; ///< a plain function runs on the pool of threads that may be blocked
  sole_function<singleton_context> body;
};
struct cron_work {
  std::string_view name;
  std::string_view expression;
  cron_schedule schedule;
  std::string_view zone; ///< empty: UTC
  std::chrono::milliseconds skip;
  bool is_on_pool;
  sole_function<cron_context> body;
};

} // namespace pando::cluster
