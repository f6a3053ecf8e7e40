// Finding an app's socket, trusting it, and calling through it.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <pando/cli/detail/line_socket.hpp>
#include <pando/cli/detail/socket_session.hpp>
#include <pando/cli/socket_backend.hpp>
#include <pando/link/socket_path.hpp>
#include <pando/schema/json.hpp>

namespace pando::cli {

namespace detail {

/// Shows nothing and answers nothing.
class silent_sink final : public io_sink {
 public:
  void show(io_event const&) override {}
  void ask(io_question const&, std::function<void(io_answer)> then) override { then({}); }
};

/// Opens a socket that was found by name; an app of another user is refused. False: nobody there.
inline bool open_found(line_socket& socket, std::string const& folder, std::string const& path) {
  if (::access(path.c_str(), F_OK) != 0) return false;
  if (auto const why = why_not_private(folder); !why.empty()) throw forbidden(why);
  std::string why;
  auto const opened = socket.open(path, why);
  if (opened == line_socket::opened::nobody) return false;
  if (opened == line_socket::opened::refused) throw forbidden(why);
  line_socket::peer peer{};
  if (!socket.other_end(peer) || (peer.user != ::geteuid() && peer.user != 0))
    throw forbidden("the app at " + path + " belongs to another user");
  return true;
}

inline described_app read_description(std::string_view json, std::string const& app) {
  described_app description;
  violations faults;
  json::decode_options options;
  options.ignore_unknown = true;
  bool const fine = json::decode(json, description, faults, options);
  if (!fine || !holds_together(description))
    throw incompatible(app + " describes itself in a way this program does not understand" +
                       (faults.empty()
                            ? std::string{}
                            : ": " + faults.list.front().path + " " + faults.list.front().message));
  return description;
}

[[noreturn]] inline void throw_end(call_end const& end) {
  throw_failure(failure(end.code, end.message, end.faults, end.id));
}

/// Asks what is there for its description.
inline described_app ask_description(line_socket& socket, std::string const& app, int wake,
                                     int waker, std::chrono::milliseconds patience) {
  silent_sink silent;
  rpc_session session(socket, app, wake, waker);
  auto const end = session.call({"pando.describe", {}, {}, false, patience}, silent,
                                [](std::string_view) { return true; });
  if (end.what != call_end::kind::result) throw_end(end);
  return read_description(end.json, app);
}

} // namespace detail

PANDO_INLINE socket_backend::socket_backend(std::string app) : app_(std::move(app)) {
  if (::pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0)
    throw internal_failure("no pipe can be made to wake a call");
}

PANDO_INLINE socket_backend::~socket_backend() {
  for (int const file : wake_) ::close(file);
}

PANDO_INLINE void socket_backend::cancel() noexcept {
  if (calls_.load()) (void)!::write(wake_[1], "c", 1);
}

PANDO_INLINE void socket_backend::open(detail::line_socket& socket,
                                       std::string const& chosen) const {
  auto path = chosen;
  if (char const* const told = std::getenv("PANDO_SOCKET"); path.empty() && told != nullptr)
    path = told;
  if (path.empty() && app_.find('/') != app_.npos) path = app_;
  if (!path.empty()) {
    std::string why;
    auto const opened = socket.open(path, why);
    if (opened == detail::line_socket::opened::yes) return;
    if (opened == detail::line_socket::opened::nobody)
      throw not_running("no app is running at " + path);
    throw forbidden(why);
  }
  if (auto const why = why_no_app_name(app_); !why.empty()) throw invalid_request(why);
  for (auto const& folder : socket_folders())
    if (detail::open_found(socket, folder, folder + "/" + app_ + ".sock")) return;
  throw not_running(app_ + " is not running (nobody listens at " + socket_path_of(app_) + ")");
}

PANDO_INLINE call_end socket_backend::invoke(invocation const& what, io_sink& io,
                                             std::function<bool(std::string_view)> const& item) {
  char left[64]; // of an earlier call
  while (::read(wake_[0], left, sizeof(left)) > 0) {
  }
  calls_.store(true);
  call_end end;
  try {
    detail::line_socket socket;
    open(socket, what.socket);
    end = detail::rpc_session(socket, app_, wake_[0], wake_[1]).call(what, io, item);
  } catch (failure const& why) {
    end = call_end::failed(why);
  }
  calls_.store(false);
  return end;
}

PANDO_INLINE described_app socket_backend::describe(std::string const& socket,
                                                    std::chrono::milliseconds patience) {
  detail::line_socket connection;
  open(connection, socket);
  return detail::ask_description(connection, app_, wake_[0], wake_[1], patience);
}

PANDO_INLINE std::vector<running_app> running_apps(std::chrono::milliseconds patience) {
  constexpr std::string_view ending = ".sock";
  std::vector<running_app> apps;
  for (auto const& folder : socket_folders()) {
    auto* const opened = ::opendir(folder.c_str());
    if (opened == nullptr) continue;
    std::unique_ptr<::DIR, int (*)(::DIR*)> const listed(opened, &::closedir);
    while (auto const* const entry = ::readdir(opened)) {
      std::string const file = entry->d_name;
      if (file.size() <= ending.size() || file.compare(file.size() - 5, 5, ending) != 0) continue;
      running_app found;
      found.name = file.substr(0, file.size() - ending.size());
      found.socket = folder + "/" + file;
      detail::line_socket socket;
      try {
        if (!detail::open_found(socket, folder, found.socket)) continue;
        if (detail::line_socket::peer peer{}; socket.other_end(peer)) found.process = peer.process;
        found.description = detail::ask_description(socket, found.name, -1, -1, patience);
      } catch (std::exception const& why) {
        found.trouble = why.what();
      }
      apps.push_back(std::move(found));
    }
  }
  std::sort(apps.begin(), apps.end(), [](running_app const& left, running_app const& right) {
    return left.name != right.name ? left.name < right.name : left.socket < right.socket;
  });
  return apps;
}

} // namespace pando::cli
