// A unique pointer for what no user sees: its destructor is its only function.
#pragma once

#include <cstddef>

namespace pando::detail {

/// Owns an object made by `new`. As `std::unique_ptr`, with less: that one brings twenty functions
/// for each type, which are all written down where the compiler does not optimize.
template <class Object>
class owner {
 public:
  [[gnu::always_inline]] owner() noexcept {}
  [[gnu::always_inline]] explicit owner(Object* object) noexcept : object_(object) {}
  [[gnu::always_inline]] owner(owner&& other) noexcept : object_(other.release()) {}
  [[gnu::always_inline]] owner& operator=(owner&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~owner() {
    static_assert(sizeof(Object) != 0);
    delete object_;
  }

  [[gnu::always_inline]] Object* get() const noexcept { return object_; }
  [[gnu::always_inline]] Object* operator->() const noexcept { return object_; }
  [[gnu::always_inline]] Object& operator*() const noexcept { return *object_; }
  [[gnu::always_inline]] explicit operator bool() const noexcept { return object_ != nullptr; }
  [[gnu::always_inline]] bool operator==(std::nullptr_t) const noexcept {
    return object_ == nullptr;
  }
  [[gnu::always_inline]] Object* release() noexcept {
    auto* const object = object_;
    object_ = nullptr;
    return object;
  }
  [[gnu::always_inline]] void reset(Object* object = nullptr) noexcept {
    owner const before(object_);
    object_ = object;
  }

 private:
  Object* object_ = nullptr;
};

/// Owns objects in a row, made by `new[]`.
template <class Object>
class owner<Object[]> {
 public:
  [[gnu::always_inline]] owner() noexcept {}
  [[gnu::always_inline]] explicit owner(Object* objects) noexcept : objects_(objects) {}
  [[gnu::always_inline]] owner(owner&& other) noexcept : objects_(other.objects_) {
    other.objects_ = nullptr;
  }
  [[gnu::always_inline]] owner& operator=(owner&& other) noexcept {
    auto* const objects = other.objects_;
    other.objects_ = nullptr;
    reset(objects);
    return *this;
  }
  ~owner() { delete[] objects_; }

  [[gnu::always_inline]] Object* get() const noexcept { return objects_; }
  [[gnu::always_inline]] Object& operator[](std::size_t at) const noexcept { return objects_[at]; }
  [[gnu::always_inline]] void reset(Object* objects = nullptr) noexcept {
    owner const before(objects_);
    objects_ = objects;
  }

 private:
  Object* objects_ = nullptr;
};

} // namespace pando::detail
