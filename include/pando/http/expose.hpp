// `pando::http::expose<Counter>()`: an entity's rpcs as `POST /counter/{entity_id}/increment`.
#pragma once

#include <pando/contract/entity.hpp>
#include <pando/http/markers.hpp>
#include <pando/schema/exposed.hpp>

namespace pando::http {

/// What `expose` gives to `pando::app`.
template <class Contract>
struct exposure {
  using pando_exposes = Contract;
  template <fixed_string Name>
  using marker = post<pando::detail::instance_path<Name>>;
  template <fixed_string Name>
  using discard_markers =
      meta::list<post<pando::detail::make_ended_name<pando::detail::instance_path<Name>,
                                                     "/discard">()>,
                 accepted>;
};

/// Opens every rpc of an entity over HTTP, as `POST /entity/{entity_id}/rpc` with the request as
/// JSON; names are written small and with hyphens. An rpc that may be discarded is
/// `POST /entity/{entity_id}/rpc/discard` too: 202 as soon as the call is stored, or of a volatile
/// one on its way. Give it to `pando::app`, beside the entity.
template <entity_type Contract>
constexpr exposure<Contract> expose() {
  return {};
}

} // namespace pando::http
