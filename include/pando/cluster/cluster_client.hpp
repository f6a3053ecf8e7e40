// `pando::cluster_client&`: what a handler asks for to call what its own app has.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <pando/contract/entity.hpp>
#include <pando/handler/channel.hpp>
#include <pando/handler/client.hpp>
#include <pando/schema/table.hpp>

namespace pando {

namespace cluster {
class entity_host;
}

/// Calls of the app that it comes from, for handlers, hooks, singletons and cron jobs: every app
/// provides it, as `application` gives clients to whoever holds the app. Calls are the app's own
/// and not those of whoever called the handler: guards see a caller "in-process", without headers
/// and principal. *Thread*: any.
class cluster_client {
 public:
  cluster_client() = default;
  cluster_client(cluster_client const&) = delete;

  /// The instance of that id of one of the app's entities, wherever in the fleet it is. A handler
  /// that awaits a call of its own instance waits for itself, unless the entity's `concurrency`
  /// is above 1. *Throws* std::invalid_argument for an entity that the app does not serve, and for
  /// an id that is empty or longer than 512 octets.
  template <entity_type Contract>
  pando::client<Contract> client(std::string_view id) const {
    if (host_ == nullptr)
      throw std::invalid_argument("pando: this app does not serve " +
                                  std::string(contract_table<Contract>.controller));
    return pando::client<Contract>(channel_to_(*host_, contract_table<Contract>, id));
  }
  /// One of the app's controllers. A call of one that it does not serve ends in `no_such_route`.
  template <class Contract>
    requires(!entity_type<Contract>)
  pando::client<Contract> client() const {
    return pando::client<Contract>(local_);
  }

  using channel_maker = std::shared_ptr<channel>(cluster::entity_host&, contract_row const&,
                                                 std::string_view id);
  /// Whose calls they are; said by the app, before the first call. One without entities has no
  /// host of them.
  void belongs_to(std::shared_ptr<channel> local, cluster::entity_host* host = nullptr,
                  channel_maker* channel_to = nullptr) {
    local_ = std::move(local);
    host_ = host;
    channel_to_ = channel_to;
  }

 private:
  std::shared_ptr<channel> local_{};
  cluster::entity_host* host_ = nullptr; ///< null: there are no entities
  channel_maker* channel_to_ = nullptr;
};

} // namespace pando
