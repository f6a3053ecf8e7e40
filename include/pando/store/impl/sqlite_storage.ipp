// A handle on the storage in a SQLite file: every operation is a job of its worker.
#pragma once

#include <pando/store/sqlite_storage.hpp>

#if PANDO_HAS_SQLITE

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/handler/awaited.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/runtime/threads.hpp>
#include <pando/store/detail/sqlite_tables.hpp>
#include <pando/store/detail/waker.hpp>
#include <pando/store/impl/process_identity.ipp>
#include <pando/store/impl/sqlite_leases.ipp>
#include <pando/store/impl/sqlite_listing.ipp>
#include <pando/store/impl/sqlite_messages.ipp>
#include <pando/store/impl/sqlite_tables.ipp>
#include <pando/store/impl/sqlite_taking.ipp>
#include <pando/store/sqlite_worker.hpp>

namespace pando::store::detail {

inline storage_error as_storage_error(sqlite::error const& said, std::string const& path) {
  using from = sqlite::fault;
  using to = storage_fault;
  auto const fault = [&] {
    if (said.is_outcome_unknown()) return to::outcome_unknown;
    switch (said.kind()) {
    case from::busy:
    case from::io:
    case from::closed:
      return to::unavailable;
    case from::overloaded:
      return to::overloaded;
    case from::not_a_database:
      return to::incompatible;
    default:
      return to::refused;
    }
  };
  if (said.kind() == from::read_only)
    return storage_error(fault(), "sqlite: " + path +
                                      " cannot be written: let this user write to the file and "
                                      "its folder (code " + std::to_string(said.code()) + ")");
  return storage_error(fault(), said.what());
}

/// The file that is open, which its path may lead to no more: then others have another one, and
/// nothing that is kept here is known to them.
class sqlite_file {
 public:
  /// When it has been opened.
  explicit sqlite_file(std::string const& path) {
    std::error_code failed;
    path_ = std::filesystem::absolute(path, failed).string();
    is_known_ = !failed && ::stat(path_.c_str(), &open_) == 0;
  }
  /// Looks; once it has gone it stays so. *Thread*: any.
  bool has_gone() noexcept {
    struct ::stat now {};
    if (!is_known_ || is_gone_) return is_gone_;
    int const code = ::stat(path_.c_str(), &now);
    bool const is_other = code == 0 && (now.st_dev != open_.st_dev || now.st_ino != open_.st_ino);
    bool const is_none = code != 0 && (errno == ENOENT || errno == ENOTDIR);
    if (is_other || is_none) is_gone_ = true;
    return is_gone_;
  }
  std::string const& path() const noexcept { return path_; }
  /// What was seen last.
  void expect_there() const {
    if (is_gone_)
      throw storage_error(storage_fault::unavailable,
                          "sqlite: " + path_ + " was removed or replaced while it was open; put "
                          "the file that is meant there, and start this program again");
  }

 private:
  std::string path_{};
  struct ::stat open_ {};
  bool is_known_ = false;
  std::atomic<bool> is_gone_{false};
};

/// A file on its way to be open, which may take as long as another process holds its lock.
struct sqlite_opening {
  explicit sqlite_opening(boost::asio::any_io_executor executor)
      : home(executor), done(std::move(executor)) {}

  void open(std::string const& path, sqlite_storage_options const& options) {
    if (path == sqlite::in_memory)
      throw storage_error(storage_fault::refused,
                          "sqlite: a storage needs a file; for one in memory there is "
                          "make_memory_storage");
    // Requests and answers are nobody else's; a file that SQLite makes has the mode of the umask.
    int const made = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (made >= 0) ::close(made);
    sqlite::worker_options bounds;
    // A connection that reads beside the writer keeps the log from its beginning, so that every
    // commit copies it to the file; and its pages are stale after each.
    bounds.readers = 0;
    bounds.on_open = [](sqlite::database& in) {
      // KiB: the indexes' pages of keys, which are at random. Pages of the log until it is copied.
      in.execute("PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=4000");
      make_tables(in, boot_id());
    };
    here = this_process();
    worker = std::make_unique<sqlite::worker>(path, options.database, std::move(bounds));
    file = std::make_shared<sqlite_file>(path);
  }

