// Something that was meant to be a transport, and does not say what it serves.
// expect-first: pando: this cannot be given to pando::app; it takes pando::implement<...>
// expect: bell
#include <pando/app/app.hpp>

#include "support/shop.hpp"

struct bell {
  static constexpr std::string_view door = "bell";
  pando::task<void> serve(pando::transport_context const&) { co_return; }
  pando::task<void> stop() { co_return; }
#ifdef PANDO_TWIN
  std::string describe() { return "bell"; }
#endif
};

int main(int argc, char** argv) {
  Stock stock;
  return pando::app(shop, bell{}).provide(stock).main(argc, argv); // here
}
