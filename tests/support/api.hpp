// The comprehensive API: every combinator of a contract once, run through every door.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/hana/adapt_struct.hpp>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>
#include <pando/handler/io.hpp>
#include <pando/handler/parameters.hpp>
#include <pando/runtime/stream.hpp>

namespace api {

enum class color { red, green, blue };

struct money {
  std::int64_t cents = 0;
  friend bool operator==(money const&, money const&) = default;
};

struct base {
  int inherited = 0;
};
struct adapted : base {
  adapted() = default;
  int own = 0;
  friend bool operator==(adapted const& a, adapted const& b) {
    return a.inherited == b.inherited && a.own == b.own;
  }
};

} // namespace api

template <>
struct pando::travels_as<api::money> {
  using type = std::string;
  static api::money from(std::string const& text) {
    auto const dot = text.find('.');
    if (dot == std::string::npos || dot == 0 || text.size() != dot + 3)
      throw pando::refused{"must be an amount like 19.99"};
    return {std::stoll(text.substr(0, dot)) * 100 + std::stoll(text.substr(dot + 1))};
  }
  static std::string to(api::money const& value) {
    auto const rest = value.cents % 100;
    return std::to_string(value.cents / 100) + (rest < 10 ? ".0" : ".") + std::to_string(rest);
  }
};

BOOST_HANA_ADAPT_STRUCT(api::adapted, inherited, own);

namespace api {

struct point {
  int x;
  double y;
  friend bool operator==(point const&, point const&) = default;
};

/// One field of every kind.
struct everything {
  bool flag;
  std::int8_t tiny;
  std::uint64_t huge;
  std::int64_t deep;
  float small_number;
  double number;
  std::string text;
  color shade;
  std::optional<std::string> maybe;
  std::vector<int> numbers;
  std::vector<bool> flags;
  std::array<int, 3> three;
  std::set<std::string> tags;
  std::map<std::string, point> places;
  std::variant<int, std::string, point> choice;
  point nested;
  std::vector<point> path;
  std::chrono::milliseconds span;
  std::chrono::sys_time<std::chrono::milliseconds> at;
  pando::uuid id;
  pando::bytes blob;
  pando::secret<std::string> password;
  pando::defaulted<int, 25> port;
  money price;
  adapted old;
};

/// A value of it in which nothing is at its default.
inline everything example() {
  everything e{};
  e.flag = true;
  e.tiny = -7;
  e.huge = 18'446'744'073'709'551'615ULL;
  e.deep = -9'007'199'254'740'993;
  e.small_number = 0.25F;
  e.number = 0.1;
  e.text = "quotes \" and \\ and \n and \xc3\xa9 and \xf0\x9f\x8c\xb3";
  e.shade = color::blue;
  e.maybe = "there";
  e.numbers = {1, -2, 3};
  e.flags = {true, false, true};
  e.three = {7, 8, 9};
  e.tags = {"a", "b"};
  e.places["home"] = point{1, 2.5};
  e.choice = point{3, 4.5};
  e.nested = point{5, -6.5};
  e.path = {point{1, 1}, point{2, 2}};
  e.span = std::chrono::milliseconds(90'061'001);
  e.at = std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(1'700'000'000'123));
  e.id = *pando::uuid::parse("123e4567-e89b-12d3-a456-426614174000");
  e.blob = pando::bytes({std::byte{0}, std::byte{255}, std::byte{16}});
  e.password = pando::secret<std::string>("hush");
  e.port = 26;
  e.price = money{1999};
  e.old.inherited = 11;
  e.old.own = 12;
  return e;
}

inline bool same(everything const& a, everything const& b) {
  return a.flag == b.flag && a.tiny == b.tiny && a.huge == b.huge && a.deep == b.deep &&
         a.small_number == b.small_number && a.number == b.number && a.text == b.text &&
         a.shade == b.shade && a.maybe == b.maybe && a.numbers == b.numbers && a.flags == b.flags &&
         a.three == b.three && a.tags == b.tags && a.places == b.places && a.choice == b.choice &&
         a.nested == b.nested && a.path == b.path && a.span == b.span && a.at == b.at &&
         a.id == b.id && a.blob == b.blob && a.password == b.password && a.port == b.port &&
         a.price == b.price && a.old == b.old;
}

struct by_id {
  std::int64_t id;
};
struct note {
  std::int64_t id;
  std::string text;
};
struct search {
  std::int64_t owner;
  std::optional<std::string> contains;
  std::vector<color> shades;
  pando::defaulted<int, 10> limit;
};
struct found {
  std::int64_t owner;
  std::string contains;
  std::vector<color> shades;
  int limit;
};
struct sign_up {
  pando::checked<std::string, pando::is::email> email;
  pando::checked<std::string, pando::is::min_length<8>> password;
  pando::checked<int, pando::is::at_least<18>, pando::is::at_most<130>> age;
};
struct count_to {
  int last;
  pando::defaulted<int, 0> fail_after; ///< 0: never
  pando::defaulted<int, 0> wait_ms;
};
struct tick {
  int number;
  std::string padding;
};
struct wait_for {
  int ms;
};
struct whoami {
  std::string transport;
  std::string principal;
};

