// `call` of a route that answers with a stream, where only clients are included.
// expect-first: pando: the route answers with a stream; ask it by .stream<"route">(...)
// expect: Users
// expect-named: "import"
#include <pando/http.hpp>
#include <pando/socket.hpp>

struct Lines { std::vector<std::string> lines; };
struct User { std::int64_t id; std::string email; };
struct Users : pando::controller<"user", pando::route<"import", pando::stream<User>(Lines)>> {};

pando::task<void> import(pando::client<Users> api) {
  Lines in{{"a@b.c"}};
#ifdef PANDO_TWIN
  auto users = api.stream<"import">(in);
  while (std::optional<User> user = co_await users.next()) {
  }
#else
  co_await api.call<"import">(in); // here
#endif
}
