// A value of a type that only its table knows.
#pragma once

#include <new>
#include <utility>

#include <pando/schema/type.hpp>

namespace pando::cluster::detail {

class erased_value {
 public:
  erased_value() = default;
  explicit erased_value(schema::type const* type) : type_(type) {
    if (type_ == nullptr) return;
    at_ = ::operator new(type_->size, std::align_val_t(type_->align));
    type_->construct(at_);
  }
  erased_value(erased_value&& other) noexcept
      : type_(other.type_), at_(std::exchange(other.at_, nullptr)) {}
  ~erased_value() {
    if (at_ == nullptr) return;
    type_->destroy(at_);
    ::operator delete(at_, std::align_val_t(type_->align));
  }
  void* get() const noexcept { return at_; }

 private:
  schema::type const* type_ = nullptr;
  void* at_ = nullptr;
};

} // namespace pando::cluster::detail
