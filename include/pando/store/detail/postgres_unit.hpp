// What goes over a connection as one: a statement, or a transaction; it is answered once.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/store/postgres_error.hpp>
#include <pando/store/postgres_result.hpp>
#include <pando/store/postgres_statement.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres::detail {

/// Kept by whoever awaits it, by the pool while it waits, and by the connection it is sent over.
/// *Thread*: the pool's.
class postgres_unit {
 public:
  using clock = std::chrono::steady_clock;

  explicit postgres_unit(statement one) : allowed(one.allowed()) {
    statements.push_back(std::move(one));
  }
  explicit postgres_unit(batch&& all)
      : statements(std::move(all.statements())), allowed(all.allowed()), level(all.level()),
        is_transaction(true) {}
  postgres_unit(postgres_unit const&) = delete;

  bool is_over() const noexcept { return is_over_; }
  /// It is answered: with its results, or with `failed`.
  void end() {
    if (std::exchange(is_over_, true)) return;
    if (on_end) std::exchange(on_end, nullptr)(*this);
    if (done) done->fire();
  }
  void fail(error what) {
    if (is_over_) return;
    failed.emplace(std::move(what));
    end();
  }
  void cancel() {
    fail(error(fault::cancelled,
               was_sent ? "postgres: cancelled while the server was at it: whether it was "
                          "executed is unknown"
                        : "postgres: cancelled before it was sent",
               was_sent));
  }
  /// The loop is destroyed: whoever waits ends.
  void abandon() {
    is_over_ = true;
    on_end = nullptr;
    done.reset();
  }
  /// To be sent, or sent again.
  void restart() {
    results.assign(statements.size(), result());
    failed.reset();
    is_open = needs_other_plan = false;
    was_sent = true;
  }

  std::vector<statement> statements;
  std::vector<result> results;
  std::optional<error> failed;
  std::chrono::milliseconds allowed; ///< 0: the pool's query_timeout
  clock::time_point until{};         ///< of the answer, from when it was first sent
  isolation level = isolation::read_committed;
  bool is_transaction = false;
  bool was_sent = false;
  bool is_open = false;          ///< BEGIN was executed, and COMMIT was not
  bool needs_other_plan = false; ///< the server no longer knows the prepared statement
  bool has_other_plan = false;   ///< that happened before
  std::function<void(postgres_unit&)> on_end;
  // No std::optional: g++ 12.2 asks whether its type is an executor until that depends on itself.
  std::unique_ptr<one_shot> done;

 private:
  bool is_over_ = false;
};

} // namespace pando::postgres::detail

#endif
