// The compact binary codec: values straight between octets and memory, by their tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/type.hpp>
#include <pando/schema/type_of.hpp>
#include <pando/schema/violation.hpp>

namespace pando::binary {

// Numbers are little-endian, lengths and counts varints (seven bits an octet, the lowest first),
// text is UTF-8 behind its length. Every value takes at least one octet, so that a count says how
// many may be left. Times, durations and UUIDs travel as their text.

enum class form : std::uint8_t {
  /// Fields one after the other, as the table has them; vectors of numbers in one piece. For two
  /// sides whose `fingerprint`s agree.
  positional,
  /// A structure is a count and its fields, each a 32-bit FNV-1a hash of its name, a length and
  /// octets: unknown ones are skipped, absent optional and defaulted ones left as they are.
  /// Enumerators and a variant's alternatives go by the hash of their names, integers as varints,
  /// so that a wider type reads what a narrower one wrote. For storage and between differing
  /// builds.
  tagged,
};

struct decode_options {
  /// How deep values may stand in one another. *Limit*: 512.
  std::uint32_t max_depth = 64;
  /// The most memory that the elements of containers may take.
  std::size_t max_memory = std::size_t{256} << 20;
  /// Whether rules are checked: what a request must, an answer need not.
  bool rules = true;
};

/// A value that has no place on the wire: text that is not UTF-8, NaN, infinity, a time past the
/// year 9999; the same that JSON cannot say, so that an answer fares alike through every door.
struct unencodable : std::invalid_argument {
  unencodable(std::string at, std::string_view what);
  std::string path; ///< a JSON pointer to the value
  std::string why;
};

/// Appends the value. *Throws* `unencodable`, and then appends nothing. *Limit*: nested 512 deep.
void encode(schema::type const& type, void const* object, buffer& out,
            form how = form::positional);

/// Reads the octets into `object`, a default-constructed value of the type; all of them, no octet
/// may be left over. Gives whether that went without fault; if not, `faults` has each with its
/// path, rule and a sentence: what JSON would say of the same value, and "syntax" for octets that
/// are no message. Lengths are compared with what is there before anything is allocated. *Throws*
/// std::bad_alloc, and what the user's own types throw.
bool decode(std::string_view octets, schema::type const& type, void* object, violations& faults,
            form how = form::positional, decode_options const& options = {});

/// As above, for a value whose type is known.
template <class Type>
void encode(Type const& object, buffer& out, form how = form::positional) {
  encode(type_of<Type>(), &object, out, how);
}
template <class Type>
bool decode(std::string_view octets, Type& object, violations& faults,
            form how = form::positional, decode_options const& options = {}) {
  return decode(octets, type_of<Type>(), &object, faults, how, options);
}

} // namespace pando::binary

#ifdef PANDO_HEADER_ONLY
#include <pando/schema/impl/binary_decode.ipp>
#include <pando/schema/impl/binary_encode.ipp>
#endif
