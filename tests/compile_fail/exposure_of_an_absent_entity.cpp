// An entity that is opened over HTTP, and that nobody implements.
// expect-first: pando: the app has no implementation of this contract; give pando::implement<...>
// expect: Cart
#include <pando/app/entities.hpp>
#include <pando/http/expose.hpp>

#include "support/counter.hpp"

struct Cart : pando::entity<"Cart", pando::rpc<"Increment", int(Increment)>> {};

int main(int argc, char** argv) {
#ifdef PANDO_TWIN
  return pando::app(counters, pando::http::expose<Counter>()).main(argc, argv);
#else
  return pando::app(counters, pando::http::expose<Cart>()).main(argc, argv); // here
#endif
}
