// A request in braces is a temporary too.
// only: g++ < 13
// expect-first: pando: g++ 12 destroys this temporary twice inside co_await; name it first
// expect: Users
// expect: CreateUser
// expect-named: "create"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<User> sign_up(pando::client<Users> api) {
#ifdef PANDO_TWIN
  // Trivially destructible: sound on every compiler.
  co_return co_await api.call<"show">({.id = 7});
#else
  co_return co_await api.call<"create">({.email = "a@b.c", .password = "secret123"}); // here
#endif
}
