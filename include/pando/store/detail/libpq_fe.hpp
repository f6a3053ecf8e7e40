// libpq's header, where it lies; for bodies alone.
#pragma once

#include <pando/store/detail/libpq.hpp>

#if PANDO_HAS_POSTGRES
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h>
#endif
#endif
