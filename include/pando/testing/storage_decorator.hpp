// A storage in front of another: what a test derives from to watch one operation, or to break it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <pando/store/storage.hpp>

namespace pando::testing {

/// Hands everything on. *Thread*: as the one behind it.
class storage_decorator : public store::storage {
 public:
  using milliseconds = std::chrono::milliseconds;
  using ids = std::vector<std::uint64_t>;

  explicit storage_decorator(std::unique_ptr<store::storage> inner) : inner_(std::move(inner)) {}

  std::string describe() const override { return inner_->describe(); }
  task<void> open() override { return inner_->open(); }
  task<void> close() override { return inner_->close(); }
  void on_wake(std::function<void(store::wake)> told) override { inner_->on_wake(std::move(told)); }
  task<void> declare_group(std::string const& group, std::uint32_t shards) override {
    return inner_->declare_group(group, shards);
  }
  task<store::enlistment> enlist(store::runner_entry const& who) override {
    return inner_->enlist(who);
  }
  task<store::renewal> renew(std::uint64_t incarnation, milliseconds ttl) override {
    return inner_->renew(incarnation, ttl);
  }
  task<std::vector<store::shard_lease>> acquire(std::uint64_t incarnation,
                                                std::vector<store::shard_key> const& wanted,
                                                milliseconds ttl) override {
    return inner_->acquire(incarnation, wanted, ttl);
  }
  task<void> release(std::uint64_t incarnation,
                     std::vector<store::shard_lease> const& held) override {
    return inner_->release(incarnation, held);
  }
  task<void> step_down(std::uint64_t incarnation) override {
    return inner_->step_down(incarnation);
  }
  task<void> withdraw(std::uint64_t incarnation) override { return inner_->withdraw(incarnation); }
  task<bool> mark(std::string const& address, bool is_healthy, milliseconds alive) override {
    return inner_->mark(address, is_healthy, alive);
  }
  task<store::fleet_view> look(milliseconds forget_after) override {
    return inner_->look(forget_after);
  }
  task<void> apply(std::span<store::message_operation> all) override { return inner_->apply(all); }
  task<store::taken_messages> take(std::uint64_t incarnation,
                                   std::vector<store::shard_lease> const& held,
                                   std::size_t most) override {
    return inner_->take(incarnation, held, most);
  }
  task<void> put_back(std::uint64_t incarnation, ids const& which) override {
    return inner_->put_back(incarnation, which);
  }
  task<void> put_back_unknown(std::uint64_t incarnation,
                              std::vector<store::shard_lease> const& held,
                              ids const& known) override {
    return inner_->put_back_unknown(incarnation, held, known);
  }
  task<std::vector<store::answer>> answers(ids const& which) override {
    return inner_->answers(which);
  }
  task<std::vector<store::chunk>> chunks(std::vector<store::chunk_place> const& from,
                                         std::size_t most) override {
    return inner_->chunks(from, most);
  }
  task<ids> interrupted(ids const& which) override { return inner_->interrupted(which); }
  task<std::vector<store::acknowledgement>> acknowledged(ids const& which) override {
    return inner_->acknowledged(which);
  }
  task<std::size_t> prune(milliseconds age, std::size_t most) override {
    return inner_->prune(age, most);
  }
  task<store::message_counts> count(std::string_view no_rpc) override {
    return inner_->count(no_rpc);
  }
  task<store::listed_messages> list(store::message_filter const& wanted) override {
    return inner_->list(wanted);
  }
  task<std::optional<std::string>> value(std::string const& name) override {
    return inner_->value(name);
  }
  task<bool> set_value(std::string const& name, std::string const& value,
                       store::shard_key const& shard, store::fence const& by) override {
    return inner_->set_value(name, value, shard, by);
  }

 protected:
  store::storage& inner() noexcept { return *inner_; }

 private:
  std::unique_ptr<store::storage> inner_;
};

} // namespace pando::testing
