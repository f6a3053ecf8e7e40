// The bytes being written: room is asked for once and then filled without a check a character.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace pando {

/// A growing array of bytes, never zero-filled, kept for reuse. Not copyable.
/// *Throws* std::bad_alloc. *Thread*: one at a time.
class buffer {
 public:
  buffer() = default;
  buffer(buffer&& other) noexcept { swap(other); }
  buffer& operator=(buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~buffer() { std::free(begin_); }

  char* data() noexcept { return begin_; }
  char const* data() const noexcept { return begin_; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  std::size_t capacity() const noexcept { return static_cast<std::size_t>(limit_ - begin_); }
  bool empty() const noexcept { return end_ == begin_; }
  std::string_view view() const noexcept { return {begin_, size()}; }
  void clear() noexcept { end_ = begin_; }
  /// Cuts back to an earlier size.
  void truncate(std::size_t size) noexcept { end_ = begin_ + size; }

  /// Room for at least `count` bytes at the end; write there, then `commit`.
  char* reserve(std::size_t count) {
    if (static_cast<std::size_t>(limit_ - end_) < count) [[unlikely]]
      grow(count);
    return end_;
  }
  /// Ends the written bytes at `end`, a place in what `reserve` gave.
  void commit(char* end) noexcept { end_ = end; }

  void append(std::string_view text) {
    char* to = reserve(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    end_ = to + text.size();
  }
  void append(char one) {
    *reserve(1) = one;
    ++end_;
  }
  /// Drops the first `count` bytes.
  void consume(std::size_t count) noexcept {
    std::size_t const rest = size() - count;
    if (rest != 0) std::memmove(begin_, begin_ + count, rest);
    end_ = begin_ + rest;
  }
  void swap(buffer& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(limit_, other.limit_);
  }

 private:
  void grow(std::size_t count) {
    std::size_t const used = size();
    std::size_t room = capacity() < 256 ? 512 : capacity() * 2;
    if (room - used < count) room = used + count;
    void* const moved = std::realloc(begin_, room);
    if (moved == nullptr) throw std::bad_alloc();
    begin_ = static_cast<char*>(moved);
    end_ = begin_ + used;
    limit_ = begin_ + room;
  }

  char* begin_ = nullptr;
  char* end_ = nullptr;
  char* limit_ = nullptr;
};

} // namespace pando
