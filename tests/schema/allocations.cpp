// Counts what this program allocates: the global operators new, replaced. A sanitizer has operators
// of its own, which stay; it tells of every allocation.
#include <cstdlib>
#include <new>

#include "support/allocations.hpp"
#include "support/sanitized.hpp"

namespace {
thread_local std::size_t count = 0;
} // namespace

namespace pando_test {
std::size_t allocations() noexcept { return count; }
} // namespace pando_test

#ifdef PANDO_TEST_SANITIZED

// Of every sanitizer's library; g++ does not bring the header.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(void const volatile*, std::size_t),
                                                         void (*)(void const volatile*));

namespace {
[[maybe_unused]] int const hooks = __sanitizer_install_malloc_and_free_hooks(
    [](void const volatile*, std::size_t) { ++count; }, [](void const volatile*) {});
} // namespace

#else

namespace {
void* counted(std::size_t size, std::size_t align) {
  ++count;
  void* const made = align <= alignof(std::max_align_t)
                         ? std::malloc(size == 0 ? 1 : size)
                         : std::aligned_alloc(align, (size + align - 1) / align * align);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}
} // namespace

void* operator new(std::size_t size) { return counted(size, 1); }
void* operator new[](std::size_t size) { return counted(size, 1); }
void* operator new(std::size_t size, std::align_val_t align) {
  return counted(size, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t size, std::align_val_t align) {
  return counted(size, static_cast<std::size_t>(align));
}
void operator delete(void* at) noexcept { std::free(at); }
void operator delete[](void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
void operator delete[](void* at, std::size_t) noexcept { std::free(at); }
void operator delete(void* at, std::align_val_t) noexcept { std::free(at); }
void operator delete[](void* at, std::align_val_t) noexcept { std::free(at); }
void operator delete(void* at, std::size_t, std::align_val_t) noexcept { std::free(at); }
void operator delete[](void* at, std::size_t, std::align_val_t) noexcept { std::free(at); }

#endif
