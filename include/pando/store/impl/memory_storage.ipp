// A handle on what is in memory.
#pragma once

#include <utility>

#include <boost/asio/this_coro.hpp>

#include <pando/store/memory_storage.hpp>

#include <pando/store/detail/memory_state.hpp>
#include <pando/store/detail/waker.hpp>
#include <pando/store/impl/memory_leases.ipp>
#include <pando/store/impl/memory_messages.ipp>

namespace pando::store {

PANDO_INLINE memory_store::memory_store(std::function<std::chrono::milliseconds()> now)
    : state_(std::make_unique<detail::memory_state>(std::move(now))) {}

PANDO_INLINE memory_store::~memory_store() = default;

namespace detail {

/// A template so that its coroutines are made where one is made, see <pando/config.hpp>.
template <class>
class memory_storage final : public storage {
 public:
  using milliseconds = std::chrono::milliseconds;
  using ids = std::vector<std::uint64_t>;

  explicit memory_storage(std::shared_ptr<memory_store> in) : in_(std::move(in)) {}
  memory_storage(memory_storage const&) = delete;
  ~memory_storage() override { leave(); }

  std::string describe() const override { return "memory"; }
  task<void> open() override {
    waker_->start(co_await boost::asio::this_coro::executor);
    its().join(waker_);
  }
  task<void> close() override {
    leave();
    co_return;
  }
  void on_wake(std::function<void(wake)> told) override { waker_->set(std::move(told)); }

  task<void> declare_group(std::string const& group, std::uint32_t shards) override {
    its().declare_group(group, shards);
    co_return;
  }
  task<enlistment> enlist(runner_entry const& who) override { co_return its().enlist(who); }
  task<renewal> renew(std::uint64_t incarnation, milliseconds ttl) override {
    co_return its().renew(incarnation, ttl);
  }
  task<std::vector<shard_lease>> acquire(std::uint64_t incarnation,
                                         std::vector<shard_key> const& wanted,
                                         milliseconds ttl) override {
    co_return its().acquire(incarnation, wanted, ttl);
  }
  task<void> release(std::uint64_t incarnation, std::vector<shard_lease> const& held) override {
    its().release(incarnation, held);
    co_return;
  }
  task<void> step_down(std::uint64_t incarnation) override {
    its().step_down(incarnation);
    co_return;
  }
  task<void> withdraw(std::uint64_t incarnation) override {
    its().withdraw(incarnation);
    co_return;
  }
  task<bool> mark(std::string const& address, bool is_healthy, milliseconds alive) override {
    co_return its().mark(address, is_healthy, alive);
  }
  task<fleet_view> look(milliseconds forget_after) override { co_return its().look(forget_after); }

  task<void> apply(std::span<message_operation> all) override {
    its().apply(all);
    co_return;
  }
  task<taken_messages> take(std::uint64_t incarnation, std::vector<shard_lease> const& held,
                            std::size_t most) override {
    co_return its().take(incarnation, held, most);
  }
  task<void> put_back(std::uint64_t incarnation, ids const& which) override {
    its().put_back(incarnation, which);
    co_return;
  }
  task<void> put_back_unknown(std::uint64_t incarnation, std::vector<shard_lease> const& held,
                              ids const& known) override {
    its().put_back_unknown(incarnation, held, known);
    co_return;
  }
  task<std::vector<answer>> answers(ids const& which) override { co_return its().answers(which); }
  task<std::vector<chunk>> chunks(std::vector<chunk_place> const& from, std::size_t most) override {
    co_return its().chunks(from, most);
  }
  task<ids> interrupted(ids const& which) override { co_return its().interrupted(which); }
  task<std::vector<acknowledgement>> acknowledged(ids const& which) override {
    co_return its().acknowledged(which);
  }
  task<std::size_t> prune(milliseconds age, std::size_t most) override {
    co_return its().prune(age, most);
  }
  task<message_counts> count(std::string_view no_rpc) override { co_return its().count(no_rpc); }
  task<listed_messages> list(message_filter const& wanted) override {
    co_return its().list(wanted);
  }
  task<std::optional<std::string>> value(std::string const& name) override {
    co_return its().value(name);
  }
  task<bool> set_value(std::string const& name, std::string const& value, shard_key const& shard,
                       fence const& by) override {
    co_return its().set_value(name, value, shard, by);
  }

 private:
  memory_state& its() const noexcept { return in_->state(); }
  void leave() noexcept {
    its().leave(*waker_);
    waker_->stop();
  }

  std::shared_ptr<memory_store> in_;
  std::shared_ptr<waker> waker_ = std::make_shared<waker>();
};

} // namespace detail

PANDO_LAZY_BODY std::unique_ptr<storage> make_memory_storage(std::shared_ptr<memory_store> in) {
  return std::make_unique<detail::memory_storage<PANDO_LAZY_VOID>>(std::move(in));
}

} // namespace pando::store
