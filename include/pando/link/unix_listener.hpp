// A Unix socket that listens: its place is taken when nobody lives there, left when it is ours.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include <sys/types.h>

#include <pando/config.hpp>

namespace pando {

/// The socket cannot be had; `what()` says why and what to do.
struct listener_unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A listening Unix socket under a path that only this user can open. A folder of
/// `socket_folders()` is made when it is absent, and refused when others may enter it. A leftover
/// that nobody listens on is replaced; an app that lives there is not. *Thread*: one at a time.
class unix_listener {
 public:
  /// *Throws* `listener_unavailable`.
  explicit unix_listener(std::string path);
  /// Takes a socket that another program made and that listens there. The path is that program's
  /// until `keep`.
  unix_listener(std::string path, int socket) noexcept : path_(std::move(path)), socket_(socket) {}
  /// Removes the path, if it still leads here, and closes.
  ~unix_listener();
  unix_listener(unix_listener const&) = delete;

  std::string const& path() const noexcept { return path_; }
  /// Gives the socket away, to be closed by the taker; the path is still removed here.
  int release() noexcept;
  /// Removes the path, if it still leads here. Twice is fine.
  void remove() noexcept;
  /// The path is this program's from now on, whoever made it; peers are told so. `socket` is what
  /// `release` gave.
  void keep(int socket) noexcept;
  /// The path is another program's from now on.
  void leave() noexcept { is_there_ = false; }

 private:
  void find_folder();
  void take_place();

  std::string const path_;
  std::string folder_;
  int socket_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool is_there_ = false;
};

/// A look before anything is done. *Throws* `listener_unavailable` where an app lives there.
void check_nobody_listens(std::string const& path);

/// Who is at the other end of a connected Unix socket.
struct credentials {
  std::uint32_t user_id = 0;
  std::int32_t process_id = 0;
};

/// *Throws* `listener_unavailable` when the kernel does not say.
credentials credentials_of(int socket);

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/unix_listener.ipp>
#endif
