// A client's call with fields of other types than the request's, in order.
// expect-first: pando: these are not the fields of the route's request, in order
// expect: Users
// expect: CreateUser
// expect: int
// expect-named: "create"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<User> sign_up(pando::client<Users> api) {
#ifdef PANDO_TWIN
  co_return co_await api.call<"create">("a@b.c", "secret123");
#else
  co_return co_await api.call<"create">("a@b.c", 123); // here
#endif
}