struct taken {
  static constexpr int http_status = 409;
  static constexpr int exit_code = 9;
  std::string email;
};
struct missing {
  static constexpr int http_status = 404;
  std::int64_t id;
};

/// Counts what the tests want to know of the handlers.
struct probe {
  int started = 0;
  int destroyed = 0;
  int cancelled = 0;
};

/// Lets in who says so: over HTTP by a header, elsewhere everybody of this user.
struct signed_in {
  bool open = true;
  void check(pando::caller& who) const {
    auto const token = who.header("authorization");
    if (token == "Bearer nobody") throw pando::forbidden("not for you");
    if (who.transport == "http" && token.empty())
      throw pando::unauthenticated("a bearer token is required");
    if (!open) throw pando::unauthenticated("closed");
    who.principal = token.empty() ? "local" : std::string(token.substr(7));
  }
};

struct Api
    : pando::controller<
          "api",
          pando::route<"echo", everything(everything), pando::http::post<"/echo">,
                       pando::cli::command<>>,
          pando::route<"show", note(by_id), pando::http::get<"/note/{id}">,
                       pando::cli::command<"show", pando::cli::positional<"id">>,
                       pando::raises<missing>>,
          pando::route<"put", note(note), pando::http::put<"/note/{id}">, pando::cli::command<>>,
          pando::route<"drop", void(by_id), pando::http::del<"/note/{id}">, pando::cli::command<>,
                       pando::raises<missing>>,
          pando::route<"search", found(search), pando::http::get<"/search/{owner}">,
                       pando::cli::command<>>,
          pando::route<"sign_up", by_id(sign_up), pando::http::post<"/sign-up">,
                       pando::http::created, pando::cli::command<"sign-up">,
                       pando::raises<missing, taken>>,
          pando::route<"count", pando::stream<tick>(count_to), pando::http::post<"/count">,
                       pando::cli::command<>, pando::raises<taken>>,
          pando::route<"wait", std::string(wait_for), pando::http::post<"/wait">,
                       pando::cli::command<>>,
          pando::route<"broken", int(), pando::http::get<"/broken">, pando::cli::command<>>,
          pando::route<"slow", int(), pando::blocking, pando::http::get<"/slow">,
                       pando::cli::command<>>,
          pando::route<"whoami", whoami(), pando::guarded_by<signed_in>,
                       pando::http::get<"/whoami">, pando::cli::command<>>,
          pando::route<"names", std::vector<note>(), pando::http::get<"/names">,
                       pando::cli::command<>>,
          pando::route<"ask", std::string(), pando::http::post<"/ask">, pando::cli::command<>>> {};

inline auto handlers = pando::implement<Api>(
    pando::on<"echo"> = [](everything in) { return in; },
    pando::on<"show"> = [](by_id in) -> pando::task<note> {
      if (in.id == 404) throw missing{in.id};
      co_return note{in.id, "note"};
    },
    pando::on<"put"> = [](note in) { return in; },
    pando::on<"drop"> = [](by_id in) -> pando::task<void> {
      if (in.id == 404) throw missing{in.id};
      co_return;
    },
    pando::on<"search"> = [](search in) {
      return found{in.owner, in.contains.value_or("-"), in.shades, in.limit};
    },
    pando::on<"sign_up"> = [](sign_up in) -> by_id {
      if (in.email == "taken@example.com") throw taken{in.email};
      return by_id{in.age.get()};
    },
    pando::on<"count"> = [](count_to in, probe& seen) -> pando::stream<tick> {
      struct counted {
        probe& seen;
        explicit counted(probe& p) : seen(p) { ++seen.started; }
        counted(counted const&) = delete;
        ~counted() { ++seen.destroyed; }
      } guard(seen);
      for (int i = 1; i <= in.last; ++i) {
        if (in.fail_after != 0 && i > in.fail_after) throw taken{"stream"};
        if (in.wait_ms != 0) {
          boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
          timer.expires_after(std::chrono::milliseconds(in.wait_ms));
          co_await timer.async_wait(boost::asio::use_awaitable);
        }
        tick item{i, std::string(100, 'x')};
        co_yield item;
      }
    },
    pando::on<"wait"> = [](wait_for in, probe& seen) -> pando::task<std::string> {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
      timer.expires_after(std::chrono::milliseconds(in.ms));
      ++seen.started;
      try {
        co_await timer.async_wait(boost::asio::use_awaitable);
      } catch (...) {
        ++seen.cancelled;
        throw;
      }
      co_return "done";
    },
    pando::on<"broken"> = []() -> int { throw std::runtime_error("the secret of the app"); },
    pando::on<"slow"> = [] { return 7; },
    pando::on<"whoami"> = [](pando::caller const& who) {
      return whoami{std::string(who.transport), who.principal};
    },
    pando::on<"names"> = [] { return std::vector<note>{{1, "one"}, {2, "two"}}; },
    pando::on<"ask"> = [](pando::io& io) -> pando::task<std::string> {
      io.log("asking");
      io.progress(1, 2);
      std::string name = co_await io.prompt("Your name?");
      bool sure = co_await io.confirm("Sure?");
      co_return name + (sure ? "!" : "?");
    });

} // namespace api
