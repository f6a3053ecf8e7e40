// Values as text: ISO 8601 durations, RFC 3339 times, base64, UUIDs, JSON pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pando/config.hpp>
#include <pando/contract/uuid.hpp>
#include <pando/meta/utf8.hpp>

// No function here is a template. A unit of time comes as a fraction of a second, `num / den`, as
// std::ratio has it (milliseconds: 1, 1000; hours: 3600, 1); both are positive. Functions that
// `parse` give whether they did; if not, `why` completes the sentence "… is not" in static text,
// and what was to be filled is untouched. Functions that `write` put no NUL and give the place
// after what they wrote, or nullptr when the value has no such text.

namespace pando::text {

/// Room that every duration and every time fits in.
inline constexpr std::size_t duration_room = 96;
inline constexpr std::size_t time_room = 48;

/// Reads an ISO 8601 duration into a count of units: `PT1H30M`, `P1DT2H`, `PT0.5S`, `P2W`, `-PT5S`.
/// Refused: years and months (they have no fixed length), a value that is no whole number of units,
/// and one past the range of the count.
bool parse_duration(std::string_view text, std::int64_t num, std::int64_t den, std::int64_t& count,
                    std::string_view& why) noexcept;

/// Writes `count` units as an ISO 8601 duration in days, hours, minutes and seconds, `PT0S` for
/// none. nullptr: the unit is no decimal fraction of a second of at most 18 digits.
char* write_duration(char* out, std::int64_t count, std::int64_t num, std::int64_t den) noexcept;

/// Reads an RFC 3339 time into units since 1970-01-01T00:00:00Z. Any offset is taken.
/// Refused: a time without offset, leap seconds, dates that no calendar has, a value that is no
/// whole number of units, and one past the range of the count.
bool parse_time(std::string_view text, std::int64_t num, std::int64_t den, std::int64_t& count,
                std::string_view& why) noexcept;

/// Writes a time in UTC, `2024-02-29T12:00:00.5Z`. nullptr: not in the years 0000 to 9999, or the
/// unit is no decimal fraction of a second of at most 18 digits.
char* write_time(char* out, std::int64_t count, std::int64_t num, std::int64_t den) noexcept;

/// As `write_duration` and `write_time`, at the end of `out`; false leaves it as it was.
bool append_duration(std::string& out, std::int64_t count, std::int64_t num, std::int64_t den);
bool append_time(std::string& out, std::int64_t count, std::int64_t num, std::int64_t den);

/// How long the base64 of so many octets is, padding included.
constexpr std::size_t base64_size(std::size_t octets) noexcept { return (octets + 2) / 3 * 4; }

/// Writes base64 with padding (RFC 4648, section 4).
char* write_base64(char* out, std::byte const* octets, std::size_t size) noexcept;
void append_base64(std::string& out, std::byte const* octets, std::size_t size);

/// Reads base64, strictly: padding is required, no line breaks, no bits left over.
bool parse_base64(std::string_view text, std::vector<std::byte>& octets, std::string_view& why);

/// Reads the 36 characters of a UUID.
bool parse_uuid(std::string_view text, uuid& id, std::string_view& why) noexcept;

/// Appends `/` and one step of a JSON pointer (RFC 6901), with `~` and `/` escaped.
void append_pointer_step(std::string& pointer, std::string_view step);
void append_pointer_step(std::string& pointer, std::size_t index);

} // namespace pando::text

#ifdef PANDO_HEADER_ONLY
#include <pando/schema/impl/duration.ipp>
#include <pando/schema/impl/text.ipp>
#include <pando/schema/impl/time.ipp>
#endif
