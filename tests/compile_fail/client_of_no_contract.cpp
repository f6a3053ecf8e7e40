// A client of something that is no contract.
// expect-first: pando: this is no contract; write struct Name : pando::controller<
// expect: User
#include <pando/handler/client.hpp>

#include "support/users.hpp"

#ifdef PANDO_TWIN
using contract = Users;
#else
using contract = User;
#endif

pando::task<User> show(pando::client<contract> api) {
  User shown = co_await api.call<"show">(7); // here
  co_return shown;
}
