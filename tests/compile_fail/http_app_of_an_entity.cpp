// An app of HTTP alone that is given an entity.
// expect-first: pando: an app of HTTP alone has no entities, singletons and cron jobs; give this
// expect: to pando::app
// expect: Counter
#include <pando/app/entities.hpp>
#include <pando/app/http_app.hpp>
#include <pando/contract/entity.hpp>

struct Counter : pando::entity<"Counter", pando::rpc<"Get", int()>> {};

inline auto const counters =
    pando::implement<Counter>(pando::state<int>, pando::on<"Get"> = [](int& sum) { return sum; });

int main() {
#ifdef PANDO_TWIN
  auto app = pando::app(counters);
#else
  auto app = pando::http_app(counters); // here
#endif
  return app.run({.http = 3000});
}
