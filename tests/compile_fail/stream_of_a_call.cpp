// `stream` of a route that answers with one result.
// expect-first: pando: the route answers with one result, no stream; ask it by .call<"route">(...)
// expect: Users
// expect-named: "show"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<void> show(pando::client<Users> api) {
#ifdef PANDO_TWIN
  auto users = api.stream<"import">(std::vector<std::string>{"a@b.c"});
#else
  auto users = api.stream<"show">(7); // here
#endif
  while (std::optional<User> user = co_await users.next()) {
  }
}
