// What the door itself reads of a request's headers: media types and the caller's deadline.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string_view>

#include <pando/config.hpp>
#include <pando/http/headers.hpp>

namespace pando::http::detail {

/// The header in which a caller says how long it waits for the answer, in milliseconds.
inline constexpr std::string_view timeout_header = "Pando-Timeout-Ms";

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view lines_type = "application/x-ndjson";
inline constexpr std::string_view events_type = "text/event-stream";

/// How a stream is written, by what the request accepts.
enum class stream_format : std::uint8_t { lines, events };

/// The headers that concern the door, found in one pass. Absent ones are empty.
struct door_headers {
  std::string_view accept; ///< the first of them
  std::string_view content_type;
  std::string_view timeout;
  bool has_accept = false;
};
door_headers read_door_headers(headers const& lines) noexcept;

/// How welcome a media type is (RFC 9110, 12.5.1): the weight of the most precise range that fits.
struct welcome {
  int weight = 0;    ///< 0 … 1000; 0: refused
  int precision = 0; ///< 0: no range fits; 1: `*/*`, 2: `type/*`, 3: the type itself
  friend auto operator<=>(welcome const&, welcome const&) = default;
};
welcome how_welcome(headers const& lines, std::string_view type) noexcept;

/// Whether a request takes JSON.
bool accepts_json(headers const& lines, door_headers const& ours) noexcept;
/// How a stream is to be written for a request. False: it takes neither way.
bool accepted_stream(headers const& lines, door_headers const& ours, stream_format& how) noexcept;
/// Whether a body of that type is JSON: application/json, anything +json, or nothing said.
bool is_json(std::string_view content_type) noexcept;
/// The time in a `Pando-Timeout-Ms`. False: it is no number of milliseconds below 2^32.
bool read_timeout(std::string_view text, std::chrono::milliseconds& time) noexcept;

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/negotiate.ipp>
#endif
