// Lines of an event stream, and the events they make.
#pragma once

#include <cstring>

#include <pando/http/detail/event_reader.hpp>

namespace pando::http::detail {

PANDO_INLINE void event_reader::restart(std::size_t limit) noexcept {
  name_.clear();
  data_.clear();
  limit_ = limit;
  scanned_ = 0;
  has_data_ = is_given_ = skips_feed_ = false;
  is_first_ = true;
}

PANDO_INLINE event_reader::result event_reader::read(std::string_view text, std::size_t& used) {
  used = 0;
  if (is_given_) {
    name_.clear();
    data_.clear();
    has_data_ = is_given_ = false;
  }
  for (;;) {
    auto rest = text.substr(used);
    if (skips_feed_ && !rest.empty()) {
      skips_feed_ = false;
      if (rest.front() == '\n') {
        ++used;
        continue;
      }
    }
    auto const from = rest.substr(scanned_);
    auto end = from.find('\n');
    if (auto const cr = from.substr(0, end).find('\r'); cr != from.npos) end = cr;
    if (end == from.npos) {
      scanned_ = rest.size();
      return rest.size() + data_.size() > limit_ ? result::too_large : result::incomplete;
    }
    auto line = rest.substr(0, scanned_ + end);
    used += line.size() + 1;
    skips_feed_ = from[end] == '\r';
    scanned_ = 0;
    if (line.size() + data_.size() > limit_) return result::too_large;
    if (is_first_ && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    is_first_ = false;
    if (!line.empty()) {
      take_line(line);
    } else if (has_data_ || !name_.empty()) {
      is_given_ = true;
      return result::event;
    }
  }
}

PANDO_INLINE void event_reader::take_line(std::string_view line) {
  auto const colon = line.find(':');
  auto const field = line.substr(0, colon);
  auto value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") {
    name_ = value;
  } else if (field == "data") {
    if (has_data_) data_ += '\n';
    has_data_ = true;
    data_ += value;
  }
}

} // namespace pando::http::detail
