// A declared error with a field that cannot be sent.
// expect-first: pando: values of this type cannot be sent; use bool, an integer, float, double,
// expect: Shop
// expect: Broken
// expect: char
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Gone {
  int id;
};
struct Broken {
  char const* why;
};
#ifdef PANDO_TWIN
using errors = pando::raises<Gone>;
#else
using errors = pando::raises<Broken>;
#endif
struct Shop : pando::controller<"shop", pando::route<"show", int(Item), errors>> {};

inline auto shop =
    pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in.id; }); // here
