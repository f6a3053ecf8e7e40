// A placeholder in the path of a route that takes no request.
// expect-first: pando: a {placeholder} in the path is no field of the request
// expect: Shop
// expect: no_request
// expect-named: "list"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define PATH "/"
#else
#define PATH "/{page}"
#endif

struct Shop : pando::controller<"shop", pando::route<"list", int(), pando::http::get<PATH>>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"list"> = [] { return 1; });
