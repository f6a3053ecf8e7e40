// The library's version, and the two ways to build it: header-only (the default) or compiled once.
#pragma once

#define PANDO_VERSION_MAJOR 0
#define PANDO_VERSION_MINOR 1
#define PANDO_VERSION_PATCH 0
#define PANDO_VERSION_STRING "0.1.0"

// With PANDO_SEPARATE_COMPILATION every body that depends on no user type is compiled in the one
// source file that includes <pando/src.hpp>; without it the bodies are inline.
//
// Without optimization g++ compiles the body of every inline coroutine, used or not, into every
// program that includes it (its frame's functions are static, and kept). So coroutines that depend
// on no user type, and what starts them, are PANDO_LAZY where they are declared and
// PANDO_LAZY_BODY where they are defined: header-only they are templates, made where they are used.
// A virtual function whose body is elsewhere is PANDO_INLINE where it is declared, or the program
// that sees its body has the whole class.
// Asio's operations are told PANDO_AWAITED there, which is use_awaitable, known only then.
// A class whose virtual functions are coroutines is a template `template <class>`, named there with
// PANDO_LAZY_VOID as its argument, and not before.
#if defined(PANDO_SEPARATE_COMPILATION)
#define PANDO_INLINE
#define PANDO_LAZY
#define PANDO_LAZY_BODY
#define PANDO_LAZY_VOID void
#define PANDO_AWAITED (::pando::detail::awaited_token<void>::type{})
#else
#define PANDO_HEADER_ONLY 1
#define PANDO_INLINE inline
#define PANDO_LAZY template <class Lazy = void>
#define PANDO_LAZY_BODY template <class Lazy>
#define PANDO_LAZY_VOID Lazy
#define PANDO_AWAITED (typename ::pando::detail::awaited_token<Lazy>::type{})
#endif
