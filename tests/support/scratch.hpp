// A folder of a test's own, private and removed at the end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace support {

/// `/tmp/pando-test-XXXXXX`, 0700: short, since a socket's path is at most 107 bytes.
class scratch_folder {
 public:
  scratch_folder() {
    char name[] = "/tmp/pando-test-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("no scratch folder");
    path_ = name;
  }
  scratch_folder(scratch_folder const&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string const& path() const noexcept { return path_; }

 private:
  std::string path_;
};

} // namespace support
