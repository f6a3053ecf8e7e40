// What the tests of the socket serve, and a client that knows nothing of the protocols.
#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/cli/markers.hpp>
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>
#include <pando/handler/io.hpp>
#include <pando/handler/parameters.hpp>
#include <pando/runtime/stream.hpp>

namespace things {

struct Thing {
  std::int64_t id;
  pando::checked<std::string, pando::is::non_empty> name;
  std::optional<int> size;
};
struct Gone {
  static constexpr int exit_code = 4;
  std::int64_t id;
};
struct ById {
  std::int64_t id;
};
struct Pause {
  int ms;
};
struct Many {
  std::int64_t count;
  pando::defaulted<int, 10> padding;
};
struct Item {
  std::int64_t number;
  std::string padding;
};
struct Size {
  std::int64_t bytes;
};

/// What the handlers tell the tests.
struct probe {
  std::atomic<int> waiting{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> made{0};  ///< items of streams, large texts
  std::atomic<int> ended{0}; ///< coroutines of streams
};

struct Things
    : pando::controller<
          "thing", pando::route<"keep", Thing(Thing)>,
          pando::route<"show", Thing(ById), pando::raises<Gone>>, pando::route<"drop", void(ById)>,
          pando::route<"wait", std::string(Pause)>,
          pando::route<"count", pando::stream<Item>(Many), pando::raises<Gone>>,
          pando::route<"large", std::string(Size)>, pando::route<"broken", int()>,
          pando::route<"wrong", double()>, pando::route<"ask", std::string()>,
          pando::route<"choose", std::vector<std::int64_t>()>,
          pando::route<"work", int(Pause), pando::blocking>,
          pando::route<"chatter", void(Many)>,
          pando::route<"way", std::string(), pando::cli::command<>>,
          pando::route<"silent", pando::stream<Item>(Pause)>> {};

inline pando::task<void> pause(int ms) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(ms));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

inline pando::stream<Item> count(Many in, probe& seen) {
  struct guard {
    probe& told;
    ~guard() { ++told.ended; }
  } const ends{seen};
  std::string const padding(static_cast<std::size_t>(in.padding.get()), 'x');
  for (std::int64_t i = 1; i <= in.count; ++i) {
    if (i == 1'000'000) throw Gone{i};
    ++seen.made;
    Item item{i, padding};
    co_yield item;
  }
  if (in.count == 13) throw Gone{13};
}

/// Whoever cancels it waits for its end all the same.
inline pando::task<void> pause_whatever_happens(int ms) {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  co_await pause(ms);
}
/// Gives nothing before the pause is over; below 0 no cancellation ends that.
inline pando::stream<Item> silent(Pause in, probe& seen) {
  struct guard {
    probe& told;
    ~guard() { ++told.ended; }
  } const ends{seen};
  ++seen.waiting;
  if (in.ms < 0) co_await pause_whatever_happens(-in.ms);
  else co_await pause(in.ms);
  ++seen.made;
  Item item{1, "late"};
  co_yield item;
}

inline auto const handlers = pando::implement<Things>(
    pando::on<"keep"> = [](Thing in) { return in; },
    pando::on<"show"> = [](ById in) -> Thing {
      if (in.id == 404) throw Gone{in.id};
      return {in.id, "thing", {}};
    },
    pando::on<"drop"> = [](ById) {},
    pando::on<"wait"> = [](Pause in, probe& seen) -> pando::task<std::string> {
      ++seen.waiting;
      try {
        co_await pause(in.ms);
      } catch (...) {
        ++seen.cancelled;
        throw;
      }
      co_return "waited " + std::to_string(in.ms);
    },
    pando::on<"count"> = [](Many in, probe& seen) { return count(in, seen); },
    pando::on<"large"> = [](Size in, probe& seen) {
      ++seen.made;
      return std::string(static_cast<std::size_t>(in.bytes), 'a');
    },
    pando::on<"broken"> = []() -> int { throw std::runtime_error("the app's secret"); },
    pando::on<"wrong"> = [] { return std::numeric_limits<double>::quiet_NaN(); },
    pando::on<"ask"> = [](pando::io& io) -> pando::task<std::string> {
      io.log("a line");
      io.error("trouble");
      io.progress(1, 3, "asking");
      std::vector<ById> const rows{{1}, {2}};
      io.table(rows);
      std::string name = co_await io.prompt("Your name?");
      std::string word = co_await io.secret("The word?");
      bool const sure = co_await io.confirm("Sure?");
      co_return name + "/" + word + (sure ? "!" : "?");
    },
    pando::on<"choose"> = [](pando::io& io) -> pando::task<std::vector<std::int64_t>> {
      std::vector<std::string> options{"red", "green", "blue"};
      auto const one = co_await io.choose("One?", options);
      auto const many = co_await io.choose_many("Many?", options);
      std::vector<std::int64_t> all{static_cast<std::int64_t>(one)};
      for (auto const place : many) all.push_back(static_cast<std::int64_t>(place));
      co_return all;
    },
    pando::on<"work"> = [](Pause in, pando::io& io) {
      io.log("from a thread of the pool");
      return in.ms + 1;
    },
    pando::on<"chatter"> = [](Many in, pando::io& io) {
      std::string const line(static_cast<std::size_t>(in.padding.get()), 'y');
      for (std::int64_t i = 0; i < in.count; ++i) {
        io.log(line);
        io.progress(static_cast<std::uint64_t>(i), 0, line);
      }
    },
    pando::on<"way"> = [](pando::caller& who) { return "every door: " + std::string(who.transport); },
    pando::on<"way", pando::cli::command<>> =
        [](pando::caller& who) { return "the command line: " + std::string(who.transport); },
    pando::on<"silent"> = [](Pause in, probe& seen) { return silent(in, seen); });

/// A connected Unix socket and nothing else. Reading gives up after ten seconds.
class raw_client {
 public:
  explicit raw_client(std::string const& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      auto const why = std::string(std::strerror(errno));
      close();
      throw std::runtime_error("no connection to " + path + ": " + why);
    }
  }
  raw_client(raw_client const&) = delete;
  ~raw_client() { close(); }

