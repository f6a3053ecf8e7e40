// The coroutine type of handlers and clients: Asio's own, so that any Asio library composes.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace pando {

namespace asio = boost::asio;

/// A coroutine that gives a `Result`; `boost::asio::awaitable`, nothing more.
template <class Result = void>
using task = boost::asio::awaitable<Result>;

} // namespace pando
