// A JSON value whose type is only known at run time, with its numbers as they were written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::cli::detail {

struct json_member;

/// A tree, for the command line only: requests put together from flags, results to be shown.
struct json_value {
  enum class kind : std::uint8_t { null, boolean, number, string, array, object };
  kind what = kind::null;
  bool truth = false;
  std::string text; ///< a number as written; a string decoded
  pando::detail::sequence<json_value> items;
  pando::detail::sequence<json_member> members;

  bool is(kind one) const noexcept { return what == one; }
  json_value const* find(std::string_view name) const noexcept;
  json_value* find(std::string_view name) noexcept;
  /// The member of that name, made when there is none. What is no object becomes an empty one.
  json_value& member(std::string_view name);
  /// The text of a string member, or empty.
  std::string_view text_of(std::string_view name) const noexcept;
  /// The whole number of a member, or `otherwise`.
  std::uint64_t number_of(std::string_view name, std::uint64_t otherwise) const noexcept;
};

struct json_member {
  std::string name;
  json_value value;
};

json_value json_boolean(bool truth);
json_value json_number(std::string_view written);
json_value json_string(std::string_view text);
json_value json_array();
json_value json_object();

/// Reads one value and nothing after it (RFC 8259, strictly; a key twice is refused).
/// False: `why` says what is wrong, and at which line and column. *Limit*: nested 600 deep.
bool parse_json(std::string_view text, json_value& out, std::string& why);

/// Appends the value without blanks.
void write_json(json_value const& value, std::string& out);
std::string json_text_of(json_value const& value);

/// Whether the text is a number as JSON writes them.
bool is_json_number(std::string_view text) noexcept;

} // namespace pando::cli::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cli/impl/value.ipp>
#endif
