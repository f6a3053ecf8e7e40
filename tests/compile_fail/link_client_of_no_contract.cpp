// The client of a link, of something that is no contract.
// expect-first: pando: this is no contract; write struct Name : pando::controller<
// expect: User
#include <pando/socket.hpp>

#include "support/users.hpp"

#ifdef PANDO_TWIN
using contract = Users;
#else
using contract = User;
#endif

pando::task<User> show(pando::socket::link link) {
  auto api = link.client<contract>();
  User shown = co_await api.call<"show">(7); // here
  co_return shown;
}
