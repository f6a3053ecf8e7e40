// What can be wrong with a cron job where it is written, each in one sentence.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pando/contract/parts.hpp>
#include <pando/meta/fault.hpp>
#include <pando/meta/fixed_string.hpp>
#include <pando/runtime/cron_schedule.hpp>

namespace pando {

/// The text is a cron expression.
template <fixed_string Job, fixed_string Expression>
inline constexpr bool cron_expression_is_one = false;
/// The job has a name.
template <fixed_string Expression>
inline constexpr bool cron_job_has_a_name = false;
/// It is an option of a cron job.
template <fixed_string Job, class Option>
inline constexpr bool cron_takes_this = false;

namespace cluster::detail {

/// What stands in for a job behind a sentence.
struct faulty_job : pando::detail::already_told {};

template <class Option>
concept zone_option = requires { Option::pando_time_zone; };
template <class Option>
concept skip_option = requires { Option::pando_skip_ms; };
template <class Option>
inline constexpr bool is_cron_option =
    zone_option<Option> || skip_option<Option> || pando::detail::blocking_part<Option>;

template <class Option>
constexpr void read_zone(std::string_view& to) {
  if constexpr (zone_option<Option>) to = Option::pando_time_zone;
}
/// The name of the zone; empty: UTC.
template <class... Options>
constexpr std::string_view zone_among() {
  std::string_view zone;
  (read_zone<Options>(zone), ...);
  return zone;
}
template <class Option>
constexpr void read_skip(std::int64_t& to) {
  if constexpr (skip_option<Option>) to = Option::pando_skip_ms;
}
template <class... Options>
constexpr std::int64_t skip_among() {
  std::int64_t skip = std::int64_t{24} * 60 * 60 * 1000;
  (read_skip<Options>(skip), ...);
  return skip;
}

/// The fault of an expression, as a sentence.
template <fixed_string Job, fixed_string Expression, cron_fault Fault>
struct faulty_expression;

template <fixed_string Job, fixed_string Expression>
struct faulty_expression<Job, Expression, cron_fault::field_count> : pando::detail::any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(cron_expression_is_one<Job, Expression>,
                    "pando: a cron expression has five fields (minute hour day month weekday), or "
                    "six with the second before these: job, expression");
    }
  };
};
template <fixed_string Job, fixed_string Expression>
struct faulty_expression<Job, Expression, cron_fault::unknown_word> : pando::detail::any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(cron_expression_is_one<Job, Expression>,
                    "pando: a field of this cron expression has a word that is none; it takes *, "
                    "numbers, names (jan, mon), ranges a-b and steps /n, with commas between them: "
                    "job, expression");
    }
  };
};
template <fixed_string Job, fixed_string Expression>
struct faulty_expression<Job, Expression, cron_fault::out_of_range> : pando::detail::any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(cron_expression_is_one<Job, Expression>,
                    "pando: a number of this cron expression is out of range; seconds and minutes "
                    "are 0 to 59, hours 0 to 23, days 1 to 31, months 1 to 12, weekdays 0 to 7: "
                    "job, expression");
    }
  };
};
template <fixed_string Job, fixed_string Expression>
struct faulty_expression<Job, Expression, cron_fault::backwards> : pando::detail::any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(cron_expression_is_one<Job, Expression>,
                    "pando: a range of this cron expression ends before it begins; write it as "
                    "two, such as 22-23,0-3: job, expression");
    }
  };
};
template <fixed_string Job, fixed_string Expression>
struct faulty_expression<Job, Expression, cron_fault::no_step> : pando::detail::any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(cron_expression_is_one<Job, Expression>,
                    "pando: a step of this cron expression is 0, or more than its field has; "
                    "write such as */15: job, expression");
    }
  };
};
template <fixed_string Job, fixed_string Expression>
struct faulty_expression<Job, Expression, cron_fault::unknown_macro> : pando::detail::any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(cron_expression_is_one<Job, Expression>,
                    "pando: this is no name of a schedule; there are @yearly, @annually, @monthly, "
                    "@weekly, @daily, @midnight and @hourly: job, expression");
    }
  };
};
template <fixed_string Job, fixed_string Expression>
struct faulty_expression<Job, Expression, cron_fault::no_such_day> : pando::detail::any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(cron_expression_is_one<Job, Expression>,
                    "pando: no month of this cron expression has such a day, so it is never due: "
                    "job, expression");
    }
  };
};

template <fixed_string Expression>
struct nameless_cron_job : pando::detail::any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(cron_job_has_a_name<Expression>,
                    "pando: a cron job has a name, under which its state is stored: "
                    "pando::cron<\"nightly\", \"0 3 * * *\">: expression");
    }
  };
};
template <fixed_string Job, class Option>
struct unknown_cron_option : pando::detail::any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(cron_takes_this<Job, Option>,
                    "pando: this is no option of a cron job; it takes time_zone<...>, "
                    "skip_if_older_than<...> and blocking: job, given");
    }
  };
};

/// The first that is no option; void: there is none.
template <class... Options>
struct first_foreign_option {
  using type = void;
};
template <class First, class... Rest>
struct first_foreign_option<First, Rest...> : first_foreign_option<Rest...> {};
template <class First, class... Rest>
  requires(!is_cron_option<First>)
struct first_foreign_option<First, Rest...> {
  using type = First;
};

template <fixed_string Name, fixed_string Expression, class... Options>
constexpr auto find_cron_item_fault() {
  constexpr cron_fault fault = read_cron(Expression.view()).fault;
  using foreign = typename first_foreign_option<Options...>::type;
  if constexpr (Name.size() == 0)
    return nameless_cron_job<Expression>{};
  else if constexpr (fault != cron_fault::none)
    return faulty_expression<Name, Expression, fault>{};
  else if constexpr (!std::is_void_v<foreign>)
    return unknown_cron_option<Name, foreign>{};
  else
    return pando::detail::no_fault{};
}
template <fixed_string Name, fixed_string Expression, class... Options>
using cron_item_fault = decltype(find_cron_item_fault<Name, Expression, Options...>());

} // namespace cluster::detail
} // namespace pando
