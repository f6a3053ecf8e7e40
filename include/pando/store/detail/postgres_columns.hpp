// Between the storage's values and PostgreSQL's: columns of a set-based statement, and cells.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pando/store/leases.hpp>
#include <pando/store/postgres_result.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

/// A column of octets; it sees what it was given.
using octet_column = std::vector<std::optional<std::span<std::byte const>>>;
using integer_column = std::vector<std::optional<std::int64_t>>;

inline std::span<std::byte const> as_octets(std::string_view text) {
  return std::as_bytes(std::span<char const>(text.data(), text.size()));
}
inline std::string text_of(postgres::row const& in, std::size_t column) {
  auto const octets = in.get<std::span<std::byte const>>(column);
  return {reinterpret_cast<char const*>(octets.data()), octets.size()};
}
/// Numbers without a sign lie in bigint bit by bit.
inline std::int64_t as_bigint(std::uint64_t number) { return static_cast<std::int64_t>(number); }
inline std::uint64_t number_of(postgres::row const& in, std::size_t column) {
  return static_cast<std::uint64_t>(in.get<std::int64_t>(column));
}

/// Milliseconds as PostgreSQL's time can add them: a hundred years at most.
inline std::int64_t as_milliseconds(std::chrono::milliseconds time) {
  constexpr std::int64_t most = 3'155'760'000'000;
  return std::clamp(std::int64_t{time.count()}, -most, most);
}

/// Leases, or shards, as columns.
struct shard_columns {
  octet_column groups{};
  std::vector<std::int64_t> shards{};
  std::vector<std::int64_t> epochs{};

  explicit shard_columns(std::vector<shard_lease> const& all) {
    for (auto const& one : all) {
      groups.emplace_back(as_octets(one.group));
      shards.push_back(one.shard);
      epochs.push_back(as_bigint(one.epoch));
    }
  }
  explicit shard_columns(std::vector<shard_key> const& all) {
    for (auto const& one : all) {
      groups.emplace_back(as_octets(one.group));
      shards.push_back(one.shard);
    }
  }
};

/// Settings of a transaction whose statements join lists with tables: their plans are kept, and go
/// by the indexes however small the tables were when they were made.
inline constexpr char const* postgres_plans =
    "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), "
    "set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), "
    "set_config('enable_mergejoin', 'off', true)";

} // namespace pando::store::detail

#endif
