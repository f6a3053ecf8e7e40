// Runs a pattern's tables over a text.
#pragma once

#include <cstddef>
#include <cstdint>

#include <pando/contract/detail/regex.hpp>
#include <pando/meta/utf8.hpp>

namespace pando::detail {

/// The interval of the code point at the front of `text`, which is shortened by it.
inline std::size_t regex_next_interval(regex_tables const& pattern,
                                       std::string_view& text) noexcept {
  auto const lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) {
    text.remove_prefix(1);
    return pattern.ascii[lead];
  }
  auto const [point, octets] = meta::decode(text);
  text.remove_prefix(octets == 0 ? 1 : octets);
  std::size_t low = 0;
  std::size_t high = pattern.intervals;
  while (high - low > 1) {
    std::size_t const middle = (low + high) / 2;
    (pattern.starts[middle] <= point ? low : high) = middle;
  }
  return low;
}

/// A state, and the one after it.
template <std::size_t Words>
struct regex_state {
  std::uint64_t word[Words];

  bool meets(std::uint64_t const* set) const noexcept {
    std::uint64_t common = 0;
    for (std::size_t at = 0; at < Words; ++at) common |= word[at] & set[at];
    return common != 0;
  }
  bool is_dead() const noexcept {
    std::uint64_t any = 0;
    for (std::size_t at = 0; at < Words; ++at) any |= word[at];
    return any == 0;
  }
  void only(std::uint64_t const* set) noexcept {
    for (std::size_t at = 0; at < Words; ++at) word[at] &= set[at];
  }
  regex_state after(regex_tables const& pattern) const noexcept {
    regex_state next;
    std::uint64_t carry = 0;
    for (std::size_t at = 0; at < Words; ++at) {
      std::uint64_t const steps = word[at] & pattern.step[at];
      next.word[at] = pattern.first[at] | steps << 1 | carry | (word[at] & pattern.stay[at]);
      carry = steps >> 63;
    }
    for (std::size_t jump = 0; jump < pattern.jumps; ++jump) {
      if (!meets(pattern.jump_from + jump * Words)) continue;
      for (std::size_t at = 0; at < Words; ++at)
        next.word[at] |= pattern.jump_to[jump * Words + at];
    }
    return next;
  }
};

template <std::size_t Words>
bool regex_run(regex_tables const& pattern, std::string_view text) noexcept {
  regex_state<Words> state;
  bool anchored = true; // a match begins with the text or not at all
  for (std::size_t at = 0; at < Words; ++at) {
    state.word[at] = pattern.first_begin[at];
    anchored = anchored && pattern.first[at] == 0;
  }
  while (true) {
    state.only(pattern.accepts + regex_next_interval(pattern, text) * Words);
    if (state.meets(pattern.last)) return true;
    if (text.empty()) return state.meets(pattern.last_end);
    if (anchored && state.is_dead()) return false;
    state = state.after(pattern);
  }
}

PANDO_INLINE bool regex_search(regex_tables const& pattern, std::string_view text) noexcept {
  if (text.empty()) return (pattern.empty & in_nothing) != 0;
  if ((pattern.empty & (at_begin | at_end)) != 0) return true;
  if (pattern.words == 1) return regex_run<1>(pattern, text);
  if (pattern.words == 2) return regex_run<2>(pattern, text);
  return regex_run<4>(pattern, text);
}

} // namespace pando::detail
