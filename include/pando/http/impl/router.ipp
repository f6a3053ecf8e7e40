// Building the tree of segments, and walking it.
#pragma once

#include <stdexcept>

#include <pando/http/detail/router.hpp>
#include <pando/http/detail/target.hpp>

namespace pando::http::detail {

PANDO_INLINE router::router(served_routes const& routes) {
  for (auto const& route : routes.all()) {
    int success = route.row->result == nullptr ? 204 : 200;
    for (auto const& marker : route.row->markers)
      if (marker.door == "http" && marker.kind == "status")
        success = *static_cast<int const*>(marker.data);
    for (auto const& marker : route.row->markers)
      if (marker.door == "http" && marker.kind == "endpoint")
        add(route, *static_cast<endpoint const*>(marker.data), success);
  }
}

PANDO_INLINE void router::add(served_route const& route, endpoint const& at, int success) {
  auto made = std::make_unique<endpoint_route>();
  made->served = &route;
  made->invoke = route.entry_for("http");
  made->method = at.method;
  made->success = success;
  node* here = &root_;
  for (std::string_view rest : {route.row->controller, at.path}) {
    while (true) {
      auto const segment = next_segment(rest);
      if (segment.empty()) break;
      auto& next = segment.front() == '{' ? here->any : here->literals[segment];
      if (!next) next = std::make_unique<node>();
      here = next.get();
      if (segment.front() != '{') continue;
      auto const name = segment.substr(1, segment.size() - 2);
      auto const& fields = route.row->request->fields;
      for (std::size_t i = 0; i < fields.size(); ++i)
        if (fields[i].name == name) made->path_fields.push_back(i);
    }
  }
  if (made->path_fields.size() > max_path_values)
    throw std::invalid_argument("pando: an HTTP path has at most 16 placeholders");
  auto& routes = here->here;
  routes.by_verb[static_cast<std::size_t>(at.method)] = made.get();
  routes.allow.clear();
  auto const get = routes.by_verb[static_cast<std::size_t>(verb::get)];
  for (std::size_t i = 0; i < verb_count; ++i) {
    auto const one = static_cast<verb>(i);
    bool const head_by_get = one == verb::head && get != nullptr;
    if (routes.by_verb[i] == nullptr && !head_by_get && one != verb::options) continue;
    if (!routes.allow.empty()) routes.allow += ", ";
    routes.allow += verb_name(one);
  }
  routes_.push_back(std::move(made));
}

PANDO_INLINE path_routes const* router::find(std::string_view path, path_values& values) const {
  values.count = 0;
  return walk(root_, path, values);
}

/// The segment itself, or decoded in `memory` where a literal was written with escapes.
inline std::string_view literal_of(std::string_view segment, std::string& memory) {
  if (segment.find('%') == segment.npos || !append_percent_decoded(memory, segment)) return segment;
  return memory;
}

// As deep as the deepest declared path, whatever the request's.
PANDO_INLINE path_routes const* router::walk(node const& from, std::string_view path,
                                             path_values& values) const {
  auto rest = path;
  auto const segment = next_segment(rest);
  if (segment.empty()) return from.here.allow.empty() ? nullptr : &from.here;
  std::string memory;
  if (auto const at = from.literals.find(literal_of(segment, memory)); at != from.literals.end())
    if (auto const* const found = walk(*at->second, rest, values)) return found;
  if (from.any == nullptr) return nullptr;
  auto const mark = values.count;
  values.text[values.count++] = segment;
  if (auto const* const found = walk(*from.any, rest, values)) return found;
  values.count = mark;
  return nullptr;
}

} // namespace pando::http::detail
