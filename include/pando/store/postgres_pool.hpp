// A pool of connections to PostgreSQL, for coroutines.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>
#include <pando/store/postgres_error.hpp>
#include <pando/store/postgres_options.hpp>
#include <pando/store/postgres_result.hpp>
#include <pando/store/postgres_statement.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres {

namespace detail {
class postgres_pool;
}

/// Statements of many coroutines over few connections: each is sent at once, behind what others
/// have sent, and each has its own answer or `error`. Nothing is connected before the first; a
/// connection that is lost is made again when it is needed, with backoff. What was sent when it was
/// lost fails, and says that its outcome is unknown; what was not waits, `max_wait` at most, for
/// another. Statements are prepared when a connection first sees their text.
///
/// A connection belongs to all: no statement may leave anything behind in it (BEGIN, SET, LISTEN,
/// temporary tables), and BEGIN costs it. Order is kept within a batch, and otherwise by awaiting.
/// Cancelling who awaits does not stop what was sent. While a connection is open it keeps the loop
/// running: `close` it. *Thread*: the executor's, which runs on one thread or is a strand; calls
/// are made from coroutines that run there.
class pool {
 public:
  /// *Throws* std::invalid_argument for a connection string that cannot be read, and for limits
  /// that let nothing through.
  explicit pool(boost::asio::any_io_executor executor, options const& chosen = {});
  pool(pool&&) noexcept = default;
  pool& operator=(pool&& other) noexcept;
  /// Stops.
  ~pool();

  /// One statement, in a transaction of its own: `co_await all.query("select $1::bigint", 42)`.
  /// *Throws* `error`.
  template <class... Parameters>
  task<result> query(std::string text, Parameters const&... all) {
    return run(statement(std::move(text), all...));
  }
  PANDO_LAZY task<result> run(statement what);
  /// All of them or none, in one round trip; gives a result for each. An error names the first that
  /// failed, and all have been rolled back then. *Throws* `error`.
  PANDO_LAZY task<std::vector<result>> transaction(batch all);

  /// Takes nothing more, waits for what is in flight, and closes.
  PANDO_LAZY task<void> close();
  /// Takes nothing more, and gives up at once what is in flight: it fails with `closed`.
  void stop();

  std::size_t open_connections() const noexcept;
  std::size_t in_flight() const noexcept; ///< sent and not answered
  std::size_t waiting() const noexcept;   ///< for a connection
  /// Attempts to connect that failed one after the other, up to now.
  std::size_t failed_attempts() const noexcept;

 private:
  std::shared_ptr<detail::postgres_pool> state_;
};

} // namespace pando::postgres

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_pool.ipp>
#endif
#endif