  boost::asio::any_io_executor home;
  one_shot done;
  process_identity here{};
  std::unique_ptr<sqlite::worker> worker{};
  std::shared_ptr<sqlite_file> file{};
};

/// The look at the file's version: it is another one when another connection has written.
struct sqlite_watch {
  explicit sqlite_watch(boost::asio::any_io_executor home) : timer(std::move(home)) {}
  void stop() noexcept {
    is_stopped = true;
    timer.cancel();
  }
  static std::int64_t version(sqlite::database& in) {
    auto row = in.prepare("PRAGMA data_version");
    row.step();
    return row.integer(0);
  }

  boost::asio::steady_timer timer;
  bool is_stopped = false;
};

inline void open_on(blocking_pool& threads, std::shared_ptr<sqlite_opening> what,
                    std::string const& path, sqlite_storage_options const& options) {
  boost::asio::post(threads.executor(), [what = std::move(what), path, options] {
    std::exception_ptr fault;
    try {
      what->open(path, options);
    } catch (...) {
      fault = std::current_exception();
    }
    boost::asio::post(what->home,
                      fires_once(std::shared_ptr<one_shot>(what, &what->done), fault));
  });
}

/// A template so that its coroutines are made where one is made, see <pando/config.hpp>.
template <class Lazy>
class sqlite_storage final : public storage {
 public:
  using milliseconds = std::chrono::milliseconds;
  using ids = std::vector<std::uint64_t>;
  using tables = sqlite_tables;

  sqlite_storage(std::string path, sqlite_storage_options options)
      : path_(std::move(path)), options_(std::move(options)) {}
  sqlite_storage(sqlite_storage const&) = delete;
  ~sqlite_storage() override { leave(); }

  std::string describe() const override { return "sqlite " + path_; }
  task<void> open() override {
    auto const home = co_await boost::asio::this_coro::executor;
    auto const opening = std::make_shared<sqlite_opening>(home);
    blocking_pool threads(1);
    open_on(threads, opening, path_, options_);
    co_await opening->done.wait();
    try {
      opening->done.rethrow();
    } catch (sqlite::error const& said) {
      throw as_storage_error(said, path_);
    }
    here_ = opening->here;
    worker_ = std::move(opening->worker);
    file_ = std::move(opening->file);
    waker_->start(home);
    watch_ = std::make_shared<sqlite_watch>(home);
    auto const ask = &sqlite_watch::version;
    auto const first = co_await read_by(*worker_, ask);
    boost::asio::co_spawn(home, watch(watch_, worker_.get(), waker_, file_, options_.poll, first),
                          boost::asio::detached);
  }
  task<void> close() override {
    leave();
    if (!worker_) co_return;
    co_await worker_->stop();
    worker_.reset();
  }
  void on_wake(std::function<void(wake)> told) override { waker_->set(std::move(told)); }

