// Persisted streams that this runner carries out: items become chunks in the storage, as many as
// whoever reads them has room for, and go on behind the last one in the next epoch.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <pando/cluster/detail/committer.hpp>
#include <pando/cluster/detail/owned_call.hpp>
#include <pando/lease/table.hpp>

namespace pando::cluster::detail {

/// Who carries the calls out. *Thread*: the call's, unless it says more.
class stream_user {
 public:
  virtual ~stream_user() = default;
  virtual void run(owned_ptr const& one) = 0;
  /// *Thread*: any.
  virtual void give_back(owned_ptr const& one) = 0;
  virtual void end_handler(owned_ptr const& one) = 0;
  /// *Thread*: any.
  virtual void chunk_stored(store::chunk const& one) = 0;
};

/// *Thread*: the call's, unless it says more.
/// A template so that its coroutines are made where it is used, see <pando/config.hpp>.
template <class Lazy>
class owned_streams : public std::enable_shared_from_this<owned_streams<Lazy>> {
 public:
  owned_streams(runner& fleet, std::shared_ptr<committer<Lazy>> to)
      : fleet_(fleet), committer_(std::move(to)) {}

  void start(std::weak_ptr<stream_user> user) { user_ = std::move(user); }

  /// Looks for what is stored of it, and lets it run behind that. *Thread*: the runner's.
  void begin(owned_ptr const& one) {
    boost::asio::co_spawn(fleet_.executor(), find_chunks(this->shared_from_this(), one),
                          [self = this->shared_from_this(), one](std::exception_ptr error) {
                            auto const user = self->user_.lock();
                            if (user && error) user->give_back(one);
                          });
  }

  /// Before its handler runs. Gives why that cannot be, or an empty text.
  std::string prepare(owned_ptr const& one) {
    auto const& row = *one->route->row;
    auto& now = *one->now;
    now.resumed = std::make_shared<resumed_context>(*row.result);
    if (!one->sent->last().empty()) {
      auto const why = read_item(row, one->sent->last(), now.resumed->last());
      if (!why.empty()) return why;
    }
    now.resumed->resume(one->sent->items());
    now.took = [self = this->weak_from_this(), weak = std::weak_ptr(one)](void* item) {
      auto const streams = self.lock();
      auto const call = weak.lock();
      if (streams && call) streams->took(call, item);
    };
    return {};
  }

  /// Once all that its handler has made is stored.
  void when_sent(owned_ptr const& one, std::function<void()> then) {
    if (!one->sent) return then(); // it is no stream
    one->sent->then = std::move(then);
    go_on(one);
  }

  /// Its handler ends where it stands, without a word; `then` comes when nothing of it is on its
  /// way to the storage any more.
  void end(owned_ptr const& one, std::function<void()> then) {
    one->sent->is_suspended = true;
    one->sent->drop_made();
    auto* const now = one->now.get();
    if (now != nullptr && !now->is_done() && now->tag != 0) {
      call_of(*now).leave();
      now->tag = 0;
      now->set_failure(cancelled("the stream is ended from outside"));
      now->finish();
    }
    when_sent(one, std::move(then));
  }

  /// Its handler ends, and whoever owns it next goes on with it.
  void stop(owned_ptr const& one) {
    end(one, [self = this->shared_from_this(), one] {
      if (auto const user = self->user_.lock()) user->give_back(one);
    });
  }
  /// The same, where it has begun; else it looks at its epoch before it does. *Thread*: any.
  void suspend(owned_ptr const& one) {
    boost::asio::post(one->home, [self = this->shared_from_this(), one] {
      if (one->is_sending() && !one->sent->is_suspended) self->stop(one);
    });
  }

  /// Those before it were. *Thread*: any.
  void acknowledged(owned_ptr const& one, std::uint64_t before) {
    boost::asio::post(one->home, [self = this->shared_from_this(), one, before] {
      if (!one->sent || !one->sent->was_acknowledged(before)) return;
      self->watch(*one);
      self->go_on(one);
    });
  }

