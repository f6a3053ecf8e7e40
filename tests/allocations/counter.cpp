// The operators that count.
#include "counter.hpp"

#include <cstdlib>
#include <new>

namespace {

void* take_or_null(std::size_t size) noexcept {
  if (allocations::counting.load(std::memory_order_relaxed)) ++allocations::count;
  return std::malloc(size == 0 ? 1 : size);
}

void* take(std::size_t size) {
  if (void* const memory = take_or_null(size)) return memory;
  throw std::bad_alloc();
}

void* take_aligned_or_null(std::size_t size, std::align_val_t wanted) noexcept {
  if (allocations::counting.load(std::memory_order_relaxed)) ++allocations::count;
  auto const align = static_cast<std::size_t>(wanted);
  return std::aligned_alloc(align, (size + align - 1) / align * align);
}

void* take_aligned(std::size_t size, std::align_val_t align) {
  if (void* const memory = take_aligned_or_null(size, align)) return memory;
  throw std::bad_alloc();
}

} // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void* operator new(std::size_t size, std::nothrow_t const&) noexcept { return take_or_null(size); }
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept {
  return take_or_null(size);
}
void* operator new(std::size_t size, std::align_val_t align) { return take_aligned(size, align); }
void* operator new[](std::size_t size, std::align_val_t align) { return take_aligned(size, align); }
void* operator new(std::size_t size, std::align_val_t align, std::nothrow_t const&) noexcept {
  return take_aligned_or_null(size, align);
}
void* operator new[](std::size_t size, std::align_val_t align, std::nothrow_t const&) noexcept {
  return take_aligned_or_null(size, align);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
