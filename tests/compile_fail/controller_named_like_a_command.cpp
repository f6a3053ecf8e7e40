// A controller named like a command that is built in.
// expect-first: pando: a command that is built in has this controller's or entity's name: given
// expect: Shop
#include <pando/app/app.hpp>

struct Item {
  int id;
};
#ifdef PANDO_TWIN
struct Shop : pando::controller<"server", pando::route<"show", int(Item)>> {};
#else
struct Shop : pando::controller<"serve", pando::route<"show", int(Item)>> {};
#endif

inline auto shop = pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in.id; });

int main(int argc, char** argv) {
  return pando::app(shop).main(argc, argv); // here
}
