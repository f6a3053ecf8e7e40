// An app's routes and types as plain data that travels: what help, completion and `pando` read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pando/config.hpp>
#include <pando/meta/name_index.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/table.hpp>
#include <pando/schema/type.hpp>

namespace pando {

// All of these are sent as they stand, `json::encode(app, …)` and `json::decode(…, app, …)`, and
// read with `ignore_unknown`, so that a tool drives apps built later than itself. A type is named
// by its place in `described_app::types`, so that types may hold themselves.

/// A list in a description: as `std::vector`, with fewer members.
template <class Element>
using described_list = detail::sequence<Element>;

/// A rule of a value.
struct described_rule {
  std::string name;     ///< "min_length"
  std::string sentence; ///< completes "must be …"
  std::string keyword;  ///< of JSON Schema, or empty
  std::string value;    ///< the keyword's, as JSON text
};

/// A field of a structure.
struct described_field {
  std::string name;
  std::uint32_t type = 0;
  bool required = false;
  std::optional<std::string> default_value; ///< JSON text
};

/// A type. What does not apply to its kind is empty.
struct described_type {
  schema::kind kind{};
  std::string name; ///< the user's name for it, or a word for a person: "integer"
  bool secret = false;
  std::string least;                    ///< integers: the smallest value, written out
  std::string most;                     ///< integers: the largest value
  std::string format;                   ///< text scalars: "date-time", "duration", "uuid"
  std::string example;                  ///< text scalars: one accepted spelling
  std::uint32_t count = 0;              ///< fixed lists: how many elements
  std::optional<std::uint32_t> element; ///< optionals, containers, what travels for another
  described_list<std::uint32_t> alternatives;
  std::vector<std::string> enumerators;
  described_list<described_field> fields;
  described_list<described_rule> rules;
};

/// A declared error of a route.
struct described_error {
  std::string name;
  std::uint32_t type = 0;
  std::int32_t http_status = 400;
  std::int32_t exit_code = 1;
};

/// A command that a route is.
struct described_command {
  std::string words; ///< "user create"
  std::vector<std::string> positionals;
  std::string summary;
};

/// A place where a route answers at another door.
struct described_endpoint {
  std::string door;   ///< "http"
  std::string method; ///< "POST"
  std::string path;   ///< "/user/{id}"
};

/// A route.
struct described_route {
  std::string name; ///< "user.create"
  std::string controller;
  std::optional<std::uint32_t> request; ///< none: it takes nothing
  std::optional<std::uint32_t> result;  ///< none: it gives nothing; of a stream: its item
  bool streams = false;
  described_list<described_error> errors;
  described_list<described_command> commands;
  described_list<described_endpoint> endpoints;
};

/// An app.
struct described_app {
  std::string name;
  std::string version;
  described_list<described_route> routes;
  described_list<described_type> types;
};

/// What a door adds for one of its markers: `cli::describe_marker`, `http::describe_marker`. It
/// passes over the markers of other doors. `route` has its names already.
using marker_reader = void (*)(marker_row const& marker, std::string_view route_name,
                               described_route& route);

/// Makes descriptions from tables; each type is described once. *Throws* `json::unencodable` when a
/// default cannot be written as JSON.
class describer {
 public:
  describer(std::string_view name, std::string_view version);
  /// Goes on from a description that came from elsewhere.
  explicit describer(described_app app) : app_(std::move(app)) {}

  /// The type and all it holds; gives its place.
  std::uint32_t add(schema::type const& type);
  /// The contract's routes, after those that are there.
  void add(contract_row const& contract, std::span<marker_reader const> doors);

  described_app const& app() const noexcept { return app_; }
  described_app take() noexcept { return std::move(app_); }

 private:
  described_route describe(route_row const& row);
  std::uint32_t element_of(schema::type const& type) { return add(*type.element); }

  described_app app_;
  pando::detail::name_index places_; ///< by the addresses of types
};

/// All the routes of the contracts, with what the doors add.
described_app describe(std::span<contract_row const* const> contracts, std::string_view name,
                       std::string_view version, std::span<marker_reader const> doors = {});

/// Whether every place of a type is one, and every structure, container and variant has what its
/// kind needs: to be asked of a description that came from elsewhere.
bool holds_together(described_app const& app) noexcept;

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/schema/impl/description.ipp>
#endif
