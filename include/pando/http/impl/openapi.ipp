// The OpenAPI document, from the tables of the contracts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pando/http/markers.hpp>
#include <pando/http/openapi.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/json_schema.hpp>

namespace pando::http::detail {

/// One method at one path.
struct documented {
  route_row const* route;
  endpoint const* at;
  std::string id;
  std::string path;               ///< "/user/{id}"
  std::string place;              ///< the path without the names in it: "/user/{}"
  std::vector<std::string> names; ///< of the path's placeholders
};

/// Calls `literal(text)` and `placeholder(name)` for the pieces of a path.
template <class Literal, class Placeholder>
void each_piece(std::string_view path, Literal literal, Placeholder placeholder) {
  while (!path.empty()) {
    auto const slash = path.find('/');
    auto const segment = path.substr(0, slash);
    path = slash == path.npos ? std::string_view{} : path.substr(slash + 1);
    if (segment.empty()) continue;
    if (segment.front() == '{' && segment.back() == '}')
      placeholder(segment.substr(1, segment.size() - 2));
    else
      literal(segment);
  }
}

class openapi_writer {
 public:
  explicit openapi_writer(buffer& out) : out_(out) {}

  void write(std::span<contract_row const* const> contracts, openapi_info const& info);

 private:
  void collect(contract_row const& contract);
  void add(route_row const& route, endpoint const& at);
  void write_info(openapi_info const& info);
  void write_tags(std::span<contract_row const* const> contracts);
  void write_paths();
  void write_operation(documented const& one, documented const& first);
  std::uint64_t write_parameters(documented const& one, documented const& first);
  void write_body(documented const& one, std::uint64_t in_path);
  void write_responses(documented const& one);
  void write_success(documented const& one);
  void write_errors(route_row const& route, int status, bool with_faults);
  void write_declared(error_row const& error);
  void write_problem_responses();
  void text(std::string_view value) { json::encode_text(value, out_); }
  void put(std::string_view raw) { out_.append(raw); }

