// What all timers of one loop share: a heap of them, and a descriptor that tells of the first. Only
// the timer's body includes this.
#pragma once

#include <cstddef>
#include <mutex>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/system/error_code.hpp>

#include <pando/config.hpp>
#include <pando/handler/callback.hpp>
#include <pando/handler/timer.hpp>
#include <pando/meta/sequence.hpp>

namespace pando::detail {

/// Runs what it is given at once: on whichever thread of the context Asio completes a wait.
struct here_executor {
  boost::asio::execution_context* context;

  boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
    return *context;
  }
  template <class Function>
  void execute(Function function) const {
    function();
  }
  bool operator==(here_executor const&) const = default;
};

/// *Thread*: any; what it runs is run without its lock.
class loop_clock final : public boost::asio::execution_context::service {
 public:
  using key_type = loop_clock;
  static inline boost::asio::execution_context::id id;

  PANDO_INLINE explicit loop_clock(boost::asio::execution_context& context);

  void set(timer& which, timer::time_point until, callback work);
  void cancel(timer& which) noexcept;

 private:
  PANDO_INLINE void shutdown() override;
  PANDO_INLINE void notify_fork(boost::asio::execution_context::fork_event event) override;

  void place(timer& which, std::size_t at) noexcept;
  void rise(timer& which, std::size_t at) noexcept;
  void sink(timer& which, std::size_t at) noexcept;
  void take_out(timer& which) noexcept;
  void wait();
  void on_wait();

  std::mutex lock_{};
  sequence<timer*> heap_{}; ///< none is due before the one at half its place
  boost::asio::posix::basic_stream_descriptor<here_executor> ticker_;
  bool is_waiting_ = false;
};

} // namespace pando::detail
