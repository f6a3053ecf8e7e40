// What an app checks of its singletons and cron jobs.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <pando/app/feature.hpp>
#include <pando/handler/parameters.hpp>
#include <pando/handler/signature_of.hpp>
#include <pando/meta/fault.hpp>
#include <pando/meta/list.hpp>

namespace pando {

/// Something the app was given provides what the function of a singleton or cron job asks for.
template <fixed_string Job, class Wanted>
inline constexpr bool job_parameter_is_provided = false;
/// Its function is one, or an object with exactly one call operator (no `auto` parameters).
template <fixed_string Job, class Function>
inline constexpr bool job_has_one_call_operator = false;
/// Its function gives nothing: void, or `pando::task<>`.
template <fixed_string Job, class Given>
inline constexpr bool job_gives_nothing = false;
/// Its function is no coroutine, since it may block.
template <fixed_string Job>
inline constexpr bool blocking_job_is_no_coroutine = false;
/// No two singletons, and no two cron jobs, of an app have one name.
template <fixed_string Job>
inline constexpr bool job_name_is_unique = false;

namespace detail {

template <fixed_string Job, class Wanted>
struct unprovided_job_parameter : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(job_parameter_is_provided<Job, Wanted>,
                    "pando: nothing provides what the function of this singleton or cron job asks "
                    "for; give it to the app by .provide(object): job, type");
    }
  };
};
template <fixed_string Job, class Wanted>
struct constant_job_parameter : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(job_parameter_is_provided<Job, Wanted>,
                    "pando: what the function of this singleton or cron job asks for was given as "
                    "const; ask for it by reference to const: job, type");
    }
  };
};
template <fixed_string Job, class Function>
struct generic_job : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(job_has_one_call_operator<Job, Function>,
                    "pando: a singleton or cron job is a function or a lambda without auto "
                    "parameters: job, given");
    }
  };
};
template <fixed_string Job, class Given>
struct job_with_a_result : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(job_gives_nothing<Job, Given>,
                    "pando: nobody takes the result of a singleton or cron job; its function "
                    "gives void or pando::task<>: job, given");
    }
  };
};
template <fixed_string Job>
struct blocking_coroutine : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(blocking_job_is_no_coroutine<Job>,
                    "pando: pando::blocking is for a singleton or cron job whose function is no "
                    "coroutine; leave it out, or write a plain function: job");
    }
  };
};
template <fixed_string Job>
struct two_jobs_of_one_name : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(job_name_is_unique<Job>,
                    "pando: two singletons, or two cron jobs, of one app have this name, under "
                    "which they find each other in the cluster; rename one of them: job");
    }
  };
};

/// What an app knows of one job: its function may ask for services and its context.
template <class Item, class Services>
struct sole_of_app {
  using function = typename Item::function;
  using context = typename Item::context;
  using shape = signature_of<function>;
  using gives = typename awaited<typename shape::result>::type;
  static constexpr bool is_coroutine = awaited<typename shape::result>::is_task;

  template <class Parameter>
  static constexpr bool provides_one = std::is_same_v<bare<Parameter>, context> ||
                                       has_service<asked_service<Parameter>, Services>;
  template <class... Parameters>
  static constexpr bool provides(meta::list<Parameters...>) {
    return (provides_one<Parameters> && ...);
  }
  static constexpr bool is_sound = shape::known && std::is_void_v<gives> &&
                                   !(Item::blocks && is_coroutine) &&
                                   provides(typename shape::parameters{});

  template <class... Parameters>
  static constexpr auto find_missing(meta::list<Parameters...>) {
    constexpr auto at =
        meta::first_false<sizeof...(Parameters)>({provides_one<Parameters>...});
    using asked = meta::nth<at, meta::list<bare<Parameters>...>>;
    if constexpr (has_service<asked const, Services>)
      return constant_job_parameter<Item::name, asked>{};
    else
      return unprovided_job_parameter<Item::name, asked>{};
  }
  static constexpr auto find_fault() {
    if constexpr (!shape::known)
      return generic_job<Item::name, function>{};
    else if constexpr (!std::is_void_v<gives>)
      return job_with_a_result<Item::name, gives>{};
    else if constexpr (Item::blocks && is_coroutine)
      return blocking_coroutine<Item::name>{};
    else
      return find_missing(typename shape::parameters{});
  }
};

template <class First, class Second>
inline constexpr bool are_one_job =
    std::is_same_v<typename First::context, typename Second::context> &&
    First::name == Second::name;
/// Whether none after it has its name.
template <class First, class... Rest>
inline constexpr bool is_first_of_its_name = !(are_one_job<First, Rest> || ...);

/// What is wrong with the jobs of an app, or `no_fault`.
template <class Services>
constexpr auto find_job_fault(meta::list<>) {
  return no_fault{};
}
template <class Services, class First, class... Rest>
constexpr auto find_job_fault(meta::list<First, Rest...>) {
  if constexpr (!sole_of_app<First, Services>::is_sound)
    return sole_of_app<First, Services>::find_fault();
  else if constexpr (!is_first_of_its_name<First, Rest...>)
    return two_jobs_of_one_name<First::name>{};
  else
    return find_job_fault<Services>(meta::list<Rest...>{});
}

} // namespace detail
} // namespace pando
