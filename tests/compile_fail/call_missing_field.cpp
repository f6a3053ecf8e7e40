// A client's call that leaves out a field that may not be left out.
// expect-first: pando: these are not the fields of the route's request, in order
// expect: only optional and defaulted ones at the end may be left out
// expect: Users
// expect: CreateUser
// expect-named: "create"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<User> sign_up(pando::client<Users> api) {
#ifdef PANDO_TWIN
  co_return co_await api.call<"create">("a@b.c", "secret123");
#else
  co_return co_await api.call<"create">("a@b.c"); // here
#endif
}
