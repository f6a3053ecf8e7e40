// Finding headers by name.
#pragma once

#include <pando/http/headers.hpp>

namespace pando::http {

PANDO_INLINE bool same_name(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    auto const lower = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    if (lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

PANDO_INLINE std::optional<std::string_view> headers::get(std::string_view name) const noexcept {
  for (header const& line : lines_) {
    if (same_name(line.name, name)) return line.value;
  }
  return std::nullopt;
}

PANDO_INLINE std::string_view headers::get(std::string_view name,
                                           std::string_view otherwise) const noexcept {
  return get(name).value_or(otherwise);
}

PANDO_INLINE std::size_t headers::count(std::string_view name) const noexcept {
  std::size_t found = 0;
  for (header const& line : lines_) found += same_name(line.name, name);
  return found;
}

} // namespace pando::http
