// An app when the process runs short of descriptors, and one whose start is cancelled.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/app.hpp>
#include <pando/socket.hpp>

#include "support/scratch.hpp"

BOOST_AUTO_TEST_SUITE(short_of_descriptors)

using namespace std::chrono_literals;

namespace {

struct Clock : pando::controller<"clock", pando::route<"now", int()>> {};
inline auto const clocks = pando::implement<Clock>(pando::on<"now"> = [] { return 12; });

/// All descriptors of the process but so many, as long as it lives.
class shortage {
 public:
  explicit shortage(std::size_t left) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit now = before_;
    now.rlim_cur = 256;
    ::setrlimit(RLIMIT_NOFILE, &now);
    for (int one = ::dup(0); one >= 0; one = ::dup(0)) taken_.push_back(one);
    for (; left != 0 && !taken_.empty(); --left) {
      ::close(taken_.back());
      taken_.pop_back();
    }
  }
  shortage(shortage const&) = delete;
  ~shortage() {
    for (int const one : taken_) ::close(one);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

int connected_to(std::string const& path) {
  int const made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un there{};
  there.sun_family = AF_UNIX;
  std::memcpy(there.sun_path, path.data(), path.size());
  BOOST_REQUIRE(::connect(made, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0);
  return made;
}

} // namespace

/// A loop's own descriptors are made at its first connection.
BOOST_AUTO_TEST_CASE(a_connection_for_which_a_loop_has_no_room_is_let_go_and_the_app_goes_on) {
  support::scratch_folder const folder;
  auto const path = folder.path() + "/clock.sock";
  // Two are the connection's, and the end of the call before may give one back meanwhile.
  for (std::size_t left = 2; left != 4; ++left) {
    std::atomic<bool> is_told{false};
    auto app = pando::app(clocks).named("clock");
    app.core().log_to(pando::log([&](pando::log_level, std::string_view line) {
      if (line.find("no connection can be accepted now") != line.npos) is_told = true;
    }));
    boost::asio::io_context io(1);
    pando::serve_options options;
    options.socket_path = path;
    options.threads = 3;
    bool serves = false;
    bool has_stopped = false;
    int answer = 0;
    auto const until = [&](auto const& it) {
      auto const late = std::chrono::steady_clock::now() + 20s;
      io.restart();
      while (!it && std::chrono::steady_clock::now() < late) io.run_one_for(5ms);
      return static_cast<bool>(it);
    };
    boost::asio::co_spawn(io, app.serve(options), [&](std::exception_ptr error) {
      BOOST_TEST(!error);
      serves = true;
    });
    BOOST_REQUIRE(until(serves));
    auto const call = [&](bool& is_over) -> pando::task<void> {
      auto const link = co_await pando::connect(io.get_executor(), path);
      answer += co_await link.client<Clock>().call<"now">();
      co_await link.close();
      is_over = true;
    };
    auto const fine = [](std::exception_ptr error) { BOOST_TEST(!error); };
    bool has_called = false;
    boost::asio::co_spawn(io, call(has_called), fine); // it goes to the loop that accepts
    BOOST_TEST(until(has_called));
    int end = -1;
    {
      shortage const few(left);
      end = connected_to(path);
      BOOST_TEST(until(is_told));
    }
    has_called = false;
    boost::asio::co_spawn(io, call(has_called), fine);
    BOOST_TEST(until(has_called));
    BOOST_TEST(answer == 24);
    boost::asio::co_spawn(io, app.stop(), [&](std::exception_ptr error) {
      fine(error);
      has_stopped = true;
    });
    BOOST_TEST(until(has_stopped));
    ::close(end);
  }
}

/// The look-up of a host's name has a thread of its own, which must not be what ends it.
BOOST_AUTO_TEST_CASE(a_start_that_is_cancelled_leaves_its_loop_as_it_was) {
  for (int turn = 0; turn != 20; ++turn) {
    auto app = pando::app(clocks).named("clock");
    app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
    boost::asio::io_context io(1);
    boost::asio::cancellation_signal stop;
    pando::serve_options options;
    options.http = 0;
    options.no_socket = true;
    int ended = 0;
    bool serves = false;
    boost::asio::co_spawn(io, app.serve(options),
                          boost::asio::bind_cancellation_slot(stop.slot(),
                                                              [&](std::exception_ptr error) {
                                                                ++ended;
                                                                serves = !error;
                                                              }));
    for (int step = 0; step != turn; ++step) io.poll_one();
    stop.emit(boost::asio::cancellation_type::terminal);
    auto const late = std::chrono::steady_clock::now() + 20s;
    io.restart();
    while (ended == 0 && std::chrono::steady_clock::now() < late) io.run_one_for(5ms);
    BOOST_TEST(ended == 1);
    if (!serves) continue;
    bool has_stopped = false;
    boost::asio::co_spawn(io, app.stop(), [&](std::exception_ptr error) {
      BOOST_TEST(!error);
      has_stopped = true;
    });
    io.restart();
    while (!has_stopped && std::chrono::steady_clock::now() < late) io.run_one_for(5ms);
    BOOST_TEST(has_stopped);
  }
}

BOOST_AUTO_TEST_SUITE_END()