  task<void> declare_group(std::string const& group, std::uint32_t shards) override {
    return write([&group, shards](tables& in) { in.declare_group(group, shards); });
  }
  task<enlistment> enlist(runner_entry const& who) override {
    return write([&who](tables& in) { return in.enlist(who); });
  }
  task<renewal> renew(std::uint64_t incarnation, milliseconds ttl) override {
    if (file_) (void)file_->has_gone();
    return write([incarnation, ttl](tables& in) { return in.renew(incarnation, ttl); });
  }
  task<std::vector<shard_lease>> acquire(std::uint64_t incarnation,
                                         std::vector<shard_key> const& wanted,
                                         milliseconds ttl) override {
    return write(
        [incarnation, &wanted, ttl](tables& in) { return in.acquire(incarnation, wanted, ttl); });
  }
  task<void> release(std::uint64_t incarnation, std::vector<shard_lease> const& held) override {
    return write([incarnation, &held](tables& in) { in.release(incarnation, held); });
  }
  task<void> step_down(std::uint64_t incarnation) override {
    return write([incarnation](tables& in) { in.step_down(incarnation); });
  }
  task<void> withdraw(std::uint64_t incarnation) override {
    return write([incarnation](tables& in) { in.withdraw(incarnation); });
  }
  task<bool> mark(std::string const& address, bool is_healthy, milliseconds alive) override {
    return write(
        [&address, is_healthy, alive](tables& in) { return in.mark(address, is_healthy, alive); });
  }
  task<fleet_view> look(milliseconds forget_after) override {
    auto const ask = [forget_after](tables const& in) { return in.has_lost(forget_after); };
    auto const drop = [forget_after](tables& in) { in.drop_lost(forget_after); };
    auto const see = [](tables const& in) { return in.look(); };
    if (file_) (void)file_->has_gone();
    bool const has_lost = co_await read(ask);
    try {
      if (has_lost) co_await write(drop);
    } catch (storage_error const&) { // who only looks is not concerned, and can see all the same
    }
    co_return co_await read(see);
  }

  task<void> apply(std::span<message_operation> all) override {
    auto const work = [all](tables& in) { in.apply(all); };
    auto const find = [all](tables const& in) { in.find_all(all); };
    for (auto& one : all) one.outcome = storage_outcome::none;
    try {
      if (is_only_looking(all))
        co_await read(find);
      else
        co_await write(work);
    } catch (...) { // none of it is stored
      for (auto& one : all) one.outcome = storage_outcome::none;
      throw;
    }
  }
  task<taken_messages> take(std::uint64_t incarnation, std::vector<shard_lease> const& held,
                            std::size_t most) override {
    return write(
        [incarnation, &held, most](tables& in) { return in.take(incarnation, held, most); });
  }
  task<void> put_back(std::uint64_t incarnation, ids const& which) override {
    return write([incarnation, &which](tables& in) { in.put_back(incarnation, which); });
  }
  task<void> put_back_unknown(std::uint64_t incarnation, std::vector<shard_lease> const& held,
                              ids const& known) override {
    return write([incarnation, &held, &known](tables& in) {
      in.put_back_unknown(incarnation, held, known);
    });
  }
  task<std::vector<answer>> answers(ids const& which) override {
    return read([&which](tables const& in) { return in.answers(which); });
  }
  task<std::vector<chunk>> chunks(std::vector<chunk_place> const& from, std::size_t most) override {
    return read([&from, most](tables const& in) { return in.chunks(from, most); });
  }
  task<ids> interrupted(ids const& which) override {
    return read([&which](tables const& in) { return in.interrupted(which); });
  }
  task<std::vector<acknowledgement>> acknowledged(ids const& which) override {
    return read([&which](tables const& in) { return in.acknowledged(which); });
  }
  task<std::size_t> prune(milliseconds age, std::size_t most) override {
    return write([age, most](tables& in) { return in.prune(age, most); });
  }
  task<message_counts> count(std::string_view no_rpc) override {
    return read([no_rpc](tables const& in) { return in.count(no_rpc); });
  }
  task<listed_messages> list(message_filter const& wanted) override {
    return read([&wanted](tables const& in) { return in.list(wanted); });
  }
  task<std::optional<std::string>> value(std::string const& name) override {
    return read([&name](tables const& in) { return in.value(name); });
  }
  task<bool> set_value(std::string const& name, std::string const& value, shard_key const& shard,
                       fence const& by) override {
    return write(
        [&name, &value, &shard, &by](tables& in) { return in.set_value(name, value, shard, by); });
  }

