// A small stack of memory, for what a reader needs only as long as something stands open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include <pando/meta/sequence.hpp>

namespace pando::detail {

/// Gives memory, and takes it back in the opposite order. The first bytes are inside the object
/// itself; what does not fit there comes from the heap.
class memory_stack {
 public:
  /// A point to go back to.
  struct mark {
    std::uint32_t used;
    std::uint32_t blocks;
  };

  memory_stack() noexcept {} // `room_` stays unwritten
  memory_stack(memory_stack const&) = delete;
  memory_stack& operator=(memory_stack const&) = delete;
  ~memory_stack() { release({0, 0}); }

  mark now() const noexcept { return {used_, static_cast<std::uint32_t>(blocks_.size())}; }

  void* take(std::size_t size, std::size_t align) {
    auto const at = reinterpret_cast<std::uintptr_t>(room_ + used_);
    std::size_t const skip = (align - at % align) % align;
    if (skip + size <= sizeof room_ - used_) {
      void* const got = room_ + used_ + skip;
      used_ += static_cast<std::uint32_t>(skip + size);
      return got;
    }
    if (blocks_.size() == blocks_.capacity()) blocks_.reserve(blocks_.size() * 2 + 4);
    void* const got = ::operator new(size, std::align_val_t{align});
    blocks_.push_back({got, align});
    return got;
  }

  void release(mark to) noexcept {
    used_ = to.used;
    while (blocks_.size() > to.blocks) {
      ::operator delete(blocks_.back().at, std::align_val_t{blocks_.back().align});
      blocks_.pop_back();
    }
  }

 private:
  struct block {
    void* at;
    std::size_t align;
  };
  alignas(16) std::byte room_[2048];
  std::uint32_t used_ = 0;
  pando::detail::sequence<block> blocks_;
};

} // namespace pando::detail
