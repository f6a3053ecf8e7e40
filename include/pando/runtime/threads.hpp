// Threads that each run an event loop of their own.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>

namespace pando {

/// A number of threads, each running one Asio loop; nothing is shared between the loops.
/// *Thread*: made and ended by one thread, not one of its own.
class thread_group {
 public:
  thread_group();
  ~thread_group(); ///< stops
  thread_group(thread_group const&) = delete;

  /// Starts `count` threads; 0: one for each core it may run on.
  void start(std::size_t count);
  /// Stops the loops and joins. What is posted to them is kept until this ends, and not run.
  void stop();
  /// The loops, one for each thread.
  std::vector<boost::asio::any_io_executor> executors() const;

 private:
  struct loop;
  pando::detail::sequence<pando::detail::owner<loop>> loops_;
};

/// A pool for handlers that block. Its threads start when somebody has something for them.
/// *Thread*: any.
class blocking_pool {
 public:
  explicit blocking_pool(std::size_t threads);
  ~blocking_pool(); ///< waits for what runs
  blocking_pool(blocking_pool const&) = delete;
  /// Where what blocks is to run; starts the threads.
  boost::asio::any_io_executor executor() const;

 private:
  struct parts;
  pando::detail::owner<parts> parts_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/threads.ipp>
#endif
