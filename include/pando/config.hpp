// The library's version, and the two ways to build it: header-only (the default) or compiled once.
#pragma once

#define PANDO_VERSION_MAJOR 0
#define PANDO_VERSION_MINOR 1
#define PANDO_VERSION_PATCH 0
#define PANDO_VERSION_STRING "0.1.0"

// With PANDO_SEPARATE_COMPILATION every body that depends on no user type is compiled in the one
// source file that includes <pando/src.hpp>; without it the bodies are inline.
#if defined(PANDO_SEPARATE_COMPILATION)
#define PANDO_INLINE
#else
#define PANDO_HEADER_ONLY 1
#define PANDO_INLINE inline
#endif
