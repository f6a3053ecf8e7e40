// What a test's cluster is made of: members, links that can be cut, storage that can be away.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <pando/cluster/entity_host.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/runtime/log.hpp>
#include <pando/store/memory_storage.hpp>
#include <pando/testing/virtual_time.hpp>

namespace pando::testing::detail {

/// One runner of a test's cluster.
struct fleet_member {
  std::string address{}; ///< empty: it only calls
  cluster::entity_host* host = nullptr;
  door_context const* context = nullptr;
  std::unique_ptr<store::storage> storage{};
  std::unique_ptr<cluster::runner> runner{};
  std::vector<operation*> calls{}; ///< that others have sent it
  bool is_dead = false;
  bool is_cut_off = false;      ///< from its peers
  bool is_storage_away = false; ///< for it alone
  /// Whether an operation of its storage fails; asked before it, and after it has happened.
  std::function<bool(bool has_happened)> fails{};
  /// How long an operation of its storage takes: before it happens, and then until its answer.
  std::function<std::chrono::milliseconds()> delay{};
};

/// Members on one loop, under one virtual time, with one storage in memory. *Thread*: one.
class fleet {
 public:
  fleet();
  fleet(fleet const&) = delete;
  ~fleet();

  /// A member for that host, whose `serve` lets it begin.
  PANDO_LAZY fleet_member& add(cluster::entity_host& host, door_context const& context,
                               cluster::runner_options options);
  /// It ends at once, as by `kill -9`: what was asked of it ends in `disconnected`.
  void kill(fleet_member& one);
  void cut_off(fleet_member& one, bool is_cut);

  /// Runs everything that can run now.
  void settle();
  /// Lets that time pass, with everything that falls due in it.
  void advance(std::chrono::milliseconds time);
  /// Runs that to its end, letting time pass as it is needed. *Throws* what it throws, and
  /// std::runtime_error when it has not ended after `limit`.
  PANDO_LAZY void run(task<void> body, std::chrono::milliseconds limit);

  boost::asio::io_context& loop() noexcept { return loop_; }
  virtual_time& time() noexcept { return time_; }
  std::vector<std::string> const& lines() const noexcept { return lines_; }
  fleet_member* find(std::string const& address) noexcept;

 private:
  void end_calls(fleet_member& to);

  boost::asio::io_context loop_{1};
  virtual_time time_;
  std::shared_ptr<store::memory_store> store_;
  std::vector<std::string> lines_;
  log log_;
  std::vector<std::unique_ptr<fleet_member>> members_;
};

} // namespace pando::testing::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/testing/impl/fleet.ipp>
#endif
