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

/// Asked before an operation, and after it: then it has happened, and only the answer can be lost.
using storage_gate = std::function<task<void>(bool has_happened)>;

/// Whoever is told of wake-ups.
using wake_listener = std::shared_ptr<std::function<void(store::wake)> const>;

/// What becomes of a member's operations, and of what its storage tells it.
struct faults_of_storage {
  storage_gate gate;
  /// Tells of a wake-up as often as it likes, then or later.
  std::function<void(wake_listener const& told, store::wake what)> wake_up;
};

/// Asks before and after each operation: the gate waits as long as it likes, and throws what the
/// storage is to throw. A template so that its coroutines are made where one is
/// made, see <pando/config.hpp>.
template <class>
class faulty_storage final : public store::storage {
 public:
  using milliseconds = std::chrono::milliseconds;
  using ids = std::vector<std::uint64_t>;

  faulty_storage(std::unique_ptr<store::storage> inner, faults_of_storage faults)
      : inner_(std::move(inner)), gate_(std::move(faults.gate)),
        wake_up_(std::move(faults.wake_up)) {}

  std::string describe() const override { return inner_->describe(); }
  void on_wake(std::function<void(store::wake)> told) override {
    auto const kept = std::make_shared<std::function<void(store::wake)> const>(std::move(told));
    inner_->on_wake([this, kept](store::wake what) { wake_up_(kept, what); });
  }
  task<void> open() override {
    co_await gate_(false);
    co_await inner_->open();
    co_await gate_(true);
  }
  task<void> close() override { return inner_->close(); }
  task<void> declare_group(std::string const& group, std::uint32_t shards) override {
    co_await gate_(false);
    co_await inner_->declare_group(group, shards);
    co_await gate_(true);
  }
  task<store::enlistment> enlist(store::runner_entry const& who) override {
    co_await gate_(false);
    auto got = co_await inner_->enlist(who);
    co_await gate_(true);
    co_return got;
  }
  task<store::renewal> renew(std::uint64_t incarnation, milliseconds ttl) override {
    co_await gate_(false);
    auto got = co_await inner_->renew(incarnation, ttl);
    co_await gate_(true);
    co_return got;
  }
  task<std::vector<store::shard_lease>> acquire(std::uint64_t incarnation,
                                                std::vector<store::shard_key> const& wanted,
                                                milliseconds ttl) override {
    co_await gate_(false);
    auto got = co_await inner_->acquire(incarnation, wanted, ttl);
    co_await gate_(true);
    co_return got;
  }
  task<void> release(std::uint64_t incarnation,
                     std::vector<store::shard_lease> const& held) override {
    co_await gate_(false);
    co_await inner_->release(incarnation, held);
    co_await gate_(true);
  }
  task<void> step_down(std::uint64_t incarnation) override {
    co_await gate_(false);
    co_await inner_->step_down(incarnation);
    co_await gate_(true);
  }
  task<void> withdraw(std::uint64_t incarnation) override {
    co_await gate_(false);
    co_await inner_->withdraw(incarnation);
    co_await gate_(true);
  }
  task<bool> mark(std::string const& address, bool is_healthy, milliseconds alive) override {
    co_await gate_(false);
    auto got = co_await inner_->mark(address, is_healthy, alive);
    co_await gate_(true);
    co_return got;
  }
  task<store::fleet_view> look(milliseconds forget_after) override {
    co_await gate_(false);
    auto got = co_await inner_->look(forget_after);
    co_await gate_(true);
    co_return got;
  }
  task<void> apply(std::span<store::message_operation> all) override {
    co_await gate_(false);
    co_await inner_->apply(all);
    co_await gate_(true);
  }
  task<store::taken_messages> take(std::uint64_t incarnation,
                                   std::vector<store::shard_lease> const& held,
                                   std::size_t most) override {
    co_await gate_(false);
    auto got = co_await inner_->take(incarnation, held, most);
    co_await gate_(true);
    co_return got;
  }
  task<void> put_back(std::uint64_t incarnation, ids const& which) override {
    co_await gate_(false);
    co_await inner_->put_back(incarnation, which);
    co_await gate_(true);
  }
  task<void> put_back_unknown(std::uint64_t incarnation,
                              std::vector<store::shard_lease> const& held,
                              ids const& known) override {
    co_await gate_(false);
    co_await inner_->put_back_unknown(incarnation, held, known);
    co_await gate_(true);
  }
  task<std::vector<store::answer>> answers(ids const& which) override {
    co_await gate_(false);
    auto got = co_await inner_->answers(which);
    co_await gate_(true);
    co_return got;
  }
  task<std::vector<store::chunk>> chunks(std::vector<store::chunk_place> const& from,
                                         std::size_t most) override {
    co_await gate_(false);
    auto got = co_await inner_->chunks(from, most);
    co_await gate_(true);
    co_return got;
  }
  task<ids> interrupted(ids const& which) override {
    co_await gate_(false);
    auto got = co_await inner_->interrupted(which);
    co_await gate_(true);
    co_return got;
  }
  task<std::vector<store::acknowledgement>> acknowledged(ids const& which) override {
    co_await gate_(false);
    auto got = co_await inner_->acknowledged(which);
    co_await gate_(true);
    co_return got;
  }
  task<std::size_t> prune(milliseconds age, std::size_t most) override {
    co_await gate_(false);
    auto got = co_await inner_->prune(age, most);
    co_await gate_(true);
    co_return got;
  }
  task<store::message_counts> count(std::string_view no_rpc) override {
    co_await gate_(false);
    auto got = co_await inner_->count(no_rpc);
    co_await gate_(true);
    co_return got;
  }
  task<store::listed_messages> list(store::message_filter const& wanted) override {
    co_await gate_(false);
    auto got = co_await inner_->list(wanted);
    co_await gate_(true);
    co_return got;
  }
  task<std::optional<std::string>> value(std::string const& name) override {
    co_await gate_(false);
    auto got = co_await inner_->value(name);
    co_await gate_(true);
    co_return got;
  }
  task<bool> set_value(std::string const& name, std::string const& value,
                       store::shard_key const& shard, store::fence const& by) override {
    co_await gate_(false);
    auto got = co_await inner_->set_value(name, value, shard, by);
    co_await gate_(true);
    co_return got;
  }

 private:
  std::unique_ptr<store::storage> inner_;
  storage_gate gate_;
  std::function<void(wake_listener const&, store::wake)> wake_up_;
};

} // namespace pando::testing::detail
