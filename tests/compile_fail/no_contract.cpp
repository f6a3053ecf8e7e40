// `implement` of something that is no contract.
// expect-first: pando: this is no contract; write struct Name : pando::controller<
// expect: Shop
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
#ifdef PANDO_TWIN
struct Shop : pando::controller<"shop", pando::route<"show", int(Item)>> {};
#else
struct Shop {};
#endif

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](Item in) { return in.id; });
