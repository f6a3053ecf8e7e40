// Programs run by the tests: on a pseudo-terminal, or with pipes and files.
#pragma once

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace shop {

using environment = std::vector<std::pair<std::string, std::string>>;

/// Where the test's programs are.
inline std::string program(std::string const& name) {
  char const* const folder = std::getenv("PANDO_TEST_PROGRAMS");
  return (folder == nullptr ? std::string(".") : std::string(folder)) + "/" + name;
}

[[noreturn]] inline void become(std::vector<std::string> arguments, environment const& more) {
  for (auto const& [name, value] : more) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> all;
  for (auto& one : arguments) all.push_back(one.data());
  all.push_back(nullptr);
  ::execvp(all.front(), all.data());
  ::_exit(127);
}

/// How a program ended: its exit code, or 128 and the signal.
inline int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// A program on a terminal of its own.
class session {
 public:
  explicit session(std::vector<std::string> const& arguments, environment const& more = {},
                   unsigned short columns = 80) {
    ::winsize const size{24, columns, 0, 0};
    child_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (child_ == 0) {
      ::setenv("TERM", "xterm", 1);
      ::unsetenv("NO_COLOR");
      become(arguments, more);
    }
  }
  session(session const&) = delete;
  ~session() {
    if (terminal_ >= 0) ::close(terminal_);
    if (!ended_) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
  }

  pid_t process() const { return child_; }
  void type(std::string const& text) { (void)!::write(terminal_, text.data(), text.size()); }
  /// Nobody sits there any more.
  void hang_up() {
    ::close(terminal_);
    terminal_ = -1;
  }
  bool echoes() const {
    ::termios now{};
    return ::tcgetattr(terminal_, &now) == 0 && (now.c_lflag & ECHO) != 0;
  }
  /// Waits until it echoes, or no longer does.
  bool turns(bool echo) const {
    for (int tries = 0; tries < 500 && echoes() != echo; ++tries) ::usleep(10'000);
    return echoes() == echo;
  }

  /// Reads until the text is there; gives all since the last time. Without it: what came in ten
  /// seconds.
  std::string until(std::string const& text) {
    std::string seen;
    read([&] {
      auto const at = unread_.find(text);
      if (at == unread_.npos) return false;
      seen = unread_.substr(0, at + text.size());
      unread_.erase(0, at + text.size());
      return true;
    });
    return seen.empty() ? std::exchange(unread_, {}) + "<no " + text + ">" : seen;
  }
  /// All that is left until the program ends.
  std::string rest() {
    read([] { return false; });
    return std::exchange(unread_, {});
  }
  int wait() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    ended_ = true;
    return code_of(status);
  }

 private:
  template <class Done>
  void read(Done done) {
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done() && std::chrono::steady_clock::now() < until) {
      pollfd one{terminal_, POLLIN, 0};
      if (::poll(&one, 1, 100) <= 0) continue;
      char room[4096];
      auto const count = ::read(terminal_, room, sizeof(room));
      if (count <= 0) {
        done();
        return;
      }
      unread_.append(room, static_cast<std::size_t>(count));
    }
  }

  int terminal_ = -1;
  pid_t child_ = -1;
  bool ended_ = false;
  std::string unread_;
};

/// What a program without a terminal wrote, and its exit code.
struct ran {
  int code;
  std::string out;
  std::string err;
};

inline ran run(std::vector<std::string> const& arguments, std::string const& input = {},
               environment const& more = {}) {
  int in[2];
  int out[2];
  int err[2];
  if (::pipe(in) != 0 || ::pipe(out) != 0 || ::pipe(err) != 0) return {-1, "", "no pipe"};
  pid_t const child = ::fork();
  if (child == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    for (int const file : {in[0], in[1], out[0], out[1], err[0], err[1]}) ::close(file);
    become(arguments, more);
  }
  for (int const file : {in[0], out[1], err[1]}) ::close(file);
  (void)!::write(in[1], input.data(), input.size());
  ::close(in[1]);
  ran result{0, {}, {}};
  std::string* const texts[]{&result.out, &result.err};
  pollfd both[2]{{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  while (both[0].fd >= 0 || both[1].fd >= 0) {
    if (::poll(both, 2, 20'000) <= 0) break;
    for (int at = 0; at < 2; ++at) {
      if (both[at].revents == 0) continue;
      char room[4096];
      auto const count = ::read(both[at].fd, room, sizeof(room));
      if (count > 0) {
        texts[at]->append(room, static_cast<std::size_t>(count));
      } else {
        ::close(both[at].fd);
        both[at].fd = -1;
      }
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  result.code = code_of(status);
  return result;
}

/// Whether a program of that name can be started here.
inline bool is_installed(std::string const& name) {
  return run({"sh", "-c", "command -v " + name + " >/dev/null"}).code == 0;
}

} // namespace shop
