// Socket paths: the environment, the kernel's limit and the owner of a folder.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <pando/link/socket_path.hpp>

namespace pando {

PANDO_INLINE std::vector<std::string> socket_folders() {
  std::vector<std::string> folders;
  if (char const* const runtime = std::getenv("XDG_RUNTIME_DIR");
      runtime != nullptr && runtime[0] == '/') {
    folders.emplace_back(runtime);
    while (folders.back().size() > 1 && folders.back().back() == '/') folders.back().pop_back();
    folders.back() += folders.back() == "/" ? "pando" : "/pando";
  }
  folders.push_back("/tmp/pando-" + std::to_string(::geteuid()));
  return folders;
}

PANDO_INLINE std::string socket_path_of(std::string_view app) {
  return socket_folders().front() + "/" + std::string(app) + ".sock";
}

PANDO_INLINE std::string why_no_app_name(std::string_view name) {
  constexpr std::size_t longest = 64;
  if (name.empty()) return "the name of an app is empty; give it one, as in .named(\"shop\")";
  if (name.size() > longest)
    return "the name of an app has at most 64 characters, and this one has " +
           std::to_string(name.size());
  for (std::size_t at = 0; at < name.size(); ++at) {
    char const c = name[at];
    bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '_' || (at != 0 && (c == '-' || c == '.'))) continue;
    return "'" + std::string(name) + "' is no name of an app: it has letters, digits, '-', '_' "
           "and '.', and begins with none of '-' and '.'";
  }
  return {};
}

PANDO_INLINE std::string why_no_socket_path(std::string_view path) {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty()) return "the path of the socket is empty";
  if (path.find('\0') != path.npos) return "the path of the socket has a NUL in it";
  if (path.size() <= longest) return {};
  return "the path of the socket, " + std::string(path) + ", has " + std::to_string(path.size()) +
         " bytes, and a Unix socket's has at most " + std::to_string(longest) +
         "; choose a shorter one with --socket or PANDO_SOCKET";
}

PANDO_INLINE std::string why_not_private(std::string const& folder) {
  struct stat found {};
  if (::lstat(folder.c_str(), &found) != 0)
    return folder + " cannot be looked at: " + std::strerror(errno);
  if (!S_ISDIR(found.st_mode)) return folder + " is no folder; remove it, or choose another place";
  if (found.st_uid != ::geteuid())
    return folder + " belongs to another user (uid " + std::to_string(found.st_uid) +
           "); choose another place with --socket or XDG_RUNTIME_DIR";
  if ((found.st_mode & 077U) != 0)
    return folder + " can be entered by other users; run: chmod 700 " + folder;
  return {};
}

} // namespace pando
