// The same where nothing is done with the result, and no name is near.
// expect-first: pando: the controller has no route of that name: controller, route
// expect: Users
// expect-named: "everything"
#include <pando/handler/client.hpp>

#include "support/users.hpp"

pando::task<void> warm_up(pando::client<Users> api) {
#ifdef PANDO_TWIN
  co_await api.call<"list">();
#else
  co_await api.call<"everything">(); // here
#endif
}
