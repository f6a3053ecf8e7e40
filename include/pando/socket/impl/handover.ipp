// Asking a running app for its place, over its own socket.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include <pando/handler/callback.hpp>
#include <pando/handler/failure.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/handler/timer.hpp>
#include <pando/link/frames.hpp>
#include <pando/link/socket_path.hpp>
#include <pando/link/stream_socket.hpp>
#include <pando/link/unix_listener.hpp>
#include <pando/meta/owner.hpp>
#include <pando/socket/detail/handover_user.hpp>
#include <pando/socket/handover.hpp>

namespace pando::socket {

struct handover::parts {
  explicit parts(boost::asio::any_io_executor const& executor)
      : connection(executor), limit(executor) {}
  ~parts() {
    for (int const socket : sockets) ::close(socket);
  }

  /// Ends every wait when it passes.
  void give_up_in(std::chrono::seconds time) {
    limit.set(std::chrono::steady_clock::now() + time,
              pando::detail::callback([this, weak = std::weak_ptr(alive)] {
                boost::system::error_code ignored;
                if (!weak.expired()) connection.cancel(ignored);
              }));
  }

  pando::detail::stream_socket connection;
  pando::detail::timer limit;
  std::shared_ptr<char> alive{new char()}; ///< what the timer runs may come late
  buffer in{};
  pando::detail::sequence<int> sockets{};
  handover_offer offer{};
  std::int32_t process = 0;
};

namespace detail {

/// Receives what is there, with the descriptors that came along. Gives its size, 0 at the end, -1
/// at an error.
inline ssize_t receive_with_sockets(int from, buffer& in,
                                    pando::detail::sequence<int>& sockets) {
  constexpr std::size_t chunk = std::size_t{64} << 10;
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int) * (most_handed_sockets + 1))];
  char* const to = in.reserve(chunk);
  iovec where{to, chunk};
  msghdr message{};
  message.msg_iov = &where;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  auto const size = ::recvmsg(from, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size <= 0) return size;
  in.commit(to + size);
  for (auto* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
    auto const count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    auto const before = sockets.size();
    sockets.resize(before + count);
    std::memcpy(sockets.data() + before, CMSG_DATA(one), sizeof(int) * count);
  }
  return size;
}

inline bool read_offer(std::string_view payload, handover_offer& offer) {
  frames::reader read(payload);
  offer.app = read.text();
  offer.is_secure = read.number() != 0;
  for (auto count = read.number(); count != 0 && read.is_whole(); --count) {
    auto& route = offer.routes.emplace_back();
    route.name = read.text();
    route.shape = read.text();
    for (auto places = read.number(); places != 0 && read.is_whole(); --places)
      route.places.emplace_back(read.text());
  }
  return read.is_whole();
}

/// The next message: its kind and, in front of `in`, its payload of that size.
struct handover_message {
  handover_kind what;
  std::size_t size;
};

