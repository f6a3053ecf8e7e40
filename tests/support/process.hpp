// A program of the tests that runs beside them, with what it has written.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

/// Where the programs of this test are.
inline std::string program(std::string const& name) {
  char const* const folder = std::getenv("PANDO_TEST_PROGRAMS");
  return (folder == nullptr ? std::string(".") : std::string(folder)) + "/" + name;
}

using environment = std::vector<std::pair<std::string, std::string>>;

/// A child process. It is killed at the end, if it runs still.
class process {
 public:
  /// Output and errors go to the file `log`, errors to a file of their own where one is named. The
  /// environment is this one's and `more`.
  process(std::vector<std::string> arguments, std::string log, environment const& more = {},
          std::string errors = {})
      : log_(std::move(log)), errors_(std::move(errors)) {
    std::vector<char*> all;
    for (auto& one : arguments) all.push_back(one.data());
    all.push_back(nullptr);
    std::vector<std::string> variables;
    for (char** one = environ; *one != nullptr; ++one) variables.emplace_back(*one);
    for (auto const& [name, value] : more) {
      auto const begin = name + "=";
      std::erase_if(variables, [&](std::string const& other) { return other.starts_with(begin); });
      variables.push_back(begin + value);
    }
    std::vector<char*> environment_of;
    for (auto& one : variables) environment_of.push_back(one.data());
    environment_of.push_back(nullptr);
    child_ = ::fork();
    if (child_ != 0) return;
    int const out = open_file(log_);
    int const none = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(none, 0);
    ::dup2(out, 1);
    ::dup2(errors_.empty() ? out : open_file(errors_), 2);
    ::execvpe(all.front(), all.data(), environment_of.data());
    ::_exit(127);
  }
  process(process const&) = delete;
  ~process() {
    if (child_ <= 0 || has_ended_) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  pid_t id() const noexcept { return child_; }
  void signal(int which) const { ::kill(child_, which); }
  /// Its exit code, or 128 and the signal that ended it; -1: it has not ended within that time.
  int wait(std::chrono::milliseconds time = std::chrono::seconds(30)) {
    auto const until = std::chrono::steady_clock::now() + time;
    while (!has_ended_) {
      int status = 0;
      has_ended_ = ::waitpid(child_, &status, WNOHANG) == child_;
      if (has_ended_) code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      else if (std::chrono::steady_clock::now() > until) return -1;
      else std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return code_;
  }
  bool runs() { return wait(std::chrono::milliseconds(0)) == -1; }
  /// All it has written so far.
  std::string written() const { return text_of(log_); }
  std::string written_errors() const { return text_of(errors_); }
  /// Whether it writes that within 20 s.
  bool writes(std::string const& text) {
    for (int tries = 0; tries < 4000; ++tries) {
      if (written().find(text) != std::string::npos) return true;
      if (!runs() && tries % 10 == 9) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return written().find(text) != std::string::npos;
  }

 private:
  static int open_file(std::string const& name) {
    return ::open(name.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  }
  static std::string text_of(std::string const& name) {
    std::ifstream in(name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string log_;
  std::string errors_;
  pid_t child_ = -1;
  int code_ = 0;
  bool has_ended_ = false;
};

/// A program that ends by itself: its code and what it wrote.
struct ran {
  int code;
  std::string written;
};
inline ran run(std::vector<std::string> arguments, std::string const& log,
               environment const& more = {}) {
  process one(std::move(arguments), log, more);
  int const code = one.wait();
  return {code, one.written()};
}

} // namespace support
