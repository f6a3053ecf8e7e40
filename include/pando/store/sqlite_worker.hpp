// A database off the network's threads: jobs from any thread, committed together, awaited.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>
#include <pando/store/detail/sqlite_job.hpp>
#include <pando/store/sqlite_database.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite {

/// The worker's bounds.
struct worker_options {
  std::size_t queue = 65'536; ///< *Limit*: as many jobs wait for the writer, and for the readers
  std::size_t batch = 1'024;  ///< *Limit*: as many jobs share a transaction
  /// Threads, each with a connection of its own, for jobs that only read; 0: the writer does them.
  /// A database in memory has none.
  std::size_t readers = 1;
  /// Called with each connection when it is opened, the writer's first, in no transaction: to make
  /// tables, check `application_id` and `user_version`, add functions. What it throws ends the
  /// worker's constructor.
  std::function<void(database&)> on_open{};
};

/// What a worker has done so far.
struct worker_counts {
  std::uint64_t jobs = 0;    ///< that wrote, or failed to
  std::uint64_t batches = 0; ///< transactions they shared
};

/// One thread that owns the connection that writes, and others for those that read. All jobs that
/// wait when the writer is free run in one transaction, each in a savepoint of its own: one that
/// throws is undone alone. Whoever awaits a job goes on when the COMMIT has returned; if that
/// fails, nothing of the batch is stored and each job of it has that error.
/// *Thread*: any, at once. It must end before the executors of those who wait.
class worker {
 public:
  /// Opens the file. *Throws*: as `database`.
  explicit worker(std::string path, database_options options = {}, worker_options bounds = {});
  ~worker(); ///< `close`, and waits for its threads
  worker(worker const&) = delete;

  /// Runs `work(database&)` in a transaction with others, on the writer's thread. Gives what it
  /// gave, or throws what it threw, where the caller runs, once that is committed. The result must
  /// own what is in it (no view of a column). Name a lambda before a `co_await` of this: g++ 12.
  /// Cancelling whoever waits does not stop the job. *Throws*: `overloaded` or `closed` (it has
  /// not run), or why the transaction failed. *Limit*: while a job runs no other does; it begins
  /// and ends no transaction, and foreign keys must hold when it ends.
  template <class Work>
  task<std::invoke_result_t<Work&, database&>> write(Work work) {
    return run(lane::write, std::move(work));
  }
  /// The same for work that only reads: one state of the database, from all that was acknowledged
  /// before, on another connection, beside the writer. A statement that writes is an error.
  template <class Work>
  task<std::invoke_result_t<Work&, database&>> read(Work work) {
    return run(lane::read, std::move(work));
  }

  /// No more jobs; those it has are done. Returns at once.
  void close() noexcept;
  /// `close`, and waits until those are done and the file is closed.
  PANDO_LAZY task<void> stop();

  /// How many jobs wait that have not begun.
  std::size_t waiting() const noexcept;
  worker_counts counts() const noexcept;

 private:
  enum class lane { read, write };
  struct parts;

  template <class Work>
  task<std::invoke_result_t<Work&, database&>> run(lane which, Work work) {
    auto const home = co_await boost::asio::this_coro::executor;
    auto const mine = std::make_shared<detail::job_of<Work>>(std::move(work), home);
    accept(which, mine);
    co_await mine->done.wait();
    mine->done.rethrow();
    co_return mine->take();
  }
  void accept(lane which, std::shared_ptr<detail::job> one);
  /// Gives whether every thread has ended; if not, `who` is told when they have.
  bool has_ended_or_tells(std::shared_ptr<detail::job> who);

  std::unique_ptr<parts> parts_;
};

} // namespace pando::sqlite

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/sqlite_worker.ipp>
#endif
#endif
