// An app that tells what its handlers know of their calls, and that says all there is to say: for
// the tests that look at one call through every door.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/http.hpp>
#include <pando/pando.hpp>

namespace desk {

/// What a handler knows of its caller.
struct Seen {
  std::string transport;
  std::string peer;
  std::string principal;
  std::optional<std::uint32_t> user;
  std::optional<std::int64_t> ms_left;
  bool is_cancelled;
};
struct Wait {
  int ms;
  pando::defaulted<bool, false> says; ///< that it waits, and what it was told when it is cancelled
};
struct Told {
  int waiting;
  int cancelled; ///< waits that ended early
  int told_so;   ///< of these, those whose caller's `is_cancelled` held
};
struct Parts {
  std::string colour;
  std::int64_t headers;
};
struct Pick {
  std::int64_t id;
};
struct Item {
  std::int64_t id;
  std::string name;
  std::vector<std::string> tags;
  std::optional<double> weight;
  pando::secret<std::string> key;
};
struct Row {
  std::int64_t id;
  std::string name;
};
/// A rule of the app's own: no caller knows it.
struct even {
  static bool check(int value) { return value % 2 == 0; }
  static std::string describe() { return "even"; }
};
struct Order {
  pando::checked<std::string, pando::is::non_empty> name;
  pando::checked<int, pando::is::at_most<10>, even> count;
};
struct Feed {
  int items;
  pando::defaulted<bool, false> breaks;
};
struct Gone {
  static constexpr int http_status = 410;
  static constexpr int exit_code = 7;
  std::int64_t id;
};

/// Lets everybody in, and writes down who it was.
struct doorman {
  void check(pando::caller& who) const { who.principal = "by " + std::string(who.transport); }
};
/// Lets nobody in.
struct locked {
  void check(pando::caller&) const { throw pando::forbidden("the office is closed"); }
};
/// Lets in who shows a badge, which nobody can without headers.
struct badge {
  void check(pando::caller& who) const {
    if (who.header("x-badge") != "7") throw pando::unauthenticated("show your badge");
    who.principal = "badge 7";
  }
};

struct Desk : pando::controller<
                  "desk",
                  pando::route<"seen", Seen(), pando::guarded_by<doorman>,
                               pando::http::get<"/seen">, pando::cli::command<>>,
                  pando::route<"office", std::string(Order), pando::guarded_by<locked>,
                               pando::http::post<"/office">, pando::cli::command<>>,
                  pando::route<"lab", std::string(), pando::guarded_by<badge>,
                               pando::http::get<"/lab">, pando::cli::command<>>,
                  pando::route<"parts", Parts(), pando::http::get<"/parts">, pando::cli::command<>>,
                  pando::route<"wait", std::string(Wait), pando::http::post<"/wait">,
                               pando::cli::command<>>,
                  pando::route<"deaf", std::string(Wait), pando::blocking, pando::cli::command<>>,
                  pando::route<"told", Told(), pando::cli::command<>>,
                  pando::route<"show", Item(Pick), pando::raises<Gone>,
                               pando::cli::command<"show", pando::cli::positional<"id">>>,
                  pando::route<"list", std::vector<Row>(), pando::cli::command<>>,
                  pando::route<"drop", void(Pick), pando::cli::command<>>,
                  pando::route<"order", Row(Order), pando::cli::command<>>,
                  pando::route<"feed", pando::stream<Row>(Feed), pando::raises<Gone>,
                               pando::cli::command<>>,
                  pando::route<"say", std::string(), pando::cli::command<>>,
                  pando::route<"talk", std::string(), pando::cli::command<>>> {};

/// What the handlers write down.
using board = Told;

inline auto const handlers = pando::implement<Desk>(
    pando::on<"seen"> =
        [](pando::caller const& who) {
          Seen seen{std::string(who.transport),
                    std::string(who.peer),
                    who.principal,
                    who.user_id,
                    {},
                    who.is_cancelled};
          if (who.deadline)
            seen.ms_left = std::chrono::ceil<std::chrono::milliseconds>(
                               *who.deadline - std::chrono::steady_clock::now())
                               .count();
          return seen;
        },
    pando::on<"office"> = [](Order) { return std::string("inside"); },
    pando::on<"lab"> = [](pando::caller const& who) { return who.principal; },
    pando::on<"parts"> =
        [](pando::http::headers const& asked, pando::http::response& answer) {
          answer.set("X-Seen", "yes");
          answer.status(203);
          std::int64_t count = 0;
          for (auto const& one : asked) count += !one.name.empty();
          return Parts{std::string(asked.get("x-colour", "none")), count};
        },
    pando::on<"wait"> = [](Wait in, pando::caller const& who, board& told,
                           pando::io& io) -> pando::task<std::string> {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
      timer.expires_after(std::chrono::milliseconds(in.ms));
      ++told.waiting;
      if (in.says.get()) io.log("waiting");
      try {
        co_await timer.async_wait(boost::asio::use_awaitable);
      } catch (...) {
        ++told.cancelled;
        told.told_so += who.is_cancelled;
        if (in.says.get()) io.log(who.is_cancelled ? "told so" : "not told");
        throw;
      }
      co_return "waited";
    },
    pando::on<"deaf"> =
        [](Wait in, pando::io& io) {
          io.log("cannot hear");
          std::this_thread::sleep_for(std::chrono::milliseconds(in.ms));
          return std::string("heard nothing");
        },
    pando::on<"told"> = [](board& told) { return told; },
    pando::on<"show"> = [](Pick in) -> Item {
      if (in.id == 404) throw Gone{in.id};
      Item item{
          in.id, "a \"name\" \xc3\xa9", {"one", "two"}, 0.5, pando::secret<std::string>("hush")};
      return item;
    },
    pando::on<"list"> =
        [] {
          return std::vector<Row>{{1, "one"}, {22, "twenty-two"}};
        },
    pando::on<"drop"> = [](Pick) {},
    pando::on<"order"> =
        [](Order in) {
          return Row{in.count.get(), in.name.get()};
        },
    pando::on<"feed"> = [](Feed in) -> pando::stream<Row> {
      for (int i = 1; i <= in.items; ++i) {
        Row row{i, "row"};
        co_yield row;
      }
      if (in.breaks.get()) throw Gone{in.items};
    },
    pando::on<"say"> =
        [](pando::io& io) {
          io.log("a line");
          io.error("trouble");
          for (std::uint64_t i = 1; i <= 2; ++i) io.progress(i, 2, "working");
          std::vector<Row> const rows{{1, "one"}, {22, "twenty-two"}};
          io.table(rows);
          io.log("\xc3\xa9\x1b[31m and more");
          return std::string("said");
        },
    pando::on<"talk"> = [](pando::io& io) -> pando::task<std::string> {
      std::string const name = co_await io.prompt("Your name?");
      io.progress(1, 2, "asking");
      std::string const word = co_await io.secret("The word?");
      io.log("thank you");
      bool const sure = co_await io.confirm("Sure?");
      std::vector<std::string> const colours{"red", "green", "blue"};
      auto const one = co_await io.choose("Which?", colours);
      auto const some = co_await io.choose_many("Which ones?", colours);
      co_return name + "/" + word + (sure ? "!" : "?") + colours[one] + std::to_string(some.size());
    });

} // namespace desk
