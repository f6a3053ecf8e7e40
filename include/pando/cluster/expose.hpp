// The routes by which doors call entities: each finds the instance and asks it.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <pando/cli/markers.hpp>
#include <pando/cluster/entity_host.hpp>
#include <pando/handler/client.hpp>
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>
#include <pando/schema/exposed.hpp>

namespace pando::cluster::detail {

template <class Request>
Request request_in(addressed<Request>& from) {
  return std::move(from.request);
}
inline no_request request_in(addressed<no_request>&) { return {}; }

/// Asks the instance for whoever came by the door: it sees that caller, whom the door's guards let
/// in.
template <class Contract, class Rpc, bool Streams = Rpc::streams>
struct relay {
  using request = typename Rpc::request;
  task<typename Rpc::result> operator()(addressed<request> in, entity_host& host,
                                        caller const& who) const {
    auto via = host.channel_to(contract_table<Contract>, in.entity_id.get());
    pando::detail::call_options options;
    options.behalf = &who;
    return pando::detail::perform<typename Rpc::result>(
        std::move(via), options, row_of<Contract, Rpc::name>(), request_in(in));
  }
};
template <class Contract, class Rpc>
struct relay<Contract, Rpc, true> {
  using request = typename Rpc::request;
  stream<typename Rpc::item> operator()(addressed<request> in, entity_host& host,
                                        caller const& who) const {
    pando::detail::call_options options;
    options.behalf = &who;
    stream_reply<Contract, Rpc::name> items(
        host.channel_to(contract_table<Contract>, in.entity_id.get()), options, request_in(in));
    while (std::optional<typename Rpc::item> item = co_await items.next()) {
      auto one = std::move(*item);
      co_yield one;
    }
  }
};

/// The same for whom the end does not matter.
template <class Contract, class Rpc>
struct discarding_relay {
  using request = typename Rpc::request;
  task<void> operator()(addressed<request> in, entity_host& host, caller const& who) const {
    auto via = host.channel_to(contract_table<Contract>, in.entity_id.get());
    pando::detail::call_options options;
    options.behalf = &who;
    return pando::detail::perform_discarded<typename Rpc::result>(
        std::move(via), options, row_of<Contract, Rpc::name>(), request_in(in));
  }
};

template <class Contract, class Rpc, bool IsDiscardable = pando::detail::can_be_discarded<Rpc>>
struct bindings_of {
  using type =
      meta::list<handler_binding<pando::detail::kebab<Rpc::name>, relay<Contract, Rpc>>>;
};
template <class Contract, class Rpc>
struct bindings_of<Contract, Rpc, true> {
  static constexpr auto name = pando::detail::kebab<Rpc::name>;
  using type = meta::list<
      handler_binding<name, relay<Contract, Rpc>>,
      handler_binding<pando::detail::discard_name<name>, discarding_relay<Contract, Rpc>>>;
};

template <class Exposed, class Bindings>
struct implementation_of;
template <class Exposed, class... Bindings>
struct implementation_of<Exposed, meta::list<Bindings...>> {
  using type = implementation<Exposed, Bindings...>;
};
template <class Contract, class Exposed, class Routes>
struct relays_of;
template <class Contract, class Exposed, class... Rpcs>
struct relays_of<Contract, Exposed, meta::list<Rpcs...>>
    : implementation_of<Exposed, meta::concat<typename bindings_of<Contract, Rpcs>::type...>> {};

} // namespace pando::cluster::detail

namespace pando::cluster {

/// The implementation of an exposed entity: it asks the app for its `entity_host`, and keeps
/// nothing.
template <class Contract, class... Exposures>
using relays = typename detail::relays_of<Contract, exposed<Contract, Exposures...>,
                                          route_list<Contract>>::type;

/// Every entity of an app is a command, its id taken bare: `shop counter increment counter-123`;
/// `shop counter charge discard counter-123` for what may be discarded.
struct as_commands {
  template <fixed_string Name>
  using marker = cli::command<"", cli::positional<"entity_id">>;
  template <fixed_string Name>
  using discard_markers =
      meta::list<cli::command<pando::detail::make_ended_name<Name, " discard">(),
                              cli::positional<"entity_id">>>;
};

} // namespace pando::cluster
