// A file, socket or folder that is open as long as whoever opened it goes on.
#pragma once

#include <utility>

#include <unistd.h>

namespace pando::detail {

/// A descriptor that is closed at the end.
class descriptor {
 public:
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(descriptor const&) = delete;
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_;
};

} // namespace pando::detail
