// A persisted call that this runner carries out.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>

#include <pando/cluster/detail/entity_engine.hpp>
#include <pando/cluster/detail/erased_value.hpp>
#include <pando/cluster/detail/persistence.hpp>
#include <pando/cluster/detail/resumed_context.hpp>
#include <pando/cluster/detail/sent_stream.hpp>
#include <pando/cluster/detail/stored_order.hpp>
#include <pando/cluster/detail/stored_text.hpp>
#include <pando/cluster/entity_host.hpp>
#include <pando/cluster/fleet_counts.hpp>
#include <pando/cluster/message_ids.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/cluster/shards.hpp>
#include <pando/handler/awaited.hpp>
#include <pando/runtime/operation_call.hpp>

namespace pando::cluster::detail {

struct commit;

/// One run of its handler.
struct attempt final : stream_operation {
  attempt(route_row const& row, erased_value asked, boost::asio::any_io_executor const& on)
      : stream_operation(row, asked.get(), nullptr), request_value(std::move(asked)),
        result_value(row.result) {
    if (!row.streams) result = result_value.get();
    home = on;
  }
  ~attempt() override {
    if (!is_done() && tag != 0) call_of(*this).leave();
  }
  void* make_item() override { return result_value.get(); }
  void item_ready() override { took(result_value.get()); }
  void drop_item() override {}

  erased_value request_value;
  erased_value result_value; ///< of a stream: the item that was made last
  std::function<void(void* item)> took{};
  // The handler may outlive this.
  std::shared_ptr<resumed_context> resumed{}; ///< of a stream
  std::shared_ptr<handler_writes> writes{};
  run_marks marks{};
};

struct owned_call : std::enable_shared_from_this<owned_call> {
  enum class saving : std::uint8_t { no, under_way, yes };

  // Set before anybody else knows of it.
  store::message what{};
  store::fence by{};
  std::size_t group = 0;       ///< of the leases' groups
  hosted_kind* kind = nullptr; ///< null, and no route: this program does not serve it
  served_route const* route = nullptr;
  persisted_times* times = nullptr;
  std::chrono::steady_clock::time_point had = std::chrono::steady_clock::now();
  std::chrono::milliseconds waited{0}; ///< in the storage, since it was made or due
  stored_caller behalf{};
  std::uint64_t reader = 0;                ///< of a stream: whose incarnation reads it, if known
  bool was_taken = false;                  ///< out of the storage
  std::atomic<bool> is_on_its_way{false};  ///< taken, and not with its instance yet
  std::atomic<bool> may_have_begun{false}; ///< a handler of it, here
  boost::asio::any_io_executor home{};

  std::atomic<bool> is_interrupted{false}; ///< nobody wants it any more

  // Touched where it runs.
  std::unique_ptr<sent_stream> sent{}; ///< of a stream; before `now`, which may still send
  std::unique_ptr<attempt> now{};
  std::size_t defects = 0;
  bool is_again = false; ///< a run of it has ended here without an answer
  bool is_kept = false;  ///< what its handler did is recorded
  store::writes with{};  ///< of the handler that gave the answer which is being recorded
  std::string refused{}; ///< why they cannot be written

  // Under the lock of who keeps it.
  std::vector<std::shared_ptr<awaited_call>> callers{};
  saving saved = saving::no;
  bool may_be_saved = false;            ///< that was tried
  commit* saving = nullptr;             ///< while that is under way
  std::unique_ptr<store::answer> end{}; ///< it waits for `saved`
  bool is_gone = false;                 ///< its callers were told, or are looked after elsewhere
  bool is_discarded = false;            ///< it goes on, whoever waits for it no longer

