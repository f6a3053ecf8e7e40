// A request that is no struct has no names for a query.
// expect-first: pando: a field of the request cannot be written in a path or query
// expect: Shop
// expect-named: "echo"
#include <string>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
using marker = pando::http::post<"/echo">;
#else
using marker = pando::http::get<"/echo">;
#endif
struct Shop : pando::controller<"shop", pando::route<"echo", int(std::string), marker>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"echo"> = [](std::string) { return 1; });
