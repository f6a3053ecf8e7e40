// From a route and its handler to one plain function: decode, guard, run, answer.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <pando/handler/call.hpp>
#include <pando/handler/implement.hpp>
#include <pando/handler/parameters.hpp>
#include <pando/handler/served.hpp>
#include <pando/schema/table.hpp>

namespace pando::detail {

/// An implementation with the app's services: what `self` of a served route points to.
struct bound_erased {
  void const* implementation;
  void* const* services;
};

/// Answers with the declared error in flight when it is an `Error`.
template <class Error>
bool raise_if(call& which, error_row const& row, std::size_t index) {
  try {
    throw;
  } catch (Error& error) {
    which.raise(row, index, &error);
    return true;
  } catch (...) {
    return false;
  }
}

template <class Contract, class Route, class Errors = typename Route::raises>
struct errors_of_route;
template <class Contract, class Route, class... Errors>
struct errors_of_route<Contract, Route, meta::list<Errors...>> {
  /// Answers with the exception in flight, whatever it is.
  static void explain(call& which) {
    std::size_t index = 0;
    auto const& row = row_of_route<Contract, Route>;
    if constexpr (sizeof...(Errors) != 0) {
      if (((raise_if<Errors>(which, row.errors[index], index) || (++index, false)) || ...)) return;
    }
    fail_with_current_exception(which, row);
  }
  static void explain_stream(call& which, std::exception_ptr error) {
    try {
      std::rethrow_exception(error);
    } catch (...) {
      explain(which);
    }
  }
};

template <class Binding>
inline constexpr bool runs_binding_on_pool = false;
template <fixed_string Name, class Function, class... Parts>
inline constexpr bool runs_binding_on_pool<handler_binding<Name, Function, Parts...>> =
    (blocking_part<Parts> || ...);

template <class Contract, class Route, class Binding, class Implementation, class Services>
struct route_invoker {
  using function = typename Binding::function;
  using shape = signature_of<function>;
  using gives = typename shape::result;
  using request = typename Route::request;
  using result = typename Route::result;
  using errors = errors_of_route<Contract, Route>;
  using self_type = bound_erased;
  static constexpr bool is_coroutine = awaited<gives>::is_task;
  using answered = typename awaited<gives>::type;
  using kept = std::conditional_t<std::is_void_v<answered>, std::monostate, answered>;
  static_assert(!Route::streams || !is_coroutine,
                "pando: the handler of a stream gives pando::stream<T> itself, not a task of it");
  static constexpr bool on_pool = Route::runs_on_pool || runs_binding_on_pool<Binding>;

  template <class... Parameters>
  static gives call_handler(self_type const& self, call& which, request& in,
                            meta::list<Parameters...>) {
    auto const& binding = std::get<Binding>(
        static_cast<Implementation const*>(self.implementation)->handlers);
    return binding.call(argument<Parameters, request, Services>(which, in, self.services)...);
  }

  static gives run_handler(self_type const& self, call& which, request& in) {
    return call_handler(self, which, in, typename shape::parameters{});
  }

  template <class Value>
  static void give(call& which, Value&& value) {
    if constexpr (Route::streams) {
      which.stream(type_table<typename Route::item>, std::forward<Value>(value).release(),
                   &errors::explain_stream);
    } else if constexpr (std::is_same_v<std::remove_cvref_t<Value>, result>) {
      which.answer(&type_table<result>, &value);
    } else {
      result converted = std::forward<Value>(value);
      which.answer(&type_table<result>, &converted);
    }
  }

  /// The pool runs the handler; decoding before and answering after stay on the call's executor.
  static task<void> run_on_pool(self_type const* self, call* which, request in) {
    std::exception_ptr thrown;
    std::optional<kept> value;
    co_await which->move_to(which->pool());
    try {
      if constexpr (is_coroutine && std::is_void_v<answered>) {
        co_await run_handler(*self, *which, in);
      } else if constexpr (is_coroutine) {
        value.emplace(co_await run_handler(*self, *which, in));
      } else if constexpr (std::is_void_v<answered>) {
        run_handler(*self, *which, in);
      } else {
        value.emplace(run_handler(*self, *which, in));
      }
    } catch (...) {
      thrown = std::current_exception();
    }
    co_await which->move_to(which->executor());
    if (thrown) errors::explain_stream(*which, thrown);
    else if constexpr (std::is_void_v<answered>) which->answer(nullptr, nullptr);
    else give(*which, std::move(*value));
  }

  static task<void> run_coroutine(self_type const* self, call* which, request in) {
    try {
      if constexpr (std::is_void_v<typename awaited<gives>::type>) {
        co_await run_handler(*self, *which, in);
        which->answer(nullptr, nullptr);
      } else {
        auto value = co_await run_handler(*self, *which, in);
        give(*which, std::move(value));
      }
    } catch (...) {
      errors::explain(*which);
    }
  }

  template <class... Guards>
  static void check_guards(self_type const& self, call& which, meta::list<Guards...>) {
    (service<Guards, Services>(self.services).check(which.caller()), ...);
  }

  /// The entry of the served route.
  static void invoke(void const* bound, call& which) {
    auto const& self = *static_cast<self_type const*>(bound);
    try {
      check_guards(self, which, meta::concat<guard_list<Contract>, typename Route::guards>{});
      request in{};
      if constexpr (Route::takes_request) {
        if (!which.decode(type_table<request>, &in)) return which.finished();
      }
      if constexpr (on_pool && !Route::streams) {
        which.run(run_on_pool(&self, &which, std::move(in)));
        return;
      } else if constexpr (is_coroutine) {
        which.run(run_coroutine(&self, &which, std::move(in)));
        return;
      } else if constexpr (Route::streams) {
        give(which, run_handler(self, which, in));
        return;
      } else if constexpr (std::is_void_v<gives>) {
        run_handler(self, which, in);
        which.answer(nullptr, nullptr);
      } else {
        auto value = run_handler(self, which, in);
        give(which, std::move(value));
      }
    } catch (...) {
      errors::explain(which);
    }
    which.finished();
  }
};

} // namespace pando::detail
