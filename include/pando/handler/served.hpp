// The routes an app serves, as data: what every door's dispatch is a view of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <pando/handler/call.hpp>
#include <pando/meta/name_index.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/meta/view.hpp>
#include <pando/schema/table.hpp>

namespace pando {

class route_counts; // runtime/call_counts.hpp

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
  pando::detail::sequence<door_entry> overrides{};
  route_counts* counts = nullptr; ///< null: its calls are not counted

  /// What runs the route for a call that comes by `door`.
  route_entry entry_for(std::string_view door) const noexcept {
    for (auto const& one : overrides)
      if (one.door == door) return one.invoke;
    return invoke;
  }
};

/// The handlers of one implementation and the services they are given: what `self` of its routes
/// points to.
struct bound_handlers {
  pando::detail::sequence<void const*> handlers;
  void* const* services;
};

/// A handler as data: the route it is for, the door (empty: every door), what runs it.
struct handler_row {
  route_row const* route;
  std::string_view door;
  route_entry invoke;
};

/// All the routes an app serves. Built once, then only read: any thread.
class served_routes {
 public:
  served_routes() = default;
  served_routes(served_routes&&) = default;
  served_routes& operator=(served_routes&&) = default;

  /// Adds a contract with its handlers: `rows` and `bound.handlers` go by the same number.
  void add(contract_row const& contract, pando::detail::view<handler_row const> rows,
           bound_handlers bound) {
    add(contract);
    pando::detail::owner<bound_handlers> kept(new bound_handlers(std::move(bound)));
    auto const& self = *kept;
    bound_.push_back(std::move(kept));
    for (auto const& route : contract.routes) add({&route, nullptr, &self});
    for (auto const& row : rows) {
      auto& route = routes_[*by_name_.find(row.route->full_name)];
      route.row = row.route; // clients in process know the row by its place
      if (row.door.empty())
        route.invoke = row.invoke;
      else
        route.overrides.push_back({row.door, row.invoke});
    }
  }
  void add(served_route route) {
    by_name_.add(route.row->full_name, routes_.size());
    routes_.push_back(std::move(route));
  }
  void add(contract_row const& contract) { contracts_.push_back(&contract); }

  pando::detail::view<served_route const> all() const noexcept {
    return {routes_.data(), routes_.size()};
  }
  /// For whoever counts their calls, before the first.
  pando::detail::view<served_route> to_count() noexcept {
    return {routes_.data(), routes_.size()};
  }
  pando::detail::view<contract_row const* const> contracts() const noexcept {
    return {contracts_.data(), contracts_.size()};
  }

  /// The route called "user.create", or null. The cost does not grow with the number of routes.
  served_route const* find(std::string_view full_name) const {
    auto const* const at = by_name_.find(full_name);
    return at == nullptr ? nullptr : &routes_[*at];
  }

 private:
  pando::detail::sequence<served_route> routes_;
  pando::detail::sequence<contract_row const*> contracts_;
  pando::detail::name_index by_name_;
  pando::detail::sequence<pando::detail::owner<bound_handlers>>
      bound_; ///< they stay where they are
};

} // namespace pando