  rpc_row const& rpc() const noexcept { return *route->row->rpc; }
  bool can_be_interrupted() const noexcept {
    return !rpc().is_uninterruptible && !is_discarded;
  }
  bool streams() const noexcept { return route->row->streams; }
  bool is_running() const noexcept { return now != nullptr && !now->is_done() && now->tag != 0; }
  /// Of a stream: its handler runs, or not all that it made is stored.
  bool is_sending() const noexcept { return sent && (is_running() || sent->then); }
  bool is_stored() const noexcept { return was_taken || saved == saving::yes; }
};
using owned_ptr = std::shared_ptr<owned_call>;

inline std::uint64_t place_of(owned_call const& one) noexcept {
  return stored_order::place_of(one.group, one.what.shard);
}

/// What tells calls that keep their order.
inline std::uint64_t line_of(owned_call const& one) noexcept {
  return hash64(one.what.instance, one.kind->seed);
}

/// What tells the calls of one primary key.
inline std::string key_of(store::message const& what) {
  return what.entity + '\n' + what.rpc + '\n' + std::to_string(what.instance.size()) + '\n' +
         what.instance + *what.key;
}

inline std::function<void(operation&)> conflict_of(store::message const& what) {
  return [text = "a call of " + what.entity + "." + what.rpc + " with the primary key " +
                 what.key.value_or("") + " was made before, with another request"](
             operation& call) { call.set_failure(key_conflict(text)); };
}

/// What is committed under a name, for a handler that runs anywhere.
template <class Lazy>
task<std::optional<std::string>> read_value(runner* fleet, std::string name) {
  auto look = fleet->storage().value(name);
  co_return co_await boost::asio::co_spawn(fleet->executor(), std::move(look), PANDO_AWAITED);
}

/// A caller's request, which is moved from.
inline erased_value take_request(route_row const& row, void* request) {
  erased_value taken(row.request);
  if (row.request != nullptr) row.request->move(taken.get(), request);
  return taken;
}

/// A run of its handler with that request.
template <class Lazy>
void prepare(owned_call& one, erased_value asked, runner& fleet) {
  one.now = std::make_unique<attempt>(*one.route->row, std::move(asked), one.home);
  one.now->behalf = read_caller(one.what.context, one.behalf);
  if (!one.rpc().has_transaction) return;
  one.now->writes = std::make_shared<handler_writes>();
  one.now->writes->all.read_by(
      [to = &fleet](std::string name) { return read_value<Lazy>(to, std::move(name)); });
}

/// The run as its instance sees it, which that deletes.
inline entity_call& call_of_run(owned_call& one, entity_engine& in) {
  auto& now = *one.now;
  auto& made = *new entity_call(now, in, *one.route);
  made.epoch = one.by.epoch;
  made.shard = one.what.shard;
  made.marks = &now.marks;
  made.writes = now.writes;
  made.resumed = now.resumed;
  if (one.sent) made.grant(most_items_in_chunk);
  return made;
}

/// What is written, or looked for, of a call.
inline store::message_operation
operation_of(owned_call const& one, store::message_operation::action what, store::answer end) {
  using enum store::message_operation::action;
  store::message_operation made;
  made.what_to_do = what;
  if (what == answer) {
    made.what.group = one.what.group;
    made.what.shard = one.what.shard;
  } else {
    made.what = one.what;
  }
  made.end = std::move(end);
  if (what == answer || what == save_answered) made.with = one.with;
  if (what != find) made.by = one.by;
  return made;
}

/// What its handler has ended in; it is noted what is written with that.
inline store::answer end_of(owned_call& one) {
  store::answer end;
  if (one.is_interrupted)
    end.kind = store::answer_kind::interrupted;
  else
    end = store_answer(*one.now);
  end.id = one.what.id;
  bool const writes = end.kind == store::answer_kind::result && one.now->writes != nullptr;
  one.with = writes ? one.now->writes->all.told() : store::writes{};
  return end;
}

/// The end of a call that failed without its handler.
inline store::answer defect_of(owned_call const& one, std::string const& why,
                               store::answer_kind how) {
  auto const& row = *one.route->row;
  attempt failed(row, erased_value(row.request), one.home);
  failed.set_failure(internal_failure(why));
  auto end = store_answer(failed);
  end.kind = how;
  end.id = one.what.id;
  return end;
}

/// Where calls run: on the program's own executors, the runner's among them.
class call_homes {
 public:
  call_homes(runner& fleet, std::vector<boost::asio::any_io_executor> own)
      : fleet_(fleet), own_(std::move(own)) {}
  /// Of a caller that is on that one.
  boost::asio::any_io_executor near(boost::asio::any_io_executor const& wish) const {
    bool const is_own = std::find(own_.begin(), own_.end(), wish) != own_.end();
    return is_own || wish == fleet_.executor() ? wish : fleet_.executor();
  }
  /// Of all calls of an instance that are taken, so that they keep their order.
  boost::asio::any_io_executor of(std::string const& instance) const {
    return own_.empty() ? fleet_.executor() : own_[hash64(instance) % own_.size()];
  }

