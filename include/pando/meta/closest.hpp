// "Did you mean": the candidate that a mistyped name was most likely meant to be.
#pragma once

#include <cstddef>
#include <string_view>

#include <pando/config.hpp>

namespace pando::meta {

/// How many single changes (a letter put in, left out or replaced, two neighbours swapped) lead
/// from one text to the other; letters of either case are the same, and so are `-` and `_`.
/// *Limit*: of a text over 64 octets it gives `npos`, as it does for more than `most` changes.
std::size_t edit_distance(std::string_view from, std::string_view to, std::size_t most) noexcept;

/// Keeps the best of the candidates it is shown.
class closest_name {
 public:
  explicit closest_name(std::string_view given) noexcept;
  void consider(std::string_view candidate) noexcept;
  /// The nearest so far, the first of equals; empty when none is near enough to be meant.
  std::string_view found() const noexcept { return found_; }

 private:
  std::string_view given_;
  std::string_view found_;
  std::size_t under_; // a candidate must be nearer than this
};

/// The candidate nearest to `given`, or an empty text when none is near enough to be meant.
/// `candidates` is any range of texts.
template <class Candidates>
std::string_view closest(std::string_view given, Candidates const& candidates) noexcept {
  closest_name best(given);
  for (std::string_view const candidate : candidates) best.consider(candidate);
  return best.found();
}

} // namespace pando::meta

#ifdef PANDO_HEADER_ONLY
#include <pando/meta/impl/closest.ipp>
#endif
