// A result or one of the declared errors, as a value: what `attempt()` gives.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

namespace pando {

/// Holds a `Result`, or one of `Errors`. With a void `Result` success holds nothing.
template <class Result, class... Errors>
class outcome {
  using kept = std::conditional_t<std::is_void_v<Result>, std::monostate, Result>;

 public:
  /// A success.
  explicit outcome(kept value = {}) : held_(std::in_place_index<0>, std::move(value)) {}
  /// One of the declared errors.
  template <class Error>
    requires(std::is_same_v<Error, Errors> || ...)
  explicit outcome(std::in_place_type_t<Error>, Error error)
      : held_(std::in_place_index<1 + place<Error>()>, std::move(error)) {}

  bool has_value() const noexcept { return held_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The result. *Throws* the declared error when it holds one.
  decltype(auto) value() const& {
    throw_error();
    if constexpr (!std::is_void_v<Result>) return (std::get<0>(held_));
  }
  decltype(auto) value() && {
    throw_error();
    if constexpr (!std::is_void_v<Result>) return std::move(std::get<0>(held_));
  }
  auto const& operator*() const& { return std::get<0>(held_); }
  auto const* operator->() const { return &std::get<0>(held_); }

  /// The error of that type, or null when it holds something else.
  template <class Error>
    requires(std::is_same_v<Error, Errors> || ...)
  Error const* error() const noexcept {
    return std::get_if<1 + place<Error>()>(&held_);
  }

  /// Calls `with` with what it holds; the result of void is given as std::monostate.
  template <class Visitor>
  decltype(auto) visit(Visitor&& with) const {
    return std::visit(std::forward<Visitor>(with), held_);
  }

 private:
  template <class Error>
  static constexpr std::size_t place() {
    std::size_t at = 0;
    (void)((std::is_same_v<Error, Errors> || (++at, false)) || ...);
    return at;
  }
  void throw_error() const {
    std::visit(
        [](auto const& held) {
          if constexpr ((std::is_same_v<std::remove_cvref_t<decltype(held)>, Errors> || ...))
            throw held;
        },
        held_);
  }

  std::variant<kept, Errors...> held_;
};

} // namespace pando
