// How many descriptors a process has open.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace support {

/// `process`: its number, or "self". Other threads may open and close some meanwhile.
inline std::size_t descriptors(std::string const& process = "self") {
  std::size_t count = 0;
  std::filesystem::directory_iterator const all("/proc/" + process + "/fd");
  for (auto const& one : all) {
    std::error_code gone;
    count += one.exists(gone);
  }
  return count;
}

} // namespace support
