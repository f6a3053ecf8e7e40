// A call with a field that is convertible, but not to what the request has.
// expect-first: pando: these are not the fields of the route's request, in order
// expect: Users
// expect: ImportUsers
// expect-named: "import"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<void> import(pando::client<Users> api) {
#ifdef PANDO_TWIN
  std::vector<std::string> lines{"a@b.c"};
#else
  int lines = 1;
#endif
  auto users = api.stream<"import">(lines); // here
  while (std::optional<User> user = co_await users.next()) {
  }
}
