// An attempt at a stream, which ends in more than one way.
// expect-first: pando: the route answers with a stream; ask it by .stream<"route">(...)
// expect: Users
// expect-named: "import"
#include <pando/handler/client.hpp>
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

pando::task<void> import(pando::client<Users> api) {
  ImportUsers in{{"a@b.c"}};
#ifdef PANDO_TWIN
  auto users = api.stream<"import">(in);
  while (std::optional<User> user = co_await users.next()) {
  }
#else
  co_await api.attempt().call<"import">(in); // here
#endif
}
