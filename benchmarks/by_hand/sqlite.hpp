// SQLite by hand: what somebody would write for the promise of a persisted call.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <sqlite3.h>

namespace by_hand {

inline std::string const payload(64, 'p');
inline std::string const reply(32, 'r');

/// What somebody would write for the same promise with SQLite's own functions: a request of an
/// instance by its key, and its end.
class sqlite {
 public:
  explicit sqlite(std::string const& path) {
    check(::sqlite3_open(path.c_str(), &in_));
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384;"
        "CREATE TABLE calls(id INTEGER PRIMARY KEY, instance TEXT, rpc TEXT, key TEXT,"
        " payload BLOB, answer BLOB, UNIQUE(instance, rpc, key))");
    insert_ = prepare("INSERT INTO calls VALUES(?, ?, 'Charge', ?, ?, ?) ON CONFLICT DO NOTHING");
    update_ = prepare("UPDATE calls SET answer = ? WHERE id = ? AND answer IS NULL");
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
  }
  sqlite(sqlite const&) = delete;
  ~sqlite() {
    for (auto* const one : {insert_, update_, begin_, commit_}) ::sqlite3_finalize(one);
    ::sqlite3_close(in_);
  }
  /// Calls a second: `both` in one row, or the request in one transaction and its end in the next.
  double run(std::size_t batch, std::size_t batches, bool both) {
    using clock_type = std::chrono::steady_clock;
    auto const begin = clock_type::now();
    for (std::size_t i = 0; i < batches; ++i) {
      auto const first = last_ + 1;
      step(begin_);
      for (std::size_t j = 0; j < batch; ++j) insert(both);
      step(commit_);
      if (both) continue;
      step(begin_);
      for (auto id = first; id <= last_; ++id) {
        bind_blob(update_, 1, reply);
        ::sqlite3_bind_int64(update_, 2, id);
        step(update_);
      }
      step(commit_);
    }
    return static_cast<double>(batch * batches) /
           std::chrono::duration<double>(clock_type::now() - begin).count();
  }

 private:
  void check(int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE) return;
    std::fprintf(stderr, "by hand: %s\n", ::sqlite3_errmsg(in_));
    std::abort();
  }
  void run(char const* script) { check(::sqlite3_exec(in_, script, nullptr, nullptr, nullptr)); }
  ::sqlite3_stmt* prepare(char const* text) {
    ::sqlite3_stmt* made = nullptr;
    check(::sqlite3_prepare_v2(in_, text, -1, &made, nullptr));
    return made;
  }
  void step(::sqlite3_stmt* what) {
    check(::sqlite3_step(what));
    ::sqlite3_reset(what);
  }
  static void bind_text(::sqlite3_stmt* to, int at, std::string const& text) {
    ::sqlite3_bind_text(to, at, text.data(), static_cast<int>(text.size()), nullptr);
  }
  static void bind_blob(::sqlite3_stmt* to, int at, std::string const& octets) {
    ::sqlite3_bind_blob(to, at, octets.data(), static_cast<int>(octets.size()), nullptr);
  }
  void insert(bool both) {
    auto const id = ++last_;
    auto const instance = "counter-" + std::to_string(id % 1000);
    auto const key = std::to_string(id);
    ::sqlite3_bind_int64(insert_, 1, id);
    bind_text(insert_, 2, instance);
    bind_text(insert_, 3, key);
    bind_blob(insert_, 4, payload);
    if (both)
      bind_blob(insert_, 5, reply);
    else
      ::sqlite3_bind_null(insert_, 5);
    step(insert_);
  }

  ::sqlite3* in_ = nullptr;
  ::sqlite3_stmt* insert_ = nullptr;
  ::sqlite3_stmt* update_ = nullptr;
  ::sqlite3_stmt* begin_ = nullptr;
  ::sqlite3_stmt* commit_ = nullptr;
  std::int64_t last_ = 0;
};

} // namespace by_hand
