// The tables of a storage in SQLite, and what is done to them, each within one transaction.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <pando/config.hpp>
#include <pando/store/detail/process_identity.hpp>
#include <pando/store/detail/waker.hpp>
#include <pando/store/sqlite_database.hpp>
#include <pando/store/storage.hpp>

#if PANDO_HAS_SQLITE

namespace pando::store::detail {

/// Makes or renews the tables, and ends what another start of the machine has left.
/// *Throws*: `storage_error` (`incompatible`), `sqlite::error`.
void make_tables(sqlite::database& in, std::string const& boot);

/// The members of `storage` on a database, in a job that writes, or only reads where it is const.
/// Each object is for one job, and has one time. *Throws*: `storage_error`, `sqlite::error`.
class sqlite_tables {
 public:
  using milliseconds = std::chrono::milliseconds;
  using ids = std::vector<std::uint64_t>;

  sqlite_tables(sqlite::database& in, process_identity const& here);

  void declare_group(std::string const& group, std::uint32_t shards);
  enlistment enlist(runner_entry const& who);
  renewal renew(std::uint64_t incarnation, milliseconds ttl);
  std::vector<shard_lease> acquire(std::uint64_t incarnation, std::vector<shard_key> const& wanted,
                                   milliseconds ttl);
  void release(std::uint64_t incarnation, std::vector<shard_lease> const& held);
  void step_down(std::uint64_t incarnation);
  void withdraw(std::uint64_t incarnation);
  bool mark(std::string const& address, bool is_healthy, milliseconds alive);
  /// Drops runners that are silent for longer, or whose process is gone. Gives whether it did.
  bool drop_lost(std::optional<milliseconds> forget_after);
  /// Whether there are such.
  bool has_lost(milliseconds forget_after) const;
  fleet_view look() const;

  /// Leaves out those that are `refused` already: see `sqlite::detail::undone`.
  void apply(std::span<message_operation> all);
  /// The same of operations that are all `find`.
  void find_all(std::span<message_operation> all) const;
  taken_messages take(std::uint64_t incarnation, std::vector<shard_lease> const& held,
                      std::size_t most);
  void put_back(std::uint64_t incarnation, ids const& which);
  void put_back_unknown(std::uint64_t incarnation, std::vector<shard_lease> const& held,
                        ids const& known);
  std::vector<answer> answers(ids const& which) const;
  std::vector<chunk> chunks(std::vector<chunk_place> const& from, std::size_t most) const;
  ids interrupted(ids const& which) const;
  std::vector<acknowledgement> acknowledged(ids const& which) const;
  std::size_t prune(milliseconds age, std::size_t most);
  message_counts count(std::string_view no_rpc) const;
  listed_messages list(message_filter const& wanted) const;

  std::optional<std::string> value(std::string const& name) const;
  bool set_value(std::string const& name, std::string const& value, shard_key const& shard,
                 fence const& by);

  /// What whoever waits for changes is to look at, once it is committed.
  wakes told() const noexcept { return told_; }

 private:
  struct earlier;

  ids lost(std::optional<milliseconds> forget_after) const;
  bool owns(std::string const& group, std::uint32_t shard, fence const& by) const;
  std::uint16_t free_machine(std::uint64_t incarnation) const;
  bool acquire_one(std::uint64_t incarnation, shard_key const& which, std::int64_t until,
                   std::vector<shard_lease>& given);

  void apply_one(message_operation& one);
  void apply_with_writes(message_operation& one);
  std::optional<sqlite::error> write(writes const& all);
  std::optional<sqlite::error> execute(std::vector<sql_statement> const& all);
  void save(message_operation& one, bool with_answer);
  static bool note(message_operation& one, std::optional<earlier> there);
  void merge(message_operation& one, bool with_answer);
  void put_answer(message_operation& one);
  void ask_for_end(message_operation& one);
  void put_chunk(message_operation& one);
  void acknowledge(message_operation& one);
  std::int64_t next_chunk(std::uint64_t id) const;
  bool write_answer(message_operation const& one, std::uint64_t id);
  std::optional<earlier> find(message const& like) const;
  void list_waiting(message_filter const& wanted, listed_messages& into) const;
  void list_failed(message_state what, message_filter const& wanted, listed_messages& into) const;
  bool take_from(shard_lease const& from, std::size_t most, taken_messages& into);
  void hand_out(std::uint64_t id, taken_messages& into);

  sqlite::database* in_;
  process_identity const* here_;
  std::int64_t now_;    ///< of leases, in milliseconds
  std::int64_t system_; ///< of messages
  wakes told_ = 0;
  /// The fence that was looked at last.
  struct {
    std::string group{};
    std::uint32_t shard = 0;
    fence by{};
    bool is_known = false;
    bool holds = false;
  } mutable last_{};
};

} // namespace pando::store::detail

#endif
