// What a door that keeps connections serves, and how it ends them in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/handler/served.hpp>
#include <pando/link/connection_user.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando {

/// What is served on connections. Made once, then only read: any thread.
class serving {
 public:
  /// All of these outlive it. `describe` gives the app's description as JSON text; it may be empty.
  serving(served_routes const& routes, door_context const& context,
          std::function<std::string()> describe = {});

  /// A contract with the hash of its routes' shapes.
  struct contract {
    contract_row const* row;
    std::uint64_t fingerprint;
  };

  served_routes const& routes() const noexcept { return routes_; }
  door_context const& context() const noexcept { return context_; }
  /// The contract of that controller with that fingerprint, or null.
  contract_row const* find(std::string_view controller, std::uint64_t fingerprint) const noexcept;
  std::function<std::string()> const& describe() const noexcept { return describe_; }

  /// Those it serves are runners, who may call instances for callers of theirs. Before the first
  /// connection.
  void for_runners() noexcept { is_for_runners_ = true; }
  bool is_for_runners() const noexcept { return is_for_runners_; }

 private:
  served_routes const& routes_;
  door_context const& context_;
  std::function<std::string()> describe_;
  pando::detail::sequence<contract> contracts_;
  bool is_for_runners_ = false;
};

/// Who is at the other end.
struct connection_peer {
  std::string name; ///< "uid 1000, pid 77", or a runner's name
  std::optional<std::uint32_t> user_id{};
  std::optional<std::uint64_t> incarnation{};
  std::string_view transport = "socket"; ///< how it came, for `caller`
};

/// A connection's user that serves. *Thread*: the connection's.
class serving_user : public connection_user {
 public:
  /// Takes no more calls; closes when those that run are answered.
  virtual void drain(std::string_view why) = 0;
  virtual std::size_t calls_in_flight() const noexcept = 0;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/serving.ipp>
#endif
