// A controller with its handler, for programs that compose it wrongly.
#pragma once

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Stock {
  int count = 0;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item), pando::http::get<"/{id}">,
                                                     pando::cli::command<>>> {};

inline auto shop = pando::implement<Shop>(
    pando::on<"show"> = [](Item in, Stock& stock) { return stock.count + in.id; });
