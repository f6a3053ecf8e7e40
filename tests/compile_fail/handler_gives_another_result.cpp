// A handler that gives another result than its route's.
// expect-first: pando: a handler gives its route's result, or pando::task of it
// expect: Users
// expect: User
// expect: UserId
// expect-named: "create"
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

#ifdef PANDO_TWIN
using given = User;
#else
using given = UserId;
#endif

inline auto users = pando::implement<Users>( // here
    pando::on<"create"> = [](CreateUser) -> given { return {}; },
    pando::on<"show"> = [](UserId in) { return User{in.id, ""}; },
    pando::on<"list"> = [](UserStore& store) { return store.users; },
    pando::on<"import"> = [](ImportUsers) -> pando::stream<User> { co_return; });
