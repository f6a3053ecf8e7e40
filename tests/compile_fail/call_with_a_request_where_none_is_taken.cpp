// A client's call that gives a request to a route that takes none.
// expect-first: pando: the route takes no request: controller, route, given
// expect: Users
// expect: UserId
// expect-named: "list"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<std::size_t> count(pando::client<Users> api) {
#ifdef PANDO_TWIN
  auto users = co_await api.call<"list">();
#else
  UserId in{7};
  auto users = co_await api.call<"list">(in); // here
#endif
  co_return users.size();
}
