// Text in columns: how wide characters are, cutting, padding, breaking lines; nothing that
// controls.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli::detail {

/// How many columns a text takes on a terminal: 0 for marks on a letter, 2 for wide letters.
/// *Source*: Unicode 15, general categories Mn, Me and Cf, and East Asian widths W and F.
std::size_t columns_of(std::string_view text) noexcept;

/// A text without what controls a terminal: such characters are written `\x1b`, those outside UTF-8
/// `\xff`, line feeds `\n`; with `keep_lines` line feeds and tabs stay.
std::string plain_text(std::string_view text, bool keep_lines = false);

/// The front of a text that takes at most so many columns; what was cut shows as `…`.
std::string cut_to(std::string_view text, std::size_t columns);
/// Blanks up to so many columns, behind or before.
std::string padded(std::string_view text, std::size_t columns, bool before = false);

/// A text in lines of at most so many columns, broken at blanks; 0: one line.
std::vector<std::string> broken(std::string_view text, std::size_t columns);

/// Two columns: names and what they mean. A name too long for its column has a line of its own.
struct definition {
  std::string name;
  std::string text;
};
std::string definitions(pando::detail::sequence<definition> const& rows, std::size_t width);

} // namespace pando::cli::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/columns.ipp>
#endif
