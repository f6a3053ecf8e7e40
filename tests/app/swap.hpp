// What the app that is replaced while it runs serves.
#pragma once

#include <string>

#include <pando/contract.hpp>

namespace swap_app {

struct Pause {
  int ms;
};
struct Count {
  int items;
  int ms;
};
struct Who {
  int process;
};

struct Swap
    : pando::controller<
          "swap", pando::route<"who", Who(), pando::http::get<"/who">, pando::cli::command<>>,
          pando::route<"slow", Who(Pause), pando::http::post<"/slow">, pando::cli::command<>>,
          pando::route<"at", Pause(Pause), pando::http::get<"/at/{ms}">>,
          pando::route<"cancelled", int(), pando::cli::command<>>,
          pando::route<"count", pando::stream<Who>(Count), pando::http::post<"/count">>> {};

} // namespace swap_app
