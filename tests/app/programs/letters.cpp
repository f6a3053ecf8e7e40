// An app whose calls are stored: they end at once, wait for long, fail, are due later, and tell whom
// they know as their caller.
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/http/expose.hpp>
#include <pando/pando.hpp>

namespace {

struct Text {
  std::string text;
};
struct Later {
  std::chrono::sys_time<std::chrono::milliseconds> when;
  std::string text;
};
struct Seen {
  std::string transport;
  std::string peer;
  std::string principal;
  std::optional<std::uint32_t> user_id;
  std::string header;
  std::int64_t process = 0;
};

/// Lets in who says a name.
struct Doorman {
  void check(pando::caller& who) {
    if (who.header("authorization") == "Bearer hunter2") who.principal = who.header("x-name");
  }
};

struct Letter
    : pando::entity<"Letter", pando::rpc<"Send", std::string(Text), pando::persisted>,
                    pando::rpc<"Hold", std::string(Text), pando::persisted>,
                    pando::rpc<"Fail", void(Text), pando::persisted>,
                    pando::rpc<"Remind", std::string(Later), pando::persisted,
                               pando::deliver_at<&Later::when>>,
                    pando::rpc<"Who", Seen(), pando::persisted, pando::guarded_by<Doorman>>> {};

inline auto const letters = pando::implement<Letter>(
    pando::on<"Send"> = [](Text in) { return in.text; },
    pando::on<"Hold"> = [](Text in) -> pando::task<std::string> {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                      std::chrono::hours(1));
      co_await timer.async_wait(boost::asio::use_awaitable);
      co_return in.text;
    },
    pando::on<"Fail"> = [](Text) { throw std::runtime_error("the ink ran out"); },
    pando::on<"Remind"> = [](Later in) { return in.text; },
    pando::on<"Who"> = [](pando::caller const& who) -> pando::task<Seen> {
      // Later, when whoever asked may have gone.
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                      std::chrono::milliseconds(5));
      co_await timer.async_wait(boost::asio::use_awaitable);
      Seen seen;
      seen.transport = who.transport;
      seen.peer = who.peer;
      seen.principal = who.principal;
      seen.user_id = who.user_id;
      seen.header = who.header("authorization");
      seen.process = ::getpid();
      co_return seen;
    });

/// What holds something outside, as long as nobody closes it.
struct Drawer : pando::entity<"Drawer", pando::rpc<"Open", void()>, pando::rpc<"Shut", void()>> {};
struct DrawerState {
  pando::entity_resource<int> inside;
};
inline auto const drawers = pando::implement<Drawer>(
    pando::state<DrawerState> =
        [](pando::entity_resources& outside) {
          auto const take = [] { return 1; };
          auto const give_back = [](int) {};
          return DrawerState{pando::entity_resource<int>(outside, take, give_back)};
        },
    pando::on<"Open"> = [](DrawerState& s) -> pando::task<void> { (void)co_await s.inside.get(); },
    pando::on<"Shut"> = [](DrawerState& s) -> pando::task<void> { co_await s.inside.close(); });

} // namespace

int main(int argc, char** argv) {
  Doorman doorman;
  return pando::app(letters, drawers, pando::http::expose<Letter>(), pando::http::expose<Drawer>())
      .provide(doorman)
      .named("letters")
      .main(argc, argv);
}
