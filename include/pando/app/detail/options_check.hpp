// What `serve` is told in code, and what of it cannot be together.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <pando/app/options.hpp>

namespace pando::detail {

/// Of a flag that means nothing without a store; in code it is refused in the same words.
inline constexpr std::string_view needs_a_store =
    "needs --store, by which processes of the app share its entities; without one they are all in "
    "this process: leave it out";

/// For where there is no store. `in_memory`: answers are kept all the same, in memory.
/// *Throws* std::invalid_argument.
inline void check_unstored(serve_options const& options, bool in_memory) {
  constexpr serve_options usual;
  auto const refuse = [](bool is_given, std::string_view name) {
    if (is_given)
      throw std::invalid_argument("pando: " + std::string(name) + " " +
                                  std::string(needs_a_store));
  };
  refuse(options.runner_json, "--runner-json");
  refuse(options.weight != usual.weight, "--weight");
  refuse(options.shards != usual.shards, "--shards");
  refuse(options.lease_ms != usual.lease_ms, "--lease-ms");
  refuse(options.renewal_ms != usual.renewal_ms, "renewal_ms");
  refuse(options.margin_ms != usual.margin_ms, "--margin-ms");
  refuse(options.retention_s != usual.retention_s && !in_memory, "--retention-s");
}

inline void check_health_options(serve_options const& options) {
  if (options.health.empty()) {
    if (!options.health_selector.empty())
      throw std::invalid_argument("pando: --health-selector needs --health kubernetes");
    return;
  }
  if (options.health != "kubernetes")
    throw std::invalid_argument("pando: --health " + std::string(options.health) +
                                ": it is kubernetes, or left out");
  if (options.store.empty() || options.client_only)
    throw std::invalid_argument("pando: --health is for runners: with --store, and without "
                                "--client-only");
  if (options.health_every_ms == 0)
    throw std::invalid_argument("pando: health_every_ms must be above 0");
}

} // namespace pando::detail
