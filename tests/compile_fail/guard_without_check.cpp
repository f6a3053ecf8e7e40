// A guard that cannot check.
// expect-first: pando: a guard has a public check(pando::caller&), which fills caller.principal or
// expect: Shop
// expect: SignedIn
// expect-named: "show"
#include <pando/app/app.hpp>

struct Item {
  int id;
};
struct SignedIn {
#ifdef PANDO_TWIN
  void check(pando::caller&) {}
#else
  bool check(std::string token) { return !token.empty(); }
#endif
};
struct Shop
    : pando::controller<"shop", pando::guarded_by<SignedIn>, pando::route<"show", int(Item)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in.id; });

int main(int argc, char** argv) {
  SignedIn guard;
  return pando::app(shop).provide(guard).main(argc, argv); // here
}
