// The token of Asio's operations in PANDO_LAZY coroutines, see <pando/config.hpp>.
#pragma once

#include <boost/asio/use_awaitable.hpp>

#include <pando/config.hpp>

namespace pando::detail {

/// `use_awaitable` by way of a template parameter: what is done with it is made where it is used.
template <class>
struct awaited_token {
  using type = boost::asio::use_awaitable_t<>;
};

} // namespace pando::detail
