// Whether SQLite is built in: with PANDO_WITH_SQLITE=1, as the target pando::sqlite gives it where
// SQLite 3 is found.
#pragma once

// The header alone does not do: without the library linked it would be an error of the linker.
#define PANDO_HAS_SQLITE 0
#if defined(PANDO_WITH_SQLITE) && PANDO_WITH_SQLITE + 0 != 0
#if __has_include(<sqlite3.h>)
#undef PANDO_HAS_SQLITE
#define PANDO_HAS_SQLITE 1
#else
#error "pando: PANDO_WITH_SQLITE is set, and SQLite is missing (Debian: libsqlite3-dev)"
#endif
#endif

// SQLite's own names; its header is included by bodies alone.
struct sqlite3;
struct sqlite3_stmt;

namespace pando::sqlite {

/// Whether this program was built with SQLite. Where it was not, nothing else of this namespace is
/// declared: link pando::sqlite (Debian: apt-get install libsqlite3-dev).
inline constexpr bool is_built_in = PANDO_HAS_SQLITE == 1;

} // namespace pando::sqlite
