// What every typed call does before it starts.
#pragma once

#include <exception>
#include <utility>

#include <pando/handler/client.hpp>
#include <pando/handler/deadline_clock.hpp>

namespace pando::detail {

PANDO_INLINE void prepare(operation& call, channel& via, call_options const& options,
                          boost::asio::any_io_executor home) {
  call.home = std::move(home);
  call.carrier = &via;
  call.behalf = options.behalf;
  if (call.behalf != nullptr) call.deadline = call.behalf->deadline;
  if (options.within) call.deadline = deadline_clock::now() + *options.within;
}

PANDO_INLINE void throw_if_failed(operation const& call) {
  if (call.failed) std::rethrow_exception(call.failed);
  if (call.error_index) call.route->errors[*call.error_index].thrown(call.error);
}

} // namespace pando::detail
