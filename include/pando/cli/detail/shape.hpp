// Described types as the command line sees them: flags, what a text becomes, what is accepted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pando/cli/detail/value.hpp>
#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/description.hpp>

namespace pando::cli::detail {

/// A type without what is around it: optionals, conversions.
struct bare_type {
  described_type const* type = nullptr;
  std::uint32_t place = 0;
  bool optional = false;
  bool secret = false;
  std::string_view name{}; ///< of the outermost type that has a name of its own, or empty
  pando::detail::sequence<described_rule const*> rules{};

  schema::kind kind() const noexcept { return type->kind; }
};
bare_type bare(described_app const& app, std::uint32_t place);

/// Whether a secret stands anywhere in a value of it.
bool holds_secret(described_app const& app, std::uint32_t place);

/// One piece of text can stand for a value of it.
bool is_scalar(schema::kind kind) noexcept;
/// Lists, fixed lists and sets: a repeated flag.
bool repeats(schema::kind kind) noexcept;

/// `order_id`, `orderId` and `OrderId` are written `order-id`.
std::string kebab(std::string_view name);
/// Whether somebody who typed `typed` meant the field or command `name`.
bool answers_to(std::string_view name, std::string_view typed);

/// A flag, for help, completion and "did you mean".
struct flag_row {
  std::string path;     ///< the fields that lead to it, joined with '.'
  std::string spelling; ///< without the dashes: "address.street"
  char letter = 0;      ///< `-x`, or none
  std::uint32_t type = 0;
  bool required = false;
  bool is_key = false; ///< stands for any key of a map: "labels.<key>"
  std::optional<std::string> default_value{};
};

/// Every flag of a request, in the order of its fields, those of nested structures in their place.
pando::detail::sequence<flag_row> flags_of(described_app const& app,
                                           std::optional<std::uint32_t> request);

std::vector<std::string> alternative_names(described_app const& app, described_type const& variant);

/// Where the word is among these; their number: nowhere.
std::size_t place_of(std::string_view word, std::span<std::string const> words) noexcept;
/// Words with something between them.
std::string joined(std::vector<std::string> const& words, std::string_view between);

/// What stands behind a flag in help: "<text>", "<red|green>"; empty for a switch.
std::string value_word(described_app const& app, std::uint32_t place);
/// What is accepted, for a sentence: "an integer from 0 to 255", "one of red, green".
std::string accepted(described_app const& app, bare_type const& type, bool with_range = false);
/// The same with the rules: "an integer, at least 18".
std::string expected(described_app const& app, bare_type const& type);
/// The value of a rule's JSON Schema keyword, or null.
std::string const* rule_value(bare_type const& type, std::string_view keyword);
/// The texts that `is::one_of` allows; empty where there is no such rule.
std::vector<std::string> allowed_texts(bare_type const& type);
/// A value that would be accepted, as it is typed.
std::string example_of(described_app const& app, std::uint32_t place);

/// Reads a whole file, "-" being standard input. False: why not.
using file_reader =
    std::function<bool(std::string const& path, std::string& out, std::string& why)>;

/// A scalar's text as its JSON value. Rules of length, of range and of choice are checked here, the
/// others by the app. False: `why` completes "… takes …".
bool convert(described_app const& app, bare_type const& type, std::string_view typed,
             file_reader const& files, json_value& out, std::string& why);

/// `1h30m`, `90s`, `250ms` as ISO 8601; what is no such text is given back as it is.
std::string iso_duration(std::string_view text);

} // namespace pando::cli::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/scalar.ipp>
#include <pando/cli/impl/shape.ipp>
#endif