 private:
  static bool is_only_looking(std::span<message_operation> all) {
    constexpr auto find = message_operation::action::find;
    return std::ranges::all_of(
        all, [](auto what) { return what == find; }, &message_operation::what_to_do);
  }
  void leave() noexcept {
    waker_->stop();
    if (watch_) watch_->stop();
    watch_.reset();
  }
  sqlite::worker& its_worker() const {
    if (worker_) {
      file_->expect_there();
      return *worker_;
    }
    throw storage_error(storage_fault::unavailable,
                        "sqlite: the storage in " + path_ + " is not open");
  }

  template <class Work>
  task<std::invoke_result_t<Work&, sqlite::database&>> read_by(sqlite::worker& by, Work work) {
    try {
      co_return co_await by.read(work);
    } catch (sqlite::error const& said) {
      throw as_storage_error(said, path_);
    }
  }
  /// By the connection that writes, to which its own writes are no news. The worker is not touched
  /// once it is stopped.
  static task<void> watch(std::shared_ptr<sqlite_watch> state, sqlite::worker* by,
                          std::shared_ptr<waker> told, std::shared_ptr<sqlite_file> file,
                          milliseconds every, std::int64_t last) {
    auto const ask = &sqlite_watch::version;
    boost::system::error_code ignored;
    bool is_gone = false;
    while (!state->is_stopped) {
      state->timer.expires_after(every);
      co_await state->timer.async_wait(boost::asio::redirect_error(PANDO_AWAITED, ignored));
      if (state->is_stopped) co_return;
      if (file->has_gone()) { // whoever uses it is told; there is nothing more to be heard
        if (!std::exchange(is_gone, true)) told->tell(all_wakes);
        continue;
      }
      auto now = last;
      try {
        now = co_await by->read(ask);
      } catch (sqlite::error const&) { // whoever uses the storage is told what is wrong with it
      }
      if (!state->is_stopped && std::exchange(last, now) != now) told->tell(all_wakes);
    }
  }

  /// One transaction, shared with others. Afterwards this object may be gone.
  template <class Work>
  task<std::invoke_result_t<Work&, tables&>> write(Work work) {
    auto const waker = waker_;
    auto const file = file_;
    wakes told = 0;
    auto const job = [&work, &told, here = &here_](sqlite::database& database) {
      tables in(database, *here);
      struct scope {
        wakes& into;
        tables& from;
        ~scope() { into = from.told(); }
      } const after{told, in};
      return work(in);
    };
    using result = std::invoke_result_t<Work&, tables&>;
    try {
      if constexpr (std::is_void_v<result>) {
        co_await its_worker().write(job);
        waker->tell(told);
      } else {
        auto given = co_await its_worker().write(job);
        waker->tell(told);
        co_return given;
      }
    } catch (sqlite::error const& said) {
      throw as_storage_error(said, file->path());
    }
  }
  template <class Work>
  task<std::invoke_result_t<Work&, tables const&>> read(Work work) {
    auto const file = file_;
    auto const job = [&work, here = &here_](sqlite::database& database) {
      tables const in(database, *here);
      return work(in);
    };
    try {
      co_return co_await its_worker().read(job);
    } catch (sqlite::error const& said) {
      throw as_storage_error(said, file->path());
    }
  }

  std::string path_;
  sqlite_storage_options options_;
  process_identity here_{};
  std::unique_ptr<sqlite::worker> worker_{};
  std::shared_ptr<sqlite_file> file_{}; ///< since it was opened
  std::shared_ptr<sqlite_watch> watch_{};
  std::shared_ptr<waker> waker_ = std::make_shared<waker>();
};

} // namespace pando::store::detail

namespace pando::store {

PANDO_LAZY_BODY std::unique_ptr<storage> make_sqlite_storage(std::string path,
                                                             sqlite_storage_options options) {
  return std::make_unique<detail::sqlite_storage<PANDO_LAZY_VOID>>(std::move(path),
                                                                   std::move(options));
}

} // namespace pando::store

#endif
