// `secret<T>`: a value that is never printed or logged by accident.
#pragma once

#include <cstddef>
#include <utility>

#include <pando/contract/detail/wrapper.hpp>

namespace pando {

/// A `T` that says itself only when asked: `reveal()`. It converts from `T` and never to it, has no
/// `<<`, and is "***" in logs, help, settings, `io.table` and whatever a terminal shows. It travels
/// as it is to whoever called: over HTTP, the socket, and from a command with `--json` into a pipe
/// or a file, where a script reads it. Two secret texts are compared in a time that depends on
/// their length alone. Same size and layout as `T`; `value_` is public for the codec only.
template <class T>
struct secret {
  using pando_wrapped = T;

  T value_{};

  constexpr secret() = default;
  template <class U = T>
    requires detail::initialises<U, T, secret>
  constexpr secret(U&& value) : value_(std::forward<U>(value)) {}

  constexpr T const& reveal() const& noexcept { return value_; }
  constexpr T& reveal() & noexcept { return value_; }
  constexpr T&& reveal() && noexcept { return std::move(value_); }
};

namespace detail {
template <class Text>
concept text_of_bytes = requires(Text const& text, std::size_t at) {
  text.size();
  requires sizeof(text[at]) == 1;
};

template <text_of_bytes Text>
constexpr bool same_in_constant_time(Text const& left, Text const& right) {
  if (left.size() != right.size()) return false;
  unsigned differing = 0;
  for (std::size_t at = 0; at < left.size(); ++at) {
    differing |= static_cast<unsigned>(left[at]) ^ static_cast<unsigned>(right[at]);
  }
  return differing == 0;
}
} // namespace detail

template <class T>
constexpr bool operator==(secret<T> const& left, secret<T> const& right)
  requires requires { left.value_ == right.value_; }
{
  if constexpr (detail::text_of_bytes<T>) {
    return detail::same_in_constant_time(left.value_, right.value_);
  } else {
    return left.value_ == right.value_;
  }
}

/// A secret is not printed; print what `reveal()` gives, if you must.
template <class Stream, class T>
Stream& operator<<(Stream& out, secret<T> const& value) = delete;

} // namespace pando
