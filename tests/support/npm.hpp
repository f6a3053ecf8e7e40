// Packages of the npm registry as independent judges: installed into the build folder by the test.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/wait.h>

namespace pando_test {

/// What a command wrote, errors too, and its status.
struct command_result {
  int status;
  std::string output;
};

inline command_result run_command(std::string const& command) {
  command_result done{-1, {}};
  auto* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return done;
  char block[4096];
  while (auto const got = std::fread(block, 1, sizeof block, pipe)) done.output.append(block, got);
  auto const ended = pclose(pipe);
  done.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  return done;
}

/// Whether npm and node are on this machine; without them a test says so and ends.
inline bool has_npm() { return run_command("npm --version && node --version").status == 0; }

/// A folder of the build in which the packages are, and scripts find them.
class npm_folder {
 public:
  /// `name` is the folder's; `packages` as `npm install` takes them.
  npm_folder(std::string_view name, std::string const& packages) {
    char const* const build = std::getenv("PANDO_BUILD_DIR");
    auto const base = build != nullptr ? std::filesystem::path(build)
                                       : std::filesystem::temp_directory_path() / "pando_tests";
    folder_ = base / "npm" / name;
    std::filesystem::create_directories(folder_);
    auto const stamp = folder_ / "installed";
    std::string before;
    std::getline(std::ifstream(stamp), before);
    if (before == packages) return;
    log_ = run_command("npm install --no-audit --no-fund --no-save --loglevel=error --prefix '" +
                       folder_.string() + "' " + packages);
    if (log_.status == 0) std::ofstream(stamp) << packages << '\n';
  }

  bool is_ready() const noexcept { return log_.status == 0; }
  /// What npm said.
  std::string const& log() const noexcept { return log_.output; }

  /// Writes the files `name` and `script` there, and runs node with the script on the file.
  command_result run(std::string_view name, std::string_view script, std::string_view input) const {
    auto const program = folder_ / (std::string(name) + ".mjs");
    auto const data = folder_ / (std::string(name) + ".json");
    std::ofstream(program) << script;
    std::ofstream(data) << input;
    return run_command("node '" + program.string() + "' '" + data.string() + "'");
  }

 private:
  std::filesystem::path folder_;
  command_result log_{0, {}};
};

} // namespace pando_test
