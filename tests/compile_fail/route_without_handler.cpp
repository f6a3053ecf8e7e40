// A route without a handler.
// expect-first: pando: this route has no handler; write pando::on<"route"> = function in implement
// expect: Users
// expect-named: "list"
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

inline auto users = pando::implement<Users>( // here
    pando::on<"create"> = [](CreateUser in, UserStore& store) -> User {
      return store.users.emplace_back(User{1, in.email});
    },
    pando::on<"show"> = [](UserId in) { return User{in.id, ""}; },
#ifdef PANDO_TWIN
    pando::on<"list"> = [](UserStore& store) { return store.users; },
#endif
    pando::on<"import"> = [](ImportUsers) -> pando::stream<User> { co_return; });
