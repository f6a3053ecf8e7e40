// A client's stream of a route that the controller does not have.
// expect-first: pando: the controller has no route of that name; was the last one meant?:
// expect: Users
// expect-named: "imports"
// expect-named: "import"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<void> import(pando::client<Users> api) {
  ImportUsers in{{"a@b.c"}};
#ifdef PANDO_TWIN
  auto users = api.stream<"import">(in);
#else
  auto users = api.stream<"imports">(in); // here
#endif
  while (std::optional<User> user = co_await users.next()) {
  }
}
