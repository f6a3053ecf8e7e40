// Failures thrown as their own types.
#pragma once

#include <pando/handler/failure.hpp>

namespace pando {

namespace detail {
template <failure_code Code>
[[noreturn]] void throw_failure_of(failure const& what) {
  throw failure_of<Code>(what.what(), what.faults(), what.id());
}
} // namespace detail

PANDO_INLINE void throw_failure(failure const& what) {
  using enum failure_code;
  switch (what.code()) {
  case invalid_request: detail::throw_failure_of<invalid_request>(what);
  case unauthenticated: detail::throw_failure_of<unauthenticated>(what);
  case forbidden: detail::throw_failure_of<forbidden>(what);
  case no_such_route: detail::throw_failure_of<no_such_route>(what);
  case cancelled: detail::throw_failure_of<cancelled>(what);
  case deadline_exceeded: detail::throw_failure_of<deadline_exceeded>(what);
  case disconnected: detail::throw_failure_of<disconnected>(what);
  case not_running: detail::throw_failure_of<not_running>(what);
  case overloaded: detail::throw_failure_of<overloaded>(what);
  case too_large: detail::throw_failure_of<too_large>(what);
  case incompatible: detail::throw_failure_of<incompatible>(what);
  case mailbox_full: detail::throw_failure_of<mailbox_full>(what);
  case runner_unavailable: detail::throw_failure_of<runner_unavailable>(what);
  case outcome_unknown: detail::throw_failure_of<outcome_unknown>(what);
  case conflict: detail::throw_failure_of<conflict>(what);
  case internal: break;
  }
  detail::throw_failure_of<internal>(what);
}

} // namespace pando
