// A pattern that is known at run time only: read as the compiler reads one, run as such.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <pando/config.hpp>
#include <pando/contract/detail/regex.hpp>

namespace pando {

/// A regular expression with the syntax, the meaning and the limits of `is::matches`, that comes
/// from elsewhere. *Thread*: `matches` on any.
class pattern {
 public:
  explicit pattern(std::string_view text);
  pattern(pattern const&) = delete;

  /// Whether the pattern is one that Pando reads; else everything matches.
  bool is_sound() const noexcept { return fault_ == detail::regex_fault::none; }
  bool matches(std::string_view text) const noexcept {
    return !is_sound() || detail::regex_search(tables_, text);
  }

 private:
  std::uint64_t const* sets_at(std::size_t place) const noexcept { return sets_.data() + place; }

  detail::regex_fault fault_;
  std::uint8_t ascii_[128]{};
  std::vector<char32_t> starts_{};
  std::vector<std::uint64_t> sets_{}; ///< whatever the tables point to
  detail::regex_tables tables_{};
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/contract/impl/pattern.ipp>
#endif
