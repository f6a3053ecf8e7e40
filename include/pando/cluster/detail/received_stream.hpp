// What has come of a persisted stream for its caller: chunks that were read, up to where they were
// handed over, and its end.
#pragma once

#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pando/cluster/detail/persistence.hpp>
#include <pando/cluster/detail/sent_stream.hpp>
#include <pando/cluster/detail/stored_text.hpp>

namespace pando::cluster::detail {

/// *Thread*: the caller's, unless it says more.
class received_stream {
 public:
  /// The chunk that comes next. *Thread*: any.
  std::uint64_t wanted() const noexcept { return wanted_; }
  /// Whether that is to be looked for. *Thread*: any.
  bool has_room() const noexcept { return buffered_ < stream_window; }
  /// Whether it has something that its reader has not taken. *Thread*: any.
  bool is_holding() const noexcept { return buffered_ != 0; }
  /// Chunks before it were handed over whole. *Thread*: any.
  std::uint64_t delivered() const noexcept { return delivered_; }
  bool has_end() const noexcept { return has_end_; } ///< *Thread*: any
  std::atomic<std::uint64_t> id{0};                  ///< of the message; 0: it is not stored yet
  std::uint64_t acknowledged = 0;                    ///< under the lock of who keeps it
  bool is_acknowledging = false;                     ///< likewise
  std::int64_t said = 0;                             ///< likewise; by the leases' clock

  void grant(std::size_t count) noexcept { credit_ += count; }
  /// Those that came before are left out. Gives whether there was one.
  bool add(store::chunk&& one) {
    if (one.sequence != wanted_ || one.payload.empty()) return false;
    chunks_.push_back(std::move(one.payload));
    ++buffered_;
    ++wanted_;
    return true;
  }
  /// The number of its chunks is on the first line, where it is known.
  void end(store::answer answer) {
    if (has_end_) return;
    auto const line = std::string_view(answer.payload).substr(0, answer.payload.find('\n'));
    std::uint64_t count = 0;
    auto const [last, error] = std::from_chars(line.data(), line.data() + line.size(), count);
    if (error == std::errc() && last == line.data() + line.size() && !line.empty()) {
      total_ = count;
      answer.payload.erase(0, line.size() + 1);
    }
    end_ = std::move(answer);
    has_end_ = true;
  }
  /// Hands over as much as there is room for. False: an item cannot be read, and why is the end of
  /// the call.
  bool hand_over(stream_operation& to) {
    while (credit_ != 0 && !chunks_.empty()) {
      std::string_view text = chunks_.front();
      text.remove_prefix(at_);
      auto const line = text.substr(0, text.find('\n'));
      auto const why = read_item(*to.route, line, to.make_item());
      if (!why.empty()) {
        to.drop_item();
        to.set_failure(internal_failure("an item of " + std::string(to.route->full_name) +
                                        " cannot be read by this version of the program: " + why));
        return false;
      }
      --credit_;
      to.item_ready();
      at_ += line.size() + 1;
      if (at_ < chunks_.front().size()) continue;
      chunks_.pop_front();
      at_ = 0;
      --buffered_;
      ++delivered_;
    }
    return true;
  }
  /// Null: there is more to come. The end is known, and everything before it is handed over.
  store::answer const* is_over() const noexcept {
    bool const is_all = chunks_.empty() && (!total_ || delivered_ >= *total_);
    return end_ && is_all ? &*end_ : nullptr;
  }
  bool lacks_chunks() const noexcept { return end_ && chunks_.empty() && is_over() == nullptr; }

 private:
  std::atomic<std::uint64_t> wanted_{0};
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::size_t> buffered_{0};
  std::atomic<bool> has_end_{false};
  std::deque<std::string> chunks_{};
  std::size_t at_ = 0; ///< in the first of them
  std::size_t credit_ = 0;
  std::optional<store::answer> end_{};
  std::optional<std::uint64_t> total_{};
};

} // namespace pando::cluster::detail
