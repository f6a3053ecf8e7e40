// Results as people read them: tables, short forms, bare values; and streams, item by item.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pando/cli/detail/value.hpp>
#include <pando/cli/layout.hpp>
#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/description.hpp>

namespace pando::cli {

/// A result: a table for a list of structures, a line for each field of a structure, the bare value
/// otherwise; empty for a route that gives nothing. Secrets are masked, and characters that control
/// a terminal are written out. Ends with a line feed. JSON that is none is given back as it is.
std::string render_result(described_app const& app, std::optional<std::uint32_t> type,
                          std::string_view json, layout const& how);

/// The same without a type: rows of `io::table`.
std::string render_json(std::string_view json, layout const& how);

/// The JSON with secrets as "***".
std::string mask_secrets(described_app const& app, std::optional<std::uint32_t> type,
                         std::string_view json);

/// A stream's items, each as soon as it comes: rows below one another, columns as wide as the first
/// item asks for.
class stream_renderer {
 public:
  stream_renderer(described_app const& app, std::optional<std::uint32_t> type, layout const& how)
      : app_(&app), type_(type), how_(how) {}
  /// One item; gives its lines, with the names of the columns before the first.
  std::string item(std::string_view json);

 private:
  struct column {
    std::string name;
    std::size_t width;
  };
  std::string row(detail::json_value const& value);

  described_app const* app_;
  std::optional<std::uint32_t> type_;
  layout how_;
  pando::detail::sequence<column> columns_{};
};

namespace detail {
/// Masks what the types call secret.
void mask(described_app const& app, std::uint32_t type, json_value& value, int depth = 0);
/// A value in one line.
std::string inline_text(json_value const& value);
} // namespace detail

} // namespace pando::cli

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/render.ipp>
#endif
