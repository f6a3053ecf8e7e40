// `call` of a route that answers with a stream.
// expect-first: pando: the route answers with a stream; ask it by .stream<"route">(...)
// expect: Users
// expect-named: "import"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<void> import(pando::client<Users> api) {
  ImportUsers lines{{"a@b.c"}};
#ifdef PANDO_TWIN
  auto users = api.stream<"import">(lines);
  while (std::optional<User> user = co_await users.next()) {
  }
#else
  co_await api.call<"import">(lines); // here
#endif
}
