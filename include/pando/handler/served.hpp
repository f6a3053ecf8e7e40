// The routes an app serves, as data: what every door's dispatch is a view of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pando/handler/call.hpp>
#include <pando/schema/table.hpp>

namespace pando {

/// Runs one call of a route, from decoding to the answer. `self` is the implementation with its
/// services. *Thread*: the call's executor; it returns at once when the handler is a coroutine.
using route_entry = void (*)(void const* self, call& which);

/// A handler for one door only.
struct door_entry {
  std::string_view door;
  route_entry invoke;
};

/// A route with what runs it.
struct served_route {
  route_row const* row;
  route_entry invoke;
  void const* self;
  std::vector<door_entry> overrides{};

  /// What runs the route for a call that comes by `door`.
  route_entry entry_for(std::string_view door) const noexcept {
    for (auto const& one : overrides)
      if (one.door == door) return one.invoke;
    return invoke;
  }
};

/// All the routes an app serves. Built once, then only read: any thread.
class served_routes {
 public:
  void add(served_route route) {
    by_name_.emplace(route.row->full_name, routes_.size());
    routes_.push_back(std::move(route));
  }
  void add(contract_row const& contract) { contracts_.push_back(&contract); }

  std::span<served_route const> all() const noexcept { return routes_; }
  std::span<contract_row const* const> contracts() const noexcept { return contracts_; }

  /// The route called "user.create", or null. The cost does not grow with the number of routes.
  served_route const* find(std::string_view full_name) const {
    auto const at = by_name_.find(full_name);
    return at == by_name_.end() ? nullptr : &routes_[at->second];
  }

 private:
  std::vector<served_route> routes_;
  std::vector<contract_row const*> contracts_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
};

} // namespace pando
