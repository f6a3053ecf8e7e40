// Calls to one instance, wherever it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/cluster/detail/erased_value.hpp>
#include <pando/cluster/detail/persistence.hpp>
#include <pando/cluster/detail/router.hpp>
#include <pando/cluster/detail/stored_text.hpp>
#include <pando/handler/channel.hpp>
#include <pando/runtime/recycled.hpp>

namespace pando::cluster::detail {

/// How long a call without a deadline waits for a runner that has its instance.
inline constexpr std::chrono::milliseconds longest_wait{10'000};
/// A runner that does not know what is called is not asked again at every look at the fleet.
inline constexpr std::chrono::milliseconds pause_before_asking_again{1'000};

/// A call that was sent to another runner.
class forwarded final : public stream_operation, public aging_call, public recycled<forwarded> {
 public:
  forwarded(operation& one, entity_channel& by, entity_engine& in)
      : stream_operation(*one.route, one.request, one.result), original(&one), via(&by),
        engine_(&in) {
    behalf = one.behalf;
    home = one.home;
  }
  ~forwarded() override {
    if (ages_) engine_->sent_call_is_over(*this);
    if (forget_timer_) forget_timer_();
    end();
  }
  /// It ends by the default deadline: from now on, or then.
  void age() {
    if (limits.due != 0) return end_then();
    ages_ = true;
    engine_->was_sent(*this);
  }
  /// When that is, if it is known.
  std::int64_t due() const noexcept {
    return ages_ ? engine_->end_of_default(*this) : limits.due;
  }
  PANDO_INLINE void is_late() override;

  void* make_item() override { return static_cast<stream_operation*>(original)->make_item(); }
  void item_ready() override {
    has_items = true;
    static_cast<stream_operation*>(original)->item_ready();
  }
  void drop_item() override { static_cast<stream_operation*>(original)->drop_item(); }

  operation* original; ///< null: it has gone
  entity_channel* via;
  std::shared_ptr<channel> to{};
  std::size_t credit = 0; ///< given so far
  time_limits limits{};
  refusal refused{};     ///< so far
  std::int64_t sent = 0; ///< when, by the fleet's time
  std::string address{};
  bool has_items = false;

 private:
  PANDO_INLINE void end_then();
  std::weak_ptr<char> life() {
    if (!life_) life_.reset(new char());
    return life_;
  }

  entity_engine* engine_;
  std::function<void()> forget_timer_{};
  std::shared_ptr<char> life_{}; ///< made when it is late
  bool ages_ = false;
};

/// A call that nobody waits for.
class detached_call final : public operation, public recycled<detached_call> {
 public:
  detached_call(operation& from, std::shared_ptr<channel> by)
      : operation(*from.route, nullptr, nullptr), request_(from.route->request),
        result_(from.route->result), by_(std::move(by)) {
    if (from.route->request != nullptr) from.route->request->move(request_.get(), from.request);
    request = request_.get();
    result = result_.get();
    deadline = from.deadline;
    home = from.home;
    behalf = read_caller(store_caller(from.behalf), behalf_);
  }
  ~detached_call() { end(); }

 private:
  erased_value request_;
  erased_value result_;
  stored_caller behalf_{};
  std::shared_ptr<channel> by_; ///< last: it knows this call until it has ended
};

/// Calls to one instance. Without a router everything is here. *Thread*: any, each operation on its
/// own `home`.
class entity_channel final : public channel,
                             public std::enable_shared_from_this<entity_channel> {
 public:
  entity_channel(entity_engine& engine, hosted_kind& kind, std::string_view id);

  PANDO_INLINE void start(operation& call) override;
  PANDO_INLINE void cancel(operation& call) override;
  PANDO_INLINE void start_stream(stream_operation& call) override;
  PANDO_INLINE void grant(stream_operation& call, std::size_t count) override;

  /// Starts it, or lets it wait until somebody has the instance.
  void begin(operation& call, std::size_t credit, time_limits limits = {}, refusal last = {});
  /// The fleet has changed: begins it if it can.
  void try_again(std::shared_ptr<waiting_call> const& one);
  /// A call that was sent has taken for too long.
  void end_late(forwarded& one);

 private:
  /// What an operation's tag leads to; its lowest bits say which.
  enum class stage : std::size_t {
    here = 0,
    waiting = 1,
    elsewhere = 2,
    persisted = persisted_tag
  };
  static constexpr std::size_t stage_bits = 3;
  static stage stage_of(operation const& call) noexcept {
    return static_cast<stage>(call.tag & stage_bits);
  }
  template <class Part>
  static Part& part_of(operation const& call) noexcept {
    return *reinterpret_cast<Part*>(call.tag & ~stage_bits);
  }
  static void set_stage(operation& call, stage is, void const* part) noexcept {
    call.tag = reinterpret_cast<std::size_t>(part) | static_cast<std::size_t>(is);
  }

  served_route const* find(operation const& call) const noexcept;
  /// Goes on without its caller, whose call is done.
  void detach(operation& call);
  void begin_persisted(operation& call, served_route const& route);
  bool begin_here(operation& call, served_route const& route, std::size_t credit,
                  time_limits limits);
  void send(operation& call, std::string const& address, std::size_t credit, time_limits limits,
            refusal last);
  void wait(operation& call, std::size_t credit, time_limits limits, std::string ignorant = {},
            refusal last = {});
  void sent_call_ended(forwarded& one);
  void give_up(waiting_call& one);
  std::int64_t now() const noexcept { return engine_->leases()->now(); }

  entity_engine* engine_;
  hosted_kind* kind_;
  std::string id_;
  std::uint64_t hash_;
  std::uint32_t shard_;
};

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/entity_channel.ipp>
#endif
