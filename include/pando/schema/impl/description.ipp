// From tables to descriptions, each type once, and the check of what came from elsewhere.
#pragma once

#include <limits>
#include <memory>
#include <new>
#include <utility>

#include <pando/schema/buffer.hpp>
#include <pando/schema/description.hpp>
#include <pando/schema/json.hpp>

namespace pando {

namespace detail {

/// The default-constructed value of a type as JSON.
inline std::string default_text(schema::type const& type) {
  struct value {
    schema::type const& of;
    void* at;
    explicit value(schema::type const& type)
        : of(type), at(::operator new (type.size, std::align_val_t{type.align})) {
      of.construct(at);
    }
    value(value const&) = delete;
    ~value() {
      of.destroy(at);
      ::operator delete (at, std::align_val_t{of.align});
    }
  };
  value const made(type);
  buffer text;
  json::encode_options options;
  options.mask_secrets = true; // a description is there to be shown
  json::encode(type, made.at, text, options);
  return std::string(text.view());
}

inline void describe_limits(schema::type const& type, described_type& out) {
  unsigned const bits = type.width * 8U;
  if (type.is_signed) {
    auto const most = std::numeric_limits<std::int64_t>::max() >> (64U - bits);
    out.least = std::to_string(-most - 1);
    out.most = std::to_string(most);
  } else {
    out.least = "0";
    out.most = std::to_string(std::numeric_limits<std::uint64_t>::max() >> (64U - bits));
  }
}

} // namespace detail

PANDO_INLINE describer::describer(std::string_view name, std::string_view version) {
  app_.name = name;
  app_.version = version;
}

PANDO_INLINE std::uint32_t describer::add(schema::type const& type) {
  auto const place = static_cast<std::uint32_t>(app_.types.size());
  auto const* const key = &type;
  auto const* const known = places_.find(pando::detail::octets_of(key));
  if (known != nullptr) return static_cast<std::uint32_t>(*known);
  places_.add(pando::detail::octets_of(key), place);
  app_.types.emplace_back();
  // Filled beside the list, which grows while its elements are described.
  described_type made;
  made.kind = type.what;
  made.name = type.name;
  made.secret = type.is_secret;
  if (type.what == schema::kind::integer) detail::describe_limits(type, made);
  if (type.text != nullptr) {
    made.format = type.text->format;
    made.example = type.text->example;
  }
  made.count = static_cast<std::uint32_t>(type.count);
  if (type.element != nullptr) made.element = element_of(type);
  for (auto const* const one : type.alternatives) made.alternatives.push_back(add(*one));
  for (auto const& one : type.enumerators) made.enumerators.emplace_back(one.name);
  for (auto const& field : type.fields) {
    auto& row = made.fields.emplace_back();
    row.name = field.name;
    row.required = field.required;
    row.type = add(*field.of);
    if (field.has_default) row.default_value = detail::default_text(*field.of);
  }
  for (auto const& rule : type.rules)
    made.rules.push_back({std::string(rule.name), rule.describe(), std::string(rule.keyword),
                          rule.keyword.empty() ? std::string{} : rule.keyword_value()});
  app_.types[place] = std::move(made);
  return place;
}

PANDO_INLINE described_route describer::describe(route_row const& row) {
  described_route route;
  route.name = row.full_name;
  route.controller = row.controller;
  if (row.request != nullptr) route.request = add(*row.request);
  if (row.result != nullptr) route.result = add(*row.result);
  route.streams = row.streams;
  for (auto const& error : row.errors)
    route.errors.push_back(
        {std::string(error.name), add(*error.type), error.http_status, error.exit_code});
  return route;
}

PANDO_INLINE void describer::add(contract_row const& contract,
                                 std::span<marker_reader const> doors) {
  for (auto const& row : contract.routes) {
    auto route = describe(row);
    for (auto const& marker : row.markers)
      for (auto const read : doors) read(marker, row.name, route);
    app_.routes.push_back(std::move(route));
  }
}

PANDO_INLINE described_app describe(std::span<contract_row const* const> contracts,
                                    std::string_view name, std::string_view version,
                                    std::span<marker_reader const> doors) {
  describer made(name, version);
  for (auto const* const contract : contracts) made.add(*contract, doors);
  return made.take();
}

namespace detail {

inline bool holds_together(described_app const& app, described_type const& type) noexcept {
  auto const is_type = [&](std::uint32_t place) { return place < app.types.size(); };
  using enum schema::kind;
  switch (type.kind) {
  case optional:
  case list:
  case fixed_list:
  case set:
  case map:
  case converted:
    if (!type.element.has_value() || !is_type(*type.element)) return false;
    break;
  case variant:
    if (type.alternatives.empty()) return false;
    break;
  default:
    break;
  }
  for (auto const place : type.alternatives)
    if (!is_type(place)) return false;
  for (auto const& field : type.fields)
    if (!is_type(field.type)) return false;
  return true;
}

/// An optional or conversion that leads to itself has no values at all.
inline bool ends(described_app const& app, std::uint32_t place) noexcept {
  for (std::size_t steps = 0; steps <= app.types.size(); ++steps) {
    auto const& type = app.types[place];
    if (type.kind != schema::kind::optional && type.kind != schema::kind::converted) return true;
    place = *type.element;
  }
  return false;
}

} // namespace detail

PANDO_INLINE bool holds_together(described_app const& app) noexcept {
  auto const is_type = [&](std::uint32_t place) { return place < app.types.size(); };
  for (auto const& type : app.types)
    if (!detail::holds_together(app, type)) return false;
  for (std::uint32_t place = 0; place < app.types.size(); ++place)
    if (!detail::ends(app, place)) return false;
  for (auto const& route : app.routes) {
    if (route.request.has_value() && !is_type(*route.request)) return false;
    if (route.result.has_value() && !is_type(*route.result)) return false;
    for (auto const& error : route.errors)
      if (!is_type(error.type)) return false;
  }
  return true;
}

} // namespace pando