  /// It is not here any more. *Thread*: any.
  void forget(std::uint64_t id) {
    std::lock_guard const lock(mutex_);
    unread_.erase(id);
  }

  /// Looks for acknowledgements of those that wait for them. *Thread*: the runner's.
  void look() {
    is_due_ = true;
    if (is_looking_) return;
    {
      std::lock_guard const lock(mutex_);
      if (unread_.empty()) return;
    }
    is_looking_ = true;
    boost::asio::co_spawn(fleet_.executor(), look_for_more(this->shared_from_this()),
                          [self = this->shared_from_this()](std::exception_ptr const& error) {
                            self->is_looking_ = false; // it is looked for again in a while
                            if (error) self->give_time();
                          });
  }
  /// The same, and whether anybody reads the others that have something to read. *Thread*: the
  /// runner's, from time to time.
  void look_for_readers() {
    looks_at_all_ = true;
    look();
  }
  bool is_looking() const noexcept { return is_looking_; }

 private:
  /// What somebody has to read of it.
  struct unread {
    std::weak_ptr<owned_call> call;
    bool is_blocked = false; ///< there is no more of it before that
    std::int64_t heard = 0;  ///< of whoever reads, by the leases' clock
    store::acknowledgement said{};
  };
  static constexpr std::size_t most_found = 4096;

  static task<void> find_chunks(std::shared_ptr<owned_streams> self, owned_ptr one) {
    auto& storage = self->fleet_.storage();
    std::vector<store::chunk_place> const from{{one->what.id, 0}};
    std::vector<std::uint64_t> const ids{one->what.id};
    auto const kept = co_await storage.chunks(from, most_found);
    auto const acknowledged = co_await storage.acknowledged(ids);
    auto const before = acknowledged.empty() ? 0 : acknowledged.front().sequence;
    boost::asio::post(one->home, [self, one, kept, before] {
      auto const user = self->user_.lock();
      if (!user) return;
      one->sent = std::make_unique<sent_stream>(one->what.id);
      one->sent->resume(kept, before);
      self->watch(*one);
      user->run(one);
    });
  }

  /// From inside the handler's step: what is made in one go is stored together.
  void took(owned_ptr const& one, void* item) {
    if (one->sent->is_suspended) return;
    try {
      one->sent->add(store_item(*one->route->row, item));
    } catch (...) {
      one->sent->unencodable = std::current_exception();
    }
    if (std::exchange(one->sent->is_due, true)) return;
    boost::asio::post(one->home, [self = this->shared_from_this(), one] {
      one->sent->is_due = false;
      if (one->sent->unencodable) return self->fail(one);
      self->go_on(one);
    });
  }
  /// An item has no JSON: the handler ends, and that is the call's answer.
  void fail(owned_ptr const& one) {
    auto& now = *one->now;
    if (now.is_done() || now.tag == 0) return go_on(one);
    call_of(now).leave();
    now.tag = 0;
    now.set_failure(std::exchange(one->sent->unencodable, nullptr));
    now.finish();
  }

  void go_on(owned_ptr const& one) {
    auto& sent = *one->sent;
    if (sent.can_send()) return send(one);
    if (sent.is_drained() && sent.then) return std::exchange(sent.then, nullptr)();
    if (sent.is_blocked() && watch(*one))
      boost::asio::post(fleet_.executor(), [self = this->shared_from_this()] { self->look(); });
  }
  /// Whether there is something to read of it, and room for more. Gives whether there is none since
  /// now.
  bool watch(owned_call& one) {
    auto const& sent = *one.sent;
    std::lock_guard const lock(mutex_);
    if (!sent.is_unread()) {
      unread_.erase(one.what.id);
      return false;
    }
    auto const [at, is_new] = unread_.try_emplace(one.what.id);
    if (is_new) at->second.call = one.weak_from_this();
    if (is_new) at->second.heard = fleet_.table().now();
    return !std::exchange(at->second.is_blocked, sent.is_blocked()) && at->second.is_blocked;
  }

