// `bytes`: a run of octets that is not text; base64 in JSON, raw in the binary codec.
#pragma once

#include <compare>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace pando {

/// Octets, owned. Converts to a `std::span<std::byte const>` as any contiguous range does.
struct bytes {
  std::vector<std::byte> value_;

  bytes() = default;
  bytes(std::vector<std::byte> octets) noexcept : value_(std::move(octets)) {}

  /// The octets of a text, as they stand.
  static bytes of(std::string_view text) {
    auto const* const from = reinterpret_cast<std::byte const*>(text.data());
    return {std::vector<std::byte>(from, from + text.size())};
  }

  /// The octets seen as characters; valid as long as they are not changed.
  std::string_view as_text() const noexcept {
    return {reinterpret_cast<char const*>(value_.data()), value_.size()};
  }

  std::size_t size() const noexcept { return value_.size(); }
  bool empty() const noexcept { return value_.empty(); }
  std::byte* data() noexcept { return value_.data(); }
  std::byte const* data() const noexcept { return value_.data(); }
  auto begin() noexcept { return value_.begin(); }
  auto begin() const noexcept { return value_.begin(); }
  auto end() noexcept { return value_.end(); }
  auto end() const noexcept { return value_.end(); }
  std::byte& operator[](std::size_t at) noexcept { return value_[at]; }
  std::byte const& operator[](std::size_t at) const noexcept { return value_[at]; }

  friend bool operator==(bytes const&, bytes const&) = default;
  friend auto operator<=>(bytes const&, bytes const&) = default;
};

} // namespace pando
