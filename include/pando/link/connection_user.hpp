// What a connection and whoever speaks over it have to do with one another.
#pragma once

#include <cstddef>
#include <string_view>

namespace pando {

/// What speaks over a connection. *Thread*: the connection's executor.
class connection_user {
 public:
  virtual ~connection_user() = default;
  /// Takes what has come and is not consumed yet; gives how many bytes of it are consumed. May
  /// append to `out()`: it is sent when this returns. Of a connection that `defers` the rest is
  /// left, and given again later.
  virtual std::size_t received(std::string_view bytes) = 0;
  /// The other side will send no more, but still reads; `rest` was never consumed. The connection
  /// is closed when all is sent, unless this gives true: then it is the user's to close.
  virtual bool half_closed(std::string_view rest) {
    (void)rest;
    return false;
  }
  /// Whether it is read from even while much waits to be sent: for a side whose answers are asked
  /// for by the other. Two sides that both rested would wait for each other for ever.
  virtual bool reads_while_slow() const { return false; }
  /// So little waits again that there is room for more.
  virtual void drained() {}
  /// Whether it logs itself why the connection has ended, when it is told.
  virtual bool logs_the_end() const { return false; }
  /// The connection has ended, once; `why` is empty when the other side left in order.
  virtual void ended(std::string_view why) = 0;
};

} // namespace pando
