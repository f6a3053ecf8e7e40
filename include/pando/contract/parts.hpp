// What may stand in a route besides its name and signature, and how a part says what it is.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include <pando/meta/list.hpp>

namespace pando {

/// Declared errors of a route: each arrives at the caller as itself, over every door. An error type
/// may say `static constexpr int http_status` (default 400) and `static constexpr int exit_code`
/// (default 1).
template <class... Errors>
struct raises {
  using pando_raises = meta::list<Errors...>;
};

/// A guard on a route or a controller: a service with `check(pando::caller&)`, run before the
/// request is decoded, on every door. It fills `caller.principal` or refuses.
template <class... Guards>
struct guarded_by {
  using pando_guards = meta::list<Guards...>;
};

/// The handler may block: it runs on the app's pool of threads, never on one that reads sockets.
struct blocking {
  static constexpr bool pando_blocking = true;
};

/// What a door's marker tells the table: which door, and that door's own data for the route.
/// The core never looks behind `data`; a new door adds a marker header and edits nothing here.
struct marker_row {
  std::string_view door;
  std::string_view kind;
  void const* data;
  std::uint64_t place; ///< equal places on one door are one place twice; 0: claims none
};

namespace detail {

template <class Part>
concept raises_part = requires {
  typename Part::pando_raises;
};
template <class Part>
concept guards_part = requires {
  typename Part::pando_guards;
};
template <class Part>
concept blocking_part = requires {
  Part::pando_blocking;
};
/// A door's marker: `static constexpr marker_row pando_marker(controller, route)`.
template <class Part>
concept marker_part = requires(std::string_view name) {
  {Part::pando_marker(name, name)};
};
template <class Part>
concept route_part =
    raises_part<Part> || guards_part<Part> || blocking_part<Part> || marker_part<Part>;

/// FNV-1a, 64 bits, carried on from `seed`.
constexpr std::uint64_t hash_text(std::string_view text,
                                  std::uint64_t seed = 0xcbf29ce484222325ULL) {
  for (char const c : text) {
    seed ^= static_cast<std::uint8_t>(c);
    seed *= 0x100000001b3ULL;
  }
  return seed;
}

template <class Part, bool Has>
struct raises_in {
  using type = meta::list<>;
};
template <class Part>
struct raises_in<Part, true> {
  using type = typename Part::pando_raises;
};
template <class Part, bool Has>
struct guards_in {
  using type = meta::list<>;
};
template <class Part>
struct guards_in<Part, true> {
  using type = typename Part::pando_guards;
};

/// What a part adds to a route: asked of the part, unless it is one of this file.
template <class Part>
struct part_traits {
  using raises = typename raises_in<Part, raises_part<Part>>::type;
  using guards = typename guards_in<Part, guards_part<Part>>::type;
  using markers = std::conditional_t<marker_part<Part>, meta::list<Part>, meta::list<>>;
  static constexpr bool blocks = blocking_part<Part>;
};
struct no_part {
  using raises = meta::list<>;
  using guards = meta::list<>;
  using markers = meta::list<>;
  static constexpr bool blocks = false;
};
template <class... Errors>
struct part_traits<pando::raises<Errors...>> : no_part {
  using raises = meta::list<Errors...>;
};
template <class... Guards>
struct part_traits<guarded_by<Guards...>> : no_part {
  using guards = meta::list<Guards...>;
};
template <>
struct part_traits<blocking> : no_part {
  static constexpr bool blocks = true;
};

} // namespace detail
} // namespace pando
