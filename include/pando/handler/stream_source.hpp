// A stream without its type: the doors pull items from it, one when there is room for one.
#pragma once

#include <exception>

#include <boost/asio/any_io_executor.hpp>

namespace pando {

/// The producing end of a `stream<T>`. *Thread*: the call's executor.
class stream_source {
 public:
  /// Called once for each `next`, perhaps before it returns: an item, valid until the following
  /// `next`; or null at the end, with the error when it ended in one.
  using receiver = void (*)(void* state, void* item, std::exception_ptr error);

  using ending = void (*)(void* state);

  /// Dropping a source ends its coroutine: what it holds is destroyed.
  virtual ~stream_source() = default;
  /// Nobody wants the rest. Gives whether nothing of the producer runs any more: if it waits in a
  /// task of its own, that is cancelled, and `gone` is called once it has ended, perhaps before
  /// this returns; the source may be destroyed then.
  virtual bool leave([[maybe_unused]] void* state, [[maybe_unused]] ending gone) { return true; }
  /// Where the producer's own waiting happens; said before the first `next`.
  virtual void runs_on(boost::asio::any_io_executor executor) = 0;
  /// Runs the producer to its next item. Not again before the receiver was called.
  virtual void next(void* state, receiver ready) = 0;
};

} // namespace pando
