// JSON Schema of the tables: what OpenAPI and editors read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/type.hpp>
#include <pando/schema/type_of.hpp>

namespace pando::schema {

/// Writes types as JSON Schema 2020-12. Structures and enumerations stand once, under their own
/// names, and are referred to; two of one name in different namespaces become `Name` and `Name_2`,
/// in the order they were met. What a structure refuses when it is read, its schema refuses too; it
/// also refuses null for an absent optional field, which is read but never written.
class json_schemas {
 public:
  /// `prefix` is what stands before a name in a reference.
  explicit json_schemas(std::string_view prefix) : prefix_(prefix) {}

  /// Appends the schema of a value of the type, mostly a reference.
  void write(type const& of, buffer& out);
  /// Appends the schema of a structure in place, without the fields that `without` has a bit for.
  void write_fields(type const& of, std::uint64_t without, buffer& out);
  /// Appends the schema of one field of a structure, with its default.
  void write_field(type const& of, std::size_t index, buffer& out);
  /// Appends an object of all that was referred to so far, and what that refers to, by name.
  void write_named(buffer& out);

 private:
  struct named {
    void const* identity; ///< the table of its fields or enumerators
    type const* of;
    std::string name;
  };
  struct keywords;

  void write_value(type const& of, keywords& rules, buffer& out);
  void write_inside(type const& of, keywords& rules, buffer& out);
  void write_integer(type const& of, keywords const& rules, buffer& out);
  void write_reference(type const& of, buffer& out);
  void write_variant(type const& of, buffer& out);
  void write_enumeration(type const& of, buffer& out);
  void write_member(field const& of, void const* value, buffer& out);
  std::string const& name_of(type const& of);

  std::string prefix_;
  pando::detail::sequence<named> named_;
};

/// Appends the JSON Schema of a type as a document of its own.
void json_schema(type const& of, buffer& out);

/// As above, for a type by its name.
template <class Type>
void json_schema(buffer& out) {
  json_schema(type_of<Type>(), out);
}

} // namespace pando::schema

#ifdef PANDO_HEADER_ONLY
#include <pando/schema/impl/json_schema.ipp>
#endif
