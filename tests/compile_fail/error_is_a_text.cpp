// The same of a text.
// expect-first: pando: a declared error is a struct, since callers know it by its name
// expect: Shop
// expect: string
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Gone {
  int id;
};
#ifdef PANDO_TWIN
using errors = pando::raises<Gone>;
#else
using errors = pando::raises<std::string>;
#endif
struct Shop : pando::controller<"shop", pando::route<"show", int(Item), errors>> {};

inline auto shop =
    pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in.id; }); // here
