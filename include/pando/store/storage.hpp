// The seam of every engine: what a fleet stores, and the promises it builds on.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <pando/handler/task.hpp>
#include <pando/store/leases.hpp>
#include <pando/store/messages.hpp>
#include <pando/store/storage_error.hpp>

namespace pando::store {

/// What may have changed in a storage. A wake-up says where to look, and may be lost.
enum class wake : std::uint8_t {
  shards,   ///< a runner came or went, or a shard has another owner or none
  messages, ///< there are requests to take, or interrupts
  answers,  ///< requests were answered
  chunks,   ///< chunks were stored, or acknowledged
};

/// A storage of a fleet: memory, SQLite, PostgreSQL, or a class of one's own, which the suite
/// `tests/support/storage_conformance.hpp` shows to be one.
///
/// Each member is one transaction: all of it, or nothing and a `storage_error`. Times are the
/// storage's own clock's, which no runner's clock can move. What a member has returned is durable,
/// as far as the engine is. Arguments live until the task ends; results own what they hold.
/// *Thread*: coroutines of one executor, any number at once. Cancelling whoever awaits does not
/// undo what was begun.
class storage {
 public:
  virtual ~storage() = default;

  /// The engine's name, and where it is, for logs: never a password.
  virtual std::string describe() const = 0;
  /// Makes or renews the tables, whoever else does so at the same time.
  /// *Throws*: `incompatible` for tables newer than this program knows.
  virtual task<void> open() = 0;
  /// Ends what is in flight, and closes.
  virtual task<void> close() = 0;
  /// Told when something may have changed, by any process; more often than needed, or less (then
  /// polling is the net). Called on the executor. Set once, before `open`.
  virtual void on_wake(std::function<void(wake)> told) = 0;

  // Runners and their shards. `ttl`: how long a lease lasts from now.

  /// Declares how many shards a group has. *Throws*: `incompatible` while the group is in use with
  /// another number (a runner is enlisted, or it has messages without an answer). Whoever declares
  /// before it enlists, and again afterwards, knows that nobody came between.
  virtual task<void> declare_group(std::string const& group, std::uint32_t shards) = 0;
  /// A runner comes. One of the same address before it is replaced: it renews nothing from now on;
  /// what it owned stays its until that ends. *Throws*: `refused` when 1024 are enlisted.
  virtual task<enlistment> enlist(runner_entry const& who) = 0;
  /// A sign of life, and every lease that has not ended lasts for `ttl` from now. A lease that has
  /// ended stays lost.
  virtual task<renewal> renew(std::uint64_t incarnation, std::chrono::milliseconds ttl) = 0;
  /// Takes those of the shards that nobody owns. What it owns already keeps its epoch, and lasts
  /// for `ttl` from now too. Gives those it owns of them; nothing for a life that is not enlisted.
  virtual task<std::vector<shard_lease>> acquire(std::uint64_t incarnation,
                                                 std::vector<shard_key> const& wanted,
                                                 std::chrono::milliseconds ttl) = 0;
  /// Gives shards back. What it does not own in that epoch is left alone.
  virtual task<void> release(std::uint64_t incarnation, std::vector<shard_lease> const& held) = 0;
  /// A runner is about to go, and is healthy no more: what it gives back is for others from now on.
  virtual task<void> step_down(std::uint64_t incarnation) = 0;
  /// A runner goes: its leases end, and its entry.
  virtual task<void> withdraw(std::uint64_t incarnation) = 0;
  /// Marks a runner. Gives false, and does nothing, when there is none of that address, or when no
  /// other would be left that is healthy and gave a sign of life within `alive`.
  virtual task<bool> mark(std::string const& address, bool is_healthy,
                          std::chrono::milliseconds alive) = 0;
  /// The fleet at this moment. Runners without a sign of life for longer than `forget_after` are
  /// left out, and may be dropped with their machine numbers.
  virtual task<fleet_view> look(std::chrono::milliseconds forget_after) = 0;

  // Messages.

  /// Does them all in one transaction, in their order, and fills in what became of each. None
  /// makes another fail. *Limit*: 4096.
  virtual task<void> apply(std::span<message_operation> all) = 0;
  /// Takes, as the owner of those leases, requests that are due, have no answer and were not taken
  /// in this epoch, and interrupts that were not told in it (also of requests that are not due,
  /// which are taken so); by id. Leases that this life does not hold any more give nothing.
  virtual task<taken_messages> take(std::uint64_t incarnation, std::vector<shard_lease> const& held,
                                    std::size_t most) = 0;
  /// Puts back what was taken and not begun: it can be taken again, and its interrupt is told
  /// again. What this life does not own is left alone.
  virtual task<void> put_back(std::uint64_t incarnation, std::vector<std::uint64_t> const& ids) = 0;
  /// After a `take` of which nobody knows whether it happened: puts back what this life has taken
  /// of those leases, but for `known`, whose interrupts are told again.
  virtual task<void> put_back_unknown(std::uint64_t incarnation,
                                      std::vector<shard_lease> const& held,
                                      std::vector<std::uint64_t> const& known) = 0;
  /// Those of the messages whose end somebody has asked for, and that have no answer: for an owner
  /// that has them and takes nothing, since its shards leave or it has no room.
  virtual task<std::vector<std::uint64_t>> interrupted(std::vector<std::uint64_t> const& ids) = 0;
  /// Those of the messages that have an answer.
  virtual task<std::vector<answer>> answers(std::vector<std::uint64_t> const& ids) = 0;
  /// The chunks from those places on, which were not dropped: by message and sequence, `most` of
  /// each message.
  virtual task<std::vector<chunk>> chunks(std::vector<chunk_place> const& from,
                                          std::size_t most) = 0;
  /// What was acknowledged of each message, and how often. Messages without chunks are left out.
  virtual task<std::vector<acknowledgement>>
  acknowledged(std::vector<std::uint64_t> const& ids) = 0;
  /// Drops messages that were answered longer ago, with their chunks, `most` at a time. Gives how
  /// many.
  virtual task<std::size_t> prune(std::chrono::milliseconds age, std::size_t most) = 0;
  /// Of those that wait, without the messages of that rpc, if one is given; it outlives the call.
  virtual task<message_counts> count(std::string_view no_rpc = {}) = 0;
  /// Messages as whoever looks after a storage wants to see them. It takes no longer with more
  /// messages than it may look at, see `most_messages_looked_at`.
  virtual task<listed_messages> list(message_filter const& wanted) = 0;

  // Small values, such as when a cron job is due next.

  /// The value of a name, if it has one.
  virtual task<std::optional<std::string>> value(std::string const& name) = 0;
  /// Sets it, as the owner of that shard. Gives false, and does nothing, when it owns it no longer.
  virtual task<bool> set_value(std::string const& name, std::string const& value,
                               shard_key const& shard, fence const& by) = 0;
};

} // namespace pando::store
