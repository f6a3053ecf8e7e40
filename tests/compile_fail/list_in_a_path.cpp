// A list in a path, where there is room for one text only.
// expect-first: pando: a field of the request cannot be written in a path or query
// expect: Shop
// expect: Some
// expect-named: "show"
#include <vector>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define PATH "/"
#else
#define PATH "/{ids}"
#endif

struct Some {
  std::vector<int> ids;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Some), pando::http::get<PATH>>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](Some in) { return in.ids.front(); });
