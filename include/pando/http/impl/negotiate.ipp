// Reading Accept, Content-Type and the deadline.
#pragma once

#include <algorithm>
#include <charconv>

#include <pando/http/detail/negotiate.hpp>

namespace pando::http::detail {

/// As `same_name`; mostly the letters' cases agree too, and bytes are compared faster.
inline bool is_called(std::string_view name, std::string_view wanted) noexcept {
  return name == wanted || same_name(name, wanted);
}

PANDO_INLINE door_headers read_door_headers(headers const& lines) noexcept {
  constexpr std::string_view accept = "Accept";
  constexpr std::string_view content_type = "Content-Type";
  door_headers found;
  for (auto const& line : lines) {
    // Their lengths differ, so that most headers cost one comparison of numbers.
    if (line.name.size() == accept.size()) {
      if (found.has_accept || !is_called(line.name, accept)) continue;
      found.accept = line.value;
      found.has_accept = true;
    } else if (line.name.size() == content_type.size()) {
      if (is_called(line.name, content_type)) found.content_type = line.value;
    } else if (line.name.size() == timeout_header.size()) {
      if (is_called(line.name, timeout_header)) found.timeout = line.value;
    }
  }
  return found;
}

inline std::string_view without_blanks(std::string_view text) noexcept {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// Takes what is before the next mark off a text's front.
inline std::string_view take_before(std::string_view& text, char mark) noexcept {
  auto const at = text.find(mark);
  auto const taken = text.substr(0, at);
  text = at == text.npos ? std::string_view{} : text.substr(at + 1);
  return without_blanks(taken);
}

/// The `q` among a range's parameters in thousandths; 1000 where there is none.
inline int weight_of(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    auto one = take_before(parameters, ';');
    if (!same_name(take_before(one, '='), "q")) continue;
    int weight = 0;
    int unit = 1000;
    for (char const digit : one) {
      if (digit == '.') continue;
      if (digit < '0' || digit > '9' || unit == 0) return 0;
      weight += (digit - '0') * unit;
      unit /= 10;
    }
    return std::min(weight, 1000);
  }
  return 1000;
}

/// 0: the range does not fit the type; else how precisely it does.
inline int precision_of(std::string_view range, std::string_view type) noexcept {
  if (range == "*/*") return 1;
  auto const group = type.substr(0, type.find('/') + 1);
  if (range.size() == group.size() + 1 && range.ends_with("/*") &&
      same_name(range.substr(0, group.size()), group))
    return 2;
  return same_name(range, type) ? 3 : 0;
}

PANDO_INLINE welcome how_welcome(headers const& lines, std::string_view type) noexcept {
  welcome found;
  for (auto const& line : lines) {
    if (!same_name(line.name, "Accept")) continue;
    for (auto rest = line.value; !rest.empty();) {
      auto range = take_before(rest, ',');
      auto const precision = precision_of(take_before(range, ';'), type);
      if (precision == 0 || precision < found.precision) continue;
      int const weight = weight_of(range);
      found.weight = precision > found.precision ? weight : std::max(weight, found.weight);
      found.precision = precision;
    }
  }
  return found;
}

PANDO_INLINE bool accepts_json(headers const& lines, door_headers const& ours) noexcept {
  if (ours.accept.empty() || ours.accept == "*/*" || ours.accept == json_type) return true;
  return how_welcome(lines, json_type).weight != 0;
}

PANDO_INLINE bool accepted_stream(headers const& lines, door_headers const& ours,
                                  stream_format& how) noexcept {
  how = stream_format::lines;
  if (ours.accept.empty()) return true;
  auto const as_lines = how_welcome(lines, lines_type);
  auto const as_events = how_welcome(lines, events_type);
  if (as_events > as_lines) how = stream_format::events;
  return as_lines.weight != 0 || as_events.weight != 0;
}

PANDO_INLINE bool is_json(std::string_view content_type) noexcept {
  if (content_type == json_type) return true;
  auto const type = take_before(content_type, ';');
  constexpr std::string_view suffix = "+json";
  return type.empty() || same_name(type, json_type) ||
         (type.size() > suffix.size() &&
          same_name(type.substr(type.size() - suffix.size()), suffix));
}

PANDO_INLINE bool read_timeout(std::string_view text, std::chrono::milliseconds& time) noexcept {
  std::uint32_t ms = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return false;
  time = std::chrono::milliseconds(ms);
  return true;
}

} // namespace pando::http::detail
