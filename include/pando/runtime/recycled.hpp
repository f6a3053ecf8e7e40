// Memory of short-lived objects, kept by each thread for its next one.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace pando {

/// Memory of call objects, kept for the next call of the thread that gave it back.
template <class Call>
class recycled {
 public:
  static void* operator new(std::size_t size) {
    auto& kept = spare();
    if (kept.first == nullptr || size != sizeof(Call)) return ::operator new(size);
    --kept.count;
    return std::exchange(kept.first, kept.first->next);
  }
  static void operator delete(void* memory, std::size_t size) {
    auto& kept = spare();
    if (kept.count == most || size != sizeof(Call)) return ::operator delete(memory);
    ++kept.count;
    kept.first = ::new (memory) node{kept.first};
  }

 private:
  static constexpr std::size_t most = 256;
  struct node {
    node* next;
  };
  struct list {
    node* first = nullptr;
    std::size_t count = 0;
    ~list() {
      while (first != nullptr) ::operator delete(std::exchange(first, first->next));
    }
  };
  static list& spare() {
    thread_local list kept;
    return kept;
  }
};

} // namespace pando