  /// False: the other side has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto const size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }
  /// The next line without its end; nothing at the end of input.
  std::optional<std::string> line() {
    for (;;) {
      auto const end = in_.find('\n');
      if (end != in_.npos) {
        auto found = in_.substr(0, end);
        in_.erase(0, end + 1);
        return found;
      }
      if (!receive()) return {};
    }
  }
  /// Sends a line and gives the next.
  std::string ask(std::string_view text) {
    send(std::string(text) + '\n');
    return line().value_or("closed");
  }
  /// So many bytes, or what came before the end.
  std::string bytes(std::size_t count) {
    while (in_.size() < count && receive()) {}
    auto found = in_.substr(0, count);
    in_.erase(0, found.size());
    return found;
  }
  std::string all() {
    while (receive()) {}
    return std::exchange(in_, {});
  }
  /// Whether the other side has closed, now or soon, whatever it sends before.
  bool is_closed() {
    while (receive()) {}
    return is_at_end_;
  }
  /// The process at the other end.
  pid_t peer() const {
    ucred who{};
    socklen_t size = sizeof who;
    ::getsockopt(socket_, SOL_SOCKET, SO_PEERCRED, &who, &size);
    return who.pid;
  }
  int handle() const { return socket_; }
  void half_close() { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  bool receive() {
    pollfd state{socket_, POLLIN, 0};
    if (::poll(&state, 1, 10'000) <= 0) return false;
    char room[65536];
    auto const size = ::recv(socket_, room, sizeof room, 0);
    is_at_end_ = size <= 0;
    if (is_at_end_) return false;
    in_.append(room, static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  std::string in_;
  bool is_at_end_ = false;
};

} // namespace things
