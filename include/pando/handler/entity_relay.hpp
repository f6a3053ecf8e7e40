// Calls of an entity over a channel to its app: each as a call of the controller that it is over
// doors.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/handler/client.hpp>
#include <pando/schema/exposed.hpp>
#include <pando/schema/table.hpp>

namespace pando {

namespace detail {

/// What a call of an rpc becomes.
struct relay_row {
  route_row const* rpc;
  route_row const* route;
  route_row const* discarding; ///< what its `discard` becomes; null: it may not be discarded
  /// Given a request, a new addressed one with that id; given none, destroys the addressed one.
  void* (*address)(std::string const& id, void* request, void* addressed);
};

template <class Request>
void* address_request(std::string const& id, void* request, void* made) {
  if (made != nullptr) {
    delete static_cast<addressed<Request>*>(made);
    return nullptr;
  }
  auto to = std::make_unique<addressed<Request>>();
  to->entity_id = instance_id(id);
  if constexpr (!std::is_same_v<Request, no_request>)
    to->request = std::move(*static_cast<Request*>(request));
  return to.release();
}

template <class Contract, class Rpc>
constexpr route_row const* find_discarding_row() {
  if constexpr (can_be_discarded<Rpc>)
    return &row_of<exposed<Contract>, discard_name<kebab<Rpc::name>>>();
  else
    return nullptr;
}
template <class Contract, class... Rpcs>
constexpr std::array<relay_row, sizeof...(Rpcs)> make_relay_rows(meta::list<Rpcs...>) {
  return {relay_row{&row_of<Contract, Rpcs::name>(),
                    &row_of<exposed<Contract>, kebab<Rpcs::name>>(),
                    find_discarding_row<Contract, Rpcs>(),
                    &address_request<typename Rpcs::request>}...};
}
template <class Contract>
inline constexpr auto relay_rows = make_relay_rows<Contract>(route_list<Contract>{});

/// *Throws* std::invalid_argument where no instance of the entity can have that id.
void check_instance_id(std::string_view entity, std::string_view id);

/// A channel to the instance of that id over one to its app.
std::shared_ptr<channel> make_entity_relay(std::shared_ptr<channel> to_app,
                                           std::span<relay_row const> rows, std::string_view id);

} // namespace detail

/// The client of one instance of an entity, over a channel to an app that has it.
/// *Throws* std::invalid_argument for an id that is empty or longer than 512 octets.
template <entity_type Contract>
client<Contract> entity_client(std::shared_ptr<channel> to_app, std::string_view id) {
  return client<Contract>(
      detail::make_entity_relay(std::move(to_app), detail::relay_rows<Contract>, id));
}

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/entity_relay.ipp>
#endif
