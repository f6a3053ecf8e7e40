// Counts what this program allocates: the global operators new, replaced.
#include <cstdlib>
#include <new>

#include "support/allocations.hpp"

namespace {
thread_local std::size_t count = 0;

void* counted(std::size_t size, std::size_t align) {
  ++count;
  void* const made = align <= alignof(std::max_align_t)
                         ? std::malloc(size == 0 ? 1 : size)
                         : std::aligned_alloc(align, (size + align - 1) / align * align);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}
} // namespace

namespace pando_test {
std::size_t allocations() noexcept { return count; }
} // namespace pando_test

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
