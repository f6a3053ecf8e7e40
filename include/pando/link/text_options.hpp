// How a call by name goes over a link.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <pando/handler/io.hpp>

namespace pando {

/// What a call by its name, with JSON texts, may be told.
struct link_text_options {
  std::string_view door{}; ///< whose handler, where a route has several; empty: the socket's
  io_sink* sink = nullptr; ///< null: where everything that handlers show and ask goes
  std::optional<std::chrono::steady_clock::time_point> deadline{};
};

} // namespace pando
