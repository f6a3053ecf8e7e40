// The four forms of a signature: `R(A)`, `R()`, `void(A)`, `pando::stream<T>(A)`.
#pragma once

#include <type_traits>

#include <pando/contract/stream_fwd.hpp>

namespace pando {

/// Says that a signature takes no request.
struct no_request {};

namespace detail {

template <class Type>
struct result_of_signature {
  using item = Type;
  static constexpr bool streams = false;
};
template <class Item>
struct result_of_signature<stream<Item>> {
  using item = Item;
  static constexpr bool streams = true;
};

template <class Function>
inline constexpr bool signature_is_result_of_at_most_one_request = false;
template <class Result>
inline constexpr bool signature_is_result_of_at_most_one_request<Result()> = true;
template <class Result, class Request>
inline constexpr bool signature_is_result_of_at_most_one_request<Result(Request)> = true;

/// A signature that is none: whoever uses the contract is told so in a sentence.
template <class Function>
struct signature {
  using request = no_request;
  using result = void;
  using item = void;
  static constexpr bool streams = false;
};
template <class Result>
struct signature<Result()> : result_of_signature<Result> {
  using request = no_request;
  using result = Result;
};
template <class Result, class Request>
struct signature<Result(Request)> : result_of_signature<Result> {
  using request = std::remove_cvref_t<Request>;
  using result = Result;
};

} // namespace detail
} // namespace pando
