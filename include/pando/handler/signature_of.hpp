// What a handler takes and gives, read from its call operator.
#pragma once

#include <type_traits>

#include <pando/contract/stream_fwd.hpp>
#include <pando/handler/task.hpp>
#include <pando/meta/list.hpp>

namespace pando::detail {

template <class Function>
struct signature_of {
  static constexpr bool known = false;
  using parameters = meta::list<>;
  using result = void;
};

template <class Result, class... Parameters>
struct plain_signature {
  static constexpr bool known = true;
  using parameters = meta::list<Parameters...>;
  using result = Result;
};
template <class Result, class... P>
struct signature_of<Result (*)(P...)> : plain_signature<Result, P...> {};
template <class Result, class... P>
struct signature_of<Result (*)(P...) noexcept> : plain_signature<Result, P...> {};
template <class Result, class Owner, class... P>
struct signature_of<Result (Owner::*)(P...)> : plain_signature<Result, P...> {};
template <class Result, class Owner, class... P>
struct signature_of<Result (Owner::*)(P...) const> : plain_signature<Result, P...> {};
template <class Result, class Owner, class... P>
struct signature_of<Result (Owner::*)(P...) noexcept> : plain_signature<Result, P...> {};
template <class Result, class Owner, class... P>
struct signature_of<Result (Owner::*)(P...) const noexcept> : plain_signature<Result, P...> {};
template <class Function>
  requires requires { &Function::operator(); }
struct signature_of<Function> : signature_of<decltype(&Function::operator())> {};

template <class Result>
struct awaited {
  using type = Result;
  static constexpr bool is_task = false;
};
template <class Result>
struct awaited<task<Result>> {
  using type = Result;
  static constexpr bool is_task = true;
};

template <class Type>
inline constexpr bool is_stream = false;
template <class Item>
inline constexpr bool is_stream<stream<Item>> = true;

} // namespace pando::detail
