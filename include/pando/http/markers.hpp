// What a contract says of HTTP: types only, and the row each becomes. No HTTP behind it.
#pragma once

#include <cstdint>
#include <string_view>

#include <pando/contract/parts.hpp>
#include <pando/meta/fixed_string.hpp>
#include <pando/meta/text.hpp>

namespace pando::http {

enum class verb : std::uint8_t { get, head, post, put, patch, del, options };

/// The method's name on the wire.
constexpr std::string_view verb_name(verb method) {
  constexpr std::string_view names[]{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return names[static_cast<std::size_t>(method)];
}

/// Whether a request of that method brings its fields in the body.
constexpr bool verb_has_body(verb method) {
  return method == verb::post || method == verb::put || method == verb::patch;
}

/// Where a route answers: `path` as written, below `/controller`.
struct endpoint {
  verb method;
  std::string_view path;
};

namespace detail {

/// The same number for the same method and place, whatever the placeholders are called.
constexpr std::uint64_t place_of(std::string_view controller, endpoint at) {
  auto hash = pando::detail::hash_text(verb_name(at.method));
  auto const segments = [&hash](std::string_view path) {
    while (!path.empty()) {
      auto const slash = meta::find_character(path, '/');
      auto const segment = path.substr(0, slash);
      path = slash == path.npos ? std::string_view{} : path.substr(slash + 1);
      if (segment.empty()) continue;
      hash = pando::detail::hash_text("/", hash);
      hash = pando::detail::hash_text(segment.front() == '{' ? "{}" : segment, hash);
    }
  };
  segments(controller);
  segments(at.path);
  return hash == 0 ? 1 : hash;
}

template <verb Method, fixed_string Path>
struct endpoint_marker {
  static constexpr auto path = Path;
  static constexpr endpoint data{Method, Path.view()};
  static constexpr bool has_body = verb_has_body(Method);
  static constexpr marker_row pando_marker(std::string_view controller, std::string_view) {
    return {"http", "endpoint", &data, place_of(controller, data)};
  }
};

} // namespace detail

/// The route answers this method at this path below `/controller`; `{field}` in the path is a
/// field of the request.
template <fixed_string Path>
struct get : detail::endpoint_marker<verb::get, Path> {};
template <fixed_string Path>
struct head : detail::endpoint_marker<verb::head, Path> {};
template <fixed_string Path>
struct post : detail::endpoint_marker<verb::post, Path> {};
template <fixed_string Path>
struct put : detail::endpoint_marker<verb::put, Path> {};
template <fixed_string Path>
struct patch : detail::endpoint_marker<verb::patch, Path> {};
template <fixed_string Path>
struct del : detail::endpoint_marker<verb::del, Path> {};

/// The status of success.
template <int Status>
struct success_status {
  static constexpr int data = Status;
  static constexpr marker_row pando_marker(std::string_view, std::string_view) {
    return {"http", "status", &data, 0};
  }
};
/// Success is 201 Created.
using created = success_status<201>;
/// Success is 202 Accepted.
using accepted = success_status<202>;

} // namespace pando::http
