// Asio's functions that run something, each called in one place.
#pragma once

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <pando/handler/callback.hpp>

namespace pando::detail {

PANDO_INLINE void post(boost::asio::any_io_executor const& where, callback work) {
  boost::asio::post(where, std::move(work));
}

PANDO_INLINE void dispatch(boost::asio::any_io_executor const& where, callback work) {
  boost::asio::dispatch(where, std::move(work));
}

/// A callback by way of a template parameter, as `awaited_token` is.
template <class>
struct spawned_callback {
  using type = callback;
};

PANDO_LAZY_BODY void spawn(boost::asio::any_io_executor const& where, task<void> work,
                           callback ended) {
#ifdef PANDO_HEADER_ONLY
  using handler = typename spawned_callback<Lazy>::type;
#else
  using handler = callback;
#endif
  boost::asio::co_spawn(where, std::move(work), handler(std::move(ended)));
}

} // namespace pando::detail
