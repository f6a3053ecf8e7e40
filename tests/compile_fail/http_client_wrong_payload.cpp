// A client over HTTP says the same as any other.
// expect-first: pando: the route takes another request: controller, route, expected, given
// expect: Users
// expect: CreateUser
// expect: UserId
// expect-named: "create"
#include <pando/http/client.hpp>

#include "support/users.hpp"

pando::task<User> sign_up(boost::asio::any_io_executor executor) {
  auto api = pando::http::client<Users>(executor, "http://localhost:3000");
#ifdef PANDO_TWIN
  CreateUser in{"a@b.c", "secret123"};
#else
  UserId in{7};
#endif
  User made = co_await api.call<"create">(in); // here
  co_return made;
}
