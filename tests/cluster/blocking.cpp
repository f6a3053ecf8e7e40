// Handlers of entities that block, on the pool: how they are told that nobody wants their answer.
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <pando/http.hpp>
#include <pando/http/expose.hpp>
#include <pando/pando.hpp>

#include "cluster/no_more_threads.hpp"
#include "support/raw_http.hpp"

BOOST_AUTO_TEST_SUITE(blocking_handlers)

using namespace std::chrono_literals;

namespace {

/// Handlers that ask whether they are wanted, and then do what takes another turn of their thread.
struct Mill : pando::entity<"Mill", pando::concurrency<pando::unbounded>,
                            pando::rpc<"Grind", std::string()>, pando::rpc<"Turn", std::string()>,
                            pando::rpc<"Once", std::string()>, pando::rpc<"Break", void()>,
                            pando::rpc<"Look", std::string()>> {};
struct MillState {};

struct records {
  std::atomic<int> begun{0};
  std::atomic<int> told{0};
  std::atomic<int> over{0}; ///< they have done what they do last
  std::string seen{};       ///< once it is over
};

void wait_until_told(records& all, pando::caller const& who) {
  ++all.begun;
  while (!who.is_cancelled) std::this_thread::yield();
  ++all.told;
}

inline auto const mills = pando::implement<Mill>(
    pando::state<MillState>,
    pando::on<"Grind", pando::blocking> =
        [](records& all, pando::caller const& who) {
          wait_until_told(all, who);
          ++all.over;
          return std::string("ground");
        },
    pando::on<"Turn", pando::blocking> =
        [](records& all, pando::caller const& who) -> pando::task<std::string> {
      wait_until_told(all, who);
      co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                                 boost::asio::use_awaitable);
      ++all.over;
      co_return "turned";
    },
    pando::on<"Once", pando::blocking> = [] { return std::string("once"); },
    pando::on<"Break"> = [] { throw std::runtime_error("broken"); },
    pando::on<"Look", pando::blocking> = [](records& all, pando::caller const& who) {
      auto const early = who.header("X-Early");
      ++all.begun;
      while (!who.is_cancelled) { // beside its caller, who leaves
        (void)who.header("X-Beside");
        std::this_thread::yield();
      }
      all.seen = std::string(early) + "|" + std::string(who.header("X-Early")) + "|" +
                 std::string(who.header("X-Beside")) + "|" + std::string(who.header("X-Late"));
      ++all.over;
      return all.seen;
    });

/// A served app, and callers on a thread that is not its pool's.
struct scene {
  records all{};
  boost::asio::io_context io{1};
  decltype(pando::app(mills, pando::http::expose<Mill>()).provide(std::declval<records&>())) app;

  explicit scene(int http_port = -1)
      : app(pando::app(mills, pando::http::expose<Mill>()).provide(all)) {
    app.core().log_to(pando::log([](pando::log_level, std::string_view) {}));
    pando::serve_options quiet;
    quiet.no_socket = true;
    quiet.http = http_port;
    finish([this, quiet]() -> pando::task<void> { co_await app.serve(quiet); });
  }
  ~scene() {
    finish([this]() -> pando::task<void> { co_await app.stop(); });
  }

  template <class Until>
  void run_until(Until is_over) {
    auto const late = std::chrono::steady_clock::now() + 60s;
    io.restart();
    while (!is_over() && std::chrono::steady_clock::now() < late) io.run_one_for(5ms);
    BOOST_REQUIRE(is_over());
  }
  template <class Body>
  void finish(Body body) {
    bool is_over = false;
    boost::asio::co_spawn(io, std::move(body),
                          [&](std::exception_ptr const& why) {
                            is_over = true;
                            if (why) std::rethrow_exception(why);
                          });
    run_until([&] { return is_over; });
  }

