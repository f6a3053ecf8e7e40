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

// Files with and without it do not fit one another, and a linker takes what is inline from any of
// them. So each has a name in a section of which the linker keeps one for all, and refers to it:
// where they differ one name is missing, and the linker says which. It costs no code. With -flto
// all files are one to the assembler, which takes both names; Clang's -flto takes none twice, and
// does not tell that it is on, so that there nothing is checked.
#if defined(__ELF__) && defined(__GNUC__) && !defined(__clang__)
#if PANDO_HAS_OPENSSL
#define PANDO_MARK "pando_needs_PANDO_WITH_OPENSSL_1_in_all_files_of_a_program"
#else
#define PANDO_MARK "pando_needs_PANDO_WITH_OPENSSL_0_in_all_files_of_a_program"
#endif
// clang-format off
asm(".pushsection .pando.mark,\"G\",%progbits,pando_openssl,comdat\n"
    ".ifndef " PANDO_MARK "\n"
    ".globl " PANDO_MARK "\n"
    ".hidden " PANDO_MARK "\n"
    PANDO_MARK ":\n"
    ".byte 0\n"
    ".endif\n"
    ".popsection\n"
    ".pushsection .pando.marked,\"\",%progbits\n"
    ".dc.a " PANDO_MARK "\n"
    ".popsection\n");
// clang-format on
#undef PANDO_MARK
#endif
