// What the tests of PostgreSQL share: one server for all of them, and coroutines run to their end.
#pragma once

#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/postgres.hpp>
#include <support/postgres_server.hpp>
#include <support/skip.hpp>

namespace with_postgres {

/// The server of this program, or null after a sentence why there is none.
inline support::postgres_server* server() {
  static std::unique_ptr<support::postgres_server> const one = [] {
    return pando::postgres::is_built_in && !support::postgres_programs().empty()
               ? std::make_unique<support::postgres_server>()
               : nullptr;
  }();
  if (one == nullptr) support::skip("no PostgreSQL (Debian: apt-get install postgresql libpq-dev)");
  return one.get();
}

#if PANDO_HAS_POSTGRES

using namespace pando::postgres;
using namespace std::chrono_literals;
using pando::task;

/// Runs a coroutine to its end, and what it leaves on the loop; 60 s at most.
inline void run(boost::asio::io_context& loop, task<void> work) {
  std::exception_ptr failed;
  bool is_over = false;
  boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr error) {
    failed = std::move(error);
    is_over = true;
  });
  loop.restart();
  loop.run_for(60s);
  BOOST_TEST(is_over);
  BOOST_TEST(loop.stopped()); // nothing keeps the loop running
  if (failed) std::rethrow_exception(failed);
}

/// What awaiting it throws; nothing where it goes well.
template <class Result>
task<std::optional<error>> failure_of(task<Result> work) {
  try {
    co_await std::move(work);
  } catch (error const& why) {
    co_return why;
  }
  co_return std::nullopt;
}

/// A test's body with a pool, which is closed after it.
inline void with_pool(options chosen, std::function<task<void>(pool&)> const& body) {
  auto* const at = server();
  if (at == nullptr) return;
  if (chosen.connection.empty()) chosen.connection = at->connection();
  boost::asio::io_context loop;
  pool all(loop.get_executor(), chosen);
  run(loop, [](pool& it, std::function<task<void>(pool&)> const& test) -> task<void> {
    std::exception_ptr failed;
    try {
      co_await test(it);
    } catch (...) {
      failed = std::current_exception();
    }
    co_await it.close();
    if (failed) std::rethrow_exception(failed);
  }(all, body));
}

inline task<void> sleep(std::chrono::milliseconds time) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

/// Waits on the loop until it holds, 20 s at most.
inline task<bool> comes_true(std::function<bool()> holds) {
  for (int tries = 0; tries < 4000; ++tries) {
    if (holds()) co_return true;
    co_await sleep(5ms);
  }
  co_return false;
}

/// Starts it beside the others.
inline void beside(boost::asio::any_io_executor const& loop, task<void> work) {
  boost::asio::co_spawn(loop, std::move(work), [](std::exception_ptr const& failed) {
    if (failed) std::rethrow_exception(failed);
  });
}

#endif

} // namespace with_postgres
