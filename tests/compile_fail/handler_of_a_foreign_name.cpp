// The same where no route has a name like it.
// expect-first: pando: this handler is for a route that the controller does not have: controller
// expect: Users
// expect-named: "delete"
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

#ifdef PANDO_TWIN
#define NAME "create"
#else
#define NAME "delete"
#endif

inline auto users = pando::implement<Users>( // here
    pando::on<NAME> = [](CreateUser in, UserStore& store) -> User {
      return store.users.emplace_back(User{1, in.email});
    },
    pando::on<"show"> =
        [](UserId in) {
          return User{in.id, ""};
        },
    pando::on<"list"> = [](UserStore& store) { return store.users; },
    pando::on<"import"> = [](ImportUsers) -> pando::stream<User> { co_return; });
