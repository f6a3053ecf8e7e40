// `stream`, awaited like a call, of a route that answers with one result.
// expect-first: pando: the route answers with one result, no stream; ask it by .call<"route">(...)
// expect: Users
// expect-named: "list"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<void> list(pando::client<Users> api) {
#ifdef PANDO_TWIN
  auto all = co_await api.call<"list">();
#else
  auto all = co_await api.stream<"list">(); // here
#endif
  (void)all;
}
