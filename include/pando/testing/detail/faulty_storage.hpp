// A storage that can be away for one member of a test's cluster.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <pando/config.hpp>
#include <pando/store/storage.hpp>

namespace pando::testing::detail {

/// What `gate` of a `faulty_storage` decides.
using storage_gate = std::function<task<void>()>;

/// Asks before each operation whether it may be done: the gate waits as long as it likes, and
/// throws what the storage is to throw. A template so that its coroutines are made where one is
/// made, see <pando/config.hpp>.
template <class>
class faulty_storage final : public store::storage {
 public:
  using milliseconds = std::chrono::milliseconds;
  using ids = std::vector<std::uint64_t>;

  faulty_storage(std::unique_ptr<store::storage> inner, storage_gate gate)
      : inner_(std::move(inner)), gate_(std::move(gate)) {}

  std::string describe() const override { return inner_->describe(); }
  void on_wake(std::function<void(store::wake)> told) override { inner_->on_wake(std::move(told)); }
  task<void> open() override {
    co_await gate_();
    co_await inner_->open();
  }
  task<void> close() override { return inner_->close(); }
  task<void> declare_group(std::string const& group, std::uint32_t shards) override {
    co_await gate_();
    co_await inner_->declare_group(group, shards);
  }
  task<store::enlistment> enlist(store::runner_entry const& who) override {
    co_await gate_();
    co_return co_await inner_->enlist(who);
  }
  task<store::renewal> renew(std::uint64_t incarnation, milliseconds ttl) override {
    co_await gate_();
    co_return co_await inner_->renew(incarnation, ttl);
  }
  task<std::vector<store::shard_lease>> acquire(std::uint64_t incarnation,
                                                std::vector<store::shard_key> const& wanted,
                                                milliseconds ttl) override {
    co_await gate_();
    co_return co_await inner_->acquire(incarnation, wanted, ttl);
  }
  task<void> release(std::uint64_t incarnation,
                     std::vector<store::shard_lease> const& held) override {
    co_await gate_();
    co_await inner_->release(incarnation, held);
  }
  task<void> withdraw(std::uint64_t incarnation) override {
    co_await gate_();
    co_await inner_->withdraw(incarnation);
  }
  task<bool> mark(std::string const& address, bool is_healthy, milliseconds alive) override {
    co_await gate_();
    co_return co_await inner_->mark(address, is_healthy, alive);
  }
  task<store::fleet_view> look(milliseconds forget_after) override {
    co_await gate_();
    co_return co_await inner_->look(forget_after);
  }
  task<void> apply(std::span<store::message_operation> all) override {
    co_await gate_();
    co_await inner_->apply(all);
  }
  task<store::taken_messages> take(std::uint64_t incarnation,
                                   std::vector<store::shard_lease> const& held,
                                   std::size_t most) override {
    co_await gate_();
    co_return co_await inner_->take(incarnation, held, most);
  }
  task<void> put_back(std::uint64_t incarnation, ids const& which) override {
    co_await gate_();
    co_await inner_->put_back(incarnation, which);
  }
  task<std::vector<store::answer>> answers(ids const& which) override {
    co_await gate_();
    co_return co_await inner_->answers(which);
  }
  task<std::size_t> prune(milliseconds age, std::size_t most) override {
    co_await gate_();
    co_return co_await inner_->prune(age, most);
  }
  task<store::message_counts> count() override {
    co_await gate_();
    co_return co_await inner_->count();
  }
  task<std::optional<std::string>> value(std::string const& name) override {
    co_await gate_();
    co_return co_await inner_->value(name);
  }
  task<bool> set_value(std::string const& name, std::string const& value,
                       store::shard_key const& shard, store::fence const& by) override {
    co_await gate_();
    co_return co_await inner_->set_value(name, value, shard, by);
  }

 private:
  std::unique_ptr<store::storage> inner_;
  storage_gate gate_;
};

} // namespace pando::testing::detail
