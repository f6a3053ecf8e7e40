// A client of an entity that does not say which instance.
// expect-first: pando: there is one instance of an entity for each id; say which one
// expect: Counter
#include <pando/app/app.hpp>

#include "support/counter.hpp"

pando::task<int> run() {
  auto app = pando::app(counters);
#ifdef PANDO_TWIN
  auto api = app.client<Counter>("a");
#else
  auto api = app.client<Counter>(); // here
#endif
  co_return co_await api.call<"Increment">(7);
}
