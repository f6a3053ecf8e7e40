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

#include <pando/config.hpp>
#include <pando/handler/call.hpp>
#include <pando/handler/implement.hpp>
#include <pando/handler/parameters.hpp>
#include <pando/handler/served.hpp>
#include <pando/schema/table.hpp>

namespace pando::detail {

/// An implementation with the app's services.
struct bound_erased {
  void const* implementation;
  void* const* services;
};

/// Answers with the exception in flight: a declared error of the route, one of the framework's own,
/// or a defect.
void explain(call& which, route_row const& route);
void explain(call& which, route_row const& route, std::exception_ptr error);

/// The same for what a stream's producer throws, later.
template <class Contract, fixed_string Name>
void explain_stream(call& which, std::exception_ptr error) {
  explain(which, row_of_route<Contract, Name>, std::move(error));
}

template <class Binding>
inline constexpr bool runs_binding_on_pool = false;
template <fixed_string Name, class Function, class... Parts>
inline constexpr bool
    runs_binding_on_pool<handler_binding<Name, Function, Parts...>> = (blocking_part<Parts> || ...);

/// Runs handler number `Index` of its implementation for one call. Named by the route's name and
/// the function's type alone: a name that held the whole contract made object files a hundred times
/// as large.
template <class Contract, fixed_string Name, std::size_t Index, class Function, bool OnPool,
          class Services>
struct route_invoker {
  using route = route_named<Contract, Name>;
  using shape = signature_of<Function>;
  using gives = typename shape::result;
  using parameters = typename shape::parameters;
  using guards = meta::concat<guard_list<Contract>, typename route::guards>;
  using request = typename route::request;
  using result = typename route::result;
  static constexpr bool is_coroutine = awaited<gives>::is_task;
  using answered = typename awaited<gives>::type;
  using kept = std::conditional_t<std::is_void_v<answered>, std::monostate, answered>;
  static constexpr bool on_pool = (OnPool || route::runs_on_pool) && !route::streams;

  template <class... Parameters>
  static gives run_handler(bound_handlers const& self, call& which, request& in,
                           meta::list<Parameters...>) {
    auto const& handler = *static_cast<Function const*>(self.handlers[Index]);
    return handler(argument<Parameters, request, Services>(which, in, self.services)...);
  }

  template <class Value>
  static void give(call& which, Value&& value) {
    if constexpr (route::streams) {
      which.stream(type_table<typename route::item>, std::forward<Value>(value).release(),
                   &explain_stream<Contract, Name>);
    } else if constexpr (std::is_same_v<std::remove_cvref_t<Value>, result>) {
      which.answer(&type_table<result>, &value);
    } else {
      result converted = std::forward<Value>(value);
      which.answer(&type_table<result>, &converted);
    }
  }

  /// The pool runs the handler; decoding before and answering after stay on the call's executor.
  static task<void> run_on_pool(bound_handlers const* self, call* which, request in) {
    std::exception_ptr thrown;
    std::optional<kept> value;
    co_await which->move_to_pool();
    try {
      if constexpr (is_coroutine && std::is_void_v<answered>) {
        co_await run_handler(*self, *which, in, parameters{});
      } else if constexpr (is_coroutine) {
        value.emplace(co_await run_handler(*self, *which, in, parameters{}));
      } else if constexpr (std::is_void_v<answered>) {
        run_handler(*self, *which, in, parameters{});
      } else {
        value.emplace(run_handler(*self, *which, in, parameters{}));
      }
    } catch (...) {
      thrown = std::current_exception();
    }
    co_await which->move_to(which->executor());
    if (thrown)
      explain(*which, row_of_route<Contract, Name>, thrown);
    else if constexpr (std::is_void_v<answered>)
      which->answer(nullptr, nullptr);
    else
      give(*which, std::move(*value));
  }

  static task<void> run_coroutine(bound_handlers const* self, call* which, request in) {
    try {
      if constexpr (std::is_void_v<typename awaited<gives>::type>) {
        co_await run_handler(*self, *which, in, parameters{});
        which->answer(nullptr, nullptr);
      } else {
        auto value = co_await run_handler(*self, *which, in, parameters{});
        give(*which, std::move(value));
      }
    } catch (...) {
      explain(*which, row_of_route<Contract, Name>);
    }
  }

  template <class... Guards>
  static void check_guards(bound_handlers const& self, call& which, meta::list<Guards...>) {
    if (which.is_let_in()) return;
    (service<Guards, Services>(self.services).check(which.caller()), ...);
  }

  /// The entry of the served route.
  static void invoke(void const* bound, call& which) {
    auto const& self = *static_cast<bound_handlers const*>(bound);
    try {
      if constexpr (guards::size != 0) check_guards(self, which, guards{});
      request in{};
      if constexpr (route::takes_request) {
        if (!which.decode(type_table<request>, &in)) return which.finished();
      }
      if constexpr (on_pool) {
        which.run(run_on_pool(&self, &which, std::move(in)), row_of_route<Contract, Name>);
        return;
      } else if constexpr (is_coroutine) {
        which.run(run_coroutine(&self, &which, std::move(in)), row_of_route<Contract, Name>);
        return;
      } else if constexpr (route::streams) {
        give(which, run_handler(self, which, in, parameters{}));
        return;
      } else if constexpr (std::is_void_v<gives>) {
        run_handler(self, which, in, parameters{});
        which.answer(nullptr, nullptr);
      } else {
        auto value = run_handler(self, which, in, parameters{});
        if constexpr (std::is_same_v<gives, result>) which.answer(&type_table<result>, &value);
        else give(which, std::move(value));
      }
    } catch (...) {
      explain(which, row_of_route<Contract, Name>);
    }
    which.finished();
  }
};

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/invoke.ipp>
#endif
