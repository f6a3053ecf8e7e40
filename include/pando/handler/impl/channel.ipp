// How an operation keeps a declared error and ends.
#pragma once

#include <new>

#include <pando/handler/channel.hpp>

namespace pando {

PANDO_INLINE void operation::end() {
  waiter_.drop();
  if (!done_ && carrier != nullptr) carrier->cancel(*this);
  if (error == nullptr) return;
  auto const& type = *route->errors[*error_index].type;
  type.destroy(error);
  ::operator delete(error, std::align_val_t(type.align));
  error = nullptr;
}

PANDO_INLINE void* operation::make_error(std::size_t index) {
  auto const& type = *route->errors[index].type;
  void* const room = ::operator new(type.size, std::align_val_t(type.align));
  try {
    type.construct(room);
  } catch (...) {
    ::operator delete(room, std::align_val_t(type.align));
    throw;
  }
  error_index = index;
  return error = room;
}

PANDO_INLINE void operation::set_failure(failure const& why) {
  try {
    throw_failure(why);
  } catch (...) {
    failed = std::current_exception();
  }
}

PANDO_INLINE void operation::finish() {
  done_ = true;
  waiter_.resume();
}

PANDO_INLINE void operation::cancel() {
  if (!done_ && carrier != nullptr) carrier->cancel(*this);
}

} // namespace pando