  buffer& out_;
  schema::json_schemas schemas_{"#/components/schemas/"};
  pando::detail::sequence<documented> all_;
};

PANDO_INLINE void openapi_writer::collect(contract_row const& contract) {
  for (auto const& route : contract.routes)
    for (auto const& marker : route.markers)
      if (marker.door == "http" && marker.kind == "endpoint")
        add(route, *static_cast<endpoint const*>(marker.data));
}

PANDO_INLINE void openapi_writer::add(route_row const& route, endpoint const& at) {
  documented one{&route, &at, std::string(route.full_name), {}, {}, {}};
  auto const literal = [&](std::string_view segment) {
    one.path += "/" + std::string(segment);
    one.place += "/" + std::string(segment);
  };
  each_piece(route.controller, literal, literal);
  each_piece(at.path, literal, [&](std::string_view name) {
    one.path += "/{" + std::string(name) + "}";
    one.place += "/{}";
    one.names.emplace_back(name);
  });
  if (one.path.empty()) one.path = one.place = "/";
  auto const before = std::count_if(all_.begin(), all_.end(),
                                    [&](documented const& it) { return it.route == &route; });
  if (before != 0) one.id += "_" + std::to_string(before + 1);
  all_.push_back(std::move(one));
}

PANDO_INLINE void openapi_writer::write(std::span<contract_row const* const> contracts,
                                        openapi_info const& info) {
  for (auto const* contract : contracts) collect(*contract);
  write_info(info);
  write_tags(contracts);
  write_paths();
  put(",\"components\":{\"schemas\":");
  schemas_.write_named(out_);
  write_problem_responses();
  put("}}");
}

PANDO_INLINE void openapi_writer::write_info(openapi_info const& info) {
  put("{\"openapi\":\"3.1.0\",\"info\":{\"title\":");
  text(info.title);
  put(",\"version\":");
  text(info.version);
  if (!info.description.empty()) {
    put(",\"description\":");
    text(info.description);
  }
  put("}");
}

PANDO_INLINE void openapi_writer::write_tags(std::span<contract_row const* const> contracts) {
  std::vector<std::string_view> told;
  put(",\"tags\":[");
  for (auto const* contract : contracts) {
    auto const name = contract->controller;
    bool const has_routes = std::any_of(all_.begin(), all_.end(), [&](documented const& one) {
      return one.route->controller == name;
    });
    if (!has_routes || std::find(told.begin(), told.end(), name) != told.end()) continue;
    put(told.empty() ? "{\"name\":" : ",{\"name\":");
    told.push_back(name);
    text(name);
    put("}");
  }
  put("]");
}

/// Methods at one place stand under the path of the first of them.
PANDO_INLINE void openapi_writer::write_paths() {
  put(",\"paths\":{");
  std::vector<std::string_view> told;
  for (auto const& first : all_) {
    if (std::find(told.begin(), told.end(), first.place) != told.end()) continue;
    if (!told.empty()) put(",");
    told.push_back(first.place);
    text(first.path);
    put(":");
    char before = '{';
    for (auto const& one : all_) {
      if (one.place != first.place) continue;
      out_.append(before);
      before = ',';
      std::string method(verb_name(one.at->method));
      for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
      text(method);
      put(":");
      write_operation(one, first);
    }
    put("}");
  }
  put("}");
}

PANDO_INLINE void openapi_writer::write_operation(documented const& one, documented const& first) {
  put("{\"operationId\":");
  text(one.id);
  put(",\"tags\":[");
  text(one.route->controller);
  put("]");
  auto const in_path = write_parameters(one, first);
  if (one.route->request != nullptr && verb_has_body(one.at->method)) write_body(one, in_path);
  write_responses(one);
  put("}");
}

/// Gives a bit for each field that comes from the path.
PANDO_INLINE std::uint64_t openapi_writer::write_parameters(documented const& one,
                                                            documented const& first) {
  if (one.route->request == nullptr) return 0;
  auto const& request = *one.route->request;
  std::uint64_t in_path = 0;
  std::string_view before = ",\"parameters\":[";
  auto const parameter = [&](std::string_view name, std::string_view in, std::size_t field,
                             bool required) {
    put(before);
    before = ",";
    put("{\"name\":");
    text(name);
    put(",\"in\":\"");
    put(in);
    put(required ? "\",\"required\":true,\"schema\":" : "\",\"schema\":");
    schemas_.write_field(request, field, out_);
    put("}");
  };
  for (std::size_t place = 0; place < one.names.size(); ++place) {
    for (std::size_t i = 0; i < request.fields.size(); ++i) {
      if (request.fields[i].name != one.names[place]) continue;
      in_path |= std::uint64_t{1} << i;
      parameter(first.names[place], "path", i, true);
    }
  }
  if (!verb_has_body(one.at->method)) {
    for (std::size_t i = 0; i < request.fields.size(); ++i) {
      auto const& field = request.fields[i];
      bool const may_be_empty = // a list that is not named is empty
          field.of->what == schema::kind::list || field.of->what == schema::kind::set;
      if ((in_path >> i & 1U) == 0)
        parameter(field.name, "query", i, field.required && !may_be_empty);
    }
  }
  if (before == ",") put("]");
  return in_path;
}

PANDO_INLINE void openapi_writer::write_body(documented const& one, std::uint64_t in_path) {
  auto const& request = *one.route->request;
  bool const is_structure = request.what == schema::kind::structure;
  std::size_t left = 0;
  for (std::size_t i = 0; i < request.fields.size(); ++i) left += (in_path >> i & 1U) == 0;
  if (is_structure && left == 0) return;
  bool const required = !is_structure || (request.required & ~in_path) != 0;
  put(",\"requestBody\":{");
  if (required) put("\"required\":true,");
  put("\"content\":{\"application/json\":{\"schema\":");
  if (in_path == 0) schemas_.write(request, out_);
  else schemas_.write_fields(request, in_path, out_);
  put("}}}");
}

PANDO_INLINE void openapi_writer::write_success(documented const& one) {
  auto const& route = *one.route;
  bool const is_empty = route.result == nullptr;
  int status = is_empty ? 204 : 200;
  for (auto const& marker : route.markers)
    if (marker.door == "http" && marker.kind == "status")
      status = *static_cast<int const*>(marker.data);
  put("\"" + std::to_string(status) + "\":{\"description\":");
  if (route.streams)
    put("\"A stream: one item a line, or one event an item; an error ends it.\"");
  else put(is_empty ? "\"Done.\"" : "\"The answer.\"");
  if (!is_empty && one.at->method != verb::head) {
    put(",\"content\":{");
    if (route.streams) {
      put("\"application/x-ndjson\":{\"schema\":");
      schemas_.write(*route.result, out_);
      put("},\"text/event-stream\":{\"schema\":");
    } else {
      put("\"application/json\":{\"schema\":");
    }
    schemas_.write(*route.result, out_);
    put("}}");
  }
  put("}");
}

PANDO_INLINE void openapi_writer::write_responses(documented const& one) {
  constexpr int not_valid = 422;
  auto const& route = *one.route;
  put(",\"responses\":{");
  write_success(one);
  bool const has_faults = route.request != nullptr && (route.request->what !=
                                                           schema::kind::structure ||
                                                       !route.request->fields.empty());
  std::vector<int> told;
  for (auto const& error : route.errors) {
    if (std::find(told.begin(), told.end(), error.http_status) != told.end()) continue;
    told.push_back(error.http_status);
    write_errors(route, error.http_status, has_faults && error.http_status == not_valid);
  }
  if (has_faults && std::find(told.begin(), told.end(), not_valid) == told.end())
    put(",\"422\":{\"$ref\":\"#/components/responses/InvalidRequest\"}");
  put(",\"default\":{\"$ref\":\"#/components/responses/Problem\"}}");
}

/// What the framework's own problems have (RFC 9457), `errors` being the violations.
inline constexpr std::string_view problem_members =
    R"("type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},)"
    R"("detail":{"type":"string"},"id":{"type":"string"})";
