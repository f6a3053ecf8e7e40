// What the owner of a persisted stream knows of it: what is stored, made, and acknowledged.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pando/store/messages.hpp>

namespace pando::cluster::detail {

/// So many chunks of a stream are stored and not acknowledged, at most.
inline constexpr std::size_t stream_window = 16;
/// So many items are in one chunk at most, and so many are made before they are stored.
inline constexpr std::size_t most_items_in_chunk = 64;
/// A chunk that has so many octets takes no further item.
inline constexpr std::size_t full_chunk = 256 * 1024;

/// Whoever reads a stream, and has not had enough of it, says so more often than this; a stream
/// that hears nothing for so long is ended.
inline constexpr std::chrono::milliseconds longest_silence_of_reader{30'000};

/// Told what happened, it says what to do. Items are JSON, a line each. *Thread*: the call's.
class sent_stream {
 public:
  explicit sent_stream(std::uint64_t id) : id_(id) {}

  /// What the storage has of it: those chunks, the last among them.
  void resume(std::vector<store::chunk> const& kept, std::uint64_t acknowledged) {
    acknowledged_ = acknowledged;
    if (kept.empty()) return;
    auto const& last = kept.back();
    next_ = last.sequence + 1;
    items_ = last.items;
    std::string_view text = last.payload;
    if (!text.empty()) text.remove_suffix(1);
    last_ = text.substr(text.rfind('\n') + 1);
  }

  void add(std::string line) { made_.push_back(std::move(line)); }
  /// What is not on its way is not wanted any more.
  void drop_made() { made_.clear(); }
  bool has_room() const noexcept { return next_ - acknowledged_ < stream_window; }
  bool can_send() const noexcept { return !is_sending_ && !made_.empty() && has_room(); }
  /// Something is to be sent, and waits for whoever reads the stream.
  bool is_blocked() const noexcept { return !is_sending_ && !made_.empty() && !has_room(); }
  /// Something is stored that nobody has acknowledged.
  bool is_unread() const noexcept { return acknowledged_ < next_; }
  bool is_drained() const noexcept { return !is_sending_ && made_.empty(); }

  /// The next chunk, of what has been made.
  store::chunk send() {
    is_sending_ = true;
    store::chunk made{id_, next_, items_, {}};
    while (!made_.empty() && made.items - items_ < most_items_in_chunk &&
           made.payload.size() < full_chunk) {
      sending_last_ = std::move(made_.front());
      made_.pop_front();
      made.payload += sending_last_;
      made.payload += '\n';
      ++made.items;
    }
    sending_items_ = made.items;
    return made;
  }
  /// It is stored. Gives how many items it had.
  std::size_t was_sent() {
    is_sending_ = false;
    ++next_;
    last_ = std::move(sending_last_);
    auto const before = std::exchange(items_, sending_items_);
    return static_cast<std::size_t>(items_ - before);
  }
  void was_not_sent() noexcept { is_sending_ = false; }
  /// Gives whether that is news.
  bool was_acknowledged(std::uint64_t before) noexcept {
    if (before <= acknowledged_ || before > next_) return false;
    acknowledged_ = before;
    return true;
  }

  std::uint64_t chunks() const noexcept { return next_; }
  std::uint64_t items() const noexcept { return items_; }
  /// The last item that is stored, as JSON; empty: there is none.
  std::string const& last() const noexcept { return last_; }

  std::function<void()> then{};     ///< once all that was made is stored
  bool is_suspended = false;        ///< nothing more of it is taken here
  bool is_due = false;              ///< what was made is looked at soon
  std::exception_ptr unencodable{}; ///< of an item

 private:
  std::uint64_t id_;
  std::uint64_t next_ = 0;
  std::uint64_t items_ = 0;
  std::uint64_t acknowledged_ = 0; ///< the chunks before it
  std::deque<std::string> made_{};
  std::string last_{};
  std::string sending_last_{};
  std::uint64_t sending_items_ = 0;
  bool is_sending_ = false;
};

} // namespace pando::cluster::detail
