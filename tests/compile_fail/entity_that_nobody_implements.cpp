// A client of an entity that the app does not have.
// expect-first: pando: the app has no implementation of this contract; give pando::implement<...>
// expect: Cart
#include <pando/app/entities.hpp>

#include "support/counter.hpp"

struct Cart : pando::entity<"Cart", pando::rpc<"Increment", int(Increment)>> {};

pando::task<int> run() {
  auto app = pando::app(counters);
#ifdef PANDO_TWIN
  auto api = app.client<Counter>("a");
#else
  auto api = app.client<Cart>("a"); // here
#endif
  co_return co_await api.call<"Increment">(7);
}
