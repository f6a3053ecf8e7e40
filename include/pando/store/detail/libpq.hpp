// Whether PostgreSQL is built in: with PANDO_WITH_POSTGRES=1, as the target pando::postgres gives
// it where libpq is found.
#pragma once

#include <memory>

// The header alone does not do: without the library linked it would be an error of the linker.
#define PANDO_HAS_POSTGRES 0
#if defined(PANDO_WITH_POSTGRES) && PANDO_WITH_POSTGRES + 0 != 0
#if __has_include(<libpq-fe.h>) || __has_include(<postgresql/libpq-fe.h>)
#undef PANDO_HAS_POSTGRES
#define PANDO_HAS_POSTGRES 1
#else
#error "pando: PANDO_WITH_POSTGRES is set, and libpq is missing (Debian: libpq-dev)"
#endif
#endif

// libpq's own names; its header is included by bodies alone.
struct pg_conn;
struct pg_result;

namespace pando::postgres {

/// Whether this program was built with PostgreSQL. Where it was not, nothing else of this
/// namespace is declared: link pando::postgres (Debian: apt-get install libpq-dev).
inline constexpr bool is_built_in = PANDO_HAS_POSTGRES == 1;

} // namespace pando::postgres
