// How a database file is opened.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pando/store/detail/sqlite.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite {

/// When a COMMIT returns.
enum class durability : std::uint8_t {
  full,   ///< when the disk has it: it survives a loss of power
  normal, ///< when the kernel has it: it survives the end of this process, not a loss of power
};

/// The path of a database that is in memory and ends with its connection.
inline constexpr std::string_view in_memory = ":memory:";

/// How a database is opened; without any: made if it is not there, durable, other writers waited
/// for 5 s.
struct database_options {
  durability durable = durability::full;
  /// How long a lock of another connection or process is waited for.
  std::chrono::milliseconds busy_timeout{5'000};
  /// Whether references between tables are checked.
  bool foreign_keys = true;
  /// Whether it is an error that there is no such file yet.
  bool must_exist = false;
  /// Whether this connection only reads. The file must exist.
  bool read_only = false;
  /// *Limit*: as many prepared statements are kept, those used last.
  std::size_t statements = 256;
  /// The name of another of SQLite's file systems (VFS), as registered; empty: the system's own.
  std::string vfs{};
};

} // namespace pando::sqlite

#endif
