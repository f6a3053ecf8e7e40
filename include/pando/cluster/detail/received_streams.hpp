// Persisted streams of this program's callers: their chunks are read as there is room, handed over,
// and acknowledged.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <pando/cluster/detail/committer.hpp>
#include <pando/cluster/detail/received_stream.hpp>

namespace pando::cluster::detail {

/// So often whoever reads a stream says that it does, while it has enough of it: it says again what
/// it has acknowledged.
inline constexpr std::chrono::milliseconds reader_says_so_each{5'000};

/// *Thread*: any, unless it says more.
/// A template so that its coroutine is made where it is used, see <pando/config.hpp>.
template <class Lazy>
class received_streams : public std::enable_shared_from_this<received_streams<Lazy>> {
 public:
  using awaited_ptr = std::shared_ptr<awaited_call>;
  struct listener {
    /// Chunks before it were acknowledged. *Thread*: the runner's.
    std::function<void(std::uint64_t id, std::uint64_t before)> acknowledged;
    /// Somebody carries it out. *Thread*: the caller's.
    std::function<void(awaited_ptr const&)> begun;
    /// What has come cannot be read; it is not wanted any more. *Thread*: the caller's.
    std::function<void(awaited_ptr const&)> unreadable;
  };

  received_streams(runner& fleet, std::shared_ptr<committer<Lazy>> to)
      : fleet_(fleet), committer_(std::move(to)) {}

  void tell(listener others) { others_ = std::move(others); }

  /// It is stored under that number.
  void add(std::uint64_t id, awaited_ptr const& one) {
    one->stream->id = id;
    {
      std::lock_guard const lock(mutex_);
      all_[id] = one;
    }
    look_from_anywhere();
  }
  /// *Thread*: the caller's.
  void grant(awaited_ptr const& one, std::size_t count) {
    one->stream->grant(count);
    auto* const call = one->peek();
    if (call != nullptr) go_on(one, *call);
  }
  /// A chunk was stored, by this program.
  void arrived(store::chunk const& part) {
    auto const one = find(part.id);
    if (!one) return;
    awaited_call::tell(one, [self = this->shared_from_this(), one, part](operation& call) {
      self->take(one, call, store::chunk(part));
    });
  }
  /// Its end is recorded. Gives false where it is not one of these.
  bool ended(store::answer const& end) {
    auto const one = find(end.id);
    if (!one) return false;
    awaited_call::tell(one, [self = this->shared_from_this(), one, end](operation& call) {
      one->stream->end(end);
      if (self->go_on(one, call)) self->look_from_anywhere();
    });
    return true;
  }

  /// *Thread*: the runner's.
  void look() {
    is_due_ = true;
    if (is_looking_) return;
    {
      std::lock_guard const lock(mutex_);
      if (all_.empty()) return;
    }
    is_looking_ = true;
    boost::asio::co_spawn(fleet_.executor(), look_for_chunks(this->shared_from_this()),
                          [self = this->shared_from_this()](std::exception_ptr const&) {
                            self->is_looking_ = false; // it is looked for again in a while
                          });
  }
  bool is_looking() const noexcept { return is_looking_; } ///< *Thread*: the runner's

  /// Those that are left, which are not known any more.
  std::vector<std::pair<std::uint64_t, awaited_ptr>> take_all() {
    std::lock_guard const lock(mutex_);
    std::vector<std::pair<std::uint64_t, awaited_ptr>> left(all_.begin(), all_.end());
    all_.clear();
    return left;
  }

 private:
  awaited_ptr find(std::uint64_t id) const {
    std::lock_guard const lock(mutex_);
    auto const at = all_.find(id);
    return at == all_.end() ? nullptr : at->second;
  }
  void look_from_anywhere() {
    boost::asio::post(fleet_.executor(), [self = this->shared_from_this()] { self->look(); });
  }

  void take(awaited_ptr const& one, operation& call, store::chunk&& part) {
    bool const is_first = one->stream->wanted() == 0;
    bool const is_early = part.sequence > one->stream->wanted();
    if (is_early && one->stream->has_room()) look_from_anywhere();
    if (!one->stream->add(std::move(part))) return;
    if (is_first) others_.begun(one);
    (void)go_on(one, call);
  }
  /// Gives whether it goes on.
  bool go_on(awaited_ptr const& one, operation& call) {
    auto& stream = *one->stream;
    bool const was_full = !stream.has_room();
    bool const is_sound = stream.hand_over(static_cast<stream_operation&>(call));
    acknowledge(one);
    auto const* const end = stream.is_over();
    if (is_sound && end == nullptr) {
      if (was_full && stream.has_room()) look_from_anywhere();
      return true;
    }
    if (is_sound)
      read_answer(*end, call);
    else
      others_.unreadable(one);
    (void)one->release();
    call.finish();
    return false;
  }
  /// One at a time, of as many chunks as there are by then.
  void acknowledge(awaited_ptr const& one, bool again = false) {
    auto& stream = *one->stream;
    auto const id = stream.id.load();
    std::uint64_t before = 0;
    {
      std::lock_guard const lock(mutex_);
      before = stream.delivered();
      if (stream.is_acknowledging || (!again && stream.acknowledged == before)) return;
      stream.is_acknowledging = true;
      stream.said = fleet_.table().now();
    }
    auto work = std::make_unique<commit>();
    work->operation.what_to_do = store::message_operation::action::acknowledge;
    work->operation.part.id = id;
    work->operation.part.sequence = before;
    work->until = fleet_.table().now() + fleet_.options().lease.count();
    work->done = [self = this->shared_from_this(), id, one, before](commit& of) {
      {
        std::lock_guard const lock(self->mutex_);
        one->stream->is_acknowledging = false;
        if (!of.failure) one->stream->acknowledged = before;
      }
      if (of.failure) return; // again at the next look
      self->others_.acknowledged(id, before);
      self->acknowledge(one);
    };
    committer_->submit(std::move(work));
  }

  struct wish {
    awaited_ptr call;
    bool knows_end = false;
  };
  static task<void> look_for_chunks(std::shared_ptr<received_streams> self) {
    while (std::exchange(self->is_due_, false)) {
      std::unordered_map<std::uint64_t, wish> of;
      auto const places = self->wanted(of);
      if (places.empty()) co_return;
      auto const found = co_await self->fleet_.storage().chunks(places, stream_window);
      for (auto const& part : found) {
        self->arrived(part);
        of.erase(part.id);
      }
      for (auto const& [id, one] : of)
        if (one.knows_end) self->is_all_there_was(one.call);
    }
  }
  /// After its end was known nothing was found of it.
  void is_all_there_was(awaited_ptr const& one) {
    awaited_call::tell(one, [one](operation& call) {
      if (!one->stream->lacks_chunks()) return;
      call.set_failure(outcome_unknown("the stream has ended, and the rest of it was dropped from "
                                       "the storage before it was read"));
      (void)one->release();
      call.finish();
    });
  }
  /// Those whose callers have gone are forgotten, once all they had is acknowledged.
  std::vector<store::chunk_place> wanted(std::unordered_map<std::uint64_t, wish>& of) {
    std::vector<store::chunk_place> places;
    std::vector<awaited_ptr> late;
    std::vector<awaited_ptr> slow;
    auto const now = fleet_.table().now();
    {
      std::lock_guard const lock(mutex_);
      for (auto at = all_.begin(); at != all_.end();) {
        auto const& [id, one] = *at;
        auto const& stream = *one->stream;
        bool const is_acknowledged = stream.acknowledged == stream.delivered();
        bool const is_wanted = one->is_wanted();
        if (!is_wanted && is_acknowledged) {
          at = all_.erase(at);
          continue;
        }
        if (!is_acknowledged)
          late.push_back(one);
        else if (stream.is_holding() && now - stream.said >= reader_says_so_each.count())
          slow.push_back(one);
        if (is_wanted && stream.has_room()) {
          places.push_back({id, stream.wanted()});
          of[id] = {one, stream.has_end()};
        }
        ++at;
      }
    }
    for (auto const& one : late) acknowledge(one);
    for (auto const& one : slow) acknowledge(one, true);
    return places;
  }

  runner& fleet_;
  std::shared_ptr<committer<Lazy>> committer_;
  listener others_{};
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, awaited_ptr> all_;

  // The runner's thread.
  bool is_due_ = false;
  bool is_looking_ = false;
};

} // namespace pando::cluster::detail
