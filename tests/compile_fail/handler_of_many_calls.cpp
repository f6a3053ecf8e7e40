// An object that can be called in two ways.
// expect-first: pando: a handler is a function or a lambda without auto parameters
// expect: Shop
// expect: shower
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item)>> {};

struct shower {
  int operator()(Item in) const { return in.id; }
#ifndef PANDO_TWIN
  int operator()(int id) const { return id; }
#endif
};

inline auto shop = pando::implement<Shop>(pando::on<"show"> = shower{}); // here
