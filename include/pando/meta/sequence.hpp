// A vector with less in it: a handful of functions for each type of element.
//
// A `std::vector` of one more type brings some forty functions of its own, its allocator's and its
// iterators', which the compiler writes down one by one when it does not optimize; a program that
// is all header has a hundred such types. Here the small members are always inlined, iterators are
// pointers, and what is left is growing, copying and destroying.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <new>
#include <stdexcept>
#include <utility>

namespace pando::detail {

/// Elements in a row, of a type that can be moved without an exception. As `std::vector`, with
/// less. *Limit*: what is pushed or inserted is no element of the same sequence.
template <class Element>
class sequence {
 public:
  using value_type = Element;
  using iterator = Element*;
  using const_iterator = Element const*;

  [[gnu::always_inline]] sequence() noexcept {}
  [[gnu::always_inline]] sequence(sequence&& other) noexcept
      : data_(other.data_), size_(other.size_), capacity_(other.capacity_) {
    other.data_ = nullptr;
    other.size_ = other.capacity_ = 0;
  }
  sequence(sequence const& other) { append(other.begin(), other.end()); }
  sequence(std::initializer_list<Element> elements) { append(elements.begin(), elements.end()); }
  sequence& operator=(sequence other) noexcept {
    swap(other);
    return *this;
  }
  /// So many, each as it is by default.
  explicit sequence(std::size_t count) { resize(count); }
  ~sequence() {
    while (size_ != 0) pop_back(); // not `clear`: most sequences need no such function
    ::operator delete(data_);
  }

  [[gnu::always_inline]] Element* begin() noexcept { return data_; }
  [[gnu::always_inline]] Element* end() noexcept { return data_ + size_; }
  [[gnu::always_inline]] Element const* begin() const noexcept { return data_; }
  [[gnu::always_inline]] Element const* end() const noexcept { return data_ + size_; }
  [[gnu::always_inline]] Element* data() noexcept { return data_; }
  [[gnu::always_inline]] Element const* data() const noexcept { return data_; }
  [[gnu::always_inline]] std::size_t size() const noexcept { return size_; }
  [[gnu::always_inline]] std::size_t capacity() const noexcept { return capacity_; }
  [[gnu::always_inline]] bool empty() const noexcept { return size_ == 0; }
  [[gnu::always_inline]] Element& operator[](std::size_t at) noexcept { return data_[at]; }
  [[gnu::always_inline]] Element const& operator[](std::size_t at) const noexcept {
    return data_[at];
  }
  /// *Throws* std::out_of_range.
  Element& at(std::size_t place) { return data_[checked(place)]; }
  Element const& at(std::size_t place) const { return data_[checked(place)]; }
  [[gnu::always_inline]] Element& front() noexcept { return data_[0]; }
  [[gnu::always_inline]] Element const& front() const noexcept { return data_[0]; }
  [[gnu::always_inline]] Element& back() noexcept { return data_[size_ - 1]; }
  [[gnu::always_inline]] Element const& back() const noexcept { return data_[size_ - 1]; }

  [[gnu::always_inline]] void push_back(Element const& element) { emplace_back(element); }
  [[gnu::always_inline]] void push_back(Element&& element) {
    emplace_back(static_cast<Element&&>(element));
  }
  template <class... Parts>
  [[gnu::always_inline]] Element& emplace_back(Parts&&... parts) {
    if (size_ == capacity_) grow(size_ + 1);
    auto* const made =
        ::new (static_cast<void*>(data_ + size_)) Element(static_cast<Parts&&>(parts)...);
    ++size_;
    return *made;
  }
  [[gnu::always_inline]] void pop_back() noexcept { data_[--size_].~Element(); }
  void clear() noexcept {
    while (size_ != 0) pop_back();
  }
  [[gnu::always_inline]] void reserve(std::size_t least) {
    if (least > capacity_) grow(least);
  }
  void resize(std::size_t size) {
    reserve(size);
    while (size_ < size) emplace_back();
    while (size_ > size) pop_back();
  }
  template <class From>
  void append(From from, From const to) {
    reserve(size_ + static_cast<std::size_t>(to - from));
    for (; from != to; ++from) emplace_back(*from);
  }
  /// Gives where it stands.
  Element* insert(Element const* where, Element element) {
    auto const at = static_cast<std::size_t>(where - data_);
    push_back(static_cast<Element&&>(element));
    for (auto last = size_ - 1; last != at; --last) std::swap(data_[last], data_[last - 1]);
    return data_ + at;
  }
  /// Gives what stood behind it.
  Element* erase(Element const* where) { return erase(where, where + 1); }
  Element* erase(Element const* from, Element const* to) {
    auto* const at = data_ + (from - data_);
    if (from == to) return at;
    auto* into = at;
    for (auto* one = data_ + (to - data_); one != end(); ++one)
      *into++ = static_cast<Element&&>(*one);
    while (end() != into) pop_back();
    return at;
  }
  template <class Test>
  void erase_if(Test is_out) {
    auto* into = begin();
    for (auto& one : *this) {
      if (is_out(one)) continue;
      if (into != &one) *into = static_cast<Element&&>(one);
      ++into;
    }
    while (end() != into) pop_back();
  }
  [[gnu::always_inline]] void swap(sequence& other) noexcept {
    auto* const data = data_;
    auto const size = size_;
    auto const capacity = capacity_;
    data_ = other.data_;
    size_ = other.size_;
    capacity_ = other.capacity_;
    other.data_ = data;
    other.size_ = size;
    other.capacity_ = capacity;
  }

  friend bool operator==(sequence const& one, sequence const& other) {
    if (one.size_ != other.size_) return false;
    for (std::size_t i = 0; i < one.size_; ++i)
      if (!(one.data_[i] == other.data_[i])) return false;
    return true;
  }

 private:
  std::size_t checked(std::size_t place) const {
    if (place >= size_) throw std::out_of_range("there are fewer elements");
    return place;
  }
  void grow(std::size_t least) {
    static_assert(noexcept(Element(static_cast<Element&&>(*data_))));
    static_assert(alignof(Element) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    auto capacity = 2 * capacity_;
    if (capacity < least) capacity = least;
    auto* const room = static_cast<Element*>(::operator new(capacity * sizeof(Element)));
    for (std::size_t i = 0; i < size_; ++i) {
      ::new (static_cast<void*>(room + i)) Element(static_cast<Element&&>(data_[i]));
      data_[i].~Element();
    }
    ::operator delete(data_);
    data_ = room;
    capacity_ = capacity;
  }

  Element* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

} // namespace pando::detail
