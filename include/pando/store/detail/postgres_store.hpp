// What a storage in PostgreSQL is made of: two pools, a listener, and who is to be woken.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/store/detail/waker.hpp>
#include <pando/store/postgres_listener.hpp>
#include <pando/store/postgres_pool.hpp>
#include <pando/store/postgres_storage.hpp>
#include <pando/store/storage.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

struct postgres_wave;

/// What an error of PostgreSQL means for a storage. `reads`: it changes nothing, so that its
/// outcome is never unknown.
storage_error as_storage_error(postgres::error const& why, bool reads);

/// How often a transaction is tried when others stand in its way.
inline constexpr int most_postgres_attempts = 10;

/// Whether a transaction may change something.
enum class postgres_work : std::uint8_t { reads, writes };

/// *Thread*: the executor's. Kept by whoever awaits something of it.
class postgres_store : public std::enable_shared_from_this<postgres_store> {
 public:
  using milliseconds = std::chrono::milliseconds;

  /// *Throws* std::invalid_argument for a connection string that cannot be read.
  explicit postgres_store(postgres_storage_options chosen);

  std::string describe() const;
  /// No wake-ups any more.
  void stop();
  /// For a handle that goes: what awaits something of this, and keeps it, fails.
  void abandon();
  void on_wake(std::function<void(wake)> told) { waker_->set(std::move(told)); }
  PANDO_LAZY task<void> open();
  PANDO_LAZY task<void> close();

  PANDO_LAZY task<void> declare_group(std::string const& group, std::uint32_t shards);
  PANDO_LAZY task<enlistment> enlist(runner_entry const& who);
  PANDO_LAZY task<renewal> renew(std::uint64_t incarnation, milliseconds ttl);
  PANDO_LAZY task<std::vector<shard_lease>>
  acquire(std::uint64_t incarnation, std::vector<shard_key> const& wanted, milliseconds ttl);
  PANDO_LAZY task<void> release(std::uint64_t incarnation, std::vector<shard_lease> const& held);
  PANDO_LAZY task<void> step_down(std::uint64_t incarnation);
  PANDO_LAZY task<void> withdraw(std::uint64_t incarnation);
  PANDO_LAZY task<bool> mark(std::string const& address, bool is_healthy, milliseconds alive);
  PANDO_LAZY task<fleet_view> look(milliseconds forget_after);

  PANDO_LAZY task<void> apply(std::span<message_operation> all);
  /// Those without writes, and then those with.
  PANDO_LAZY task<void> apply_parts(std::span<message_operation> all);
  PANDO_LAZY task<taken_messages> take(std::uint64_t incarnation,
                                       std::vector<shard_lease> const& held, std::size_t most);
  PANDO_LAZY task<void> put_back(std::uint64_t incarnation, std::vector<std::uint64_t> const& ids);
  PANDO_LAZY task<void> put_back_unknown(std::uint64_t incarnation,
                                         std::vector<shard_lease> const& held,
                                         std::vector<std::uint64_t> const& known);
  PANDO_LAZY task<std::vector<answer>> answers(std::vector<std::uint64_t> const& ids);
  PANDO_LAZY task<std::vector<chunk>> chunks(std::vector<chunk_place> const& from,
                                             std::size_t most);
  PANDO_LAZY task<std::vector<std::uint64_t>> interrupted(std::vector<std::uint64_t> const& ids);
  PANDO_LAZY task<std::vector<acknowledgement>> acknowledged(std::vector<std::uint64_t> const& ids);
  PANDO_LAZY task<std::size_t> prune(milliseconds age, std::size_t most);
  PANDO_LAZY task<message_counts> count(std::string_view no_rpc);
  PANDO_LAZY task<listed_messages> list(message_filter const& wanted);

  PANDO_LAZY task<std::optional<std::string>> value(std::string const& name);
  PANDO_LAZY task<bool> set_value(std::string const& name, std::string const& value,
                                  shard_key const& shard, fence const& by);

 private:
  using results = std::vector<postgres::result>;

  /// The text with the schema and `pando_` for each `@`, and for `#` the fence: `fence(number)`
  /// holds those of the claims $1 to $4 (groups, shards, owners, epochs) that are true.
  std::string sql(std::string_view text) const;
  /// One statement or several as one transaction, again while others stand in the way.
  /// *Throws* `storage_error`.
  PANDO_LAZY task<postgres::result> run(postgres::pool& over, postgres::statement what,
                                        postgres_work kind);
  PANDO_LAZY task<results> transact(postgres::pool& over, postgres::batch what, postgres_work kind);
  PANDO_LAZY task<void> pause(int attempt);
  /// For who looks after a storage: a transaction that reads, over a connection that such looks
  /// have while one is under way. The server gives up as soon as nobody waits any more.
  PANDO_LAZY task<results> look_apart(postgres::batch what);

  PANDO_LAZY task<bool> migrate_once();
  PANDO_LAZY task<bool> ddl(std::vector<std::string> texts, std::optional<int> from);

  PANDO_LAZY task<bool> apply_alone(message_operation& one);
  PANDO_LAZY task<std::vector<message_operation*>>
  apply_once(std::vector<message_operation*> const& all, bool is_first);
  postgres::batch batch_of(std::vector<postgres_wave> const& waves, bool is_short,
                           bool is_new) const;
  PANDO_LAZY task<void> settle(postgres_wave const& wave);
  PANDO_LAZY task<std::vector<message_operation*>>
  look_up(std::vector<message_operation*> const& open);
  postgres::batch batch_with(postgres_wave const& wave, message_operation const& one) const;
  PANDO_LAZY task<void> look_why(message_operation& one);
  PANDO_LAZY task<void> apply_with(message_operation& one);
  PANDO_LAZY task<void> answer_with(message_operation& which);
  PANDO_LAZY task<void> try_with(message_operation& one, std::optional<storage_error>& failed);
  PANDO_LAZY task<void> apply_all_with(std::vector<message_operation*> all);
  PANDO_LAZY task<void> answer_one(message_operation& which);
  PANDO_LAZY void wake_others(std::span<message_operation const> all);

  /// Others are told soon.
  PANDO_LAZY void wake_soon(wakes kinds);
  PANDO_LAZY task<void> send_wakes();
  PANDO_LAZY task<void> hear();

  /// *Throws* `storage_error` before `open`.
  postgres::pool& messages();
  postgres::pool& leases();

  boost::asio::any_io_executor executor_; ///< of whoever opened it
  postgres_storage_options options_;
  std::string prefix_; ///< of tables
  std::string origin_; ///< tells this handle's wake-ups from others'
  std::optional<postgres::pool> messages_;
  std::optional<postgres::pool>
      leases_; ///< apart, so that no long transaction keeps a renewal waiting
  std::weak_ptr<postgres::pool> apart_; ///< so that no look keeps a call waiting
  std::optional<postgres::listener> listener_;
  std::shared_ptr<waker> waker_ = std::make_shared<waker>();
  wakes to_wake_ = 0;
  bool is_waking_ = false;
  bool is_closed_ = false;
};

} // namespace pando::store::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_alone.ipp>
#include <pando/store/impl/postgres_apply.ipp>
#include <pando/store/impl/postgres_chunks.ipp>
#include <pando/store/impl/postgres_leases.ipp>
#include <pando/store/impl/postgres_listing.ipp>
#include <pando/store/impl/postgres_messages.ipp>
#include <pando/store/impl/postgres_migrations.ipp>
#include <pando/store/impl/postgres_store.ipp>
#include <pando/store/impl/postgres_with.ipp>
#endif
#endif
