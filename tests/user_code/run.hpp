// Runs a coroutine of the user's page to its end.
#pragma once

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

/// Gives when `body` and all it started are done. *Throws* what `body` does.
inline void run(auto body) {
  boost::asio::io_context io;
  std::exception_ptr failed;
  boost::asio::co_spawn(io, body, [&](std::exception_ptr error) { failed = error; });
  io.run();
  if (failed) std::rethrow_exception(failed);
}
