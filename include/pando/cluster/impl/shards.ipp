// The hash, and the assignment of shards to runners.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

#include <pando/cluster/shards.hpp>
#include <pando/schema/wire.hpp>

namespace pando::cluster {

namespace detail {

inline constexpr std::uint64_t xxh_prime_1 = 0x9E3779B185EBCA87U;
inline constexpr std::uint64_t xxh_prime_2 = 0xC2B2AE3D27D4EB4FU;
inline constexpr std::uint64_t xxh_prime_3 = 0x165667B19E3779F9U;
inline constexpr std::uint64_t xxh_prime_4 = 0x85EBCA77C2B2AE63U;
inline constexpr std::uint64_t xxh_prime_5 = 0x27D4EB2F165667C5U;

inline std::uint64_t xxh_round(std::uint64_t lane, std::uint64_t word) noexcept {
  return std::rotl(lane + word * xxh_prime_2, 31) * xxh_prime_1;
}
inline std::uint64_t xxh_merge(std::uint64_t hash, std::uint64_t lane) noexcept {
  return (hash ^ xxh_round(0, lane)) * xxh_prime_1 + xxh_prime_4;
}
inline std::uint64_t xxh_avalanche(std::uint64_t hash) noexcept {
  hash = (hash ^ (hash >> 33)) * xxh_prime_2;
  hash = (hash ^ (hash >> 29)) * xxh_prime_3;
  return hash ^ (hash >> 32);
}

/// Takes a little-endian number off the front.
template <class Word>
Word take_word(std::string_view& octets) noexcept {
  auto const word = wire::load<Word>(octets.data());
  octets.remove_prefix(sizeof(Word));
  return word;
}

inline std::uint64_t xxh_stripes(std::string_view& octets, std::uint64_t seed) noexcept {
  std::uint64_t lanes[4] = {seed + xxh_prime_1 + xxh_prime_2, seed + xxh_prime_2, seed,
                            seed - xxh_prime_1};
  while (octets.size() >= 32)
    for (auto& lane : lanes) lane = xxh_round(lane, take_word<std::uint64_t>(octets));
  auto hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) +
              std::rotl(lanes[3], 18);
  for (auto const lane : lanes) hash = xxh_merge(hash, lane);
  return hash;
}

/// A runner's score for a shard: the higher, the sooner it gets it. Positive.
inline double score(std::uint64_t runner, std::uint32_t shard, double weight) noexcept {
  auto const mixed = xxh_avalanche(runner ^ xxh_round(xxh_prime_5, shard));
  auto const unit = (static_cast<double>(mixed >> 11) + 0.5) * 0x1p-53; // within (0, 1)
  return -weight / std::log(unit);
}

/// The indices of the runners that may get shards, by their addresses.
inline std::vector<std::size_t> able_runners(std::span<weighted_runner const> runners) {
  std::vector<std::size_t> able;
  for (std::size_t i = 0; i < runners.size(); ++i) {
    if (!std::isfinite(runners[i].weight) || runners[i].weight < 0)
      throw std::invalid_argument("the weight of runner " + std::string(runners[i].address) +
                                  " must be 0 or a positive number");
    able.push_back(i);
  }
  std::sort(able.begin(), able.end(), [&](std::size_t left, std::size_t right) {
    return runners[left].address < runners[right].address;
  });
  for (std::size_t i = 1; i < able.size(); ++i)
    if (runners[able[i - 1]].address == runners[able[i]].address)
      throw std::invalid_argument("two runners have the address " +
                                  std::string(runners[able[i]].address));
  able.erase(std::remove_if(able.begin(), able.end(),
                            [&](std::size_t i) { return !(runners[i].weight > 0); }),
             able.end());
  return able;
}

} // namespace detail

PANDO_INLINE std::uint64_t hash64(std::string_view octets, std::uint64_t seed) noexcept {
  using namespace detail;
  auto const size = octets.size();
  auto hash = size >= 32 ? xxh_stripes(octets, seed) : seed + xxh_prime_5;
  hash += size;
  while (octets.size() >= 8)
    hash = std::rotl(hash ^ xxh_round(0, take_word<std::uint64_t>(octets)), 27) * xxh_prime_1 +
           xxh_prime_4;
  if (octets.size() >= 4)
    hash = std::rotl(hash ^ take_word<std::uint32_t>(octets) * xxh_prime_1, 23) * xxh_prime_2 +
           xxh_prime_3;
  for (char const octet : octets)
    hash = std::rotl(hash ^ static_cast<unsigned char>(octet) * xxh_prime_5, 11) * xxh_prime_1;
  return xxh_avalanche(hash);
}

PANDO_INLINE std::uint32_t shard_of(std::string_view group, std::string_view id,
                                    std::uint32_t shards) noexcept {
  return static_cast<std::uint32_t>(hash64(id, hash64(group)) % shards);
}

PANDO_INLINE std::vector<std::size_t> assign_shards(std::string_view group, std::uint32_t shards,
                                                    std::span<weighted_runner const> runners) {
  std::vector<std::size_t> owners(shards, no_runner);
  auto const able = detail::able_runners(runners);
  if (able.empty()) return owners;

  double heaviest = 0; // weights may be too large to be summed as they are
  for (auto const i : able) heaviest = (std::max)(heaviest, runners[i].weight);
  double sum = 0;
  for (auto const i : able) sum += runners[i].weight / heaviest;
  auto const seed = hash64(group);
  std::vector<std::uint64_t> hashes;
  std::vector<double> room;
  for (auto const i : able) {
    hashes.push_back(hash64(runners[i].address, seed));
    room.push_back(std::ceil(1.1 * shards * (runners[i].weight / heaviest) / sum));
  }

  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    std::size_t best = 0; // there is room for more shards than there are
    double highest = -1;
    for (std::size_t i = 0; i < able.size(); ++i) {
      if (room[i] < 1) continue;
      auto const score = detail::score(hashes[i], shard, runners[able[i]].weight / heaviest);
      if (score <= highest) continue;
      highest = score;
      best = i;
    }
    owners[shard] = able[best];
    --room[best];
  }
  return owners;
}

} // namespace pando::cluster
