// The handler of a stream that gives all at once.
// expect-first: pando: a handler gives its route's result, or pando::task of it
// expect: Users
// expect: stream<User>
// expect-named: "import"
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

inline auto users = pando::implement<Users>( // here
    pando::on<"create"> = [](CreateUser in) { return User{1, in.email}; },
    pando::on<"show"> = [](UserId in) { return User{in.id, ""}; },
    pando::on<"list"> = [](UserStore& store) { return store.users; },
#ifdef PANDO_TWIN
    pando::on<"import"> = [](ImportUsers) -> pando::stream<User> { co_return; });
#else
    pando::on<"import"> = [](ImportUsers, UserStore& store) { return store.users; });
#endif
