// A handler for a route that the controller does not have.
// expect-first: pando: this handler is for a route that the controller does not have; was the
// expect: Users
// expect: was the last one meant?
// expect-named: "creat"
// expect-named: "create"
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

#ifdef PANDO_TWIN
#define NAME "create"
#else
#define NAME "creat"
#endif

inline auto users = pando::implement<Users>( // here
    pando::on<NAME> = [](CreateUser in, UserStore& store) -> User {
      return store.users.emplace_back(User{1, in.email});
    },
    pando::on<"show"> = [](UserId in) { return User{in.id, ""}; },
    pando::on<"list"> = [](UserStore& store) { return store.users; },
    pando::on<"import"> = [](ImportUsers) -> pando::stream<User> { co_return; });
