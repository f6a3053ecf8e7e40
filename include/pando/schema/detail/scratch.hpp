// A value of a type that only its table knows, kept for a moment: on the stack when it is small.
#pragma once

#include <cstddef>
#include <new>

#include <pando/schema/type.hpp>

namespace pando::detail {

/// A default-constructed value of the type.
class scratch {
 public:
  explicit scratch(schema::type const& type) : type_(type) {
    if (type.size > sizeof room_ || type.align > alignof(std::max_align_t))
      at_ = ::operator new(type.size, std::align_val_t(type.align));
    try {
      type.construct(at_);
    } catch (...) {
      release();
      throw;
    }
  }
  scratch(scratch const&) = delete;
  ~scratch() {
    type_.destroy(at_);
    release();
  }
  void* get() noexcept { return at_; }

 private:
  void release() noexcept {
    if (at_ != room_) ::operator delete(at_, std::align_val_t(type_.align));
  }

  schema::type const& type_;
  void* at_ = room_;
  alignas(std::max_align_t) std::byte room_[128];
};

} // namespace pando::detail
