// Connections between the members of a test's cluster: what travels takes its time, and is lost.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <pando/config.hpp>
#include <pando/handler/caller.hpp>
#include <pando/handler/channel.hpp>

namespace pando::testing::detail {

class fleet;
class served_call;
struct fleet_member;

/// One connection from a member to another, as TCP would have it: each direction keeps the order of
/// what it carries and doubles nothing; when it is lost, a first part of what is under way still
/// comes, and each end learns of it at a time of its own. Over the next connection a later request
/// may so be there before an earlier one. *Thread*: the fleet's.
class fleet_connection : public std::enable_shared_from_this<fleet_connection> {
 public:
  /// `to` null: nobody is there, which the caller learns after a while.
  fleet_connection(fleet& all, fleet_member& from, fleet_member* to, std::string address);
  PANDO_INLINE ~fleet_connection();

  // The caller's end.

  void ask(operation& call, stream_operation* stream);
  void cancel(operation& call);
  void grant(operation& call, std::size_t count);
  /// No call goes over it any more.
  bool is_over() const noexcept { return caller_.has_learned; }
  /// In order: what is under way comes, and then the other end learns that this was all.
  void close();

  // What happens to it.

  bool joins(fleet_member const& one) const noexcept {
    return caller_.who == &one || server_.who == &one;
  }
  /// It is lost.
  void lose();
  /// One end is gone, and learns nothing more.
  void died(fleet_member const& one);
  /// What an end that is gone has left there ends.
  void bury(fleet_member const& one);
  /// The fleet is no more: everything ends at once.
  void end_all();

 private:
  friend class served_call;
  struct message {
    std::int64_t comes_at;
    std::function<void()> what;
  };
  struct end {
    fleet_member* who;
    std::deque<message> coming{};
    bool has_learned = false; ///< that it is lost
  };
  struct asked {
    operation* call;
    stream_operation* stream;
    std::function<void()> forget_timer{}; ///< of its deadline
  };
  /// A request as octets.
  struct request {
    std::uint64_t id = 0;
    route_row const* route = nullptr;
    std::string instance{};
    std::string octets{};
    std::optional<caller> behalf{};
    std::string transport{};
    std::string peer{};
    std::optional<std::chrono::milliseconds> within{}; ///< until its deadline, when it was sent
  };
  /// An answer, or an item of a stream.
  struct answer {
    std::string octets{};
    std::optional<std::size_t> error_index{};
    std::exception_ptr failed{};
  };

  void send(end& to, std::function<void()> what);
  void arrive(end& at);
  void learn_later(end& which, fleet_member* by);
  void learn(end& which);

  std::function<void()> end_after(std::chrono::milliseconds left, std::uint64_t id);
  operation* take(std::uint64_t id);
  void cancel_there(std::uint64_t id);

  void serve(std::shared_ptr<request> const& what);
  void answered(std::uint64_t id, answer const& with);
  void item_came(std::uint64_t id, std::string const& octets);
  void send_answer(served_call& of);

  fleet& all_;
  std::string address_;
  end caller_;
  end server_;
  std::map<std::uint64_t, asked> asked_;
  std::map<std::uint64_t, std::unique_ptr<served_call>> served_;
  std::uint64_t last_id_ = 0;
  bool is_broken_ = false; ///< what is sent from now on is lost
};

/// A member's link to another: connects when it is first used, and again after a loss.
class fleet_link final : public channel {
 public:
  fleet_link(fleet& all, fleet_member& from, std::string address)
      : all_(all), from_(from), address_(std::move(address)) {}
  PANDO_INLINE ~fleet_link() override;

  PANDO_INLINE void start(operation& call) override;
  PANDO_INLINE void cancel(operation& call) override;
  PANDO_INLINE void start_stream(stream_operation& call) override;
  PANDO_INLINE void grant(stream_operation& call, std::size_t count) override;

 private:
  void begin(operation& call, stream_operation* stream);

  fleet& all_;
  fleet_member& from_;
  std::string address_;
  std::shared_ptr<fleet_connection> now_;
};

} // namespace pando::testing::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/testing/impl/fleet_link.ipp>
#endif
