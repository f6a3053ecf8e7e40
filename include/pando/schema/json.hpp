// JSON straight between text and a value: no tree between, every fault of the text in one answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/type.hpp>
#include <pando/schema/type_of.hpp>
#include <pando/schema/unencodable.hpp>
#include <pando/schema/violation.hpp>

namespace pando::json {

// How values look: structures and maps are objects, lists and sets arrays, enumerations their
// names, time points, durations and UUIDs text, bytes base64. A variant is {"type": …, "value": …},
// `type` being the name its alternative has in its table: a struct's own name, "string", "integer",
// "number", "boolean", "list" …. An absent optional is left out of its object, elsewhere null.

struct decode_options {
  /// Keys that no field has are passed over: for clients that read what a newer server sent.
  bool ignore_unknown = false;
  /// How deep objects and arrays may stand in one another. *Limit*: 512.
  std::uint32_t max_depth = 32;
  /// A bit for each field of the whole that is filled already, from an HTTP path or query: it is
  /// not missing, and given once more it is a violation.
  std::uint64_t present = 0;
  /// Whether rules are checked: what a request must, an answer need not.
  bool rules = true;
  /// What stands before the path of every violation: a JSON pointer.
  std::string_view path{};
};

/// Reads `text` into `object`, a default-constructed value of the type. Gives whether that went
/// without fault; if not, `faults` has each with its path, rule and a sentence, and the object is
/// half filled. Rules of its own: "syntax" and "depth" (then the only one), "type", "range",
/// "format", "length", "one_of", "required", "unknown", "duplicate". Values of secrets are never
/// repeated.
/// *Limit*: reading ends at the last violation that `violations` keeps. A variant's `value` may
/// stand before its `type`, but then under a key without escapes.
/// *Throws* std::bad_alloc, and what the user's own types throw.
bool decode(std::string_view text, schema::type const& type, void* object, violations& faults,
            decode_options const& options = {});

/// As above, for a value whose type is known.
template <class Type>
bool decode(std::string_view text, Type& object, violations& faults,
            decode_options const& options = {}) {
  return decode(text, type_of<Type>(), &object, faults, options);
}

struct encode_options {
  /// Secrets are written as "***": for people and logs. Without it they travel as they are.
  bool mask_secrets = false;
};

using pando::unencodable;

/// Appends the value as JSON, without blanks. *Throws* `unencodable`, and then appends nothing.
/// *Limit*: values nested 512 deep.
void encode(schema::type const& type, void const* object, buffer& out,
            encode_options const& options = {});

/// As above, for a value whose type is known.
template <class Type>
void encode(Type const& object, buffer& out, encode_options const& options = {}) {
  encode(type_of<Type>(), &object, out, options);
}

/// Appends a text as a JSON string. *Throws* `unencodable` where it is not UTF-8.
void encode_text(std::string_view text, buffer& out);

} // namespace pando::json

#ifdef PANDO_HEADER_ONLY
#include <pando/schema/impl/json_decode.ipp>
#include <pando/schema/impl/json_encode.ipp>
#endif
