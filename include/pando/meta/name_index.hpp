// Finding by name, or by other octets: one class for whatever is found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::detail {

/// Places by their names; the cost of finding one does not grow with their number.
/// *Limit*: 2^31 names, and none is taken out.
class name_index {
 public:
  /// False: the name is known already, and keeps its place.
  bool add(std::string_view name, std::size_t place = 0);
  /// The place that goes by the name, or null.
  std::size_t const* find(std::string_view name) const noexcept;

 private:
  struct entry {
    std::string name;
    std::size_t place;
  };
  static std::uint64_t hash_of(std::string_view name) noexcept;
  std::size_t slot_of(std::string_view name, std::uint64_t hash) const noexcept;
  void widen();

  sequence<entry> entries_;
  /// A power of two, half of them 0: a hash in the upper half, so that other names are passed by
  /// without a look at them, and one more than an entry's place in the lower.
  sequence<std::uint64_t> slots_;
};

/// The octets of a key that is no text.
template <class Key>
std::string_view octets_of(Key const& key) noexcept {
  return {reinterpret_cast<char const*>(&key), sizeof key};
}

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/meta/impl/name_index.ipp>
#endif
