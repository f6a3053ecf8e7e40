// How text for a person is laid out.
#pragma once

#include <cstddef>

namespace pando::cli {

/// Made by `terminal::layout_of_output()`; the default suits a file that a person will read.
struct layout {
  std::size_t width = 80; ///< columns; 0: lines are never broken, cells never cut
  bool colour = false;
  bool raw = false; ///< a text that stands alone is written as it is: not for a terminal
};

} // namespace pando::cli
