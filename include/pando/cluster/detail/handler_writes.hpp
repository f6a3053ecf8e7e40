// What the handler of a call with a transaction writes, and its instance until that is recorded.
#pragma once

#include <cstddef>
#include <optional>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/cluster/entity_host.hpp>
#include <pando/store/transaction.hpp>

namespace pando::cluster::detail {

class entity_call;
class entity_engine;
struct aging_call;
struct instance;

/// How a call ended, of the rpc at that place.
struct call_ending {
  std::size_t rpc;
  call_outcome how;
  bool is_defect;
  bool is_counted; ///< false: it begins again elsewhere
  bool spoils = false; ///< the state has an effect that is not stored: it is made anew
  aging_call* ages = nullptr; ///< the call, where it has the default deadline
};

/// The handler may outlive the call that waits for it, and the record may be later than its end:
/// the instance goes on when both are over. *Thread*: that of the handler.
class handler_writes {
 public:
  store::transaction all{};

  /// The handler of that instance is over. Gives whether the instance goes on at once, in that way.
  bool has_ended(entity_engine& in, instance& at, call_ending& how) {
    how.spoils = how.spoils || spoils_;
    if (how.is_defect) is_settled_ = true; // it has written nothing, and others are to know at once
    if (is_settled_) return true;
    engine_ = &in;
    at_ = &at;
    how_ = how;
    return false;
  }
  enum class end { kept, lost, refused };
  /// What it did is recorded, or never will be, or cannot be, which is a defect. The first counts.
  void settle(end how, boost::asio::any_io_executor const& on);

 private:
  entity_engine* engine_ = nullptr;
  instance* at_ = nullptr; ///< it has ended there, and the instance waits
  std::optional<call_ending> how_{};
  bool is_settled_ = false;
  bool spoils_ = false;
};

} // namespace pando::cluster::detail
