// A table of numbers, written through a worker by many coroutines, and looked at afterwards.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <pando/sqlite.hpp>

namespace support {

inline void make_table(pando::sqlite::database& in) {
  in.execute("CREATE TABLE IF NOT EXISTS numbers(n INTEGER PRIMARY KEY, filler TEXT)");
}

/// A job that stores a number.
inline auto store(std::int64_t number) {
  return [number](pando::sqlite::database& in) {
    in.run("INSERT INTO numbers(n, filler) VALUES(?, ?)", number, std::string(100, 'x'));
  };
}

inline std::int64_t count_of(pando::sqlite::database& in) {
  auto rows = in.prepare("SELECT count(*) FROM numbers");
  rows.step();
  return rows.integer(0);
}

/// What a file holds, opened anew; it must be whole.
inline std::set<std::int64_t> numbers_in(std::string const& path,
                                         pando::sqlite::database_options const& options = {}) {
  pando::sqlite::database file(path, options);
  auto check = file.prepare("PRAGMA integrity_check");
  if (!check.step() || check.text(0) != "ok") throw std::runtime_error("the file is damaged");
  std::set<std::int64_t> found;
  make_table(file);
  auto rows = file.prepare("SELECT n FROM numbers");
  while (rows.step()) found.insert(rows.integer(0));
  return found;
}

/// What was thrown, as a sqlite error; nothing else may be.
template <class Action>
std::optional<pando::sqlite::error> error_of(Action action) {
  try {
    action();
  } catch (pando::sqlite::error const& said) {
    return said;
  }
  return std::nullopt;
}

/// Runs coroutines on this thread until all have ended; what one throws is thrown.
class loop {
 public:
  void add(pando::task<void> one) {
    boost::asio::co_spawn(context_, std::move(one), [this](std::exception_ptr fault) {
      if (fault && !fault_) fault_ = fault;
    });
  }
  /// The same of a function with captures, which is kept as long as its coroutine.
  template <class Function>
  void start(Function one) {
    boost::asio::co_spawn(context_, std::move(one), [this](std::exception_ptr fault) {
      if (fault && !fault_) fault_ = fault;
    });
  }
  void run() {
    context_.restart();
    context_.run();
    if (fault_) std::rethrow_exception(std::exchange(fault_, nullptr));
  }
  boost::asio::io_context& context() { return context_; }

 private:
  boost::asio::io_context context_{1};
  std::exception_ptr fault_{};
};

} // namespace support
