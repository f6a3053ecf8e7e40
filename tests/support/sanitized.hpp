// PANDO_TEST_SANITIZED: a sanitizer has its own ways with memory.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PANDO_TEST_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PANDO_TEST_SANITIZED
#endif
#endif
