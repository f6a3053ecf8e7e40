// A span for what is only walked through: its iterators are pointers.
#pragma once

#include <cstddef>

namespace pando::detail {

/// Elements in a row that somebody else owns. As `std::span`, which is made of it where one is
/// asked for, with less: that one has the compiler look at some twenty concepts for each type of
/// element, which takes longer than all else that is done with most of them.
template <class Element>
class view {
 public:
  [[gnu::always_inline]] view() noexcept {}
  [[gnu::always_inline]] view(Element* data, std::size_t size) noexcept
      : data_(data), size_(size) {}

  [[gnu::always_inline]] Element* begin() const noexcept { return data_; }
  [[gnu::always_inline]] Element* end() const noexcept { return data_ + size_; }
  [[gnu::always_inline]] Element* data() const noexcept { return data_; }
  [[gnu::always_inline]] std::size_t size() const noexcept { return size_; }
  [[gnu::always_inline]] bool empty() const noexcept { return size_ == 0; }
  [[gnu::always_inline]] Element& operator[](std::size_t at) const noexcept { return data_[at]; }
  [[gnu::always_inline]] Element& front() const noexcept { return data_[0]; }
  [[gnu::always_inline]] Element& back() const noexcept { return data_[size_ - 1]; }

 private:
  Element* data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace pando::detail
