// One declared error twice.
// expect-first: pando: two declared errors of one name, by which callers know them
// expect: Shop
// expect: Gone
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
using errors = pando::raises<Gone, Gone>;
#endif
struct Shop : pando::controller<"shop", pando::route<"show", int(Item), errors>> {};

inline auto shop =
    pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in.id; }); // here
