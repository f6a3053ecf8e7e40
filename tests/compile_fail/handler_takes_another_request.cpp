// A handler that takes another route's request.
// expect-first: pando: a handler takes its route's request by value and all else by reference
// expect: Users
// expect: CreateUser
// expect: UserId
// expect-named: "create"
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

#ifdef PANDO_TWIN
using given = CreateUser;
#else
using given = UserId;
#endif

inline auto users = pando::implement<Users>( // here
    pando::on<"create"> = [](given, UserStore& store) -> User { return store.users.front(); },
    pando::on<"show"> = [](UserId in) { return User{in.id, ""}; },
    pando::on<"list"> = [](UserStore& store) { return store.users; },
    pando::on<"import"> = [](ImportUsers) -> pando::stream<User> { co_return; });
