// What every typed call does before it starts.
#pragma once

#include <utility>

#include <pando/handler/client.hpp>

namespace pando::detail {

PANDO_INLINE void prepare(operation& call, channel& via, call_options const& options,
                          boost::asio::any_io_executor home) {
  call.home = std::move(home);
  call.carrier = &via;
  if (options.within) call.deadline = std::chrono::steady_clock::now() + *options.within;
}

} // namespace pando::detail
