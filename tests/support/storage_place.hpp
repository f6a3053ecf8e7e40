// Where an engine of storage is tested: handles on one storage, and its clock.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/store/storage.hpp>

namespace storage_conformance {

namespace store = pando::store;
using pando::task;
using std::chrono::milliseconds;

/// A coroutine that waits by the real clock.
inline task<void> pause(milliseconds time) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(time);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

/// What an engine gives the suite: an empty storage, made anew for each behaviour. Derived from;
/// made without arguments. Engines with a clock of their own (a virtual one) override all.
class place {
 public:
  place() = default;
  place(place const&) = delete;
  virtual ~place() = default;

  /// Why the engine cannot be tested here; empty: it can.
  virtual std::string missing() const { return {}; }
  /// Another handle on the storage, not opened yet, as another process would make it.
  virtual std::unique_ptr<store::storage> handle() = 0;
  /// The storage's clock.
  virtual store::storage_time now() {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  }
  /// Returns when the storage's clock has gone on by that, at least.
  virtual task<void> pass(milliseconds time) { return pause(time + milliseconds(2)); }
  /// How long a lease lasts that is to end in a test, and longer than a few operations take.
  virtual milliseconds brief() const { return milliseconds(500); }
};

} // namespace storage_conformance
