// The handler of a stream that takes its request by reference, which would dangle.
// expect-first: pando: the handler of a stream takes its request by value
// expect: Users
// expect: ImportUsers
// expect-named: "import"
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>

#include "support/users.hpp"

#ifdef PANDO_TWIN
using given = ImportUsers;
#else
using given = ImportUsers const&;
#endif

inline auto users = pando::implement<Users>( // here
    pando::on<"create"> = [](CreateUser in) { return User{1, in.email}; },
    pando::on<"show"> = [](UserId in) { return User{in.id, ""}; },
    pando::on<"list"> = [](UserStore& store) { return store.users; },
    pando::on<"import"> = [](given) -> pando::stream<User> { co_return; });
