// A call whose result is thrown away, of an rpc that does not say that it may be.
// expect-first: pando: this rpc has a result, and discard throws it away
// expect: Counter
// expect-named: "Increment"
#include <pando/app/app.hpp>

#include "support/counter.hpp"

pando::task<void> run() {
  auto app = pando::app(counters);
  auto api = app.client<Counter>("a");
#ifdef PANDO_TWIN
  co_await api.call<"Increment">(7);
#else
  co_await api.discard<"Increment">(7); // here
#endif
}
