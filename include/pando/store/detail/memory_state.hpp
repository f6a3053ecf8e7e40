// What a storage in memory holds, and every operation on it, each under one lock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pando/config.hpp>
#include <pando/store/detail/waker.hpp>
#include <pando/store/storage.hpp>

namespace pando::store::detail {

/// *Thread*: any. Members are those of `storage`.
class memory_state {
 public:
  using milliseconds = std::chrono::milliseconds;
  explicit memory_state(std::function<milliseconds()> now) : now_(std::move(now)) {}

  void join(std::shared_ptr<waker> one);
  void leave(waker const& one) noexcept;

  void declare_group(std::string const& group, std::uint32_t shards);
  enlistment enlist(runner_entry const& who);
  renewal renew(std::uint64_t incarnation, milliseconds ttl);
  std::vector<shard_lease> acquire(std::uint64_t incarnation, std::vector<shard_key> const& wanted,
                                   milliseconds ttl);
  void release(std::uint64_t incarnation, std::vector<shard_lease> const& held);
  void step_down(std::uint64_t incarnation);
  void withdraw(std::uint64_t incarnation);
  bool mark(std::string const& address, bool is_healthy, milliseconds alive);
  fleet_view look(milliseconds forget_after);

  void apply(std::span<message_operation> all);
  taken_messages take(std::uint64_t incarnation, std::vector<shard_lease> const& held,
                      std::size_t most);
  void put_back(std::uint64_t incarnation, std::vector<std::uint64_t> const& ids);
  void put_back_unknown(std::uint64_t incarnation, std::vector<shard_lease> const& held,
                        std::vector<std::uint64_t> const& known);
  std::vector<answer> answers(std::vector<std::uint64_t> const& ids);
  std::vector<chunk> chunks(std::vector<chunk_place> const& from, std::size_t most);
  std::vector<std::uint64_t> interrupted(std::vector<std::uint64_t> const& ids);
  std::vector<acknowledgement> acknowledged(std::vector<std::uint64_t> const& ids);
  std::size_t prune(milliseconds age, std::size_t most);
  message_counts count(std::string_view no_rpc);
  listed_messages list(message_filter const& wanted);

  std::optional<std::string> value(std::string const& name);
  bool set_value(std::string const& name, std::string const& value, shard_key const& shard,
                 fence const& by);

 private:
  struct runner {
    std::uint64_t incarnation = 0;
    std::uint16_t machine = 0;
    double weight = 1;
    bool is_healthy = true;
    milliseconds seen{};
    milliseconds came{};
  };
  /// A shard, and its messages without an answer: each is in one of `ready`, `later` and `taken`.
  struct shard_state {
    std::uint64_t incarnation = 0;
    std::uint64_t epoch = 0;
    milliseconds ends{};
    std::set<std::uint64_t> ready{};
    std::set<std::pair<milliseconds, std::uint64_t>> later{}; ///< by when they are due
    std::set<std::uint64_t> taken{};                          ///< in this epoch
    std::set<std::uint64_t> asked{};                          ///< to end, and not told in it
  };
  struct entry {
    message what{};
    std::optional<answer> end{};
    milliseconds answered{};
    bool is_taken = false;
    bool was_taken = false; ///< in an epoch before, and not put back
    bool is_asked = false;
    std::vector<chunk> parts{};         ///< those that are kept
    std::uint64_t acknowledged = 0;     ///< those before it
    std::uint64_t acknowledgements = 0; ///< since the last of them came
  };
  using key = std::tuple<std::string, std::string, std::string, std::string>;

  milliseconds lease_time() const;
  milliseconds message_time() const;
  void tell(wakes kinds);
  runner* find(std::uint64_t incarnation);
  bool owns(shard_key const& which, fence const& by, milliseconds now);
  void begin_epoch(shard_state& shard);
  void end_leases(std::uint64_t incarnation);

  shard_state& shard_of(entry const& one) { return shards_[{one.what.group, one.what.shard}]; }
  static std::optional<key> key_of(message const& one);
  entry* find(message const& like);
  static bool is_same_call(message const& one, message const& other);
  void queue(entry const& one);
  void unqueue(entry const& one);
  wakes do_one(message_operation& one, milliseconds lease_now);
  wakes do_with_writes(message_operation& one, milliseconds lease_now);
  wakes save(message_operation& one, bool with_answer);
  wakes found(message_operation& one, entry& there, bool with_answer);
  static wakes acknowledge(message_operation& one, entry& target);
  static wakes put_chunk(message_operation& one, entry& target);
  void put_end(entry& one, answer end);
  std::vector<std::uint64_t> ids_in(message_state what) const;
  std::size_t take_from(shard_state& from, std::size_t most, taken_messages& into);

  std::mutex mutex_{};
  std::function<milliseconds()> now_;
  std::vector<std::shared_ptr<waker>> wakers_{};
  std::map<std::string, std::uint32_t> groups_{};
  std::map<std::string, runner> runners_{}; ///< by address
  std::map<shard_key, shard_state> shards_{};
  std::uint64_t last_incarnation_ = 0;
  std::size_t turn_ = 0; ///< which of the shards is asked first
  std::unordered_map<std::uint64_t, entry> messages_{};
  std::map<key, std::uint64_t> keys_{};
  std::set<std::pair<milliseconds, std::uint64_t>> ended_{}; ///< by when they were answered
  std::map<std::string, std::string> values_{};
};

} // namespace pando::store::detail