  /// How a call of it ends: empty while it has not.
  template <pando::fixed_string Rpc>
  std::shared_ptr<std::string> call(pando::client<Mill> by,
                                    boost::asio::cancellation_slot slot = {}) {
    auto const end = std::make_shared<std::string>();
    boost::asio::co_spawn(
        io,
        [by, end]() -> pando::task<void> {
          try {
            *end = co_await by.call<Rpc>();
          } catch (pando::failure const& error) {
            *end = std::string(pando::row_of_failure(error.code()).name) + ": " + error.what();
          } catch (...) {
            *end = "another exception";
          }
        },
        boost::asio::bind_cancellation_slot(slot, [](std::exception_ptr const&) {}));
    return end;
  }
};

/// Whatever ends the caller's waiting, both kinds of handlers are told by `is_cancelled`, and go on
/// to their own end.
template <class EndThem>
void both_are_told(EndThem end_them, std::string const& say) {
  scene on;
  auto const mill = on.app.template client<Mill>("m");
  boost::asio::cancellation_signal first;
  boost::asio::cancellation_signal second;
  auto const ground = on.call<"Grind">(mill, first.slot());
  auto const turned = on.call<"Turn">(mill, second.slot());
  on.run_until([&] { return on.all.begun == 2; });
  BOOST_TEST(on.all.told == 0);
  end_them(on, first, second);
  on.run_until([&] { return !ground->empty() && !turned->empty(); });
  BOOST_TEST(ground->starts_with(say), *ground);
  BOOST_TEST(turned->starts_with(say), *turned);
  on.run_until([&] { return on.all.told == 2; });
  on.run_until([&] { return on.all.over == 2; });
}

} // namespace

BOOST_AUTO_TEST_CASE(a_handler_that_blocks_is_told_that_its_caller_has_gone) {
  both_are_told(
      [](scene&, auto& first, auto& second) {
        first.emit(boost::asio::cancellation_type::terminal);
        second.emit(boost::asio::cancellation_type::terminal);
      },
      "cancelled: ");
}

BOOST_AUTO_TEST_CASE(a_handler_that_blocks_is_told_that_another_call_broke_its_state) {
  both_are_told(
      [](scene& on, auto&, auto&) {
        on.finish([&]() -> pando::task<void> {
          try {
            co_await on.app.client<Mill>("m").call<"Break">();
          } catch (pando::internal_failure const&) {
          }
        });
      },
      "outcome_unknown: another call of entity Mill m broke");
}

/// The request, and its headers with it, is gone while the handler reads them on another thread.
BOOST_AUTO_TEST_CASE(a_handler_that_blocks_reads_headers_while_its_caller_leaves) {
  scene on(0);
  {
    raw_http::connection caller(on.app.http_port());
    caller.send("POST /mill/m/look HTTP/1.1\r\nhost: a\r\nx-early: early\r\nx-beside: beside\r\n"
                "x-late: late\r\ncontent-length: 0\r\n\r\n");
    on.run_until([&] { return on.all.begun == 1; });
  }
  on.run_until([&] { return on.all.over == 1; });
  // What was read before stays; what was not is nobody's any more.
  BOOST_TEST(on.all.seen == "early|early|beside|");
}

/// The pool makes its threads when it is first asked for one, and asks again when it got none.
BOOST_AUTO_TEST_CASE(a_call_that_gets_no_thread_says_so) {
  scene on;
  auto const mill = on.app.client<Mill>("m");
  std::shared_ptr<std::string> refused;
  std::shared_ptr<std::string> other;
  {
    support::no_more_threads const none;
    refused = on.call<"Once">(mill);
    other = on.call<"Once">(on.app.client<Mill>("n"));
    on.run_until([&] { return !refused->empty() && !other->empty(); });
  }
  for (auto const& one : {*refused, *other}) {
    BOOST_TEST(one.starts_with("overloaded: this app has no thread for handlers that block ("), one);
    BOOST_TEST(one.ends_with("), and nothing of the call has happened: call again later, or let "
                             "the app have more threads (ulimit -u)"),
               one);
  }
  auto const served = on.call<"Once">(mill);
  on.run_until([&] { return !served->empty(); });
  BOOST_TEST(*served == "once");
}

BOOST_AUTO_TEST_SUITE_END()
