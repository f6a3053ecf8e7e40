// Opening a file with all that durability needs, and keeping statements prepared.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <pando/store/detail/sqlite_connection.hpp>

namespace pando::sqlite::detail {

PANDO_INLINE std::string_view network_file_system(std::int64_t type) noexcept {
  switch (type & 0xffff'ffff) {
  case 0x6969: return "NFS";
  case 0x517b:
  case 0xff53'4d42:
  case 0xfe53'4d42: return "SMB";
  default: return {};
  }
}

PANDO_INLINE void check_place(std::string const& path, database_options const& options) {
  auto const refuse = [&](std::string const& why) {
    throw error(fault::cannot_open, "sqlite: cannot open " + path + ": " + why);
  };
  auto const slash = path.rfind('/');
  auto const folder = slash == path.npos ? std::string(".") : path.substr(0, slash + 1);
  struct ::stat found {};
  if (path.empty()) refuse("the path is empty");
  if (::stat(folder.c_str(), &found) != 0) {
    if (errno == ENOENT) refuse("the folder " + folder + " does not exist; make it first");
    refuse("its folder " + folder + ": " + std::strerror(errno));
  }
  if (!S_ISDIR(found.st_mode)) refuse(folder + " is no folder");
  if (::stat(path.c_str(), &found) != 0) {
    if (options.must_exist || options.read_only) refuse("there is no such file");
  } else if (S_ISDIR(found.st_mode)) {
    refuse("it is a folder, not a file");
  }
  struct ::statfs system {};
  if (::statfs(folder.c_str(), &system) != 0) return; // it cannot be told
  if (auto const name = network_file_system(system.f_type); !name.empty())
    refuse("its folder is on " + std::string(name) +
           ", where SQLite's write-ahead log does not work; use a local disk, or PostgreSQL for "
           "several machines");
}

PANDO_INLINE prepared::~prepared() { ::sqlite3_finalize(handle); }

PANDO_INLINE connection::~connection() {
  kept.clear();
  ::sqlite3_close_v2(handle);
}

/// Waits for others' locks until the time is over. SQLite's own sleeps up to 100 ms at a time.
inline int wait_for_lock(void* self, int tries) {
  auto& home = *static_cast<connection*>(self);
  auto const now = std::chrono::steady_clock::now();
  if (tries == 0) home.waits_until = now + home.options.busy_timeout;
  if (now >= home.waits_until) return 0;
  auto const pause = std::chrono::microseconds(100) * (1 << std::min(tries, 5));
  std::this_thread::sleep_for(pause);
  return 1;
}

/// In a job no statement begins or ends a transaction; asked when one is prepared.
inline int may_prepare(void* self, int action, char const*, char const*, char const*,
                       char const*) {
  auto const& home = *static_cast<connection*>(self);
  bool const ends = action == SQLITE_TRANSACTION && home.is_in_job;
  // (Not pragmas: tables of extensions ask for some in the midst of a statement.)
  bool const is_out = home.is_guarded && (action == SQLITE_SAVEPOINT || action == SQLITE_ATTACH ||
                                          action == SQLITE_DETACH);
  return ends || is_out ? SQLITE_DENY : SQLITE_OK;
}

PANDO_INLINE guard::guard(connection& in, std::chrono::milliseconds most)
    : in_(&in), until_(std::chrono::steady_clock::now() + most) {
  constexpr int steps = 10'000; // of SQLite's machine: well under a millisecond
  in_->is_guarded = true;
  ::sqlite3_progress_handler(in_->handle, steps, &guard::is_late, this);
}

PANDO_INLINE guard::~guard() {
  ::sqlite3_progress_handler(in_->handle, 0, nullptr, nullptr);
  in_->is_guarded = false;
}

PANDO_INLINE int guard::is_late(void* self) {
  return std::chrono::steady_clock::now() >= static_cast<guard*>(self)->until_ ? 1 : 0;
}

PANDO_INLINE void connection::open() {
  if (path != in_memory) check_place(path, options);
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (options.read_only) flags |= SQLITE_OPEN_READONLY;
  else flags |= SQLITE_OPEN_READWRITE | (options.must_exist ? 0 : SQLITE_OPEN_CREATE);
  char const* const vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  int const code = ::sqlite3_open_v2(path.c_str(), &handle, flags, vfs);
  if (code != SQLITE_OK) raise(handle, code, path);
  ::sqlite3_busy_handler(handle, wait_for_lock, this);
  ::sqlite3_set_authorizer(handle, may_prepare, this);
  ::sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  ::sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  set_up();
}

PANDO_INLINE void connection::set_up() {
  auto const set = [this](char const* text) {
    int const code = ::sqlite3_exec(handle, text, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) raise(handle, code, path);
  };
  set("PRAGMA schema_version"); // reads the file: is it a database?
  if (!options.read_only && path != in_memory) use_log();
  set(options.durable == durability::full ? "PRAGMA synchronous=FULL"
                                          : "PRAGMA synchronous=NORMAL");
  set(options.foreign_keys ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF");
  set("PRAGMA journal_size_limit=67108864"); // what a long reader made of the log goes again
}

/// Where two open a new file at once SQLite answers that it is locked without waiting.
PANDO_INLINE void connection::use_log() {
  auto const until = std::chrono::steady_clock::now() + options.busy_timeout;
  for (;;) {
    std::string mode;
    auto const keep = [](void* to, int, char** values, char**) {
      if (values[0] != nullptr) *static_cast<std::string*>(to) = values[0];
      return 0;
    };
    int const code = ::sqlite3_exec(handle, "PRAGMA journal_mode=WAL", keep, &mode, nullptr);
    if (code == SQLITE_OK && mode == "wal") return;
    if (code == SQLITE_OK)
      throw error(fault::cannot_open, "sqlite: cannot open " + path +
                                          ": it takes no write-ahead log, its journal stays \"" +
                                          mode + "\"");
    if ((code & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() >= until)
      raise(handle, code, path);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

PANDO_INLINE prepared& connection::make(std::string_view text) {
  auto made = std::make_unique<prepared>();
  made->text = text;
  char const* rest = nullptr;
  int const code =
      ::sqlite3_prepare_v3(handle, made->text.c_str(), static_cast<int>(made->text.size() + 1),
                           SQLITE_PREPARE_PERSISTENT, &made->handle, &rest);
  if (code != SQLITE_OK) raise(handle, code, text);
  if (made->handle == nullptr)
    throw error(fault::statement, "sqlite: the statement is empty");
  char const* const end = made->text.data() + made->text.size();
  auto const means_something = [](char one) { return std::strchr("; \t\r\n", one) == nullptr; };
  if (std::any_of<char const*>(rest, end, means_something))
    throw error(fault::statement, "sqlite: more than one statement (use execute), in: " +
                                      made->text.substr(0, 200));
  made->is_in_use = true;
  return *made.release();
}

PANDO_INLINE prepared& connection::take(std::string_view text) {
  auto const found = kept.find(text);
  if (found != kept.end() && !found->second->is_in_use) {
    found->second->is_in_use = true;
    found->second->last_use = ++uses;
    return *found->second;
  }
  auto& made = make(text);
  if (found != kept.end()) return made;
  make_room();
  std::unique_ptr<prepared> owned(&made);
  made.last_use = ++uses;
  made.is_kept = true;
  kept.emplace(std::string_view(made.text), std::move(owned));
  return made;
}

PANDO_INLINE void connection::make_room() noexcept {
  if (kept.size() < std::max<std::size_t>(options.statements, 1)) return;
  auto oldest = kept.end();
  for (auto one = kept.begin(); one != kept.end(); ++one)
    if (!one->second->is_in_use &&
        (oldest == kept.end() || one->second->last_use < oldest->second->last_use))
      oldest = one;
  if (oldest != kept.end()) kept.erase(oldest);
}

PANDO_INLINE void connection::give_back(prepared& one) noexcept {
  if (!one.is_kept) {
    delete &one;
    return;
  }
  ::sqlite3_reset(one.handle);
  ::sqlite3_clear_bindings(one.handle);
  one.is_in_use = false;
}

} // namespace pando::sqlite::detail
