// The shape of a type as octets: what two builds compare before they talk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/table.hpp>
#include <pando/schema/type.hpp>

namespace pando::binary {

/// Appends the shape: kinds, widths, names of fields, enumerators and alternatives, and what may be
/// left out. Rules are no part of it, nor is the name of a structure; types may hold themselves.
void write_shape(schema::type const& type, buffer& out);

/// A hash of the shape. Two sides whose fingerprints agree may talk in the positional form.
std::uint64_t fingerprint(schema::type const& type);

/// Whether a reader of one shape understands every value that a writer of the other sends in the
/// tagged form: what the reader requires is always sent, and nothing is sent that it has no value
/// for. If not, `why` says the first place: "id: is sent as text and read as a whole number". Both
/// are octets of `write_shape`, which need not be trusted: what is no shape fits nothing. *Limit*:
/// shapes of 65,536 parts, nested 256 deep.
bool compatible(std::string_view writer, std::string_view reader, std::string& why);

/// The same for the whole of a route: its request, what it answers and how it can fail.
void write_shape(route_row const& route, buffer& out);
std::uint64_t fingerprint(route_row const& route);
/// Of all routes in their order, by their names.
std::uint64_t fingerprint(contract_row const& contract);

/// Whether a caller built with the shape `theirs` may call `ours` in the tagged form.
bool callable(std::string_view theirs, route_row const& ours, std::string& why);

} // namespace pando::binary

#ifdef PANDO_HEADER_ONLY
#include <pando/schema/impl/shape.ipp>
#endif
