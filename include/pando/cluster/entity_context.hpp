// What a handler of an entity may know of its instance.
#pragma once

#include <string>
#include <string_view>

#include <pando/handler/call.hpp>
#include <pando/handler/parameters.hpp>

namespace pando {

/// One live instance, as its handlers see it: ask for `pando::entity_context&`. It stays where it
/// is as long as the instance lives. *Thread*: that of the handler.
class entity_context {
 public:
  entity_context(std::string_view kind, std::string_view id) : kind_(kind), id_(id) {}
  entity_context(entity_context const&) = delete;

  std::string_view id() const noexcept { return id_; }
  /// The entity's name: "Counter".
  std::string_view kind() const noexcept { return kind_; }
  /// With true the instance is not passivated, however idle, until this is called with false.
  void keep_alive(bool stays) noexcept { is_kept_ = stays; }
  bool is_kept_alive() const noexcept { return is_kept_; }

 private:
  std::string_view kind_;
  std::string id_;
  bool is_kept_ = false;
};

namespace detail {
/// What `call::extra` is asked for to get the context.
inline constexpr char context_of_call = 0;
} // namespace detail

template <>
struct part_of_call<entity_context> {
  static entity_context& get(call& which) {
    return *static_cast<entity_context*>(which.extra(&detail::context_of_call));
  }
};

} // namespace pando
