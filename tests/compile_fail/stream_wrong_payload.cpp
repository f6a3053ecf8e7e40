// A client's stream with another route's request.
// expect-first: pando: the route takes another request: controller, route, expected, given
// expect: Users
// expect: ImportUsers
// expect: UserId
// expect-named: "import"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<void> import(pando::client<Users> api) {
#ifdef PANDO_TWIN
  ImportUsers in{{"a@b.c"}};
#else
  UserId in{7};
#endif
  auto users = api.stream<"import">(in); // here
  while (std::optional<User> user = co_await users.next()) {
  }
}