PANDO_LAZY inline task<void> next_message(handover::parts& of, handover_message& next) {
  constexpr std::size_t largest = std::size_t{64} << 20;
  for (;;) {
    if (of.in.size() >= handover_head) {
      std::size_t length = 0;
      for (unsigned i = 4; i-- != 0;)
        length = (length << 8) | static_cast<unsigned char>(of.in.data()[i]);
      if (length == 0 || length > largest)
        throw unavailable("the app that runs there does not speak of handing over");
      if (of.in.size() >= length + 4) {
        next = {static_cast<handover_kind>(of.in.data()[4]), length - 1};
        of.in.consume(handover_head);
        co_return;
      }
    }
    auto const size = receive_with_sockets(of.connection.native_handle(), of.in, of.sockets);
    if (size > 0 || (size < 0 && errno == EINTR)) continue;
    if (size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
      throw unavailable("the app that runs there has stopped meanwhile; start this one again");
    boost::system::error_code error;
    one_shot readable(of.connection.get_executor());
    of.connection.async_wait(pando::detail::stream_socket::wait_read,
                             pando::detail::callback([&](boost::system::error_code failed) {
                               error = failed;
                               readable.fire();
                             }));
    co_await readable.wait();
    if (error) throw unavailable("the app that runs there does not hand over: no answer in time");
  }
}

inline void send_all(int to, std::string_view bytes) {
  // A few bytes into an empty buffer.
  if (::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    throw unavailable("the app that runs there has stopped meanwhile; start this one again");
}

inline void connect_for_handover(handover::parts& with, std::string const& path) {
  if (auto const why = why_no_socket_path(path); !why.empty()) throw unavailable(why);
  int const socket = pando::detail::connect_unix(path);
  int const error = socket < 0 ? errno : 0;
  if (error == ECONNREFUSED || error == ENOENT)
    throw not_running("no app runs at " + path +
                      ", so there is none to replace; start this one without --replace");
  if (error == EACCES)
    throw forbidden("the app at " + path + " belongs to another user");
  if (error != 0)
    throw unavailable("the app at " + path + " cannot be asked: " +
                      std::system_category().message(error));
  with.connection = pando::detail::own_socket(with.connection.get_executor(), socket);
  auto const who = credentials_of(with.connection.native_handle());
  if (who.user_id != ::geteuid())
    throw forbidden("the app at " + path + " belongs to another user (uid " +
                    std::to_string(who.user_id) + ")");
  with.process = who.process_id;
}

} // namespace detail

PANDO_LAZY_BODY task<handover> take_over(boost::asio::any_io_executor executor, std::string path) {
  pando::detail::owner<handover::parts> made(new handover::parts(executor));
  detail::connect_for_handover(*made, path);
  made->give_up_in(std::chrono::seconds(10));
  detail::send_all(made->connection.native_handle(), detail::handover_magic);
  detail::handover_message message{};
  co_await detail::next_message(*made, message);
  made->limit.cancel();
  auto const payload = made->in.view().substr(0, message.size);
  if (message.what == detail::handover_kind::refused)
    throw unavailable("the app that runs there is not replaced: " +
                      std::string(frames::reader(payload).text()));
  if (message.what != detail::handover_kind::offer || made->sockets.empty() ||
      !detail::read_offer(payload, made->offer))
    throw unavailable("what the app that runs there offers cannot be read");
  made->in.consume(message.size);
  for (auto const* one = made->sockets.begin() + 1; one != made->sockets.end(); ++one)
    made->offer.http.push_back(*one);
  co_return handover(std::move(made));
}

PANDO_INLINE handover::handover(pando::detail::owner<parts> of) : parts_(std::move(of)) {}
PANDO_INLINE handover::handover(handover&&) noexcept = default;
PANDO_INLINE handover::~handover() = default;

PANDO_INLINE handover_offer const& handover::offer() const noexcept { return parts_->offer; }

PANDO_INLINE std::int32_t handover::process() const noexcept { return parts_->process; }

PANDO_INLINE int handover::take_listener() noexcept {
  int const taken = parts_->sockets.front();
  parts_->sockets.erase(parts_->sockets.begin());
  return taken;
}

PANDO_INLINE std::vector<int> handover::take_http() noexcept {
  for (int const taken : parts_->offer.http)
    parts_->sockets.erase_if([taken](int socket) { return socket == taken; });
  return std::move(parts_->offer.http);
}

PANDO_LAZY_BODY task<void> handover::ready() {
  auto const head = detail::handover_head_of(detail::handover_kind::ready, 0);
  detail::send_all(parts_->connection.native_handle(), std::string_view(head.data(), head.size()));
  parts_->give_up_in(std::chrono::seconds(10));
  detail::handover_message message{};
  co_await detail::next_message(*parts_, message);
  parts_->limit.cancel();
  if (message.what != detail::handover_kind::going)
    throw unavailable("the app that runs there did not go; start this one again");
}

} // namespace pando::socket
