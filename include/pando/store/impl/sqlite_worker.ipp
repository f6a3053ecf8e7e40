// The worker's threads: batches for the writer, one job after another for readers, answers home.
#pragma once

#include <pando/store/sqlite_worker.hpp>

#if PANDO_HAS_SQLITE

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/post.hpp>

#include <pando/handler/awaited.hpp>
#include <pando/store/detail/sqlite_job_runner.hpp>
#include <pando/store/detail/sqlite_queue.hpp>
#include <pando/store/impl/sqlite_job_runner.ipp>

namespace pando::sqlite {

namespace detail {

/// Brings jobs home: one way to each executor, however many wait there.
inline void bring_home(jobs& done) {
  while (!done.empty()) {
    auto const home = done.front()->home;
    std::vector<fires_once> mine;
    jobs others;
    for (auto& one : done) {
      if (one->home == home)
        mine.emplace_back(std::shared_ptr<one_shot>(one, &one->done), std::move(one->fault));
      else
        others.push_back(std::move(one));
    }
    done = std::move(others);
    boost::asio::post(home, [mine = std::move(mine)]() mutable {
      for (auto& fire : mine) fire();
    });
  }
}

/// What waits for the worker's end: it does nothing.
class end_of_worker final : public job {
 public:
  using job::job;
  void run(database&) override {}
};

} // namespace detail

struct worker::parts {
  explicit parts(worker_options const& given)
      : bounds(given), writes(given.queue), reads(given.queue) {}
  ~parts() {
    close();
    for (auto& one : threads) one.join();
  }

  database open(std::string const& path, database_options const& options) const {
    database made(path, options);
    if (bounds.on_open) bounds.on_open(made);
    return made;
  }
  void start(std::string const& path, database_options const& options) {
    auto writer = std::make_unique<detail::job_runner>(open(path, options));
    std::vector<std::unique_ptr<detail::job_runner>> readers;
    for (std::size_t i = 0; path != in_memory && i < bounds.readers; ++i) {
      auto one = open(path, options);
      one.execute("PRAGMA query_only=ON");
      readers.push_back(std::make_unique<detail::job_runner>(std::move(one)));
    }
    has_readers = !readers.empty();
    begin(std::move(writer), &parts::write);
    for (auto& one : readers) begin(std::move(one), &parts::read);
  }
  void begin(std::unique_ptr<detail::job_runner> runner, void (parts::*loop)(detail::job_runner&)) {
    {
      std::lock_guard const lock(mutex);
      ++running;
    }
    threads.emplace_back([this, loop, mine = std::move(runner)]() mutable {
      (this->*loop)(*mine);
      mine.reset(); // closes the file before anybody is told
      detail::jobs told;
      std::lock_guard const lock(mutex);
      if (--running == 0) told.swap(who_waits);
      detail::bring_home(told);
    });
  }
  void write(detail::job_runner& runner) {
    using namespace std::chrono;
    constexpr auto longest_awake = nanoseconds(microseconds(50));
    constexpr auto longest_patience = nanoseconds(milliseconds(2));
    detail::jobs batch;
    detail::batch_pace pace;
    while (writes.take(batch, bounds.batch, pace)) {
      auto const began = steady_clock::now();
      bool const writes_something =
          std::any_of(batch.begin(), batch.end(), [](auto const& one) { return !one->only_reads; });
      runner.run(batch, writes_something); // else nobody is kept from writing
      auto const took = nanoseconds(steady_clock::now() - began);
      pace.awake = std::min(longest_awake, took / 4);
      pace.patience = std::min(longest_patience, took / 8);
      pace.expected = batch.size();
      jobs_done.fetch_add(batch.size(), std::memory_order_relaxed);
      batches_done.fetch_add(1, std::memory_order_relaxed);
      detail::bring_home(batch);
    }
  }
  void read(detail::job_runner& runner) {
    detail::jobs one;
    while (reads.take(one, 1)) {
      runner.run(one, false);
      detail::bring_home(one);
    }
  }
  void close() {
    writes.close();
    reads.close();
  }

  worker_options const bounds;
  detail::job_queue writes;
  detail::job_queue reads;
  std::atomic<std::uint64_t> jobs_done{0};
  std::atomic<std::uint64_t> batches_done{0};
  std::mutex mutex{};
  detail::jobs who_waits{};
  std::size_t running = 0;
  bool has_readers = false;
  std::vector<std::thread> threads{};
};

PANDO_INLINE worker::worker(std::string path, database_options options, worker_options bounds)
    : parts_(std::make_unique<parts>(bounds)) {
  parts_->start(path, options);
}

PANDO_INLINE worker::~worker() = default;

PANDO_INLINE void worker::accept(lane which, std::shared_ptr<detail::job> one) {
  using answer = detail::job_queue::answer;
  bool const to_reader = which == lane::read && parts_->has_readers;
  one->only_reads = which == lane::read && !to_reader;
  auto const said = (to_reader ? parts_->reads : parts_->writes).add(std::move(one));
  if (said == answer::full)
    throw error(fault::overloaded, "sqlite: " + std::to_string(parts_->bounds.queue) +
                                       " jobs wait for the database already, which are as many "
                                       "as may; try later");
  if (said == answer::closed)
    throw error(fault::closed, "sqlite: the worker is stopped and takes no more jobs");
}

PANDO_INLINE void worker::close() noexcept { parts_->close(); }

PANDO_INLINE bool worker::has_ended_or_tells(std::shared_ptr<detail::job> who) {
  std::lock_guard const lock(parts_->mutex);
  if (parts_->running == 0) return true;
  parts_->who_waits.push_back(std::move(who));
  return false;
}

PANDO_LAZY_BODY task<void> worker::stop() {
  close();
  auto const home = co_await boost::asio::this_coro::executor;
  auto const end = std::make_shared<detail::end_of_worker>(home);
  if (has_ended_or_tells(end)) co_return;
  co_await end->done.wait();
}

PANDO_INLINE std::size_t worker::waiting() const noexcept {
  return parts_->writes.size() + parts_->reads.size();
}

PANDO_INLINE worker_counts worker::counts() const noexcept {
  return {parts_->jobs_done.load(std::memory_order_relaxed),
          parts_->batches_done.load(std::memory_order_relaxed)};
}

} // namespace pando::sqlite

#endif
