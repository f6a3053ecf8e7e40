// A nested struct in a request that comes from the query of a GET.
// expect-first: pando: a field of the request cannot be written in a path or query
// expect: use post, put or patch
// expect: Shop
// expect: Search
// expect-named: "search"
#include <string>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Range {
  int from;
  int upto;
};
struct Search {
  std::string words;
  Range prices;
};
#ifdef PANDO_TWIN
using marker = pando::http::post<"/search">;
#else
using marker = pando::http::get<"/search">;
#endif
struct Shop : pando::controller<"shop", pando::route<"search", int(Search), marker>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"search"> = [](Search in) { return in.prices.from; });
