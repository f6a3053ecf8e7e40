// Contracts and their fingerprints, taken once.
#pragma once

#include <utility>

#include <pando/link/serving.hpp>
#include <pando/schema/shape.hpp>

namespace pando {

PANDO_INLINE serving::serving(served_routes const& routes, door_context const& context,
                              std::function<std::string()> describe)
    : routes_(routes), context_(context), describe_(std::move(describe)) {
  for (auto const* row : routes.contracts())
    contracts_.push_back({row, binary::fingerprint(*row)});
}

PANDO_INLINE contract_row const* serving::find(std::string_view controller,
                                               std::uint64_t fingerprint) const noexcept {
  for (auto const& one : contracts_)
    if (one.fingerprint == fingerprint && one.row->controller == controller) return one.row;
  return nullptr;
}

} // namespace pando
