// How often this thread has asked for memory; a folder that wants to know has an allocations.cpp.
#pragma once

#include <cstddef>

namespace pando_test {

/// Calls of `operator new` on this thread so far.
std::size_t allocations() noexcept;

} // namespace pando_test
