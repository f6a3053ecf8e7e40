// How many descriptors a process has open.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>

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

/// How many sockets of this process a program that it starts would have open too: by what the
/// kernel shows of them, since other threads may be closing some.
inline std::size_t inherited_sockets() {
  std::size_t count = 0;
  std::filesystem::directory_iterator const all("/proc/self/fd");
  for (auto const& one : all) {
    std::error_code gone;
    auto const what = std::filesystem::read_symlink(one.path(), gone).string();
    if (gone || !what.starts_with("socket:")) continue;
    std::ifstream in("/proc/self/fdinfo/" + one.path().filename().string());
    unsigned flags = O_CLOEXEC;
    for (std::string word; in >> word;)
      if (word == "flags:") in >> std::oct >> flags;
    count += (flags & O_CLOEXEC) == 0;
  }
  return count;
}

} // namespace support
