// A storage in PostgreSQL as the seam has it.
#pragma once

#include <utility>

#include <pando/store/detail/postgres_store.hpp>
#include <pando/store/postgres_storage.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store {

namespace detail {

/// A template so that its coroutines are made where one is made, see <pando/config.hpp>.
template <class>
class postgres_storage final : public storage {
 public:
  using milliseconds = std::chrono::milliseconds;
  using ids = std::vector<std::uint64_t>;
  using leases = std::vector<shard_lease>;

  explicit postgres_storage(postgres_storage_options chosen)
      : state_(std::make_shared<postgres_store>(std::move(chosen))) {}
  postgres_storage(postgres_storage const&) = delete;
  ~postgres_storage() override { state_->abandon(); }

  std::string describe() const override { return state_->describe(); }
  task<void> open() override { return state_->open(); }
  task<void> close() override { return state_->close(); }
  void on_wake(std::function<void(wake)> told) override { state_->on_wake(std::move(told)); }

  task<void> declare_group(std::string const& group, std::uint32_t shards) override {
    return state_->declare_group(group, shards);
  }
  task<enlistment> enlist(runner_entry const& who) override { return state_->enlist(who); }
  task<renewal> renew(std::uint64_t incarnation, milliseconds ttl) override {
    return state_->renew(incarnation, ttl);
  }
  task<leases> acquire(std::uint64_t incarnation, std::vector<shard_key> const& wanted,
                       milliseconds ttl) override {
    return state_->acquire(incarnation, wanted, ttl);
  }
  task<void> release(std::uint64_t incarnation, leases const& held) override {
    return state_->release(incarnation, held);
  }
  task<void> step_down(std::uint64_t incarnation) override {
    return state_->step_down(incarnation);
  }
  task<void> withdraw(std::uint64_t incarnation) override { return state_->withdraw(incarnation); }
  task<bool> mark(std::string const& address, bool is_healthy, milliseconds alive) override {
    return state_->mark(address, is_healthy, alive);
  }
  task<fleet_view> look(milliseconds forget_after) override { return state_->look(forget_after); }

  task<void> apply(std::span<message_operation> all) override { return state_->apply(all); }
  task<taken_messages> take(std::uint64_t incarnation, leases const& held,
                            std::size_t most) override {
    return state_->take(incarnation, held, most);
  }
  task<void> put_back(std::uint64_t incarnation, ids const& all) override {
    return state_->put_back(incarnation, all);
  }
  task<void> put_back_unknown(std::uint64_t incarnation, leases const& held,
                              ids const& known) override {
    return state_->put_back_unknown(incarnation, held, known);
  }
  task<std::vector<answer>> answers(ids const& all) override { return state_->answers(all); }
  task<std::vector<chunk>> chunks(std::vector<chunk_place> const& from, std::size_t most) override {
    return state_->chunks(from, most);
  }
  task<ids> interrupted(ids const& all) override { return state_->interrupted(all); }
  task<std::vector<acknowledgement>> acknowledged(ids const& all) override {
    return state_->acknowledged(all);
  }
  task<std::size_t> prune(milliseconds age, std::size_t most) override {
    return state_->prune(age, most);
  }
  task<message_counts> count(std::string_view no_rpc) override { return state_->count(no_rpc); }
  task<listed_messages> list(message_filter const& wanted) override {
    return state_->list(wanted);
  }

  task<std::optional<std::string>> value(std::string const& name) override {
    return state_->value(name);
  }
  task<bool> set_value(std::string const& name, std::string const& value, shard_key const& shard,
                       fence const& by) override {
    return state_->set_value(name, value, shard, by);
  }

 private:
  std::shared_ptr<postgres_store> state_;
};

} // namespace detail

PANDO_LAZY_BODY std::unique_ptr<storage> make_postgres_storage(postgres_storage_options chosen) {
  return std::make_unique<detail::postgres_storage<PANDO_LAZY_VOID>>(std::move(chosen));
}

} // namespace pando::store

#endif
