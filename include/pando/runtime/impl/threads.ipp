// Loops on threads of their own, and the pool for blocking handlers.
#pragma once

#include <mutex>
#include <system_error>
#include <utility>

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/runtime/threads.hpp>

namespace pando {

namespace detail {
/// Those that this process may run on: in a container fewer than the machine has, which is what
/// hardware_concurrency() says. *Limit*: of a machine with more than 1,024 it is all.
inline std::size_t cores() {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  if (::sched_getaffinity(0, sizeof mine, &mine) == 0 && CPU_COUNT(&mine) > 0)
    return static_cast<std::size_t>(CPU_COUNT(&mine));
  auto const all = ::sysconf(_SC_NPROCESSORS_ONLN);
  return all > 1 ? static_cast<std::size_t>(all) : 1;
}

/// A thread that runs a loop. A `std::thread` has sixty functions more.
class loop_thread {
 public:
  /// *Throws* std::system_error where the machine gives none.
  explicit loop_thread(boost::asio::io_context& loop) {
    int const error = ::pthread_create(&id_, nullptr, run, &loop);
    if (error != 0) throw std::system_error(error, std::generic_category());
    runs_ = true;
  }
  loop_thread(loop_thread&& other) noexcept
      : id_(other.id_), runs_(std::exchange(other.runs_, false)) {}
  loop_thread& operator=(loop_thread&&) = delete;
  ~loop_thread() {
    if (runs_) ::pthread_join(id_, nullptr);
  }

 private:
  static void* run(void* loop) {
    static_cast<boost::asio::io_context*>(loop)->run();
    return nullptr;
  }

  ::pthread_t id_{};
  bool runs_ = false;
};
} // namespace detail

struct thread_group::loop {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stay{
      context.get_executor()};
  pando::detail::owner<pando::detail::loop_thread> thread{};
};

PANDO_INLINE thread_group::thread_group() = default;

PANDO_INLINE thread_group::~thread_group() { stop(); }

PANDO_INLINE void thread_group::stop() {
  for (auto const& one : loops_) one->context.stop();
  for (auto const& one : loops_) one->thread.reset();
}

PANDO_INLINE void thread_group::start(std::size_t count) {
  if (count == 0) count = pando::detail::cores();
  for (std::size_t i = 0; i < count; ++i) {
    pando::detail::owner<loop> made(new loop());
    auto* const self = made.get();
    loops_.push_back(std::move(made));
    self->thread.reset(new pando::detail::loop_thread(self->context));
  }
}

PANDO_INLINE std::vector<boost::asio::any_io_executor> thread_group::executors() const {
  std::vector<boost::asio::any_io_executor> all;
  for (auto const& one : loops_) all.emplace_back(one->context.get_executor());
  return all;
}

// An io_context that many threads run: the same executor type as everywhere else, which spares each
// program the instantiation of another.
struct blocking_pool::parts {
  boost::asio::io_context context{};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stay{
      context.get_executor()};
  std::size_t count = 0;
  std::mutex starting{};
  /// None until somebody has asked for them.
  pando::detail::sequence<pando::detail::loop_thread> threads{};
};

PANDO_INLINE blocking_pool::blocking_pool(std::size_t threads) : parts_(new parts()) {
  parts_->count = threads;
}

PANDO_INLINE blocking_pool::~blocking_pool() {
  parts_->stay.reset();
  parts_->threads.clear(); // each is waited for
}

PANDO_INLINE boost::asio::any_io_executor blocking_pool::executor() const {
  auto* const pool = parts_.get();
  std::lock_guard const alone(pool->starting);
  while (pool->threads.size() < pool->count) {
    try {
      pool->threads.emplace_back(pool->context);
    } catch (std::system_error const&) { // this machine gives no more
      if (pool->threads.size() == 0) throw;
      break;
    }
  }
  return pool->context.get_executor();
}

} // namespace pando
