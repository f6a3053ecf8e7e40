// Building the tree of segments, and walking it.
#pragma once

#include <bit>
#include <stdexcept>
#include <utility>

#include <pando/contract/parts.hpp>
#include <pando/http/detail/router.hpp>
#include <pando/http/detail/target.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::http::detail {

PANDO_INLINE std::size_t router::branches::place_of(std::string_view name) const noexcept {
  auto const last = table_.size() - 1;
  auto at = pando::detail::hash_text(name) & last;
  while (table_[at].to && table_[at].name != name) at = (at + 1) & last;
  return at;
}

PANDO_INLINE router::node const* router::branches::find(std::string_view name) const noexcept {
  return table_.empty() ? nullptr : table_[place_of(name)].to.get();
}

PANDO_INLINE router::node& router::branches::make(std::string_view name) {
  if (2 * (count_ + 1) > table_.size()) {
    auto before = std::move(table_);
    table_ = pando::detail::sequence<branch>(std::bit_ceil(4 * (count_ + 1)));
    for (auto& one : before)
      if (one.to) table_[place_of(one.name)] = std::move(one);
  }
  auto& found = table_[place_of(name)];
  if (!found.to) {
    found = {name, pando::detail::owner<node>(new node())};
    ++count_;
  }
  return *found.to;
}

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
  pando::detail::owner<endpoint_route> made(new endpoint_route());
  made->served = &route;
  made->invoke = route.entry_for("http");
  made->method = at.method;
  made->success = success;
  node* here = &root_;
  for (std::string_view rest : {route.row->controller, at.path}) {
    while (true) {
      auto const segment = next_segment(rest);
      if (segment.empty()) break;
      if (segment.front() != '{') {
        here = &here->literals.make(segment);
        continue;
      }
      if (!here->any) here->any.reset(new node());
      here = here->any.get();
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
  if (auto const* const next = from.literals.find(literal_of(segment, memory)))
    if (auto const* const found = walk(*next, rest, values)) return found;
  if (from.any == nullptr) return nullptr;
  auto const mark = values.count;
  values.text[values.count++] = segment;
  if (auto const* const found = walk(*from.any, rest, values)) return found;
  values.count = mark;
  return nullptr;
}

} // namespace pando::http::detail
