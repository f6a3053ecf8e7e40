// A table of slots, each looked for from where its name's hash points.
#pragma once

#include <pando/meta/name_index.hpp>

namespace pando::detail {

/// Of the upper half of a slot.
PANDO_INLINE std::uint64_t name_index::hash_of(std::string_view name) noexcept {
  return static_cast<std::uint64_t>(std::hash<std::string_view>{}(name)) << 32;
}

/// The slot of that name, or the free one where it would stand.
PANDO_INLINE std::size_t name_index::slot_of(std::string_view name,
                                             std::uint64_t hash) const noexcept {
  auto const mask = slots_.size() - 1;
  auto at = static_cast<std::size_t>(hash >> 32) & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    auto const index = static_cast<std::uint32_t>(slots_[at]);
    if ((slots_[at] ^ index) == hash && entries_[index - 1].name == name) break;
  }
  return at;
}

PANDO_INLINE std::size_t const* name_index::find(std::string_view name) const noexcept {
  if (slots_.empty()) return nullptr;
  auto const index = static_cast<std::uint32_t>(slots_[slot_of(name, hash_of(name))]);
  return index == 0 ? nullptr : &entries_[index - 1].place;
}

PANDO_INLINE bool name_index::add(std::string_view name, std::size_t place) {
  if (2 * entries_.size() >= slots_.size()) widen();
  auto const hash = hash_of(name);
  auto const at = slot_of(name, hash);
  if (slots_[at] != 0) return false;
  entries_.push_back({std::string(name), place});
  slots_[at] = hash | entries_.size();
  return true;
}

PANDO_INLINE void name_index::widen() {
  sequence<std::uint64_t> before(slots_.empty() ? 8 : 2 * slots_.size());
  slots_.swap(before);
  auto const mask = slots_.size() - 1;
  for (auto const known : before) {
    if (known == 0) continue;
    auto at = static_cast<std::size_t>(known >> 32) & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = known;
  }
}

} // namespace pando::detail
