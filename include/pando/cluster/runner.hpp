// This program as one of a fleet: which shards it has, and where the others are.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/cluster/shards.hpp>
#include <pando/config.hpp>
#include <pando/handler/task.hpp>
#include <pando/lease/table.hpp>
#include <pando/runtime/log.hpp>
#include <pando/store/storage.hpp>

namespace pando::cluster {

/// How a runner keeps its shards.
struct runner_options {
  std::string address{}; ///< where others reach it; empty: it has no shards, and only calls
  double weight = 1;     ///< its share of the shards, of the sum of all
  std::uint32_t shards = default_shards; ///< of each group: one number for the whole fleet
  std::chrono::milliseconds lease{3'000};   ///< a dead runner's shards are taken after it
  std::chrono::milliseconds renewal{1'000}; ///< how often leases are renewed
  /// How long before the end of a lease its owner stops. For clocks that run at unlike rates, and
  /// for what is under way.
  std::chrono::milliseconds margin{300};
  /// How long calls in a shard that is given away may take; then they are cut off.
  std::chrono::milliseconds drain{10'000};
  /// A runner that is silent for so long, and for two leases, is forgotten, with its machine
  /// number.
  std::chrono::milliseconds forget{60'000};
  /// How long the record of an answered persisted call is kept, and so its primary key known.
  std::chrono::milliseconds retention{std::chrono::hours(7 * 24)};
};

/// Who has the shards' contents. *Thread*: the runner's executor.
class shard_user {
 public:
  virtual ~shard_user() = default;
  /// These shards are this runner's from now on, in those epochs.
  virtual void gained(std::vector<store::shard_lease> const& all) = 0;
  /// They are not any more: the lease ended, or another has it. What is there may not act.
  virtual void lost(std::vector<store::shard_lease> const& all) = 0;
  /// They are to be given away, and take no calls any more. What goes on in them by itself has the
  /// drain time to end.
  virtual void leaving(std::vector<store::shard_lease> const& all) = 0;
  /// They are given away: no call of them runs any more, or it has had its time. Ends what is
  /// there, in order.
  virtual task<void> leave(std::vector<store::shard_lease> const& all) = 0;
  /// Calls that waited may find their way now.
  virtual void routes_changed() = 0;
  /// Something may be in the storage for the shards, or for who waits for answers.
  virtual void woken(store::wake what) = 0;
};

struct fleet_counts;
namespace detail {
struct runner_state;
}

/// Enlists with the storage, renews its leases, takes the shards that are its share and gives up
/// those that are not any more; every runner computes the same assignment from the same fleet.
/// *Thread*: `table` and `where` on any; the rest on the executor, which runs on one thread.
class runner {
 public:
  /// Where a shard is.
  struct place {
    std::string address{}; ///< empty: not known, or nobody has it yet
    std::uint64_t epoch = 0; ///< of whoever is at the address
    bool is_here = false;
  };

  /// What it is given outlives it.
  runner(boost::asio::any_io_executor home, store::storage& storage,
         std::vector<lease::shard_group> groups, runner_options options, log const& events,
         lease::time_source const& time = lease::boot_time());
  ~runner();
  runner(runner const&) = delete;

  /// Opens the storage and enlists; then goes on by itself. *Throws* `store::storage_error`.
  PANDO_LAZY task<void> start(shard_user& user);
  /// Gives all its shards away and goes. Again: nothing.
  PANDO_LAZY task<void> stop();
  /// One look at the fleet with all that follows from it; `start` does it again and again.
  PANDO_LAZY task<void> round();
  /// The same without a loop of its own: for whoever calls `round`.
  PANDO_LAZY task<void> begin(shard_user& user);

  /// How it stands with its storage. *Thread*: any.
  struct standing {
    bool is_enlisted = false;               ///< a client never is
    std::chrono::milliseconds silent{0};    ///< since the storage has last answered
    std::chrono::milliseconds lease_left{0}; ///< above 0 while it owns anything
    /// What the storage said last, to rounds or to calls that write; empty: it answers.
    std::string trouble{};
    std::chrono::milliseconds in_trouble{0}; ///< for how long
    std::chrono::milliseconds calls_failed_for{0}; ///< from the first that could not write
  };
  standing stands() const;
  /// How what a call writes has ended: what the storage said, or empty. *Thread*: any.
  void note_calls(std::string const& trouble);
  /// Why it should be sent no work; empty: it should. It is enlisted (or a client), its storage has
  /// answered within a lease, and takes what calls write. *Thread*: any.
  std::string why_not_ready() const;
  /// *Thread*: any.
  fleet_counts& counts() noexcept;
  /// How many shards of a group should be its own, by its own reckoning; the groups in their order.
  std::vector<std::size_t> assigned() const;

  lease::table& table() noexcept;
  place where(std::size_t group, std::uint32_t shard) const;
  /// Whether a runner of that address was seen.
  bool knows(std::string_view address) const;
  /// A round soon. *Thread*: any.
  void look_soon();
  /// The fleet as it was last seen. *Thread*: any.
  store::fleet_view fleet() const;
  /// How long ago that was. *Thread*: any.
  std::chrono::milliseconds fleet_age() const;
  /// This life; 0 before it is enlisted, and for one that only calls.
  std::uint64_t incarnation() const noexcept;
  std::uint16_t machine() const noexcept;
  runner_options const& options() const noexcept;
  log const& events() const noexcept;
  store::storage& storage() noexcept;
  boost::asio::any_io_executor const& executor() const noexcept;

 private:
  std::shared_ptr<detail::runner_state> state_;
};

} // namespace pando::cluster

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/runner.ipp>
#endif
