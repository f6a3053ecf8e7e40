// What /proc tells of a process.
#pragma once

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include <unistd.h>

#include <pando/store/detail/process_identity.hpp>

namespace pando::store::detail {

struct process_state {
  char state = '?';
  std::int64_t threads = 0;
  std::int64_t started = 0;
};

/// Fields 3, 20 and 22 of proc(5)'s /proc/PID/stat; its second may hold anything, in parentheses.
inline std::optional<process_state> state_of(std::int64_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string const all{std::istreambuf_iterator<char>(file), {}};
  auto const name_ends = all.rfind(')');
  if (name_ends == all.npos) return std::nullopt;
  std::istringstream in(all.substr(name_ends + 1));
  process_state found;
  std::int64_t skipped = 0;
  in >> found.state;
  for (int field = 4; field < 20; ++field) in >> skipped;
  in >> found.threads >> skipped >> found.started;
  if (!in) return std::nullopt;
  return found;
}

inline std::string link_text(char const* path) {
  char text[128];
  auto const size = ::readlink(path, text, sizeof text);
  return size <= 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

PANDO_INLINE process_identity this_process() {
  process_identity found;
  found.id = ::getpid();
  if (auto const state = state_of(found.id)) found.started = state->started;
  auto const ids = link_text("/proc/self/ns/pid");
  if (!ids.empty()) found.space = ids + " " + link_text("/proc/self/ns/time");
  return found;
}

PANDO_INLINE bool has_ended(process_identity const& one, process_identity const& here) {
  bool const is_comparable = !one.space.empty() && one.space == here.space && one.started != 0;
  if (!is_comparable || one.id <= 0) return false;
  if (one.id == here.id) return one.started != here.started;
  if (::kill(static_cast<::pid_t>(one.id), 0) != 0 && errno == ESRCH) return true;
  auto const state = state_of(one.id); // hidden from other users, or gone since: cannot be told
  if (!state) return false;
  // A zombie with threads is a main thread that left before the others.
  bool const is_dead = (state->state == 'Z' || state->state == 'X') && state->threads <= 1;
  return is_dead || state->started != one.started;
}

PANDO_INLINE std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string found;
  std::getline(file, found);
  return found;
}

} // namespace pando::store::detail
