// Which shard an entity is in, and which runner a shard belongs to. Pure functions: every node
// computes the same from the same runners, so nobody has to lead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <pando/config.hpp>

namespace pando::cluster {

/// XXH64 of the octets. Stored shard numbers depend on it, so it never changes.
/// *Source*: the xxHash specification 0.1.1, https://github.com/Cyan4973/xxHash.
std::uint64_t hash64(std::string_view octets, std::uint64_t seed = 0) noexcept;

/// How many shards a group has, unless its entities say otherwise.
inline constexpr std::uint32_t default_shards = 300;

/// The shard of an entity, from 0 to below `shards`. The group's hash is the seed of the id's.
/// *Limit*: `shards` is not 0.
std::uint32_t shard_of(std::string_view group, std::string_view id,
                       std::uint32_t shards = default_shards) noexcept;

/// What an assignment needs to know of a runner.
struct weighted_runner {
  std::string_view address; ///< tells the runners apart, and is what they are ranked by
  double weight = 1;        ///< its share, of the sum of all; 0: it gets none
};

/// Nobody has the shard: there is no runner of a weight above 0.
inline constexpr std::size_t no_runner = static_cast<std::size_t>(-1);

/// For each shard of the group the index of its runner. Weighted rendezvous: every shard ranks the
/// runners by a hash of its own, and goes to the first that has room. A runner has room for a tenth
/// more than its share, rounded up, so that a joining or leaving runner moves little beyond its own
/// share: 2 % more in the mean of 400 fleets that grew from 1 to 8, over 10 % in 7 of them. The
/// order of `runners` does not matter.
/// *Throws* std::invalid_argument where two runners have one address, or a weight is negative,
/// infinite or not a number. *Source*: D. Thaler and C. Ravishankar, "Using name-based mappings to
/// increase hit rates", 1998; its weighted form, J. Resch, "New hashing algorithms for data
/// storage", 2015.
std::vector<std::size_t> assign_shards(std::string_view group, std::uint32_t shards,
                                       std::span<weighted_runner const> runners);

} // namespace pando::cluster

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/shards.ipp>
#endif
