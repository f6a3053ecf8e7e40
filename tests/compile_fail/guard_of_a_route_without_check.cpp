// The same of a guard on one route, whose check is private.
// expect-first: pando: a guard has a public check(pando::caller&), which fills caller.principal or
// expect: Shop
// expect: SignedIn
// expect-named: "hide"
#include <pando/app/app.hpp>

struct Item {
  int id;
};
class SignedIn {
#ifdef PANDO_TWIN
 public:
#endif
  void check(pando::caller&) {}
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item)>,
                                pando::route<"hide", int(Item), pando::guarded_by<SignedIn>>> {};

inline auto shop = pando::implement<Shop>(
    pando::on<"show"> = [](Item in) { return in.id; },
    pando::on<"hide"> = [](Item in) { return in.id; });

int main(int argc, char** argv) {
  SignedIn guard;
  return pando::app(shop).provide(guard).main(argc, argv); // here
}
