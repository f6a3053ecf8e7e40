// Which route answers a method and a path: a tree of segments made from the table of routes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/handler/served.hpp>
#include <pando/http/markers.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::http::detail {

inline constexpr std::size_t verb_count = 7;
inline constexpr std::size_t max_path_values = 16;

/// A route behind one endpoint, with what the door wants to know of it at every request.
struct endpoint_route {
  served_route const* served = nullptr;
  route_entry invoke = nullptr;
  verb method = verb::get;
  int success = 200;
  /// For each {placeholder} in order, the field it fills.
  pando::detail::sequence<std::size_t> path_fields{};
};

/// The values of the placeholders on a path, still percent-encoded.
struct path_values {
  std::array<std::string_view, max_path_values> text;
  std::size_t count = 0;
};

/// What a path leads to: the route of each method that it answers.
struct path_routes {
  std::array<endpoint_route const*, verb_count> by_verb{};
  /// The methods it answers, for `Allow`: "GET, HEAD, OPTIONS".
  std::string allow;
};

/// Built once from the table, then only read: any thread.
class router {
 public:
  /// *Throws* std::invalid_argument for a path of more than 16 placeholders.
  explicit router(served_routes const& routes);

  /// What the path leads to, a literal segment winning over a placeholder; null: nothing.
  path_routes const* find(std::string_view path, path_values& values) const;

 private:
  struct node;
  /// The literal segments that may come next. As quick with a thousand as with one: a table of
  /// which at least half is empty, where a name stands at its hash or soon after.
  class branches {
   public:
    node const* find(std::string_view name) const noexcept;
    node& make(std::string_view name);

   private:
    struct branch {
      std::string_view name;
      pando::detail::owner<node> to;
    };
    std::size_t place_of(std::string_view name) const noexcept;
    pando::detail::sequence<branch> table_; ///< of a power of two, or empty
    std::size_t count_ = 0;
  };
  struct node {
    branches literals;
    pando::detail::owner<node> any;
    path_routes here;
  };
  void add(served_route const& route, endpoint const& at, int success);
  path_routes const* walk(node const& from, std::string_view path, path_values& values) const;

  node root_;
  pando::detail::sequence<pando::detail::owner<endpoint_route>> routes_;
};

} // namespace pando::http::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/router.ipp>
#endif
