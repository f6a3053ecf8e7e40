// The same through `attempt()`.
// expect-first: pando: the controller has no route of that name; was the last one meant?:
// expect: Users
// expect-named: "creat"
// expect-named: "create"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<bool> sign_up(pando::client<Users> api) {
  CreateUser in{"a@b.c", "secret123"};
#ifdef PANDO_TWIN
  auto made = co_await api.attempt().call<"create">(in);
  co_return made.has_value();
#else
  co_await api.attempt().call<"creat">(in); // here
  co_return true;
#endif
}
