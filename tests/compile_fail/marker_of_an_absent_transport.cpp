// A route with the marker of a transport that the app was not given.
// expect-first: pando: this route has a marker of a transport that the app does not have
// expect: Shop
// expect: ring
// expect-named: "show"
#include <pando/app/app.hpp>

struct ring {
  static constexpr pando::marker_row pando_marker(std::string_view, std::string_view) {
    return {"bell", "ring", nullptr, 0};
  }
};
struct bell {
  static constexpr std::string_view door = "bell";
  pando::task<void> serve(pando::transport_context const&) { co_return; }
  pando::task<void> stop() { co_return; }
  std::string describe() { return "bell"; }
};

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item), ring>> {};

inline auto shop = pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in.id; });

int main(int argc, char** argv) {
#ifdef PANDO_TWIN
  return pando::app(shop, bell{}).main(argc, argv);
#else
  return pando::app(shop).main(argc, argv); // here
#endif
}
