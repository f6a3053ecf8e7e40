// Whether OpenSSL is built in: with PANDO_WITH_OPENSSL=1, as the target pando::http gives it where
// OpenSSL 3 is found.
#pragma once

// The header alone does not do: without the library linked it would be an error of the linker.
#define PANDO_HAS_OPENSSL 0
#if defined(PANDO_WITH_OPENSSL) && PANDO_WITH_OPENSSL + 0 != 0
#if __has_include(<openssl/ssl.h>)
#undef PANDO_HAS_OPENSSL
#define PANDO_HAS_OPENSSL 1
#else
#error "pando: PANDO_WITH_OPENSSL is set, and OpenSSL is missing (Debian: libssl-dev)"
#endif
#endif
