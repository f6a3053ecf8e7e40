// A small contract for what the comprehensive API has no route for: the corners of the HTTP door.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <thread>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>
#include <pando/handler/parameters.hpp>
#include <pando/http/handler_parts.hpp>
#include <pando/runtime/stream.hpp>

namespace things {

struct by_name {
  std::string name;
};
struct part {
  std::string name;
  std::string part;
};
struct patch {
  std::int64_t id;
  std::string text;
};
struct failing {
  std::string how;
};
struct may_fail {
  pando::defaulted<bool, false> fail;
};
struct wait {
  int ms;
};
struct wrong {
  static constexpr int http_status = 409;
  int code;
};
/// Knows a key from a header.
struct keyed {
  static void check(pando::caller& who) {
    if (who.header("X-Key") != "open") throw pando::unauthenticated("X-Key is required");
  }
};

inline std::string this_thread() {
  std::ostringstream text;
  text << std::this_thread::get_id();
  return text.str();
}

namespace http = pando::http;

struct Things
    : pando::controller<
          "things",
          pando::route<"first", std::string(), http::get<"/first">>,
          pando::route<"named", part(by_name), http::get<"/{name}">>,
          pando::route<"parted", part(part), http::get<"/{name}/parts/{part}">>,
          pando::route<"patched", std::string(patch), http::patch<"/patched/{id}">>,
          pando::route<"accepted", void(), http::post<"/accepted">, http::accepted>,
          pando::route<"twice", std::string(), http::get<"/twice">, http::post<"/two-times">>,
          pando::route<"headed", std::string(), http::head<"/headed">>,
          pando::route<"fails", double(failing), http::get<"/fails">>,
          pando::route<"parts", std::string(may_fail), http::get<"/parts-of-http">,
                       pando::raises<wrong>>,
          pando::route<"by_door", std::string(), http::get<"/by-door">, http::post<"/by-door">>,
          pando::route<"guarded", std::string(by_name), http::post<"/guarded">,
                       pando::guarded_by<keyed>>,
          pando::route<"where", std::string(), http::get<"/where">>,
          pando::route<"where_blocking", std::string(), pando::blocking,
                       http::get<"/where-blocking">>,
          pando::route<"where_bound", std::string(), http::get<"/where-bound">>,
          pando::route<"blocks", int(wait), pando::blocking, http::get<"/blocks">>> {};

inline auto handlers = pando::implement<Things>(
    pando::on<"first"> = [] { return std::string("the literal"); },
    pando::on<"named"> = [](by_name in) { return part{in.name, ""}; },
    pando::on<"parted"> = [](part in) { return in; },
    pando::on<"patched"> = [](patch in) { return std::to_string(in.id) + in.text; },
    pando::on<"accepted"> = [] {},
    pando::on<"twice"> = [] { return std::string("twice"); },
    pando::on<"headed"> = [] { return std::string("unseen"); },
    pando::on<"fails"> = [](failing in) -> double {
      if (in.how == "overloaded") throw pando::overloaded("come back later");
      if (in.how == "forbidden") throw pando::forbidden("not you");
      if (in.how == "too_large") throw pando::too_large("too much");
      if (in.how == "number") throw 7;
      return std::numeric_limits<double>::quiet_NaN();
    },
    pando::on<"parts"> = [](may_fail in, http::headers const& asked, http::response& answer) {
      answer.status(203).set("X-Answer", "42").set("Content-Type", "application/special+json");
      answer.set_cookie({.name = "session", .value = "abc", .path = "/"});
      answer.set_cookie({.name = "second", .value = "d", .path = "/"});
      if (in.fail) throw wrong{1};
      return std::string(asked.get("x-COLOUR", "none")) + " " +
             std::to_string(asked.count("X-Colour"));
    },
    pando::on<"by_door"> = [] { return std::string("through any door"); },
    pando::on<"by_door", http::get<"/by-door">> = [] { return std::string("over HTTP"); },
    pando::on<"guarded"> = [](by_name in) { return in.name; },
    pando::on<"where"> = [] { return this_thread(); },
    pando::on<"where_blocking"> = [] { return this_thread(); },
    pando::on<"where_bound", pando::blocking> = [] { return this_thread(); },
    pando::on<"blocks"> = [](wait in) {
      if (in.ms < 0) throw std::runtime_error("negative");
      std::this_thread::sleep_for(std::chrono::milliseconds(in.ms));
      return in.ms;
    });

} // namespace things
