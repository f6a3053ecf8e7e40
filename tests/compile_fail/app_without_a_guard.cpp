// A guard that stands on a controller and that nobody provides.
// expect-first: pando: nothing provides the guard of this route; give it to the app by .provide(
// expect: Shop
// expect: SignedIn
// expect-named: "show"
#include <pando/app/app.hpp>

struct Item {
  int id;
};
struct SignedIn {
  void check(pando::caller&) {}
};
struct Shop
    : pando::controller<"shop", pando::guarded_by<SignedIn>, pando::route<"show", int(Item)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in.id; });

int main(int argc, char** argv) {
  SignedIn guard;
#ifdef PANDO_TWIN
  return pando::app(shop).provide(guard).main(argc, argv);
#else
  return pando::app(shop).main(argc, argv); // here
#endif
}