inline constexpr std::string_view fault_members =
    R"(,"errors":{"type":"array","items":{"type":"object","properties":{)"
    R"("path":{"type":"string","format":"json-pointer"},"rule":{"type":"string"},)"
    R"("message":{"type":"string"}},"required":["path","rule","message"]}})";

inline std::string problem_schema(bool with_faults) {
  std::string schema = R"({"type":"object","properties":{)" + std::string(problem_members);
  if (with_faults) schema += fault_members;
  schema += R"(},"required":["type","title","status")";
  return schema + (with_faults ? R"(,"errors"]})" : "]}");
}

PANDO_INLINE void openapi_writer::write_declared(error_row const& error) {
  put(R"({"type":"object","properties":{"type":{"const":)");
  text("urn:pando:error:" + std::string(error.name));
  put(R"(},"title":{"type":"string"},"status":{"const":)" + std::to_string(error.http_status) +
      R"(},"value":)");
  schemas_.write(*error.type, out_);
  put(R"(},"required":["type","title","status","value"]})");
}

PANDO_INLINE void openapi_writer::write_errors(route_row const& route, int status,
                                               bool with_faults) {
  std::string names;
  std::size_t count = with_faults ? 1 : 0;
  for (auto const& error : route.errors) {
    if (error.http_status != status) continue;
    ++count;
    names += (names.empty() ? "" : " or ") + std::string(error.name);
  }
  put(",\"" + std::to_string(status) + "\":{\"description\":");
  text(with_faults ? names + ", or the request is not valid" : names);
  put(",\"content\":{\"application/problem+json\":{\"schema\":");
  if (count > 1) put("{\"oneOf\":[");
  bool is_first = true;
  for (auto const& error : route.errors) {
    if (error.http_status != status) continue;
    if (!is_first) put(",");
    is_first = false;
    write_declared(error);
  }
  if (with_faults) put("," + problem_schema(true));
  if (count > 1) put("]}");
  put("}}}");
}

PANDO_INLINE void openapi_writer::write_problem_responses() {
  auto const response = [this](std::string_view sentence, bool with_faults) {
    put("{\"description\":");
    text(sentence);
    put(",\"content\":{\"application/problem+json\":{\"schema\":");
    put(problem_schema(with_faults));
    put("}}}");
  };
  put(",\"responses\":{\"InvalidRequest\":");
  response("The request is not valid: every violation, with a JSON pointer to its place.", true);
  put(",\"Problem\":");
  response("Any other error, as problem details (RFC 9457).", false);
  put("}");
}

} // namespace pando::http::detail

namespace pando::http {

PANDO_INLINE void openapi(std::span<contract_row const* const> contracts, openapi_info const& info,
                          buffer& out) {
  detail::openapi_writer(out).write(contracts, info);
}

} // namespace pando::http
