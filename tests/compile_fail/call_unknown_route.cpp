// A client's call of a route that the controller does not have.
// expect-first: pando: the controller has no route of that name; was the last one meant?: controller, route
// expect: Users
// expect-named: "creat"
// expect-named: "create"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<User> sign_up(pando::client<Users> api) {
  CreateUser in{"a@b.c", "secret123"};
#ifdef PANDO_TWIN
  User made = co_await api.call<"create">(in);
#else
  User made = co_await api.call<"creat">(in); // here
#endif
  co_return made;
}
