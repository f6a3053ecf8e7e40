// The headers of a request, as a handler reads them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <pando/config.hpp>
#include <pando/meta/view.hpp>

namespace pando::http {

/// One header line. The value is without the space around it.
struct header {
  std::string_view name;
  std::string_view value;
};

/// Whether two names are the same, ASCII letters of either case being equal.
bool same_name(std::string_view left, std::string_view right) noexcept;

/// The headers of one request, in the order they were sent. A view: it is valid until the request
/// has been answered; copy what must live longer. *Thread*: any, it only reads.
class headers {
 public:
  headers() = default;
  explicit headers(pando::detail::view<header const> lines) noexcept : lines_(lines) {}
  template <class Lines>
  explicit headers(Lines const& lines) noexcept : lines_(lines.data(), lines.size()) {}

  /// The value of the first header of that name, in either case of letters.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  /// The same, with a value for where there is none.
  std::string_view get(std::string_view name, std::string_view otherwise) const noexcept;
  bool contains(std::string_view name) const noexcept { return get(name).has_value(); }
  /// How many headers have that name.
  std::size_t count(std::string_view name) const noexcept;

  header const* begin() const noexcept { return lines_.begin(); }
  header const* end() const noexcept { return lines_.end(); }
  std::size_t size() const noexcept { return lines_.size(); }
  bool empty() const noexcept { return lines_.empty(); }

 private:
  pando::detail::view<header const> lines_;
};

} // namespace pando::http

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/headers.ipp>
#endif
