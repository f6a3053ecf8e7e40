// Binding under a lock on the folder, so that two apps that start at once cannot both win.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <pando/link/detail/descriptor.hpp>
#include <pando/link/detail/unix_address.hpp>
#include <pando/link/socket_path.hpp>
#include <pando/link/stream_socket.hpp>
#include <pando/link/unix_listener.hpp>

namespace pando {

namespace detail {

inline std::string error_text() { return std::strerror(errno); }

/// Opens the folder and locks it: whoever starts at the same time waits. The lock goes with the
/// descriptor. Gives -1 with `why` after two seconds.
inline int lock_folder(std::string const& folder, std::string& why) {
  descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) {
    why = folder + " cannot be opened: " + error_text();
    return -1;
  }
  for (int tries = 0; tries < 200; ++tries) {
    if (::flock(opened.get(), LOCK_EX | LOCK_NB) == 0) return opened.release();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  why = folder + " is locked by another program";
  return -1;
}

/// Makes a folder of sockets when it is absent. Gives why it cannot be used, or nothing.
inline std::string prepare_folder(std::string const& folder) {
  auto const known = socket_folders();
  if (std::find(known.begin(), known.end(), folder) != known.end()) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
      return folder + " cannot be made: " + error_text();
    return why_not_private(folder);
  }
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0)
    return folder + " cannot be looked at: " + error_text();
  if (!S_ISDIR(found.st_mode)) return folder + " is no folder";
  if ((found.st_mode & 022U) != 0 && (found.st_mode & S_ISVTX) == 0)
    return folder + " can be written by other users, who could put their own socket there; run: "
                    "chmod go-w " + folder;
  return {};
}

/// Gives that an app lives there, or nothing, and then why none could be asked.
inline std::string why_alive(std::string const& path, int& error) {
  descriptor const probe(connect_unix(path));
  error = errno;
  if (probe.get() >= 0) {
    auto const who = credentials_of(probe.get());
    return "an app runs at " + path + " already (pid " + std::to_string(who.process_id) +
           "); stop it, or choose another place with --socket or PANDO_SOCKET";
  }
  if (error == EAGAIN)
    return "an app runs at " + path + " already, and is busy; stop it, or choose another place "
           "with --socket or PANDO_SOCKET";
  return {};
}

/// What stands at the path is removed, when it is a socket of this user on which nobody listens.
/// Gives why not, or nothing.
inline std::string clear_leftover(std::string const& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return errno == ENOENT ? std::string() : path + " cannot be looked at: " + error_text();
  if (!S_ISSOCK(found.st_mode))
    return path + " is there already and is no socket; remove it, or choose another place";
  if (found.st_uid != ::geteuid())
    return path + " belongs to another user (uid " + std::to_string(found.st_uid) + ")";
  int error = 0;
  if (auto const why = why_alive(path, error); !why.empty()) return why;
  errno = error;
  if (error != ECONNREFUSED && error != ENOENT)
    return path + " cannot be asked whether an app runs there: " + error_text();
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return "the leftover " + path + " cannot be removed: " + error_text();
  return {};
}

} // namespace detail

PANDO_INLINE void check_nobody_listens(std::string const& path) {
  int error = 0;
  if (!why_no_socket_path(path).empty()) return; // whoever takes the place says so
  if (auto const why = detail::why_alive(path, error); !why.empty())
    throw listener_unavailable(why);
}

PANDO_INLINE unix_listener::unix_listener(std::string path) : path_(std::move(path)) {
  if (auto const why = why_no_socket_path(path_); !why.empty()) throw listener_unavailable(why);
  find_folder();
  if (auto const why = detail::prepare_folder(folder_); !why.empty())
    throw listener_unavailable(why);
  std::string why;
  detail::descriptor const lock(detail::lock_folder(folder_, why));
  if (lock.get() < 0) throw listener_unavailable(why);
  why = detail::clear_leftover(path_);
  if (!why.empty()) throw listener_unavailable(why);
  take_place();
}

PANDO_INLINE void unix_listener::find_folder() {
  auto const slash = path_.rfind('/');
  folder_ = slash == path_.npos ? "." : slash == 0 ? "/" : path_.substr(0, slash);
}

PANDO_INLINE void unix_listener::take_place() {
  detail::descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (made.get() < 0) throw listener_unavailable("no socket can be made: " + detail::error_text());
  // The path gets the mode of the socket (Linux), so that at no time others could open it.
  auto const address = detail::address_of(path_);
  if (::fchmod(made.get(), 0600) != 0 ||
      ::bind(made.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    throw listener_unavailable("the socket " + path_ + " cannot be made: " + detail::error_text());
  struct stat found {};
  bool const fine = ::lstat(path_.c_str(), &found) == 0 && ::chmod(path_.c_str(), 0600) == 0 &&
                    ::listen(made.get(), SOMAXCONN) == 0;
  if (!fine) {
    auto const why = detail::error_text();
    ::unlink(path_.c_str());
    throw listener_unavailable("the socket " + path_ + " cannot be listened on: " + why);
  }
  device_ = found.st_dev;
  inode_ = found.st_ino;
  is_there_ = true;
  socket_ = made.release();
}

PANDO_INLINE unix_listener::~unix_listener() {
  remove();
  if (socket_ >= 0) ::close(socket_);
}

PANDO_INLINE int unix_listener::release() noexcept { return std::exchange(socket_, -1); }

PANDO_INLINE void unix_listener::keep(int socket) noexcept {
  find_folder();
  ::listen(socket, SOMAXCONN); // peers are told the process that did this last (Linux)
  struct stat found {};
  if (::lstat(path_.c_str(), &found) != 0) return; // it was removed: nothing is left to remove
  device_ = found.st_dev;
  inode_ = found.st_ino;
  is_there_ = true;
}

PANDO_INLINE void unix_listener::remove() noexcept {
  if (!std::exchange(is_there_, false)) return;
  try {
    std::string why;
    detail::descriptor const lock(detail::lock_folder(folder_, why));
    struct stat found {};
    if (lock.get() >= 0 && ::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ &&
        found.st_ino == inode_)
      ::unlink(path_.c_str());
  } catch (...) { // no memory for a path: what stays is replaced by the next start
  }
}

PANDO_INLINE credentials credentials_of(int socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    throw listener_unavailable("the kernel does not say who is at the other end: " +
                               detail::error_text());
  return {who.uid, who.pid};
}

} // namespace pando
