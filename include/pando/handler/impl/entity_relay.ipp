// One call stands for another: what the app answers is moved to whoever asked.
#pragma once

#include <stdexcept>

#include <pando/handler/entity_relay.hpp>

namespace pando::detail {

class entity_relay final : public channel {
 public:
  entity_relay(std::shared_ptr<channel> to_app, std::span<relay_row const> rows,
               std::string_view id)
      : to_app_(std::move(to_app)), rows_(rows), id_(id) {}

  void start(operation& call) override { begin(call, nullptr); }
  void start_stream(stream_operation& call) override { begin(call, &call); }
  void cancel(operation& call) override {
    delete reinterpret_cast<relayed*>(call.tag); // which cancels what it stands for
    call.set_failure(cancelled("the call was cancelled"));
    call.finish();
  }
  void grant(stream_operation& call, std::size_t count) override {
    if (call.is_done()) return;
    auto& inner = *reinterpret_cast<relayed*>(call.tag);
    inner.carrier->grant(inner, count);
  }

 private:
  /// The call of the app. Its items are the other's.
  struct relayed final : stream_operation {
    relayed(relay_row const& by, route_row const& as, operation& outer,
            stream_operation* consumer, void* to)
        : stream_operation(as, to, as.result != nullptr ? outer.result : nullptr), row(by),
          call(outer), items(consumer) {
      home = outer.home;
      deadline = outer.deadline;
      behalf = outer.behalf;
    }
    ~relayed() override {
      end();
      row.address({}, nullptr, request);
    }
    void* make_item() override { return items->make_item(); }
    void item_ready() override { items->item_ready(); }
    void drop_item() override { items->drop_item(); }

    relay_row const& row;
    operation& call;
    stream_operation* items;
  };

  void begin(operation& call, stream_operation* items) {
    for (auto const& row : rows_) {
      if (row.rpc != call.route) continue;
      bool const discards = call.discards && row.discarding != nullptr;
      auto const& as = discards ? *row.discarding : *row.route;
      auto* const made =
          new relayed(row, as, call, items, row.address(id_, call.request, nullptr));
      call.tag = reinterpret_cast<std::size_t>(made);
      call.carrier = this;
      made->carrier = to_app_.get();
      if (items != nullptr)
        to_app_->start_stream(*made);
      else
        to_app_->start(*made);
      if (made->is_done()) return ended(*made);
      return made->wait()([made] { ended(*made); });
    }
    call.set_failure(
        no_such_route("this client does not know " + std::string(call.route->full_name)));
    call.finish();
  }

  static void ended(relayed& inner) {
    auto& call = inner.call;
    if (inner.error_index) {
      auto const& type = *inner.route->errors[*inner.error_index].type;
      type.move(call.make_error(*inner.error_index), inner.error);
    }
    if (inner.failed) call.set_failure(inner.failed);
    delete &inner;
    call.finish();
  }

  std::shared_ptr<channel> to_app_;
  std::span<relay_row const> rows_;
  std::string id_;
};

PANDO_INLINE void check_instance_id(std::string_view entity, std::string_view id) {
  if (!id.empty() && id.size() <= longest_instance_id) return;
  throw std::invalid_argument("pando: an id of " + std::string(entity) + " has 1 to " +
                              std::to_string(longest_instance_id) + " octets, this one " +
                              std::to_string(id.size()));
}

PANDO_INLINE std::shared_ptr<channel> make_entity_relay(std::shared_ptr<channel> to_app,
                                                        std::span<relay_row const> rows,
                                                        std::string_view id) {
  check_instance_id(rows.front().rpc->controller, id);
  return std::make_shared<entity_relay>(std::move(to_app), rows, id);
}

} // namespace pando::detail