  void send(owned_ptr const& one) {
    auto work = std::make_unique<commit>();
    auto& operation = work->operation;
    operation.what_to_do = store::message_operation::action::store_chunk;
    operation.what.group = one->what.group;
    operation.what.shard = one->what.shard;
    operation.part = one->sent->send();
    operation.by = one->by;
    work->until = fleet_.table().now() + fleet_.options().lease.count();
    work->done = [self = this->shared_from_this(), one](commit& of) {
      bool const is_stored = !of.failure && of.operation.outcome == store::storage_outcome::stored;
      auto const user = self->user_.lock();
      if (user && is_stored) user->chunk_stored(of.operation.part);
      boost::asio::post(one->home, [self, one, is_stored] { self->was_sent(one, is_stored); });
    };
    committer_->submit(std::move(work));
  }
  void was_sent(owned_ptr const& one, bool is_stored) {
    auto& sent = *one->sent;
    if (!is_stored) { // the shard is another's, or the storage stays away
      sent.was_not_sent();
      if (sent.is_suspended) return go_on(one);
      return suspend(one);
    }
    auto const items = sent.was_sent();
    watch(*one);
    auto* const now = one->now.get();
    if (now != nullptr && !now->is_done() && now->tag != 0) call_of(*now).grant(items);
    go_on(one);
  }

  static task<void> look_for_more(std::shared_ptr<owned_streams> self) {
    while (std::exchange(self->is_due_, false)) {
      auto const ids = self->unread_now(std::exchange(self->looks_at_all_, false));
      if (ids.empty()) co_return;
      auto const found = co_await self->fleet_.storage().acknowledged(ids);
      for (auto const& one : found) self->heard(one);
      for (auto const& one : self->silent()) self->end_without_reader(one);
    }
  }
  std::vector<std::uint64_t> unread_now(bool all) {
    std::lock_guard const lock(mutex_);
    std::erase_if(unread_, [](auto const& one) { return one.second.call.expired(); });
    std::vector<std::uint64_t> ids;
    for (auto const& [id, one] : unread_)
      if (all || one.is_blocked) ids.push_back(id);
    return ids;
  }
  void heard(store::acknowledgement const& said) {
    owned_ptr call;
    {
      std::lock_guard const lock(mutex_);
      auto const at = unread_.find(said.id);
      if (at == unread_.end()) return;
      auto& one = at->second;
      if (one.said.sequence == said.sequence && one.said.times == said.times) return;
      one.said = said;
      one.heard = fleet_.table().now();
      call = one.call.lock();
    }
    if (call) acknowledged(call, said.sequence);
  }
  /// Those of which nothing was heard for too long.
  std::vector<owned_ptr> silent() const {
    auto const early = fleet_.table().now() - longest_silence_of_reader.count();
    std::vector<owned_ptr> found;
    std::lock_guard const lock(mutex_);
    for (auto const& [id, one] : unread_)
      if (auto const call = one.call.lock(); call && one.heard <= early) found.push_back(call);
    return found;
  }
  void end_without_reader(owned_ptr const& one) {
    boost::asio::post(one->home, [self = this->shared_from_this(), one] {
      auto const user = self->user_.lock();
      if (user && one->sent->is_unread()) user->end_handler(one);
    });
  }
  /// Nobody could be heard.
  void give_time() {
    std::lock_guard const lock(mutex_);
    for (auto& [id, one] : unread_) one.heard = fleet_.table().now();
  }

  runner& fleet_;
  std::shared_ptr<committer<Lazy>> committer_;
  std::weak_ptr<stream_user> user_{};
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, unread> unread_;

  // The runner's thread.
  bool is_due_ = false;
  bool looks_at_all_ = false;
  bool is_looking_ = false;
};

} // namespace pando::cluster::detail
