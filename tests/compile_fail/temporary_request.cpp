// A temporary request in a call: g++ 12 would destroy it twice.
// only: g++ < 13
// expect-first: pando: g++ 12 destroys this temporary twice inside co_await; name it first
// expect: Users
// expect: CreateUser
// expect-named: "create"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<User> sign_up(pando::client<Users> api) {
#ifdef PANDO_TWIN
  CreateUser in{"a@b.c", "secret123"};
  co_return co_await api.call<"create">(in);
#else
  co_return co_await api.call<"create">(CreateUser{"a@b.c", "secret123"}); // here
#endif
}
