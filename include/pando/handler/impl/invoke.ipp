// What becomes of an exception that a handler threw.
#pragma once

#include <utility>

#include <pando/handler/invoke.hpp>

namespace pando::detail {

PANDO_INLINE void explain(call& which, route_row const& route) {
  for (std::size_t index = 0; index < route.errors.size(); ++index)
    if (void* const error = route.errors[index].thrown(nullptr))
      return which.raise(route.errors[index], index, error);
  fail_with_current_exception(which, route);
}

PANDO_INLINE void explain(call& which, route_row const& route, std::exception_ptr error) {
  try {
    std::rethrow_exception(std::move(error));
  } catch (...) {
    explain(which, route);
  }
}

} // namespace pando::detail