 private:
  runner& fleet_;
  std::vector<boost::asio::any_io_executor> const own_;
};

/// Stored calls of what this program does not serve: another's, or of a build to come. They are
/// never ended: they stay taken, and the next owner of their shards has them. *Thread*: the
/// runner's.
class unserved_calls {
 public:
  void note(store::message const& one) { ++found_[one.entity + "." + one.rpc]; }
  /// Call from time to time: those that were found since are told together.
  void tell(std::int64_t now, log const& events) {
    if (found_.empty() || now < tells_at_) return;
    tells_at_ = now + tells_every.count();
    for (auto const& [what, count] : found_)
      events.warning((count == 1 ? "a stored call of " + what + " waits"
                                 : std::to_string(count) + " stored calls of " + what + " wait") +
                     " for a build that serves it: this one does not");
    found_.clear();
  }

 private:
  static constexpr std::chrono::milliseconds tells_every{10'000};
  std::map<std::string, std::size_t> found_; ///< since they were told
  std::int64_t tells_at_ = 0;
};

/// What those who wait elsewhere in this program are told.
struct owned_listener {
  /// It is stored.
  std::function<void(store::chunk const&)> chunk = [](store::chunk const&) {};
  /// It is recorded.
  std::function<void(store::answer const&)> answered = [](store::answer const&) {};
  /// The storage has it, or is to have it.
  std::function<void(std::shared_ptr<awaited_call> const&)> not_here =
      [](std::shared_ptr<awaited_call> const&) {};
  /// The storage may have it, and nobody wants it any more.
  std::function<void(std::uint64_t)> unwanted = [](std::uint64_t) {};
  /// From time to time.
  std::function<void()> look = [] {};
};

/// They go on in the storage, and know whether anything of the call may have happened here. That it
/// was interrupted nobody else knows, unless it was the storage that said so.
inline void hand_back(owned_call const& one,
                      std::vector<std::shared_ptr<awaited_call>> const& callers, bool may_be_stored,
                      owned_listener const& to) {
  if (may_be_stored && one.is_interrupted && callers.empty()) to.unwanted(one.what.id);
  for (auto const& caller : callers) {
    if (one.may_have_begun) caller->may_have_begun = true;
    to.not_here(caller);
  }
}

/// Tells a caller the recorded answer, unless it has thrown it away.
inline void end_with(std::shared_ptr<awaited_call> const& caller,
                     std::shared_ptr<store::answer const> const& answer) {
  bool const is_told = !caller->discards;
  awaited_call::end(caller, [answer, is_told](operation& call) {
    if (is_told) read_answer(*answer, call);
  });
}

/// It never came to its turn, or found that the shard is another's.
inline bool was_not_admitted(std::exception_ptr const& why) {
  if (!why) return false;
  try {
    std::rethrow_exception(why);
  } catch (mailbox_full const&) {
    return true;
  } catch (runner_unavailable const&) {
    return true;
  } catch (...) {
    return false;
  }
}
/// An exception that nobody declared.
inline bool is_defect(std::exception_ptr const& why) {
  if (!why) return false;
  try {
    std::rethrow_exception(why);
  } catch (internal_failure const&) {
    return true;
  } catch (...) {
    return false;
  }
}

/// What a run of it has ended in.
enum class run_end {
  answered,
  not_admitted, ///< nothing of it has happened
  no_thread,    ///< nor of this, and it is not to come again at once
  defect,       ///< it may be tried again
  cut_off       ///< by a defect of another call: it runs again
};
inline run_end end_of_run(owned_call const& one) {
  auto const& now = *one.now;
  if (one.is_interrupted) return run_end::answered;
  if (now.marks.was_cut_off) return run_end::cut_off;
  if (now.marks.got_no_thread) return run_end::no_thread;
  if (!now.marks.has_begun && was_not_admitted(now.failed)) return run_end::not_admitted;
  bool const is_left = one.defects < one.rpc().retries;
  return is_left && is_defect(now.failed) ? run_end::defect : run_end::answered;
}

/// Why a call is not this runner's to carry out, or not now.
enum class given_back : std::uint8_t {
  as_it_is,
  is_of_another, ///< another's message has its number
  lacks_thread
};

/// What serves it; where nothing does, it stays without.
inline void find_handler(entity_engine& in, owned_call& one) {
  for (auto& kind : in.kinds()) {
    if (kind.row.contract->controller != one.what.entity ||
        kind.row.options.group != one.what.group)
      continue;
    for (auto const& [row, route] : kind.routes)
      if (row->name == one.what.rpc && row->rpc != nullptr && row->rpc->is_persisted) {
        one.kind = &kind;
        one.route = route;
        one.times = kind.times_of(*route);
      }
  }
}

/// Straight from a caller of this program.
inline owned_ptr call_from(std::shared_ptr<awaited_call> const& caller, store::fence const& by,
                           boost::asio::any_io_executor home) {
  auto made = std::make_shared<owned_call>();
  made->what = caller->what;
  made->by = by;
  made->group = caller->kind->group;
  made->kind = caller->kind;
  made->route = caller->route;
  made->times = made->kind->times_of(*made->route);
  made->home = std::move(home);
  made->is_discarded = caller->discards;
  made->callers.push_back(caller);
  return made;
}

inline std::chrono::milliseconds waited_of(store::message const& what, store::storage_time now) {
  std::chrono::milliseconds begun(message_ids::made_at(what.id));
  if (what.deliver_at) begun = (std::max)(begun, what.deliver_at->time_since_epoch());
  return (std::max)(now.time_since_epoch() - begun, std::chrono::milliseconds(0));
}

/// Its answer is recorded.
inline void note_answer(owned_call const& one, fleet_counts& in) noexcept {
  in.answered.add();
  if (one.times == nullptr) return;
  auto const took = std::chrono::steady_clock::now() - one.had;
  one.times->since_had.observe(took);
  one.times->since_call.observe(took + one.waited);
}

/// Out of the storage; without a kind where this program does not serve it.
inline owned_ptr taken_call(store::message&& what, entity_engine& in, lease::table const& leases) {
  auto made = std::make_shared<owned_call>();
  made->what = std::move(what);
  made->was_taken = true;
  made->is_discarded = was_discarded(made->what.context);
  find_handler(in, *made);
  if (made->kind == nullptr) return made;
  if (made->streams()) made->reader = reader_of(made->what.context);
  made->group = leases.group_of(made->what.group);
  made->waited = waited_of(made->what, leases.time().wall());
  return made;
}

/// Those that are content when it is stored, which it has no more.
inline std::vector<std::shared_ptr<awaited_call>> take_discarding(owned_call& one) {
  std::vector<std::shared_ptr<awaited_call>> content;
  for (auto const& caller : one.callers)
    if (caller->discards) content.push_back(caller);
  std::erase_if(one.callers, [](auto const& caller) { return caller->discards; });
  return content;
}

} // namespace pando::cluster::detail
