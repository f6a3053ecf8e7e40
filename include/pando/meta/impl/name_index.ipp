// A table of slots, each looked for from where its name's hash points.
#pragma once

#include <pando/meta/name_index.hpp>

namespace pando::detail {

/// The slot of that name, or the free one where it would stand.
PANDO_INLINE std::size_t name_index::slot_of(std::string_view name) const noexcept {
  auto const mask = slots_.size() - 1;
  auto at = std::hash<std::string_view>{}(name)&mask;
  while (slots_[at] != 0 && entries_[slots_[at] - 1].name != name) at = (at + 1) & mask;
  return at;
}

PANDO_INLINE std::size_t const* name_index::find(std::string_view name) const noexcept {
  if (slots_.empty()) return nullptr;
  auto const known = slots_[slot_of(name)];
  return known == 0 ? nullptr : &entries_[known - 1].place;
}

PANDO_INLINE bool name_index::add(std::string_view name, std::size_t place) {
  if (2 * entries_.size() >= slots_.size()) widen();
  auto const at = slot_of(name);
  if (slots_[at] != 0) return false;
  entries_.push_back({std::string(name), place});
  slots_[at] = static_cast<std::uint32_t>(entries_.size());
  return true;
}

PANDO_INLINE void name_index::widen() {
  sequence<std::uint32_t> wider(slots_.empty() ? 8 : 2 * slots_.size());
  slots_.swap(wider);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) slots_[slot_of(entries_[i].name)] = i + 1;
}

} // namespace pando::detail
