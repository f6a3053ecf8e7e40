// One command of two routes.
// expect-first: pando: two routes answer at one place
// expect: the same command
// expect: Shop
// expect-named: "remove"
// expect-named: "rm"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define COMMAND "delete"
#else
#define COMMAND "rm"
#endif

struct Item {
  int id;
};
struct Shop
    : pando::controller<"shop", pando::route<"remove", void(Item), pando::cli::command<COMMAND>>,
                        pando::route<"rm", void(Item), pando::cli::command<>>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"remove"> = [](Item) {}, pando::on<"rm"> = [](Item) {});
