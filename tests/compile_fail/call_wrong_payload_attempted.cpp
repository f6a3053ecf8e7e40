// The same through `attempt()`, whose result is used: one error all the same.
// expect-first: pando: the route takes another request: controller, route, expected, given
// expect: Users
// expect: CreateUser
// expect: UserId
// expect-named: "create"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<bool> sign_up(pando::client<Users> api) {
#ifdef PANDO_TWIN
  CreateUser in{"a@b.c", "secret123"};
#else
  UserId in{7};
#endif
  auto made = co_await api.attempt().call<"create">(in); // here
  co_return made.has_value() || made.error<EmailTaken>() == nullptr;
}
