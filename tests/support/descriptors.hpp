// How many descriptors a process has open.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>

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

/// How many sockets of this process a program that it starts would have open too.
inline std::size_t inherited_sockets() {
  std::size_t count = 0;
  for (int at = 0; at < 4096; ++at) {
    struct ::stat what {};
    if (::fstat(at, &what) != 0 || !S_ISSOCK(what.st_mode)) continue;
    count += (::fcntl(at, F_GETFD) & FD_CLOEXEC) == 0;
  }
  return count;
}

} // namespace support
