// What a database holds: SQLite's connection and the statements that are kept prepared.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <pando/config.hpp>
#include <pando/store/sqlite_error.hpp>
#include <pando/store/sqlite_options.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite::detail {

/// A statement that is prepared, in use or kept for the next use.
struct prepared {
  std::string text{};
  ::sqlite3_stmt* handle = nullptr;
  std::uint64_t last_use = 0;
  bool is_in_use = false;
  bool is_kept = false; ///< in the connection's map; otherwise it ends with its use

  prepared() = default;
  prepared(prepared const&) = delete;
  ~prepared();
};

/// *Thread*: one at a time.
struct connection {
  ::sqlite3* handle = nullptr;
  std::string path{};
  database_options options{};
  std::unordered_map<std::string_view, std::unique_ptr<prepared>> kept{};
  std::uint64_t uses = 0;
  std::chrono::steady_clock::time_point waits_until{};
  bool is_in_job = false; ///< transactions are the worker's: no statement may begin or end one
  bool is_guarded = false; ///< see `guard`

  connection() = default;
  connection(connection const&) = delete;
  ~connection();

  void open();
  prepared& take(std::string_view text);
  /// Prepared anew, and not kept.
  prepared& make(std::string_view text);
  void give_back(prepared& one) noexcept;

 private:
  void make_room() noexcept;
  void set_up();
  void use_log();
};

/// While it lives, statements run that this library has not written: they begin and end no
/// savepoint, attach no files, and are interrupted after a time, all together.
class guard {
 public:
  guard(connection& in, std::chrono::milliseconds most);
  guard(guard const&) = delete;
  ~guard();

 private:
  static int is_late(void* self);

  connection* in_;
  std::chrono::steady_clock::time_point until_;
};

/// Whether no file can be there, or not be used: its folder, a folder in its place, a network's
/// file system. *Throws*: `cannot_open`, with the reason.
void check_place(std::string const& path, database_options const& options);
/// The name of a network's file system by what `statfs` says of it, or nothing.
std::string_view network_file_system(std::int64_t type) noexcept;

} // namespace pando::sqlite::detail

#endif
