// A client's call with more than the request has fields.
// expect-first: pando: these are not the fields of the route's request, in order
// expect: Users
// expect: UserId
// expect-named: "show"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<User> show(pando::client<Users> api) {
#ifdef PANDO_TWIN
  co_return co_await api.call<"show">(7);
#else
  co_return co_await api.call<"show">(7, 8); // here
#endif
}
