// A client's call with another route's request.
// expect-first: pando: the route takes another request: controller, route, expected, given
// expect: Users
// expect: CreateUser
// expect: UserId
// expect-named: "create"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<User> sign_up(pando::client<Users> api) {
#ifdef PANDO_TWIN
  CreateUser in{"a@b.c", "secret123"};
#else
  UserId in{7};
#endif
  co_return co_await api.call<"create">(in); // here
}
