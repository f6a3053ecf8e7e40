// Two controllers of one app with one name and a route of one name.
// expect-first: pando: two controllers of one app have a route of one name, or at one place
// expect: Shop
// expect: Store
// expect-named: "show"
#include <pando/app/app.hpp>

#ifdef PANDO_TWIN
#define NAME "store"
#else
#define NAME "shop"
#endif

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item)>> {};
struct Store : pando::controller<NAME, pando::route<"show", int(Item)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in.id; });
inline auto store = pando::implement<Store>(pando::on<"show"> = [](Item in) { return in.id; });

int main(int argc, char** argv) {
  return pando::app(shop, store).main(argc, argv); // here
}
