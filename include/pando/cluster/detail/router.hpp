// The way of a call to its instance: here, at another runner, or not known yet.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/cluster/detail/sole_keeper.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/handler/channel.hpp>

namespace pando::cluster::detail {

class entity_channel;

/// Who has turned a call away without beginning it: giving the shard away, or out of reach.
struct refusal {
  std::uint64_t epoch = 0; ///< the shard's, in which it has it
  std::uint32_t times = 0; ///< one after the other
  /// The longer the more often: it is told when the shard becomes another's, and until then only
  /// who has just got the shard, and does not know it yet, may take the call after all.
  std::chrono::milliseconds rest() const noexcept {
    return std::chrono::milliseconds((std::min)(20 << (std::min)(times - 1, 6U), 1'000));
  }
};

/// A call that no runner can take now. Touched where its caller runs.
struct waiting_call {
  waiting_call(operation& one, entity_channel& by) : call(&one), via(&by), home(one.home) {}
  operation* call; ///< null: it has gone
  entity_channel* via;
  /// Begins it if its instance can be reached now; else it waits on.
  void (*try_again)(std::shared_ptr<waiting_call> const& self) = nullptr;
  /// It has gone, and waits no longer. Gives it.
  operation& release() {
    if (auto const forget = std::exchange(forget_timer, nullptr)) forget();
    if (auto const forget = std::exchange(forget_rest, nullptr)) forget();
    return *std::exchange(call, nullptr);
  }
  boost::asio::any_io_executor const home;
  std::function<void()> forget_timer{}; ///< of when it is given up
  std::function<void()> forget_rest{};  ///< of when who has refused it is asked again
  std::size_t credit = 0;               ///< of a stream
  time_limits limits{};
  std::string ignorant{};     ///< the runner that has its instance and does not know its rpc
  refusal refused{};
  std::int64_t not_before = 0; ///< that one is asked again
};

/// Finds instances' runners, and keeps the calls that wait for one. *Thread*: any.
class router final : public shard_user {
 public:
  using connector = std::function<std::shared_ptr<channel>(
      std::string const& address, boost::asio::any_io_executor const& home)>;

  /// `connect`: a channel to the runner at an address, for callers of that executor.
  /// `own`: the executors whose channels are kept; they run until `close` has ended.
  router(runner& fleet, connector connect, std::vector<boost::asio::any_io_executor> own)
      : fleet_(fleet), connect_(std::move(connect)), own_(std::move(own)) {}

  runner& fleet() noexcept { return fleet_; }
  /// Null: there is none. It outlives the fleet's end.
  void persist_by(persistence* keeper) noexcept { persisted_ = keeper; }
  /// Null: nothing runs in one place. It outlives the fleet's end.
  void tell(sole_keeper* keeper) noexcept { sole_ = keeper; }
  /// What ends the instances of shards that are given away. Told, and not called from here, so that
  /// a program without entities has nothing of it.
  void leaves_by(std::function<task<void>(std::vector<store::shard_lease> const&)> ends) {
    ends_ = std::move(ends);
  }
  /// A channel to a runner. It is kept for the next call of an executor of this program's; another
  /// may end before this does, so each of its calls has a connection of its own.
  std::shared_ptr<channel> channel_to(std::string const& address,
                                      boost::asio::any_io_executor const& home);
  void wait(std::shared_ptr<waiting_call> one);
  /// It waits no longer. *Thread*: that of its caller.
  void forget(waiting_call const& one);
  /// Another look at the fleet, soon: a runner said that it has not what it was asked for.
  void look_again();
  /// Ends the channels, each on its executor.
  PANDO_LAZY task<void> close();

  PANDO_INLINE void gained(std::vector<store::shard_lease> const& all) override;
  PANDO_INLINE void lost(std::vector<store::shard_lease> const& all) override;
  PANDO_INLINE void leaving(std::vector<store::shard_lease> const& all) override;
  PANDO_INLINE task<void> leave(std::vector<store::shard_lease> const& all) override;
  PANDO_INLINE void routes_changed() override;
  PANDO_INLINE void woken(store::wake what) override;

 private:
  struct known_channel {
    std::string address;
    boost::asio::any_io_executor home;
    std::shared_ptr<channel> to;
  };

  runner& fleet_;
  connector connect_;
  std::vector<boost::asio::any_io_executor> own_;
  std::function<task<void>(std::vector<store::shard_lease> const&)> ends_;
  persistence* persisted_ = nullptr;
  sole_keeper* sole_ = nullptr;
  std::mutex mutex_;
  std::vector<std::shared_ptr<waiting_call>> waiting_;
  std::vector<known_channel> channels_;
};

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/router.ipp>
#endif
