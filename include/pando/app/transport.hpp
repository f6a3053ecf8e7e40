// Doors made outside the library: a marker type in the contract, and a class that serves it.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include <pando/handler/served.hpp>
#include <pando/handler/task.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando {

/// What a transport is started with. All of it outlives the transport's `stop`.
struct transport_context {
  served_routes const& routes;
  door_context const& app;
  boost::asio::any_io_executor executor;
};

/// A door of one's own. `door` is the name its markers carry in their `marker_row`; `serve` returns
/// when it accepts calls, `stop` when the last accepted call was answered; `describe` is one line
/// for the log.
template <class Type>
concept transport = requires(Type& door, transport_context const& context) {
  { std::string_view(std::remove_cvref_t<Type>::door) };
  { door.serve(context) } -> std::same_as<task<void>>;
  { door.stop() } -> std::same_as<task<void>>;
  { door.describe() } -> std::convertible_to<std::string>;
};

} // namespace pando
